// Maps over a drawing's joint attention: patches, then text.
#include "core/analysis/head_metric.h"
#include "core/analysis/islands.h"
#include "core/analysis/map_query.h"
#include "core/analysis/rollout.h"

#include <gtest/gtest.h>

namespace regard {
namespace {

// Two blocks of two heads over 4 patches (2 x 2) and 2 tokens; every row a distribution that is easy to read.
AttentionRecord record() {
  AttentionRecord out({2, 2, 6, 6, 1});
  for (int layer = 0; layer < 2; ++layer) {
    for (int head = 0; head < 2; ++head) {
      for (int query = 0; query < 6; ++query) {
        for (int key = 0; key < 6; ++key)
          out.attention(layer, head)(query, key) = key == (query + layer + 2 * head) % 6 ? 0.5f : 0.1f;
      }
    }
  }
  return out;
}

// 2 x 2 patches, then words.
Trace trace_of(const AttentionRecord& record) {
  Sequence words;
  words.positions.resize(static_cast<std::size_t>(record.shape().queries - 4));
  words.segments = {{.name = "text", .first = 0, .count = words.count()}};
  return single_trace("tiny", joined(image_sequence({}, 2, 2), words),
                      std::make_shared<const AttentionRecord>(record.first_layers(record.shape().layers)));
}

TEST(Joint, MeanIsOverTheGivenMapsAlone) {
  const AttentionRecord maps = record();
  EXPECT_EQ(evaluate(trace_of(maps), {.heads = {.set = {{1, 0}}}})->values, Matrix(maps.attention(1, 0)));
  const auto both = evaluate(trace_of(maps), {.heads = {.set = {{0, 0}, {1, 1}}}, .over = Over::kText});
  ASSERT_TRUE(both);
  EXPECT_NEAR(both->values(1, 0), 0.3f, 1e-6f);  // row 1, key 4: block 2 head 2 looks there
  EXPECT_NEAR(both->values(1, 1), 0.1f, 1e-6f);
}

TEST(Joint, AWordIsReadByPatchesAsTheMeanOfTheHeadsChosen) {
  const auto word = evaluate(trace_of(record()), {.heads = {.set = {{1, 0}, {1, 1}}},
                                                  .subject = {4},
                                                  .direction = Direction::kReadBy,
                                                  .over = Over::kImage});
  ASSERT_TRUE(word);
  EXPECT_EQ(word->values.cols(), 4);
  EXPECT_NEAR(word->values(0, 3), 0.3f, 1e-6f);  // patch 3 -> token 4: head 1 of block 2
  EXPECT_FALSE(evaluate(trace_of(record()), {.heads = {.set = {{2, 0}}}}));
}

TEST(Joint, RolloutIsTheProductWithTheResidualAndItsRowsSumToOne) {
  const AttentionRecord maps = record();
  const Matrix rolled = rollout(maps).value();
  Matrix product = Matrix::Identity(6, 6);
  for (int layer = 0; layer < 2; ++layer) {
    const Matrix mean = 0.5f * (Matrix(maps.attention(layer, 0)) + Matrix(maps.attention(layer, 1)));
    product = Matrix(0.5f * (mean + Matrix::Identity(6, 6)) * product);
  }
  EXPECT_LT((rolled - product).cwiseAbs().maxCoeff(), 1e-6f);
  EXPECT_LT((rolled.rowwise().sum().array() - 1.0f).abs().maxCoeff(), 1e-5f);
}

TEST(Joint, IslandsHangTogetherAtCornersAndSmallOnesAreNone) {
  RowVector map(12);
  map << 1, 0, 0, 0,  //
      0, 1, 0, 1,     //
      0, 0, 0, 1;
  EXPECT_EQ(islands(map, 3, 4, 0.5f, 1), (std::vector<int>{1, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 2}));
  map(11) = 0;
  EXPECT_EQ(islands(map, 3, 4, 0.5f, 2), (std::vector<int>{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}));
}

TEST(Joint, RatioIsOneWhenAPatchReadsEvenly) {
  AttentionRecord maps({1, 1, 5, 5, 1});
  maps.attention(0, 0).setConstant(0.2f);
  const auto ratio = [&](std::vector<int> keys) {
    const Trace trace = trace_of(maps);
    return (*measure_heads(*find_head_metric("ratio"), {.trace = trace, .from = {0}, .to = std::move(keys)}))(
        0, 0);
  };
  EXPECT_NEAR(ratio({2, 3}), 1.0, 1e-6);
  maps.attention(0, 0).row(0) << 0.0f, 0.0f, 0.4f, 0.4f, 0.2f;
  EXPECT_NEAR(ratio({2, 3}), 2.0, 1e-6);
  EXPECT_EQ(ratio({}), 0.0);
}

}  // namespace
}  // namespace regard
