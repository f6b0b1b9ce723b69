// Maps over a picture from records small enough to reckon by hand.
#include <limits>

#include <numeric>

#include "core/analysis/head_metric.h"
#include "core/analysis/map_query.h"
#include "core/analysis/rollout.h"
#include "core/analysis/vision.h"
#include "core/attention/attend.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

using Fusion = regard::Fusion;

// Two layers, two heads, three tokens: CLS and two patches.
AttentionRecord small() {
  AttentionRecord record({2, 2, 3, 3, 1});
  record.attention(0, 0) << 0.5f, 0.25f, 0.25f, 0, 1, 0, 0, 0.5f, 0.5f;
  record.attention(0, 1) << 0.5f, 0.5f, 0, 0, 0, 1, 1, 0, 0;
  record.attention(1, 0) << 0, 0, 1, 1, 0, 0, 0, 1, 0;
  record.attention(1, 1) << 1, 0, 0, 0, 1, 0, 0, 0, 1;
  return record;
}

RowVector row(std::initializer_list<float> values) {
  RowVector out(std::ssize(values));
  std::ranges::copy(values, out.begin());
  return out;
}

// CLS and two patches beside each other.
Trace trace_of(const AttentionRecord& record) {
  return single_trace("tiny", image_sequence({"CLS"}, 1, 2),
                      std::make_shared<const AttentionRecord>(record.first_layers(record.shape().layers)));
}

// What a position reads of the picture.
RowVector read(const AttentionRecord& record, const HeadChoice& heads, int position, Over over = Over::kImage,
               const char* lens = "attention") {
  const auto map =
      evaluate(trace_of(record), {.lens = lens, .heads = heads, .subject = {position}, .over = over});
  EXPECT_TRUE(map) << map.error().message;
  return map ? RowVector(map->values.row(0)) : RowVector();
}

TEST(SubjectMap, LeavesTheSpecialTokensOut) {
  const AttentionRecord r = small();
  EXPECT_EQ(read(r, one_head(0, 0), 0), row({0.25f, 0.25f}));
  EXPECT_EQ(read(r, {.layer = 0}, 0), row({0.375f, 0.125f}));
  EXPECT_EQ(read(r, {.layer = 0, .fusion = Fusion::kMax}, 2, Over::kAll), row({1, 0.5f, 0.5f}));
  EXPECT_EQ(read(r, {.head = 1}, 0), row({0.25f, 0}));
  EXPECT_EQ(read(r, {}, 0), row({0.1875f, 0.3125f}));
}

TEST(SubjectMap, RolloutIsTheRowOfTheWholeRollout) {
  const AttentionRecord r = small();
  for (int t = 0; t < 3; ++t) {
    const RowVector wanted = evaluate(trace_of(r), {.lens = "rollout"})->values.row(t);
    EXPECT_LE(max_difference(read(r, {}, t, Over::kAll, "rollout"), wanted.data()), 1e-6f);
  }
}

TEST(SubjectMap, RefusesWordForWord) {
  const auto message = [](const MapQuery& query) {
    const auto map = evaluate(trace_of(small()), query);
    return map ? std::string() : map.error().message;
  };
  EXPECT_EQ(message({.heads = one_head(2, 0), .subject = {0}}),
            "--layer: expected 1 to 2 (this model's layers), all, mean or rollout, got 3");
  EXPECT_EQ(message({.heads = one_head(0, 2), .subject = {0}}),
            "--head: expected 1 to 2 (this model's heads), all, mean or max, got 3");
  EXPECT_EQ(message({.subject = {3}}), "position: expected 0 to 2, got 3");
}

