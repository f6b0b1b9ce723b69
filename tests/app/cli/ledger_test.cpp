// `regard ledger`, from outside.
#include <gmock/gmock.h>

#include <fstream>
#include <tuple>

#include <nlohmann/json.hpp>

#include "tests/app/cli/program.h"

namespace regard {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(CliLedger, ATextsWordsAndHeads) {
  const Outcome outcome = run_program({"ledger", "--prompt", "un chat rouge"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json found = json::parse(outcome.out);
  EXPECT_EQ(found["of"], "text");
  EXPECT_EQ(found["prompt"], "un chat rouge");
  EXPECT_EQ(found["entries"][1]["word"], "chat");
  EXPECT_EQ(found["entries"][1]["removal"], "cut");
  EXPECT_EQ(found["entries"][4]["removal"], "mute");
  EXPECT_GT(found["entries"][4]["effect"].get<double>(), 0.0);
  const json& last = found["entries"].back();
  EXPECT_EQ(last["removal"], "off");
  EXPECT_TRUE(last.contains("layer") && last.contains("head"));
  EXPECT_TRUE(found["rank_correlation"].contains("mute"));
}

TEST(CliLedger, ADrawingAsATable) {
  const Folder folder;
  const std::string path = (folder / "ledger.csv").string();
  const Outcome outcome = run_program({"ledger", "--paint", "a red cat", "--steps", "1", "--out", path});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const std::string csv = slurp(path);
  EXPECT_THAT(csv, StartsWith("removal,word,column,row,layer,head,attention,effect,problem\r\ncut,a,,,,,0."));
  EXPECT_THAT(csv, HasSubstr("\r\nmute,cat,,,,,0."));
  EXPECT_THAT(csv, HasSubstr("\r\noff,,,,1,1,0."));
}

TEST(CliLedger, AFigureHasWordsCorrelationsAndNInBothLanguages) {
  const Folder folder;
  for (const auto& [language, title, muted] :
       {std::tuple("en", "Attention against effect", "muted · n = 3 · ρ "),
        std::tuple("fr", "L’attention face à l’effet", "muet · n = 3 · ρ ")}) {
    const std::string path = (folder / (std::string(language) + ".svg")).string();
    const Outcome outcome = run_program(
        {"ledger", "--prompt", "un chat rouge", "--lang", language, "--theme", "dark", "--out", path});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const std::string svg = slurp(path);
    EXPECT_THAT(svg, HasSubstr(std::string("<title>") + title + "</title>"));
    EXPECT_THAT(svg, HasSubstr(muted));
    EXPECT_THAT(svg, HasSubstr(">rouge</text>"));
    EXPECT_THAT(svg, HasSubstr("n = 16"));
    std::size_t marks = 0;  // one an entry and one a kind
    for (std::size_t at = svg.find("<polygon"); at != svg.npos; at = svg.find("<polygon", at + 1)) ++marks;
    EXPECT_EQ(marks, 3u + 3u + 16u + 3u);
  }
  for (const char* name : {"a.png", "a.pdf"}) {
    const std::string path = (folder / name).string();
    const Outcome outcome = run_program({"ledger", "--prompt", "un chat rouge", "--out", path});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_GT(slurp(path).size(), 2000u);
  }
}

TEST(CliLedger, ManyPromptsAreCorrelatedTogether) {
  const Folder folder;
  const std::string list = (folder / "list.txt").string();
  std::ofstream(list) << "un chat rouge\na red cat chases a dog\n";
  const Outcome outcome = run_program({"ledger", "--inputs", list});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json found = json::parse(outcome.out);
  EXPECT_EQ(found["prompts"], 2);
  EXPECT_EQ(found["correlations"][1]["removal"], "mute");
  EXPECT_EQ(found["correlations"][1]["n"], 3 + 6);
  EXPECT_EQ(found["correlations"][2]["n"], 2 * 16);
  EXPECT_EQ(found["heads"]["n"], 16);
  EXPECT_EQ(found["heads"]["heads"][0]["n"], 2);
  EXPECT_EQ(run_program({"ledger", "--inputs", list, "--out", "x.csv"}).status, 1);
}

TEST(CliLedger, OneThingIsTakenApart) {
  EXPECT_NE(run_program({"ledger"}).status, 0);
  const Outcome two = run_program({"ledger", "--prompt", "a", "--image", "scene-1"});
  EXPECT_EQ(two.status, 2) << two.err;
  EXPECT_EQ(two.out, "");
}

TEST(CliLedger, WhatIsOfDrawingsStandsWithDrawings) {
  const auto refusal = [](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"ledger", "--prompt", "a"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run_program(words);
    EXPECT_EQ(outcome.status, 1);
    return outcome.err;
  };
  const std::string beside = ": expected --paint, or --inputs with --as-drawings, beside it, got neither\n";
  EXPECT_EQ(refusal({"--seed", "3"}), "regard ledger: --seed" + beside);
  EXPECT_EQ(refusal({"--steps", "3"}), "regard ledger: --steps" + beside);
  EXPECT_EQ(refusal({"--as-drawings"}),
            "regard ledger: --as-drawings: expected --inputs beside it, got none\n");
}

}  // namespace
}  // namespace regard
