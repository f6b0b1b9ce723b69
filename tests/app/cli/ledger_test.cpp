// `regard ledger`, from outside.
#include <gmock/gmock.h>

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

TEST(CliLedger, OneThingIsTakenApart) {
  EXPECT_NE(run_program({"ledger"}).status, 0);
  const Outcome two = run_program({"ledger", "--prompt", "a", "--image", "scene-1"});
  EXPECT_EQ(two.status, 2) << two.err;
  EXPECT_EQ(two.out, "");
}

}  // namespace
}  // namespace regard
