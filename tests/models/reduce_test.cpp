// Reductions of a record against numbers made by hand and by numpy.
#include <limits>

#include "core/analysis/reduce.h"
#include "tests/models/golden.h"

namespace regard::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Two layers, two heads, two causal tokens.
AttentionRecord small() {
  AttentionRecord record({2, 2, 2, 2, 1});
  record.attention(0, 0) << 1.0f, 0.0f, 0.5f, 0.5f;
  record.attention(0, 1) << 1.0f, 0.0f, 0.25f, 0.75f;
  record.attention(1, 0) << 1.0f, 0.0f, 1.0f, 0.0f;
  record.attention(1, 1) << 1.0f, 0.0f, 0.0f, 1.0f;
  for (int i = 0; i < 4; ++i) {
    record.scores(i / 2, i % 2) << static_cast<float>(i), -kInfinity, 1.0f, 2.0f * static_cast<float>(i);
  }
  return record;
}

Matrix map(float a, float b, float c, float d) {
  Matrix m(2, 2);
  m << a, b, c, d;
  return m;
}

TEST(Reduce, ByHand) {
  const AttentionRecord r = small();
  using C = RecordChoice;
  EXPECT_EQ(reduce(r, {1, 0}).value(), map(1, 0, 1, 0));
  EXPECT_EQ(reduce(r, {0, C::kMean}).value(), map(1, 0, 0.375f, 0.625f));
  EXPECT_EQ(reduce(r, {0, C::kMax}).value(), map(1, 0, 0.5f, 0.75f));
  EXPECT_EQ(reduce(r, {C::kMean, 1}).value(), map(1, 0, 0.125f, 0.875f));
  EXPECT_EQ(reduce(r, {C::kMean, C::kMean}).value(), map(1, 0, 0.4375f, 0.5625f));
  EXPECT_EQ(reduce(r, {C::kMean, C::kMax}).value(), map(1, 0, 0.75f, 0.875f));
  // A_1 = [1 0; .1875 .8125], A_2 = [1 0; .25 .75]; second row of A_2 A_1: .25 + .75*.1875, .75*.8125
  EXPECT_EQ(reduce(r, {C::kRollout, 0}).value(), map(1, 0, 0.390625f, 0.609375f));
  EXPECT_EQ(rollout(r).value(), reduce(r, {C::kRollout, C::kMax}).value());
}

TEST(Reduce, ScoresKeepMinusInfinityWhereTheMaskForbids) {
  const AttentionRecord r = small();
  EXPECT_EQ(reduce(r, {0, RecordChoice::kMean}, true).value(), map(0.5f, -kInfinity, 1, 1));
  EXPECT_EQ(reduce(r, {0, RecordChoice::kMax}, true).value(), map(1, -kInfinity, 1, 2));
  EXPECT_EQ(reduce(r, {RecordChoice::kMean, 0}, true).value(), map(1, -kInfinity, 1, 2));
}

TEST(Reduce, LetsNaNBeSeen) {
  AttentionRecord r = small();
  r.attention(0, 0)(1, 0) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(reduce(r, {0, RecordChoice::kMax}).value()(1, 0)));
  r.attention(0, 1)(1, 1) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(reduce(r, {0, RecordChoice::kMax}).value()(1, 1)));
}

TEST(Reduce, RefusesWordForWord) {
  const AttentionRecord r = small();
  EXPECT_EQ(reduce(r, {2, 0}).error().message, "layer: expected 1 to 2, mean or rollout, got 3");
  EXPECT_EQ(reduce(r, {0, 2}).error().message, "head: expected 1 to 2, mean or max, got 3");
  EXPECT_EQ(reduce(r, {RecordChoice::kMax, 0}).error().code, ErrorCode::kShape);
  EXPECT_EQ(reduce(r, {0, RecordChoice::kRollout}).error().code, ErrorCode::kShape);
  EXPECT_EQ(reduce(r, {RecordChoice::kRollout, 0}, true).error().message,
            "rollout: expected attention, got scores");
  EXPECT_EQ(reduce(r, {RecordChoice::kRollout, 0}, true).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(reduce(AttentionRecord(), {0, 0}).error().code, ErrorCode::kShape);
}

TEST(Reduce, RolloutNeedsAsManyKeysAsQueries) {
  const AttentionRecord r({1, 1, 2, 3, 1});
  EXPECT_EQ(reduce(r, {RecordChoice::kRollout, 0}).error().message,
            "rollout: expected as many keys as queries, got [2, 3]");
}

// tests/golden/make_text.py computed these with numpy from the tiny model's attention.
TEST(Reduce, AgreesWithNumpy) {
  const Golden golden("tiny.safetensors");
  const std::vector<float> attention = golden.values("tiny_clip.attention");
  AttentionRecord r({3, 2, 11, 11, 7});
  for (int i = 0; i < 6; ++i) r.attention(i / 2, i % 2) = ConstMatrixMap(attention.data() + i * 121, 11, 11);
  const auto check = [&](const char* name, const RecordChoice& choice) {
    report(name, max_difference(reduce(r, choice).value(), golden.values(name).data()), 1e-6f);
  };
  check("reduce.mean_heads", {1, RecordChoice::kMean});
  check("reduce.max_heads", {1, RecordChoice::kMax});
  check("reduce.mean_all", {RecordChoice::kMean, RecordChoice::kMean});
  check("reduce.mean_layers_max_heads", {RecordChoice::kMean, RecordChoice::kMax});
  check("reduce.rollout", {RecordChoice::kRollout, RecordChoice::kMean});
  EXPECT_NEAR(word_to_word(r.attention(2, 1)), golden.values("reduce.word_to_word")[0], 1e-6);
  const Matrix rolled = rollout(r).value();
  EXPECT_LE((rolled.rowwise().sum().array() - 1.0f).abs().maxCoeff(), 1e-5f);
}

TEST(WordToWord, CountsOnlyWordsReadingOtherWords) {
  Matrix a = Matrix::Zero(5, 5);
  a(1, 1) = 1;  // itself
  a(2, 1) = 0.75f;
  a(2, 0) = 0.25f;  // another word; the start token
  a(3, 2) = 0.5f;
  a(3, 3) = 0.5f;
  a(4, 1) = 1;  // the end token's row
  EXPECT_FLOAT_EQ(word_to_word(a), (0.0f + 0.75f + 0.5f) / 3.0f);
  EXPECT_EQ(word_to_word(Matrix::Ones(3, 3)), 0.0f);  // one word
  EXPECT_EQ(word_to_word(Matrix::Ones(0, 0)), 0.0f);
}

}  // namespace
}  // namespace regard::test
