// --explain: one cell of one head, every step of it, for text, pictures and drawings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/app/cli/program.h"

namespace regard {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

using Numbers = std::vector<double>;

Numbers numbers(const json& list) {
  Numbers out;
  for (const json& each : list) out.push_back(each.is_null() ? -INFINITY : each.get<double>());
  return out;
}

double dot(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double length(const Numbers& a) { return std::sqrt(dot(a, a)); }

json explained(std::vector<std::string> words) {
  const Outcome outcome = run_program(words);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return json::parse(outcome.out, nullptr, false);
}

// Each step from the ones before it.
void expect_whole(const json& cell) {
  const Numbers q = numbers(cell["q"]), k = numbers(cell["k"]), products = numbers(cell["products"]);
  ASSERT_EQ(q.size(), cell["shapes"]["head_width"].get<std::size_t>());
  for (std::size_t i = 0; i < q.size(); ++i) EXPECT_NEAR(products[i], q[i] * k[i], 1e-4);
  EXPECT_NEAR(cell["dot"].get<double>(), dot(q, k), 1e-3);
  EXPECT_NEAR(cell["scaled"].get<double>(), dot(q, k) / std::sqrt(static_cast<double>(q.size())), 1e-3);
  const Numbers scores = numbers(cell["scores"]), row = numbers(cell["row"]);
  ASSERT_EQ(scores.size(), row.size());
  double sum = 0;
  for (const double score : scores) sum += std::exp(score);
  for (std::size_t i = 0; i < row.size(); ++i) EXPECT_NEAR(row[i], std::exp(scores[i]) / sum, 1e-5);
  const auto key = cell["key"]["position"].get<std::size_t>();
  EXPECT_EQ(row[key], cell["attention"].get<double>());
  const Numbers v = numbers(cell["v"]), weighted = numbers(cell["weighted"]);
  for (std::size_t i = 0; i < v.size(); ++i) EXPECT_NEAR(weighted[i], row[key] * v[i], 1e-5);
  if (!cell.contains("written")) return;
  const Numbers written = numbers(cell["written"]), stream = numbers(cell["stream"]);
  EXPECT_NEAR(cell["lengths"]["written"].get<double>(), length(written), 1e-3);
  EXPECT_NEAR(cell["cosines"]["written_with_stream"].get<double>(),
              dot(written, stream) / (length(written) * length(stream)), 1e-4);
}

TEST(Explain, AHeadThatIsSetToItsMeanHasTheMean) {
  const json cell = explained({"attend", "--prompt", "un chat rouge", "--head-off", "2,1,mean", "--layer",
                               "2", "--head", "1", "--explain", "rouge,chat"});
  ASSERT_TRUE(cell.is_object());
  EXPECT_EQ(cell["head_mean"], true);
  const Numbers row = numbers(cell["mean_row"]), v = numbers(cell["v"]), weighted = numbers(cell["weighted"]);
  const auto key = cell["key"]["position"].get<std::size_t>();
  for (std::size_t i = 0; i < v.size(); ++i) EXPECT_NEAR(weighted[i], row[key] * v[i], 1e-5);
  EXPECT_NE(cell["output"], cell["own_output"]);
  const json other = explained({"attend", "--prompt", "un chat rouge", "--head-off", "2,1,mean", "--layer",
                                "2", "--head", "1", "--explain", "chat,chat"});
  EXPECT_EQ(other["output"], cell["output"]) << "the same for every row";
  EXPECT_FALSE(explained({"attend", "--prompt", "un chat rouge", "--layer", "2", "--head", "1", "--explain",
                          "rouge,chat"})
                   .contains("head_mean"));
}

TEST(Explain, AWordOfAPrompt) {
  const json cell = explained({"attend", "--prompt", "un chat (rouge:1.5)", "--layer", "2", "--head", "1",
                               "--explain", "rouge,chat"});
  ASSERT_TRUE(cell.is_object());
  EXPECT_EQ(cell["layer"], 2);
  EXPECT_EQ(cell["head"], 1);
  EXPECT_EQ(cell["query"]["name"], "rouge");
  EXPECT_EQ(cell["key"]["name"], "chat");
  expect_whole(cell);
  // The same by the numbers of the tokens, and of the word's own weight.
  const json same = explained(
      {"attend", "--prompt", "un chat (rouge:1.5)", "--layer", "2", "--head", "1", "--explain", "4,3"});
  EXPECT_EQ(same["row"], cell["row"]);
  const json itself = explained({"attend", "--prompt", "un chat (rouge:1.5)", "--layer", "2", "--head", "1",
                                 "--explain", "rouge,rouge"});
  EXPECT_NEAR(itself["bias"].get<double>(), std::log(1.5), 1e-6);
  // What the mask forbids has no score and no share.
  const json later = explained(
      {"attend", "--prompt", "un chat rouge", "--layer", "1", "--head", "1", "--explain", "chat,rouge"});
  EXPECT_FALSE(later["readable"].get<bool>());
  EXPECT_TRUE(later["score"].is_null());
  EXPECT_EQ(later["attention"], 0.0);
}

TEST(Explain, AWordOfSeveralTokensIsTheMapsNumber) {
  const std::vector<std::string> head = {"attend", "--prompt", "une canne chaude", "--layer", "2",
                                         "--head", "1",        "--words"};
  std::vector<std::string> one = head;
  one.insert(one.end(), {"--explain", "chaude,canne"});
  const json cell = explained(one), map = explained(head);
  ASSERT_TRUE(cell.is_object() && map.is_object());
  const json& word = cell["word"];
  ASSERT_GT(word["queries"].size(), 1u) << "a word that the model was never taught is in pieces";
  ASSERT_GT(word["keys"].size(), 1u);
  double mean = 0;
  for (std::size_t i = 0; i < word["queries"].size(); ++i) {
    const Numbers shares = numbers(word["shares"][i]);
    ASSERT_EQ(shares.size(), word["keys"].size());
    double sum = 0;
    for (const double share : shares) sum += share;
    EXPECT_NEAR(word["sums"][i].get<double>(), sum, 1e-6);
    mean += sum / static_cast<double>(word["queries"].size());
  }
  EXPECT_NEAR(word["attention"].get<double>(), mean, 1e-6);
  EXPECT_EQ(word["shares"].back().back(), cell["attention"]) << "the pair whose stages follow";
  const json& rows = map["attention"];
  EXPECT_NEAR(rows[rows.size() - 2][2].get<double>(), word["attention"].get<double>(), 1e-6)
      << "words: BOS, une, canne, chaude, EOS";
  EXPECT_FALSE(explained({"attend", "--prompt", "un chat rouge", "--layer", "2", "--head", "1", "--explain",
                          "rouge,chat"})
                   .contains("word"));
}

TEST(Explain, WhatIsOfAWholeRowIsRefused) {
  const std::vector<std::vector<std::string>> wrong = {{"--rank"}, {"--hold", "0.8"}, {"--special", "hide"}};
  for (const auto& options : wrong) {
    std::vector<std::string> all = {"attend", "--prompt", "un chat rouge", "--layer",   "2",
                                    "--head", "1",        "--explain",     "rouge,chat"};
    all.insert(all.end(), options.begin(), options.end());
    const Outcome outcome = run_program(all);
    EXPECT_NE(outcome.status, 0);
    EXPECT_EQ(outcome.err,
              "regard attend: " + options.front() + ": expected a map, got --explain, one cell\n");
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(Explain, APatchOfAPicture) {
  const json cell =
      explained({"look", "--image", "scene-1", "--layer", "3", "--head", "2", "--explain", "3,5,4,2"});
  ASSERT_TRUE(cell.is_object());
  EXPECT_EQ(cell["query"]["name"], "3,5");
  EXPECT_EQ(cell["key"]["name"], "4,2");
  expect_whole(cell);
  const json cls =
      explained({"look", "--image", "scene-1", "--layer", "3", "--head", "2", "--explain", "cls,4,2"});
  EXPECT_EQ(cls["query"]["position"], 0);
}

TEST(Explain, APatchAndAWordOfADrawing) {
  const std::string out =
      (std::filesystem::path(testing::TempDir()) / ("explain" + std::to_string(::getpid()) + ".png"))
          .string();
  const json cell = explained({"paint", "--prompt", "un chat rouge", "--steps", "2", "--out", out, "--layer",
                               "2", "--head", "3", "--step", "1", "--explain", "5,7,rouge"});
  ASSERT_TRUE(cell.is_object());
  EXPECT_EQ(cell["step"], 1);
  EXPECT_EQ(cell["query"]["name"], "5,7");
  EXPECT_EQ(cell["key"]["name"], "rouge");
  expect_whole(cell);
  const json& guidance = cell["guidance"];
  const Numbers with = numbers(guidance["with"]), without = numbers(guidance["without"]),
                guided = numbers(guidance["guided"]);
  for (std::size_t i = 0; i < with.size(); ++i)
    EXPECT_NEAR(guided[i], without[i] + guidance["guidance"].get<double>() * (with[i] - without[i]), 1e-4);
  const json& euler = cell["euler"];
  const Numbers x = numbers(euler["x"]), v = numbers(euler["velocity"]), next = numbers(euler["next"]);
  const double step = euler["next_time"].get<double>() - euler["time"].get<double>();
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(next[i], x[i] + step * v[i], 1e-4);
  std::filesystem::remove(out);
}

// What weights did to the words of a step, and what normalising left of it.
TEST(Explain, TheContextWithAndWithoutWeights) {
  const std::string out =
      (std::filesystem::path(testing::TempDir()) / ("context" + std::to_string(::getpid()) + ".png"))
          .string();
  const std::vector<std::string> paint = {
      "paint", "--prompt", "un chat (rouge:1.8)", "--weighting", "scale", "--steps", "2", "--step", "1",
      "--out", out};
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> words = paint;
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const json context = explained(with({"--context"}));
  ASSERT_TRUE(context.is_object());
  EXPECT_EQ(context["weighting"], "scale");
  EXPECT_FALSE(context.contains("place")) << "it acts on vectors";
  EXPECT_EQ(context["step"], 1);
  EXPECT_EQ(context["words"][2]["name"], "rouge");
  EXPECT_EQ(context["words"][2]["weight"], 1.8);
  EXPECT_EQ(context["tokens"].size(), context["encoder"]["tokens"]["cosine"].size());
  EXPECT_NEAR(context["encoder"]["words"]["length"][2].get<double>(), 1.8, 1e-4);
  const json& block = context["blocks"][0];
  EXPECT_EQ(block["block"], 1);
  EXPECT_NEAR(block["before"]["words"]["length"][2].get<double>(), 1.8, 0.05);
  EXPECT_NEAR(block["after"]["words"]["length"][2].get<double>(), 1.0, 0.05);
  const int token = context["words"][2]["first"].get<int>();
  // The calculation of a cell has the same of its key.
  const json cell = explained(with({"--layer", "1", "--head", "1", "--explain", "5,7,rouge"}));
  EXPECT_EQ(cell["context"]["token"], token);
  for (const char* side : {"before", "after"}) {
    for (std::size_t layer = 0; layer < context["blocks"].size(); ++layer)
      EXPECT_EQ(cell["context"][side]["cosine"][layer],
                context["blocks"][layer][side]["tokens"]["cosine"][static_cast<std::size_t>(token)]);
  }
  const json both = explained(
      {"paint", "--prompt", "un (chat:2)", "--steps", "1", "--out", out, "--place", "both", "--context"});
  EXPECT_EQ(both["place"], "both");
  const Outcome refused =
      run_program(with({"--context", "--layer", "1", "--head", "1", "--explain", "5,7,rouge"}));
  EXPECT_EQ(refused.status, 2) << refused.err;
  std::filesystem::remove(out);
}

TEST(Explain, WhatIsNotThereIsOneLine) {
  const auto refused = [](std::vector<std::string> words, const std::string& part) {
    const Outcome outcome = run_program(words);
    EXPECT_EQ(outcome.status, 1) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr(part));
  };
  const std::vector<std::string> attend = {"attend", "--prompt", "un chat rouge"};
  const auto with = [](std::vector<std::string> words, std::vector<std::string> more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  refused(with(attend, {"--explain", "rouge,chat"}), "--explain: expected --layer N and --head N");
  const auto one = with(attend, {"--layer", "1", "--head", "1"});
  refused(with(one, {"--explain", "rouge"}),
          "--explain: expected QUERY,KEY, each one of un, chat, rouge, bos, eos");
  refused(with(one, {"--explain", "rouge,chien"}), "got 'rouge,chien'");
  refused(with(one, {"--explain", "rouge,6"}), "1 to 5");
  refused(with(one, {"--explain", "rouge,chat", "--scores"}),
          "--explain: expected neither --lens nor --scores");
  refused(with(one, {"--explain", "rouge,chat", "--out", "a.svg"}), "ends in .json");
  refused(with(attend, {"--layer", "9", "--head", "1", "--explain", "1,1"}), "--layer: expected 1 to");
  refused({"look", "--image", "scene-1", "--layer", "1", "--head", "1", "--explain", "99,1,cls"},
          "a patch from 1,1 to");
  refused({"paint", "--prompt", "un chat", "--out", "/tmp/none.png", "--layer", "1", "--head", "1",
           "--explain", "chien,chat"},
          "--explain: expected QUERY,KEY");
  refused({"paint", "--prompt", "un chat", "--steps", "2", "--out", "/tmp/none.png", "--layer", "1", "--head",
           "1", "--step", "3", "--explain", "un,chat"},
          "--step: expected 1 to 2");
}

// The lenses of values leave by the same commands as attention.
TEST(Lenses, WhatIsReadAndWhatItWritesAreMaps) {
  for (const std::string lens : {"value", "written"}) {
    const json map =
        explained({"attend", "--prompt", "un chat rouge", "--layer", "2", "--head", "1", "--lens", lens});
    EXPECT_EQ(map["lens"], lens);
    const json cell = explained(
        {"attend", "--prompt", "un chat rouge", "--layer", "2", "--head", "1", "--explain", "rouge,chat"});
    const double expected = cell["lengths"][lens == "value" ? "weighted" : "key_written"].get<double>();
    EXPECT_NEAR(map["attention"][3][2].get<double>(), expected, 1e-5) << lens;
    const json look = explained(
        {"look", "--image", "scene-1", "--layer", "2", "--head", "1", "--patch", "3,3", "--lens", lens});
    EXPECT_EQ(look["lens"], lens);
  }
}

}  // namespace
}  // namespace regard
