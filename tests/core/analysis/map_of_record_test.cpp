// Maps of a text's record against numbers made by hand and by numpy.
#include <limits>

#include "core/analysis/map_query.h"
#include "core/analysis/rollout.h"
#include "tests/support/golden.h"

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

Trace trace_of(const AttentionRecord& record) {
  Sequence sequence;
  sequence.positions.resize(static_cast<std::size_t>(record.shape().keys));
  return single_trace("tiny", sequence,
                      std::make_shared<const AttentionRecord>(record.first_layers(record.shape().layers)));
}

Matrix values(const AttentionRecord& record, const MapQuery& query) {
  const auto map = evaluate(trace_of(record), query);
  EXPECT_TRUE(map) << map.error().message;
  return map ? map->values : Matrix();
}

std::string message(const AttentionRecord& record, const MapQuery& query) {
  const auto map = evaluate(trace_of(record), query);
  return map ? "" : map.error().message;
}

MapQuery rollout_query(Fusion fusion = Fusion::kMean) {
  return {.lens = "rollout", .heads = {.fusion = fusion}};
}

TEST(MapOfRecord, ByHand) {
  const AttentionRecord r = small();
  EXPECT_EQ(values(r, {.heads = one_head(1, 0)}), map(1, 0, 1, 0));
  EXPECT_EQ(values(r, {.heads = {.layer = 0}}), map(1, 0, 0.375f, 0.625f));
  EXPECT_EQ(values(r, {.heads = {.layer = 0, .fusion = Fusion::kMax}}), map(1, 0, 0.5f, 0.75f));
  EXPECT_EQ(values(r, {.heads = {.head = 1}}), map(1, 0, 0.125f, 0.875f));
  EXPECT_EQ(values(r, {}), map(1, 0, 0.4375f, 0.5625f));
  EXPECT_EQ(values(r, {.heads = {.fusion = Fusion::kMax}}), map(1, 0, 0.75f, 0.875f));
  // A_1 = [1 0; .1875 .8125], A_2 = [1 0; .25 .75]; second row of A_2 A_1: .25 + .75*.1875, .75*.8125
  EXPECT_EQ(values(r, rollout_query()), map(1, 0, 0.390625f, 0.609375f));
  EXPECT_EQ(rollout(r, {.fusion = Fusion::kMax}).value(), values(r, rollout_query(Fusion::kMax)));
}

TEST(MapOfRecord, ScoresKeepMinusInfinityWhereTheMaskForbids) {
  const AttentionRecord r = small();
  EXPECT_EQ(values(r, {.heads = {.layer = 0}, .scores = true}), map(0.5f, -kInfinity, 1, 1));
  EXPECT_EQ(values(r, {.heads = {.layer = 0, .fusion = Fusion::kMax}, .scores = true}),
            map(1, -kInfinity, 1, 2));
  EXPECT_EQ(values(r, {.heads = {.head = 0}, .scores = true}), map(1, -kInfinity, 1, 2));
}

TEST(MapOfRecord, LetsNaNBeSeen) {
  AttentionRecord r = small();
  const MapQuery largest{.heads = {.layer = 0, .fusion = Fusion::kMax}};
  r.attention(0, 0)(1, 0) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(values(r, largest)(1, 0)));
  r.attention(0, 1)(1, 1) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(values(r, largest)(1, 1)));
}

TEST(MapOfRecord, RefusesWordForWord) {
  const AttentionRecord r = small();
  EXPECT_EQ(message(r, {.heads = one_head(2, 0)}),
            "--layer: expected 1 to 2 (this model's layers), all, mean or rollout, got 3");
  EXPECT_EQ(message(r, {.heads = one_head(0, 2)}),
            "--head: expected 1 to 2 (this model's heads), all, mean or max, got 3");
  EXPECT_EQ(message(r, {.lens = "rollout", .scores = true}),
            "--scores: expected a layer, got rollout, which has none");
  EXPECT_EQ(message(AttentionRecord(), {}), "map: expected a record with layers and heads, got none");
}

TEST(MapOfRecord, RolloutNeedsAsManyKeysAsQueries) {
  EXPECT_EQ(message(AttentionRecord({1, 1, 2, 3, 1}), rollout_query()),
            "rollout: expected as many keys as queries, got [2, 3]");
}

// tests/golden/make_text.py computed these with numpy from the tiny model's attention.
TEST(MapOfRecord, AgreesWithNumpy) {
  const Golden golden("tiny.safetensors");
  const std::vector<float> attention = golden.values("tiny_clip.attention");
  AttentionRecord r({3, 2, 11, 11, 7});
  for (int i = 0; i < 6; ++i) r.attention(i / 2, i % 2) = ConstMatrixMap(attention.data() + i * 121, 11, 11);
  const auto check = [&](const char* name, const MapQuery& query) {
    report(name, max_difference(values(r, query), golden.values(name).data()), 1e-6f);
  };
  check("reduce.mean_heads", {.heads = {.layer = 1}});
  check("reduce.max_heads", {.heads = {.layer = 1, .fusion = Fusion::kMax}});
  check("reduce.mean_all", {});
  check("reduce.mean_layers_max_heads", {.heads = {.fusion = Fusion::kMax}});
  check("reduce.rollout", rollout_query());
  const Matrix rolled = rollout(r).value();
  EXPECT_LE((rolled.rowwise().sum().array() - 1.0f).abs().maxCoeff(), 1e-5f);
}

}  // namespace
}  // namespace regard::test
