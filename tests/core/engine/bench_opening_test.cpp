// What is timed of opening a folder.
#include "core/engine/bench_opening.h"

#include <gtest/gtest.h>

namespace regard {
namespace {

// The built-in model is a pipeline: its towers lie in a folder of their own.
TEST(Opening, ThePartsOfAPipelineAreFoundAndTheirTimesFollowEachOther) {
  const auto rows = measure_opening(REGARD_ASSETS_DIR "/little-world", "un chat rouge");
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    const OpeningRow& row = (*rows)[i];
    EXPECT_EQ(row.picture, i >= 2);
    EXPECT_EQ(row.from_disk, i % 2 == 0);
    EXPECT_GT(row.file_mb, 1.0);
    EXPECT_GT(row.tokens, 4);
    EXPECT_GT(row.layers, 1);
    EXPECT_GT(row.opened_ms, 0.0);
    EXPECT_GT(row.first_ms, row.opened_ms);
    EXPECT_GT(row.whole_ms, row.opened_ms);
  }
}

TEST(Opening, AFolderWithoutAModelIsRefused) { EXPECT_FALSE(measure_opening(REGARD_TEST_DIR, "a cat")); }

}  // namespace
}  // namespace regard
