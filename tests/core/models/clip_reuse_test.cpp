// Rows that are taken over from an earlier run: not one bit differs from a run that computes them all.
#include <cstring>
#include <limits>

#include "core/engine/bench.h"
#include "core/models/clip_text.h"
#include "core/tensor/threads.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

ClipTextConfig small_config() {
  ClipTextConfig config = clip_l_text_config();
  config.layers = 3;
  config.heads = 4;
  config.width = 64;
  config.mlp_width = 160;
  config.projection = 0;
  return config;
}

bool same_bits(ConstMatrixRef a, ConstMatrixRef b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return false;
  for (Eigen::Index r = 0; r < a.rows(); ++r) {
    if (std::memcmp(a.row(r).data(), b.row(r).data(), sizeof(float) * static_cast<std::size_t>(a.cols())) !=
        0)
      return false;
  }
  return true;
}

void expect_same(const ClipTextOutput& a, const ClipTextOutput& b) {
  const AttentionShape& s = a.record->shape();
  ASSERT_EQ(s, b.record->shape());
  for (int layer = 0; layer < s.layers; ++layer) {
    EXPECT_EQ(a.record->outputs(layer).size(), b.record->outputs(layer).size());
    for (int head = 0; head < s.heads; ++head) {
      EXPECT_TRUE(same_bits(a.record->scores(layer, head), b.record->scores(layer, head)));
      EXPECT_TRUE(same_bits(a.record->attention(layer, head), b.record->attention(layer, head)));
      EXPECT_TRUE(same_bits(a.record->query(layer, head), b.record->query(layer, head)));
      EXPECT_TRUE(same_bits(a.record->key(layer, head), b.record->key(layer, head)));
      EXPECT_TRUE(same_bits(a.record->value(layer, head), b.record->value(layer, head)));
    }
  }
  ASSERT_EQ(a.hidden_states->size(), b.hidden_states->size());
  for (std::size_t i = 0; i < a.hidden_states->size(); ++i)
    EXPECT_TRUE(same_bits((*a.hidden_states)[i], (*b.hidden_states)[i])) << i;
  EXPECT_TRUE(same_bits(a.last_hidden, b.last_hidden));
  EXPECT_EQ(a.pooled, b.pooled);
  EXPECT_EQ(a.record->non_finite, b.record->non_finite);
}

class ClipReuse : public ::testing::Test {
 protected:
  // `ids` after a run of `before` that is still held, and by a model that never ran.
  void expect_taken_over(const std::vector<int>& before, const std::vector<int>& ids, int rows,
                         const Intervention& first = {}, const Intervention& second = {}) {
    const ClipText model = random_clip_text(small_config(), 3);
    const auto held = model.run(before, first);
    ASSERT_TRUE(held);
    const auto out = model.run(ids, second);
    ASSERT_TRUE(out);
    EXPECT_EQ(out->rows_taken_over, rows);
    const auto alone = random_clip_text(small_config(), 3).run(ids, second);
    ASSERT_TRUE(alone);
    EXPECT_EQ(alone->rows_taken_over, 0);
    expect_same(*out, *alone);
  }

  const std::vector<int> ids_ = {998, 17, 36, 30, 2, 9, 9, 21, 5, 0, 999};
};

TEST_F(ClipReuse, UpToTheFirstTokenThatIsAnother) {
  for (const std::size_t at : {std::size_t{1}, std::size_t{5}, std::size_t{10}}) {
    std::vector<int> other = ids_;
    other[at] = 77;
    expect_taken_over(other, ids_, static_cast<int>(at));
  }
}

TEST_F(ClipReuse, APromptThatGrowsOrShrinks) {
  std::vector<int> longer = ids_;
  longer.insert(longer.begin() + 10, {4, 8, 15, 16, 23});
  expect_taken_over(ids_, longer, 10);
  expect_taken_over(longer, ids_, 10);
  expect_taken_over(ids_, {ids_.begin(), ids_.begin() + 4}, 4);
  expect_taken_over({ids_.begin(), ids_.begin() + 4}, ids_, 4);
}

