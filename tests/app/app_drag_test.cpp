// A weight dragged with the mouse in the drawn window: its maps follow.
#include <gtest/gtest.h>

#include "app/cli/frames.h"

namespace regard {
namespace {

TEST(AppDrag, MapsFollowTheMouseInEveryWorkspaceThatHasWeights) {
  const auto report = measure_drag(0.15);
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->rows.size(), 4u);
  for (const DragRow& row : report->rows) {
    EXPECT_EQ(row.word, "rouge") << row.what;
    EXPECT_GT(row.events, 5) << row.what;
    const bool slow = row.what.find("77 tokens") != std::string::npos;
    EXPECT_GE(row.shown, slow ? 1 : 2) << row.what << ": before the mouse rested";
    EXPECT_LE(row.shown, row.events) << row.what;
    EXPECT_GT(row.p50, 0.0) << row.what;
    EXPECT_LE(row.p50, row.p99) << row.what;
    EXPECT_LE(row.p99, row.most) << row.what;
  }
}

}  // namespace
}  // namespace regard
