// Which inputs a survey of the window is over.
#include "app/views/head_views.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_folder.h"

namespace regard {
namespace {

TEST(SurveyInputs, SomeAreSpreadOverTheList) {
  const testing::TempFolder folder;
  std::ofstream file(folder.path() / "list.txt");
  for (int i = 0; i < 10; ++i) file << "prompt " << i << '\n';
  file.close();
  SurveyAsk ask{.text = TextRequest{}, .inputs = (folder.path() / "list.txt").string()};
  const auto all = survey_inputs(ask, {});
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->names.size(), 10u);
  EXPECT_EQ(all->listed, 0);
  ask.most = 4;
  const auto some = survey_inputs(ask, {});
  ASSERT_TRUE(some);
  EXPECT_EQ(some->names, (std::vector<std::string>{"prompt 0", "prompt 2", "prompt 5", "prompt 7"}));
  EXPECT_EQ(some->listed, 10);
  ask.most = 10;
  EXPECT_EQ(survey_inputs(ask, {})->listed, 0) << "none is left out";
}

}  // namespace
}  // namespace regard