TEST(VisionRollout, ByHand) {
  const AttentionRecord r = small();
  // Layer 1: mean of heads [.5 .375 .125; 0 .5 .5; .5 .25 .25], half of it and half I:
  Matrix first(3, 3);
  first << 0.75f, 0.1875f, 0.0625f, 0, 0.75f, 0.25f, 0.25f, 0.125f, 0.625f;
  EXPECT_LE(max_difference(rollout(r, {.layers = 1}).value(), first.data()), 1e-6f);
  // Layer 2: mean [.5 0 .5; .5 .5 0; 0 .5 .5]; A_2 = [.75 0 .25; .25 .75 0; 0 .25 .75]
  Matrix second(3, 3);
  second << 0.75f, 0, 0.25f, 0.25f, 0.75f, 0, 0, 0.25f, 0.75f;
  const Matrix both = second * first;
  EXPECT_LE(max_difference(rollout(r).value(), both.data()), 1e-6f);
  for (int t = 0; t < 3; ++t) {
    const RowVector wanted = both.row(t);
    EXPECT_LE(max_difference(rollout_row(r, t).value(), wanted.data()), 1e-6f);
  }
}

TEST(VisionRollout, FusesAndDiscards) {
  const AttentionRecord r = small();
  // Maximum of heads [.5 .5 .25; 0 1 1; 1 .5 .5], plus I, rows over their sums 2.25, 3, 3.
  Matrix most(3, 3);
  most << 1.5f / 2.25f, 0.5f / 2.25f, 0.25f / 2.25f, 0, 2 / 3.0f, 1 / 3.0f, 1 / 3.0f, 0.5f / 3, 1.5f / 3;
  EXPECT_LE(max_difference(rollout(r, {.fusion = Fusion::kMax, .layers = 1}).value(), most.data()), 1e-6f);
  // Minimum [.5 .25 0; 0 0 0; 0 0 0], plus I.
  Matrix least(3, 3);
  least << 1.5f / 1.75f, 0.25f / 1.75f, 0, 0, 1, 0, 0, 0, 1;
  EXPECT_LE(max_difference(rollout(r, {.fusion = Fusion::kMin, .layers = 1}).value(), least.data()), 1e-6f);
  // Of the nine cells of the maximum the three smallest go: 0, .25, and of the .5 the first, which is (0, 0)
  // and spared.
  Matrix fewer(3, 3);
  fewer << 1.5f / 2, 0.5f / 2, 0, 0, 2 / 3.0f, 1 / 3.0f, 1 / 3.0f, 0.5f / 3, 1.5f / 3;
  const RolloutOptions options{Fusion::kMax, 0.34, 1};
  EXPECT_LE(max_difference(rollout(r, options).value(), fewer.data()), 1e-6f);
  const RowVector cls = fewer.row(0);
  EXPECT_LE(max_difference(rollout_row(r, 0, options).value(), cls.data()), 1e-6f);
}

TEST(VisionRollout, RefusesWordForWord) {
  const AttentionRecord r = small();
  EXPECT_EQ(rollout(r, {.layers = 3}).error().message,
            "rollout: expected 1 to 2 layers, or 0 for all, got 3");
  EXPECT_EQ(rollout(r, {.discard = 1.0}).error().message,
            "rollout: expected to discard a share from 0 to below 1, got 1");
  EXPECT_EQ(rollout_row(r, -1).error().message, "query: expected 0 to 2, got -1");
  EXPECT_EQ(rollout(AttentionRecord({1, 1, 2, 3, 1})).error().message,
            "rollout: expected as many keys as queries, got [2, 3]");
}

