// A figure on its way out: what its file is called, its ground, and numbers for a spreadsheet.
#include "app/export/figure_job.h"

#include <gtest/gtest.h>

#include "app/export/file_name.h"

namespace regard {
namespace {

TEST(FileName, IsSafeWhateverThePromptHolds) {
  EXPECT_EQ(safe_name("Un chat ROUGE"), "un-chat-rouge");
  EXPECT_EQ(safe_name("../../etc/passwd"), "etc-passwd");
  EXPECT_EQ(safe_name("(((a \"b\" | c))) \n\t*?<>:"), "a-b-c");
  EXPECT_EQ(safe_name("...---   "), "");
  EXPECT_EQ(safe_name("été à Noël"), "été-à-noël");
  EXPECT_EQ(safe_name("猫"), "猫");
  EXPECT_EQ(safe_name("a\xFF\xFE"
                      "b"),
            "a-b");
  std::string many(100, 'a');
  many += "é";
  const std::string longest = safe_name(many, 48);
  EXPECT_EQ(longest, std::string(48, 'a'));
  EXPECT_EQ(safe_name("aé", 2), "a") << "no letter is cut in two";
}

TEST(FileName, IsMadeOfPromptAndHead) {
  EXPECT_EQ(figure_name("a red cat", " · layer 2 · head 3"), "a-red-cat-layer-2-head-3");
  EXPECT_EQ(figure_name("", "rollout"), "rollout");
  EXPECT_EQ(figure_name("???", "…"), "figure");
}

TEST(Numbers, TabsStandWhereCommasWereAndQuotesGo) {
  EXPECT_EQ(tabs_of("a,b\r\n1,2\r\n"), "a\tb\n1\t2\n");
  EXPECT_EQ(tabs_of("\"a,b\",\"say \"\"x\"\"\"\r\n"), "a,b\tsay \"x\"\n");
  EXPECT_EQ(tabs_of("\"two\nlines\",a\tb\r\n"), "two lines\ta b\n");
}

}  // namespace
}  // namespace regard
