// AttentionRecord: each map has its own place, rows are queries, and what a query may read is told rightly.
#include <limits>

#include <gtest/gtest.h>

#include "core/attention/attend.h"
#include "core/attention/record.h"
#include "core/tensor/ops.h"
#include "tests/support/golden.h"

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

// What is given away of a run that goes on.
TEST(AttentionRecord, FirstLayersAreARecordOfTheirOwnOverTheSameNumbers) {
  for (const double kept_bytes : {AttentionRecord::kKeptBytes, 0.0}) {
    AttentionRecord record({3, 2, 4, 4, 6}, kept_bytes);
    std::srand(5);
    Matrix out(4, 6);
    const auto write = [&](int layer) {
      for (int head = 0; head < 2; ++head) {
        record.query(layer, head).setRandom();
        record.key(layer, head).setRandom();
        record.value(layer, head).setRandom();
        attend(record, layer, head, out);
      }
      record.add_output(layer, {.count = 4, .projection = {}, .gain = {}});
      record.set_passed_mean(layer, 1, RowVector::Constant(6, static_cast<float>(layer)));
      record.set_off(layer, 0);
    };
    write(0);
    write(1);
    const AttentionRecord two = record.first_layers(2);
    write(2);
    EXPECT_EQ(two.shape(), (AttentionShape{2, 2, 4, 4, 6}));
    EXPECT_EQ(two.keeps_maps(), record.keeps_maps());
    for (int layer = 0; layer < 2; ++layer) {
      EXPECT_EQ(two.attention_map(layer, 1), record.attention_map(layer, 1));
      EXPECT_EQ(two.scores_map(layer, 1), record.scores_map(layer, 1));
      EXPECT_EQ(two.outputs(layer).size(), 1u);
      EXPECT_TRUE(two.is_off(layer, 0));
      EXPECT_NE(two.passed_mean(layer, 1), nullptr);
    }
    EXPECT_EQ(two.value(1, 1).data(), std::as_const(record).value(1, 1).data()) << "no number is copied";
    EXPECT_EQ(two.stream(0), nullptr);
    EXPECT_EQ(record.first_layers(0).shape().layers, 0);
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

// ---- records that compute instead of keeping ----

constexpr float kInfinity = std::numeric_limits<float>::infinity();

enum Change { kNothing = 0, kBias = 1, kFactor = 2, kCausal = 4 };

// The same run into either storage: 2 layers, 3 heads, 67 queries (more than a block of rows), E = 5.
AttentionRecord filled(double kept_bytes, int keys, int change) {
  AttentionRecord record({2, 3, 67, keys, 5}, kept_bytes);
  if ((change & kBias) != 0) {
    Vector bias = Vector::Zero(keys);
    bias(1) = -kInfinity;
    bias(keys - 2) = 2.5f;
    record.set_key_bias(bias);
  }
  if ((change & kFactor) != 0) {
    Vector factor = Vector::Ones(keys);
    factor(0) = -1.5f;
    factor(keys - 1) = 0.0f;
    record.set_key_factor(factor);
  }
  record.set_causal((change & kCausal) != 0);
  std::srand(7);  // Eigen's Random
  Matrix out(67, 5);
  for (int i = 0; i < 6; ++i) {
    record.query(i / 3, i % 3) = 3.0f * Matrix::Random(67, 5);
    record.key(i / 3, i % 3) = 3.0f * Matrix::Random(keys, 5);
    record.value(i / 3, i % 3).setRandom();
    attend(record, i / 3, i % 3, out);
  }
  return record;
}

// Infinite where both are, so that -inf - -inf is no difference.
float scores_difference(const Matrix& a, const Matrix& b) {
  EXPECT_EQ((a.array() == -kInfinity).cast<int>().matrix(), (b.array() == -kInfinity).cast<int>().matrix());
  const auto finite = [](float v) { return v == -kInfinity ? 0.0f : v; };
  return max_difference(a.unaryExpr(finite), Matrix(b.unaryExpr(finite)).data());
}

class BothStorages : public ::testing::TestWithParam<int> {};

TEST_P(BothStorages, GiveTheSameNumbersWhicheverWayTheyAreAsked) {
  const int keys = (GetParam() & kCausal) != 0 ? 67 : 41;
  const AttentionRecord kept = filled(AttentionRecord::kKeptBytes, keys, GetParam());
  const AttentionRecord lean = filled(0, keys, GetParam());
  ASSERT_TRUE(kept.keeps_maps());
  ASSERT_FALSE(lean.keeps_maps());
  for (int i = 0; i < 6; ++i) {
    const int layer = i / 3, head = i % 3;
    const Matrix map = kept.attention(layer, head), scores = kept.scores(layer, head);
    for (const AttentionRecord* r : {&kept, &lean}) {
      EXPECT_LE(max_difference(r->attention_map(layer, head), map.data()), 1e-6f);
      EXPECT_LE(scores_difference(r->scores_map(layer, head), scores), 1e-6f);
      for (const int t : {0, 1, 55, 56, 66}) {
        EXPECT_LE(max_difference(r->attention_row(layer, head, t), RowVector(map.row(t)).data()), 1e-6f);
        EXPECT_LE(scores_difference(r->scores_row(layer, head, t), scores.row(t)), 1e-6f);
      }
      for (const int s : {0, 1, 40}) {
        const Vector column = map.col(s);
        EXPECT_LE(max_difference(Matrix(r->attention_column(layer, head, s)), column.data()), 1e-6f);
      }
      const Matrix tile = map.block(50, 3, 9, 38);
      EXPECT_LE(max_difference(r->attention_tile(layer, head, 50, 9, 3, 38), tile.data()), 1e-6f);
      EXPECT_LE(scores_difference(r->scores_tile(layer, head, 50, 9, 3, 38), scores.block(50, 3, 9, 38)),
                1e-6f);
      EXPECT_EQ(r->attention_tile(layer, head, 3, 0, 2, 4).size(), 0);
    }
  }
}

TEST_P(BothStorages, PassOnWhatThePlainFormulaDoes) {
  const int keys = (GetParam() & kCausal) != 0 ? 67 : 41;
  for (const double kept_bytes : {0.0, AttentionRecord::kKeptBytes}) {
    AttentionRecord record = filled(kept_bytes, keys, GetParam());
    Matrix out(67, 5);
    attend(record, 1, 2, out);
    const AttentionRecord& r = record;
    Matrix map = r.query(1, 2) * r.key(1, 2).transpose() / std::sqrt(5.0f);
    for (int t = 0; t < 67; ++t) {
      for (int s = 0; s < keys; ++s) {
        if (!r.readable(t, s)) map(t, s) = -kInfinity;
        if (r.key_bias().size() > 0) map(t, s) += r.key_bias()(s);
      }
      softmax_row_plain(RowVector(map.row(t)), map.row(t));
    }
    if (r.key_factor().size() > 0) map = map * r.key_factor().asDiagonal();
    EXPECT_LE(max_difference(r.attention_map(1, 2), map.data()), 2e-6f);
    EXPECT_LE(max_difference(out, Matrix(map * r.value(1, 2)).data()), 2e-5f);
  }
}

INSTANTIATE_TEST_SUITE_P(Changes, BothStorages,
                         ::testing::Values(kNothing, kBias, kFactor, kCausal, kBias | kFactor | kCausal));

TEST(AttentionRecord, ARowThatMayReadNothingIsZero) {
  AttentionRecord record({1, 1, 2, 2, 3}, 0);
  record.set_key_bias(Vector::Constant(2, -kInfinity));
  record.query(0, 0).setOnes();
  record.key(0, 0).setOnes();
  record.value(0, 0).setOnes();
  Matrix out(2, 3);
  attend(record, 0, 0, out);
  EXPECT_EQ(out, Matrix::Zero(2, 3));
  EXPECT_EQ(record.attention_map(0, 0), Matrix::Zero(2, 2));
  EXPECT_EQ(record.attention_row(0, 0, 1), RowVector::Zero(2));
}

TEST(AttentionRecord, DecidesByBytes) {
  EXPECT_TRUE(AttentionRecord({1, 1, 10, 10, 1}, 800).keeps_maps());
  EXPECT_FALSE(AttentionRecord({1, 1, 10, 10, 1}, 799).keeps_maps());
  EXPECT_TRUE(AttentionRecord({12, 12, 257, 257, 1}).keeps_maps());    // ViT-B/14: 76 MB
  EXPECT_FALSE(AttentionRecord({12, 6, 1370, 1370, 1}).keeps_maps());  // DINOv2-S at 518 pixels: 1081 MB
}

TEST(AttentionRecordDeathTest, MapsThatAreNotKeptHaveNoAddress) {
  AttentionRecord record({1, 1, 2, 2, 3}, 0);
  const AttentionRecord& r = record;
  EXPECT_DEATH(r.attention(0, 0), "internal error");
  EXPECT_DEATH(r.scores(0, 0), "internal error");
  EXPECT_DEATH(record.attention(0, 0), "internal error");
  EXPECT_DEATH(r.attention_row(0, 0, 2), "internal error");
  EXPECT_DEATH(r.attention_tile(0, 0, 1, 2, 0, 1), "internal error");
  AttentionRecord kept({1, 1, 2, 2, 3});
  EXPECT_DEATH(kept.row_max(0, 0), "internal error");
}

TEST(AttentionRecordDeathTest, AnIndexOutsideIsOurBug) {
  const AttentionRecord record({2, 3, 4, 5, 6});
  EXPECT_DEATH(record.scores(2, 0), "internal error");
  EXPECT_DEATH(record.scores(0, -1), "internal error");
  EXPECT_DEATH(record.readable(4, 0), "internal error");
}

}  // namespace
}  // namespace regard::test
