// `regard follow`, and what --words, --special, --hold and --rank make of maps, from outside.
#include <gmock/gmock.h>

#include <algorithm>
#include <span>

#include <nlohmann/json.hpp>

#include "core/formats/npy.h"
#include "tests/app/cli/program.h"

namespace regard {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json attend(std::vector<std::string> more) {
  std::vector<std::string> args = {"attend", "--prompt", "un chat rouge", "--layer", "2", "--head", "3"};
  args.insert(args.end(), more.begin(), more.end());
  const Outcome outcome = run_program(args);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return outcome.status == 0 ? json::parse(outcome.out) : json();
}

TEST(CliFollow, ThreeStationsAsJson) {
  const Outcome outcome = run_program({"follow", "--prompt", "un chat rouge", "--word", "rouge", "--image",
                                       "scene-1", "--steps", "1", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json found = json::parse(outcome.out);
  EXPECT_EQ(found["word"], "rouge");
  double sum = 0;
  for (const json& link : found["text"]["reads"]) sum += link["share"].get<double>();
  EXPECT_NEAR(sum, 1.0, 1e-5);
  EXPECT_EQ(found["picture"]["without"], "un chat");
  EXPECT_NEAR(found["picture"]["part"].get<double>(),
              found["picture"]["cosine"].get<double>() - found["picture"]["cosine_without"].get<double>(),
              1e-6);
  // The picture's numbers are those of `match`.
  const Outcome match = run_program({"match", "--image", "scene-1", "un chat rouge", "un chat"});
  ASSERT_EQ(match.status, 0) << match.err;
  EXPECT_NEAR(json::parse(match.out)["texts"][1]["cosine"].get<double>(),
              found["picture"]["cosine_without"].get<double>(), 1e-6);
  const json& row = found["drawing"]["patches"][found["drawing"]["largest"]["row"].get<std::size_t>() - 1];
  const double most = row[found["drawing"]["largest"]["column"].get<std::size_t>() - 1];
  for (const json& line : found["drawing"]["patches"]) {
    for (const json& value : line) EXPECT_LE(value.get<double>(), most);
  }
}

TEST(CliFollow, ThreeLinesWithoutAPicture) {
  const Outcome outcome =
      run_program({"follow", "--prompt", "un chat rouge", "--word", "chat", "--steps", "1"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("chat\n1 text: reads "));
  EXPECT_THAT(outcome.out, HasSubstr("\n2 picture: none asked for\n3 drawing, seed 1: "));
}

TEST(CliFollow, AWordThatIsNotThere) {
  const Outcome outcome = run_program({"follow", "--prompt", "un chat", "--word", "chien"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("--word: expected a word of the prompt (un or chat), got 'chien'"));
}

TEST(CliFollow, TakesOneMap) {
  const Outcome layers = run_program({"follow", "--prompt", "un chat", "--word", "chat", "--layer", "all"});
  EXPECT_EQ(layers.status, 1);
  EXPECT_EQ(layers.err, "regard follow: --layer: expected N, mean or rollout, got 'all': it is of one map\n");
}

TEST(CliTokens, SpecialsLeaveAndRowsAreShares) {
  const json whole = attend({}), hidden = attend({"--special", "hide"}),
             shares = attend({"--special", "renormalise"});
  const std::size_t tokens = whole["tokens"].size();
  ASSERT_EQ(hidden["tokens"].size(), tokens - 2);
  EXPECT_EQ(hidden["special"], "hide");
  EXPECT_EQ(hidden["rows"], tokens - 2);
  for (std::size_t q = 1; q + 1 < tokens; ++q) {
    double sum = 0;
    for (std::size_t k = 1; k + 1 < tokens; ++k) sum += whole["attention"][q][k].get<double>();
    for (std::size_t k = 1; k + 1 < tokens; ++k) {
      EXPECT_EQ(hidden["attention"][q - 1][k - 1], whole["attention"][q][k]);
      EXPECT_NEAR(shares["attention"][q - 1][k - 1].get<double>(),
                  whole["attention"][q][k].get<double>() / sum, 1e-5);
    }
  }
}

TEST(CliTokens, RanksAndSmallestSets) {
  const json whole = attend({}), ranks = attend({"--rank"}), held = attend({"--hold", "0.8"});
  EXPECT_EQ(ranks["rank"], true);
  EXPECT_EQ(held["hold"], 0.8);
  for (std::size_t q = 0; q < whole["tokens"].size(); ++q) {
    double sum = 0;
    for (std::size_t k = 0; k < whole["tokens"].size(); ++k) {
      sum += held["attention"][q][k].get<double>();
      if (k > q) continue;
      int rank = 1;
      for (std::size_t other = 0; other <= q; ++other)
        rank += whole["attention"][q][other].get<double>() > whole["attention"][q][k].get<double>() ? 1 : 0;
      EXPECT_EQ(ranks["attention"][q][k], rank);
    }
    EXPECT_GE(sum, 0.8 - 1e-5);
  }
}

TEST(CliTokens, WholeMapsOfAPictureAreArrangedAsTheirRows) {
  const Folder folder;
  const std::string file = (folder / "all.npy").string();
  const std::vector<std::string> how = {"--special", "renormalise", "--hold", "0.5"};
  std::vector<std::string> whole = {"look",   "--image", "scene-1", "--layer", "all",
                                    "--head", "all",     "--out",   file},
                           row = {"look",   "--image", "scene-1", "--layer", "2",
                                  "--head", "3",       "--patch", "3,5"};
  whole.insert(whole.end(), how.begin(), how.end());
  row.insert(row.end(), how.begin(), how.end());
  const Outcome all = run_program(whole), one = run_program(row);
  ASSERT_EQ(all.status, 0) << all.err;
  ASSERT_EQ(one.status, 0) << one.err;
  const auto maps = read_npy(file);
  ASSERT_TRUE(maps) << maps.error().message;
  const std::size_t patches = 144, heads = maps->shape[1];
  ASSERT_EQ(maps->shape, (std::vector<std::size_t>{maps->shape[0], heads, patches, patches}));
  const json found = json::parse(one.out);
  const std::size_t specials = found["specials"].size(), patch = 4 * 12 + 2;
  ASSERT_EQ(found["row"].size(), specials + patches);
  std::size_t kept = 0;
  for (std::size_t key = 0; key < patches; ++key) {
    const float value = maps->values[((heads + 2) * patches + patch) * patches + key];
    EXPECT_NEAR(value, found["row"][specials + key].get<float>(), 1e-6f);
    kept += value > 0.0f ? 1u : 0u;
  }
  EXPECT_GT(kept, 0u);
  EXPECT_LT(kept, patches / 2);
}

TEST(CliTokens, APicturesMapInPlaces) {
  const std::vector<std::string> asked = {"look", "--image", "scene-1", "--layer", "2", "--head", "3"};
  std::vector<std::string> ranked = asked;
  ranked.emplace_back("--rank");
  const json numbers = json::parse(run_program(asked).out), places = json::parse(run_program(ranked).out);
  EXPECT_EQ(places["rank"], true);
  const auto row = numbers["row"].get<std::vector<float>>();
  for (std::size_t i = 0; i < row.size(); ++i)
    EXPECT_EQ(places["row"][i], 1 + std::ranges::count_if(row, [&](float other) { return other > row[i]; }));
  const Folder folder;
  const std::string svg = (folder / "map.svg").string();
  ranked.insert(ranked.end(), {"--lang", "en", "--out", svg});
  ASSERT_EQ(run_program(ranked).status, 0);
  EXPECT_THAT(slurp(svg), HasSubstr(">rank</text>"));
}

TEST(CliTokens, ADrawingsMapsHoldAShareAndCountPlaces) {
  const Folder folder;
  const auto maps = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"paint",
                                      "--prompt",
                                      "un chat rouge",
                                      "--steps",
                                      "2",
                                      "--out",
                                      (folder / "p.png").string(),
                                      "--maps",
                                      (folder / "maps").string()};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run_program(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return read_npy(folder / "maps" / "maps.npy").value().values;
  };
  constexpr std::size_t kPatches = 144;
  const std::vector<float> plain = maps({}), held = maps({"--hold", "0.8"}), ranks = maps({"--rank"});
  ASSERT_EQ(held.size(), plain.size());
  ASSERT_EQ(ranks.size(), plain.size());
  for (std::size_t token = 0; token < plain.size() / kPatches; ++token) {
    const std::span map(plain.data() + token * kPatches, kPatches);
    double all = 0, kept = 0;
    float least = 1.0f;
    for (std::size_t i = 0; i < kPatches; ++i) {
      const float value = held[token * kPatches + i];
      EXPECT_TRUE(value == 0.0f || value == map[i]);
      if (value > 0.0f) least = std::min(least, value);
      all += static_cast<double>(map[i]);
      kept += static_cast<double>(value);
      const auto place = 1 + std::ranges::count_if(map, [&](float other) { return other > map[i]; });
      EXPECT_EQ(ranks[token * kPatches + i], static_cast<float>(place));
    }
    EXPECT_GE(kept, 0.8 * all - 1e-5);
    EXPECT_LT(kept - static_cast<double>(least), 0.8 * all) << "one patch less holds less";
  }
}

TEST(CliTokens, WhatADrawingCannotHoldIsRefused) {
  const auto refusal = [](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"paint", "--prompt", "un chat", "--out", "x.png", "--maps", "x"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run_program(words);
    EXPECT_EQ(outcome.status, 1);
    return outcome.err;
  };
  EXPECT_EQ(refusal({"--lens", "cosine", "--hold", "0.8"}),
            "regard paint: --hold: expected attention, got cosine, whose numbers do not add up\n");
  EXPECT_EQ(refusal({"--lens", "norms", "--rank"}),
            "regard paint: --rank: expected a lens that has a map a word, got norms\n");
  EXPECT_THAT(refusal({"--hold", "2"}), HasSubstr("--hold: expected a number from 0.01 to 1, got '2'"));
}

TEST(CliTokens, WordsAreJoinedInEveryFormat) {
  const Folder folder;
  const std::string svg = (folder / "map.svg").string();
  const Outcome figure =
      run_program({"attend", "--prompt", "un xylophone rouge", "--words", "--special", "hide", "--out", svg});
  ASSERT_EQ(figure.status, 0) << figure.err;
  EXPECT_THAT(slurp(svg), HasSubstr("xylophone"));
  EXPECT_THAT(slurp(svg), HasSubstr("--words --special hide"));
  const Outcome outcome = run_program({"attend", "--prompt", "un xylophone rouge", "--words"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json found = json::parse(outcome.out);
  ASSERT_EQ(found["tokens"].size(), 5u);  // BOS, three words, EOS
  EXPECT_EQ(found["tokens"][2]["text"], "xylophone");
  for (const json& row : found["attention"]) {
    double sum = 0;
    for (const json& value : row) sum += value.get<double>();
    EXPECT_NEAR(sum, 1.0, 1e-5);
  }
}

TEST(CliTokens, WhatDoesNotAddUpIsOneLine) {
  const Outcome outcome = run_program({"attend", "--prompt", "un chat", "--scores", "--words"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "regard attend: --words: expected attention, got scores, which do not add up\n");
  EXPECT_EQ(run_program({"attend", "--prompt", "a", "--special", "gone"}).status, 1);
  EXPECT_EQ(run_program({"attend", "--prompt", "a", "--hold", "2"}).status, 1);
}

}  // namespace
}  // namespace regard
