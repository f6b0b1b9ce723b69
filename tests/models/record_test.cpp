// AttentionRecord: each map has its own place, rows are queries, and what a query may read is told rightly.
#include <limits>

#include <gtest/gtest.h>

#include "core/attention/record.h"

namespace regard::test {
namespace {

TEST(AttentionRecord, MapsDoNotOverlap) {
  AttentionRecord record({2, 3, 4, 5, 6});
  for (int i = 0; i < 6; ++i) {
    record.scores(i / 3, i % 3).setConstant(static_cast<float>(i));
    record.attention(i / 3, i % 3).setConstant(static_cast<float>(10 + i));
    record.query(i / 3, i % 3).setConstant(static_cast<float>(20 + i));
    record.key(i / 3, i % 3).setConstant(static_cast<float>(30 + i));
    record.value(i / 3, i % 3).setConstant(static_cast<float>(40 + i));
  }
  const AttentionRecord& r = record;
  for (int i = 0; i < 6; ++i) {
    const auto f = static_cast<float>(i);
    EXPECT_EQ(Matrix(r.scores(i / 3, i % 3)), Matrix::Constant(4, 5, f));
    EXPECT_EQ(Matrix(r.attention(i / 3, i % 3)), Matrix::Constant(4, 5, 10 + f));
    EXPECT_EQ(Matrix(r.query(i / 3, i % 3)), Matrix::Constant(4, 6, 20 + f));
    EXPECT_EQ(Matrix(r.key(i / 3, i % 3)), Matrix::Constant(5, 6, 30 + f));
    EXPECT_EQ(Matrix(r.value(i / 3, i % 3)), Matrix::Constant(5, 6, 40 + f));
  }
}

TEST(AttentionRecord, TellsWhatMayBeRead) {
  AttentionRecord record({1, 1, 3, 3, 2});
  EXPECT_TRUE(record.readable(0, 2));
  record.set_causal(true);
  EXPECT_FALSE(record.readable(0, 2));
  EXPECT_TRUE(record.readable(2, 0));
  Vector bias(3);
  bias << 0.0f, -std::numeric_limits<float>::infinity(), -3.0f;
  record.set_key_bias(bias);
  EXPECT_FALSE(record.readable(2, 1));
  EXPECT_TRUE(record.readable(2, 2));
}

TEST(AttentionRecordDeathTest, AnIndexOutsideIsOurBug) {
  const AttentionRecord record({2, 3, 4, 5, 6});
  EXPECT_DEATH(record.scores(2, 0), "internal error");
  EXPECT_DEATH(record.scores(0, -1), "internal error");
  EXPECT_DEATH(record.readable(4, 0), "internal error");
}

}  // namespace
}  // namespace regard::test