TEST_F(ClipReuse, UpToTheFirstWeightThatIsAnother) {
  Intervention first{.key_bias = std::vector<float>(11, 0.0f)}, second = first;
  first.key_bias[6] = 0.3f;
  second.key_bias[6] = 0.31f;
  expect_taken_over(ids_, ids_, 6, first, second);
  second.hide(8, 11);
  second.key_bias[6] = 0.3f;
  expect_taken_over(ids_, ids_, 8, first, second);
  Intervention factors{.key_factor = std::vector<float>(11, 1.0f)}, turned = factors;
  factors.key_factor[2] = 1.5f;
  turned.key_factor = factors.key_factor;
  turned.key_factor[7] = -2.0f;
  expect_taken_over(ids_, ids_, 7, factors, turned);
}

TEST_F(ClipReuse, NothingWhereMoreThanKeysIsChanged) {
  expect_taken_over(ids_, ids_, 0, {}, {.heads_off = {{1, 2}}});
  expect_taken_over(ids_, ids_, 0, {.heads_mean = {{0, 1}}}, {});
  expect_taken_over(ids_, ids_, 0, {}, {.cut_edges = {{4, 2}}});
  expect_taken_over(ids_, ids_, 0, {}, {.key_bias = std::vector<float>(11, 0.0f)});  // -0 + 0 is another zero
}

TEST_F(ClipReuse, AWholeRunThatIsStillHeldIsThatRun) {
  const ClipText model = random_clip_text(small_config(), 3);
  auto held = model.run(ids_);
  ASSERT_TRUE(held);
  auto again = model.run(ids_);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->record, held->record);
  EXPECT_EQ(again->hidden_states, held->hidden_states);
  expect_same(*held, *again);
  again = fail(ErrorCode::kShape, "nobody holds it");
  held = fail(ErrorCode::kShape, "any more");
  const auto computed = model.run(ids_);
  ASSERT_TRUE(computed);
  EXPECT_EQ(computed->rows_taken_over, 0) << "a run was kept alive";
}

// A NaN behind a row reaches it: a masked key is 0 times its value.
TEST_F(ClipReuse, NaNReachesTheRowsBeforeIt) {
  const auto broken = [] {
    const ClipText model = random_clip_text(small_config(), 3);
    ClipTextWeights weights = model.weights();
    weights.token_embedding.row(77).setConstant(std::numeric_limits<float>::quiet_NaN());
    return ClipText(model.config(), std::move(weights));
  };
  std::vector<int> other = ids_;
  other[8] = 77;
  const ClipText model = broken();
  for (const auto& [first, second] : {std::pair(ids_, other), std::pair(other, ids_)}) {
    const auto held = model.run(first);
    const auto out = model.run(second), alone = broken().run(second);
    ASSERT_TRUE(held && out && alone);
    for (Eigen::Index t = 0; t < 11; ++t) {
      EXPECT_EQ(out->last_hidden.row(t).allFinite(), alone->last_hidden.row(t).allFinite()) << t;
    }
    EXPECT_EQ(out->record->non_finite, alone->record->non_finite);
  }
}

TEST_F(ClipReuse, OnEveryNumberOfThreads) {
  const int before = threads();
  ClipTextConfig config = clip_l_text_config();
  config.layers = 2;
  std::vector<int> ids(77), other;
  for (int i = 0; i < 77; ++i) ids[static_cast<std::size_t>(i)] = (37 * i + 1) % 999;
  other = ids;
  other[70] = 5;
  set_threads(1);
  const auto alone = random_clip_text(config, 1).run(ids);
  const ClipText model = random_clip_text(config, 1);
  for (const int count : {1, 2, 3, 8}) {
    set_threads(count);
    const auto held = model.run(other), out = model.run(ids);
    ASSERT_TRUE(alone && held && out);
    EXPECT_EQ(out->rows_taken_over, 70);
    expect_same(*out, *alone);
  }
  set_threads(before);
}

}  // namespace
}  // namespace regard::test