TEST(MassMask, IsTheSmallestSetThatHoldsTheShare) {
  const RowVector r = row({1, 4, 0, 3, 2});
  EXPECT_EQ(mass_mask(r, 0.4), (std::vector<bool>{false, true, false, false, false}));
  EXPECT_EQ(mass_mask(r, 0.41), (std::vector<bool>{false, true, false, true, false}));
  EXPECT_EQ(mass_mask(r, 0.9), (std::vector<bool>{false, true, false, true, true}));
  EXPECT_EQ(mass_mask(r, 1.0), (std::vector<bool>{true, true, false, true, true}));
  EXPECT_EQ(mass_mask(r, 2.0), (std::vector<bool>{true, true, false, true, true}));
  EXPECT_EQ(mass_mask(r, 0.0), std::vector<bool>(5, false));
  EXPECT_EQ(mass_mask(row({1, 1, 1}), 0.5), (std::vector<bool>{true, true, false}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  // What is no number counts for nothing and is shown, never hidden as if it were nothing.
  EXPECT_EQ(mass_mask(row({-5, nan, 1}), 1.0), (std::vector<bool>{false, true, true}));
  EXPECT_TRUE(mass_mask(RowVector(), 0.5).empty());
}

Result<Eigen::MatrixXd> region_mass(const AttentionRecord& record, const std::vector<int>& queries,
                                    const std::vector<int>& keys) {
  Sequence sequence;
  sequence.positions.resize(static_cast<std::size_t>(record.shape().queries));
  const Trace trace = single_trace(
      "tiny", sequence, std::make_shared<const AttentionRecord>(record.first_layers(record.shape().layers)));
  return measure_heads(*find_head_metric("region"), {.trace = trace, .from = queries, .to = keys});
}

TEST(RegionMass, ByHand) {
  const AttentionRecord r = small();
  const std::vector<int> patches = {1, 2}, cls = {0}, twice = {2, 1, 2};
  Eigen::MatrixXd wanted(2, 2);
  wanted << 0.0, 0.5, 0.5, 0.0;
  EXPECT_EQ(region_mass(r, patches, cls).value(), wanted);
  EXPECT_EQ(region_mass(r, twice, cls).value(), wanted);
  wanted << 0.5, 0.5, 1.0, 0.0;
  EXPECT_EQ(region_mass(r, cls, patches).value(), wanted);
  EXPECT_EQ(region_mass(r, {}, patches).value(), Eigen::MatrixXd::Zero(2, 2));
  EXPECT_EQ(region_mass(r, {1, 3}, cls).error().message, "position: expected 0 to 2, got 3");
  EXPECT_EQ(region_mass(r, cls, {-1}).error().message, "position: expected 0 to 2, got -1");
}

// A record that computes its maps, with more queries than make a whole map worth its while.
TEST(RegionMass, IsTheSameByRowsAndByMaps) {
  std::srand(5);  // Eigen's Random
  AttentionRecord lean({1, 2, 80, 80, 4}, 0), kept({1, 2, 80, 80, 4});
  for (int head = 0; head < 2; ++head) {
    const Matrix q = Matrix::Random(80, 4), k = Matrix::Random(80, 4), v = Matrix::Random(80, 4);
    Matrix out(80, 4);
    for (AttentionRecord* r : {&lean, &kept}) {
      r->query(0, head) = q;
      r->key(0, head) = k;
      r->value(0, head) = v;
      attend(*r, 0, head, out);
    }
  }
  std::vector<int> all(80), few = {3, 70};
  std::iota(all.begin(), all.end(), 0);
  for (const auto& queries : {all, few}) {
    EXPECT_TRUE(region_mass(lean, queries, few)->isApprox(*region_mass(kept, queries, few), 1e-6));
    EXPECT_TRUE(region_mass(lean, queries, all)->isApproxToConstant(1.0, 1e-5));
  }
}

TEST(TokenNorms, ByHand) {
  Matrix hidden(4, 2);
  hidden << 3, 4, 0, 1, 30, 40, 0, 3;
  const TokenNorms n = token_norms(hidden);
  EXPECT_EQ(n.norms, (Vector(4) << 5, 1, 50, 3).finished());
  EXPECT_DOUBLE_EQ(n.max_over_median, 12.5);  // median of 1 3 5 50 is 4
  EXPECT_DOUBLE_EQ(token_norms(hidden.topRows(3)).max_over_median, 10.0);
  EXPECT_EQ(token_norms(Matrix::Zero(3, 2)).max_over_median, 0.0);
  EXPECT_EQ(token_norms(Matrix()).max_over_median, 0.0);
}

}  // namespace
}  // namespace regard::test
