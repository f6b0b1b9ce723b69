// `regard follow`, and what --words, --special, --hold and --rank make of maps, from outside.
#include <gmock/gmock.h>

#include <algorithm>

#include <nlohmann/json.hpp>

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
