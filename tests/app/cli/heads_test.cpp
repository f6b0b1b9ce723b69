// `regard heads`: metrics of every head, from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/app/cli/program.h"

namespace regard {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kTwoPairs = "un chat rouge poursuit une souris grise";

Outcome heads(std::vector<std::string> more) {
  more.insert(more.begin(), "heads");
  return run_program(more);
}

json heads_json(std::vector<std::string> more) {
  const Outcome outcome = heads(std::move(more));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return json::parse(outcome.out, nullptr, false);
}

void expect_line(const Outcome& outcome, const std::string& part) {
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  EXPECT_THAT(outcome.err, StartsWith("regard heads: "));
  EXPECT_THAT(outcome.err, HasSubstr(part));
  EXPECT_EQ(outcome.out, "");
}

TEST(CliHeads, EveryHeadOfAPromptHasItsMetrics) {
  const json found = heads_json({"--prompt", kTwoPairs});
  EXPECT_EQ(found["model"], "Little World");
  EXPECT_EQ(found["kind"], "text");
  EXPECT_EQ(found["input"], kTwoPairs);
  std::vector<std::string> names;
  for (const json& metric : found["metrics"]) names.push_back(metric["name"]);
  EXPECT_EQ(names, (std::vector<std::string>{"entropy", "distance", "sink", "diagonal", "previous", "ties",
                                             "own-adjective"}));
  ASSERT_EQ(found["heads"].size(), 16u);
  EXPECT_EQ(found["heads"][5]["layer"], 2);
  EXPECT_EQ(found["heads"][5]["head"], 2);
  double most = -1.0;
  for (const json& head : found["heads"]) {
    for (const std::string& name : names) EXPECT_TRUE(head[name].is_number()) << name;
    EXPECT_GE(head["sink"].get<double>(), 0.0);
    EXPECT_LE(head["sink"].get<double>(), 1.0 + 1e-6);
    most = std::max(most, head["own-adjective"].get<double>());
  }
  EXPECT_GT(most, 0.3) << "some head ties a colour to its noun";
}

TEST(CliHeads, PicturesAndDrawingsHaveTheirs) {
  const json picture = heads_json({"--image", "scene-2", "--metric", "mirror,distance"});
  EXPECT_EQ(picture["kind"], "picture");
  ASSERT_EQ(picture["heads"].size(), 20u);
  double most = 0.0;
  for (const json& head : picture["heads"]) {
    most = std::max(most, head["mirror"].get<double>());
    EXPECT_FALSE(head.contains("entropy"));
  }
  EXPECT_GT(most, 2.0) << "some head reads the object from its reflection";
  const json drawing = heads_json({"--paint", kTwoPairs, "--steps", "2", "--metric", "text-share"});
  EXPECT_EQ(drawing["kind"], "drawing");
  ASSERT_EQ(drawing["heads"].size(), 18u);
  for (const json& head : drawing["heads"]) EXPECT_GT(head["text-share"].get<double>(), 0.0);
}

TEST(CliHeads, ManyInputsGiveSpreadAndRank) {
  const Folder folder;
  const std::string list = (folder / "list.txt").string(), table = (folder / "heads.csv").string();
  std::ofstream(list) << "un chat rouge et un chien bleu\na cat\n\na red cat and a blue dog\n";
  const json found =
      heads_json({"--prompt", "a red cat and a blue dog", "--inputs", list, "--metric", "own-adjective"});
  EXPECT_EQ(found["inputs"]["count"], 3);
  for (const json& head : found["heads"]) {
    const json& one = head["own-adjective"];
    EXPECT_EQ(one["n"], 2) << "one has no second noun";
    ASSERT_EQ(one["deciles"].size(), 11u);
    EXPECT_NEAR(one["mean"].get<double>(),
                (one["deciles"][0].get<double>() + one["deciles"][10].get<double>()) / 2, 1e-9);
    EXPECT_TRUE(one["rank"] == 0.25 || one["rank"] == 0.75);  // it is one of the two
  }
  const Outcome csv = heads({"--inputs", list, "--out", table});
  ASSERT_EQ(csv.status, 0) << csv.err;
  const std::string text = slurp(table);
  EXPECT_THAT(text, StartsWith("layer,head,metric,value,n,mean,sd,decile_0,"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 1 + 16 * 7);
}

TEST(CliHeads, WhatIsWrongIsOneLine) {
  expect_line(heads({}), "--prompt: expected it, --image, --paint or --inputs");
  expect_line(heads({"--prompt", "a cat", "--metric", "entropi"}), "--metric: expected names with commas");
  expect_line(heads({"--prompt", "a cat", "--metric", "own-adjective"}),
              "--metric: expected one that this run has, got own-adjective");
  expect_line(heads({"--prompt", "a cat", "--inputs", "/no/such/file"}), "/no/such/file");
  expect_line(heads({"--prompt", "a cat", "--out", "heads.png"}), "--out: expected a name that ends in");
  expect_line(heads({"--prompt", "a cat", "--size", "3"}),
              "--size: expected --image, or --inputs with pictures, beside it, got neither");
  EXPECT_EQ(heads({"--prompt", "a", "--image", "scene-1"}).status, 2);
  EXPECT_EQ(heads({"--ablate", "text", "--prompt", "a"}).status, 2);
  expect_line(heads({"--ablate", "drawing"}), "--ablate: expected");
  const Folder folder;
  expect_line(heads({"--image", "scene-1", "--inputs", folder.path().string()}),
              "expected a folder with pictures");
}

}  // namespace
}  // namespace regard
