// Rows and layers that are taken over from an earlier run: not one bit differs from a run that computes them
// all.
#include <cstring>
#include <limits>

#include "core/engine/bench.h"
#include "core/models/clip_text.h"
#include "core/models/vit.h"
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

// A change for every kind, and the layer of three in which it begins to act.
struct Trial {
  Intervention change;
  int layers;
};

std::vector<Trial> trials(int width) {
  const RowVector state = RowVector::Constant(width, 0.25f);
  return {{{.heads_off = {{1, 2}}}, 1},
          {{.heads_off = {{2, 0}, {2, 3}}}, 2},
          {{.heads_mean = {{0, 1}}}, 0},
          {{.heads_mean = {{2, 1}}}, 2},
          {{.blocks_off = {1}}, 1},
          {{.cut_edges = {{4, 2, 2, 1}}}, 2},
          {{.cut_edges = {{4, 2}}}, 0},
          {{.cut_edges = {{4, 2, -1, 1}}}, 0},
          {{.patches = {{.after = 0, .position = 3, .values = state}}}, 0},
          {{.patches = {{.after = 2, .position = 3, .values = state}}}, 1},
          {{.patches = {{.after = 3, .position = 3, .values = state}}}, 2}};
}

class ClipReuse : public ::testing::Test {
 protected:
  // `ids` after a run of `before` that is still held, and by a model that never ran.
  void expect_taken_over(const std::vector<int>& before, const std::vector<int>& ids, int rows,
                         const Intervention& first = {}, const Intervention& second = {}, int layers = 0) {
    const ClipText model = random_clip_text(small_config(), 3);
    const auto held = model.run(before, first);
    ASSERT_TRUE(held);
    const auto out = model.run(ids, second);
    ASSERT_TRUE(out);
    EXPECT_EQ(out->rows_taken_over, rows);
    EXPECT_EQ(out->layers_taken_over, layers);
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

TEST_F(ClipReuse, TheLayersBelowTheFirstChange) {
  for (const Trial& trial : trials(64)) {
    expect_taken_over(ids_, ids_, 0, {}, trial.change, trial.layers);
    expect_taken_over(ids_, ids_, 0, trial.change, {}, trial.layers);
  }
  expect_taken_over(ids_, ids_, 0, {.heads_off = {{0, 1}, {1, 2}}}, {.heads_off = {{0, 1}, {2, 2}}}, 1);
  Intervention weighed{.key_bias = std::vector<float>(11, 0.0f)}, tried = weighed;
  weighed.key_bias[6] = tried.key_bias[6] = 0.3f;
  tried.heads_off = {{2, 1}};
  expect_taken_over(ids_, ids_, 0, weighed, tried, 2);
  tried.key_bias[6] = 0.31f;
  expect_taken_over(ids_, ids_, 0, weighed, tried, 0);
}

TEST_F(ClipReuse, NothingWhereMoreThanKeysIsChangedOfAnotherPrompt) {
  std::vector<int> other = ids_;
  other[9] = 77;
  expect_taken_over(other, ids_, 0, {}, {.heads_off = {{1, 2}}});
  expect_taken_over(other, ids_, 0, {.heads_off = {{1, 2}}}, {});
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
  EXPECT_EQ(computed->layers_taken_over, 0) << "a run was kept alive";
}

// What is told while a run goes on is what it is in the end, whatever is taken over of another.
TEST_F(ClipReuse, LayersAreToldOneByOneAndAreThoseOfTheWholeRun) {
  const ClipText model = random_clip_text(small_config(), 3);
  std::vector<int> other = ids_;
  other.back() = 78;
  const auto held = model.run(ids_);
  std::vector<AttentionRecord> told;
  const auto whole = model.run(other, {}, {}, [&](const AttentionRecord& record, int layers) {
    EXPECT_EQ(layers, std::ssize(told) + 1);
    told.push_back(record.first_layers(layers));
  });
  ASSERT_TRUE(held && whole);
  ASSERT_EQ(told.size(), 2u) << "of three layers";
  for (const AttentionRecord& each : told) {
    for (int layer = 0; layer < each.shape().layers; ++layer) {
      for (int head = 0; head < 4; ++head)
        EXPECT_TRUE(same_bits(each.attention(layer, head), whole->record->attention(layer, head)));
    }
  }
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

class VitReuse : public ::testing::TestWithParam<double> {  // bytes of maps that are kept
 protected:
  static Vit model() {
    return random_vit({.layers = 3,
                       .heads = 4,
                       .width = 64,
                       .mlp_width = 160,
                       .image_width = 48,
                       .image_height = 32,
                       .patch = 8},
                      5);
  }
  static std::vector<float> pixels(int seed) {
    std::vector<float> out(3 * 48 * 32);
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<float>((i * 37 + static_cast<std::size_t>(seed)) % 101) / 50.0f - 1.0f;
    return out;
  }
  Result<VitOutput> run(const Vit& vit, const std::vector<float>& of, const Intervention& change) const {
    return vit.run(of, 48, 32, change, {}, {.kept_map_bytes = GetParam()});
  }
  void expect_taken_over(const Intervention& first, const Intervention& second, int layers) const {
    const Vit vit = model();
    const auto held = run(vit, pixels(1), first), out = run(vit, pixels(1), second);
    const auto alone = run(model(), pixels(1), second);
    ASSERT_TRUE(held && out && alone);
    EXPECT_EQ(out->layers_taken_over, layers);
    EXPECT_EQ(alone->layers_taken_over, 0);
    const AttentionRecord &a = *out->record, &b = *alone->record;
    EXPECT_EQ(a.keeps_maps(), GetParam() > 0);
    for (int layer = 0; layer < 3; ++layer) {
      EXPECT_EQ(a.outputs(layer).size(), b.outputs(layer).size());
      for (int head = 0; head < 4; ++head) {
        EXPECT_TRUE(same_bits(a.scores_map(layer, head), b.scores_map(layer, head)));
        EXPECT_TRUE(same_bits(a.attention_map(layer, head), b.attention_map(layer, head)));
        EXPECT_TRUE(same_bits(a.value(layer, head), b.value(layer, head)));
        EXPECT_EQ(a.is_off(layer, head), b.is_off(layer, head));
        EXPECT_EQ(a.passed_mean(layer, head) == nullptr, b.passed_mean(layer, head) == nullptr);
      }
    }
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_TRUE(same_bits((*out->hidden_states)[i], (*alone->hidden_states)[i])) << i;
    EXPECT_EQ(out->pooled, alone->pooled);
    EXPECT_EQ(a.non_finite, b.non_finite);
  }
};

TEST_P(VitReuse, TheLayersBelowTheFirstChange) {
  for (const Trial& trial : trials(64)) {
    expect_taken_over({}, trial.change, trial.layers);
    expect_taken_over(trial.change, {}, trial.layers);
  }
  expect_taken_over({.heads_mean = {{0, 1}}}, {.heads_off = {{2, 2}}, .heads_mean = {{0, 1}}}, 2);
  expect_taken_over({}, {}, 3);
}

TEST_P(VitReuse, NothingOfAnotherPictureOrARunThatNobodyHolds) {
  const Vit vit = model();
  auto held = run(vit, pixels(1), {});
  const auto other = run(vit, pixels(2), {});
  ASSERT_TRUE(held && other);
  EXPECT_EQ(other->layers_taken_over, 0);
  held = fail(ErrorCode::kShape, "nobody holds it");
  const auto again = run(vit, pixels(1), {});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->layers_taken_over, 0);
}

INSTANTIATE_TEST_SUITE_P(Maps, VitReuse, ::testing::Values(1e9, 0.0));

}  // namespace
}  // namespace regard::test
