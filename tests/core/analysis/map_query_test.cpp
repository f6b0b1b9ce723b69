// evaluate(Trace, MapQuery) against plain loops over the record, on unequal sizes.
#include "core/analysis/map_query.h"

#include <gtest/gtest.h>

#include "core/analysis/head_metric.h"
#include "core/analysis/lens.h"
#include "tests/support/random_record.h"

namespace regard {
namespace {

constexpr int kLayers = 3, kHeads = 2, kPatches = 6, kWords = 4;

std::shared_ptr<const AttentionRecord> random_record(int tokens, unsigned seed) {
  return test::random_record({kLayers, kHeads, tokens, tokens, 2}, seed);
}

Sequence words() {
  Sequence out;
  out.positions = {{.kind = Position::Kind::kSpecial, .label = "BOS"},
                   {.label = "cat", .id = 5, .start = 0, .end = 3, .word = 0},
                   {.label = "s", .id = 6, .start = 3, .end = 4, .word = 0},
                   {.kind = Position::Kind::kSpecial, .label = "EOS"}};
  out.words = {{.first = 1, .last = 2, .start = 0, .end = 4}};
  out.segments = {{.name = "text", .first = 0, .count = 4}};
  return out;
}

// Patches, then words, two steps.
Trace drawing() {
  Trace trace =
      single_trace("tiny", joined(image_sequence({}, 2, 3), words()), random_record(kPatches + kWords, 1));
  trace.records.push_back(random_record(kPatches + kWords, 2));
  trace.first_step = 4;
  return trace;
}

Matrix mean_of_steps(const Trace& trace, int layer, int head) {
  return 0.5f * (Matrix(trace.records[0]->attention(layer, head)) +
                 Matrix(trace.records[1]->attention(layer, head)));
}

float difference(const Matrix& a, const Matrix& b) {
  EXPECT_EQ(a.rows(), b.rows());
  EXPECT_EQ(a.cols(), b.cols());
  return (a - b).cwiseAbs().maxCoeff();
}

TEST(MapQuery, OneHeadIsTheRecordsMapMeanOverTheSteps) {
  const Trace trace = drawing();
  const auto map = evaluate(trace, {.heads = one_head(1, 1)});
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_LT(difference(map->values, mean_of_steps(trace, 1, 1)), 1e-7f);
  EXPECT_TRUE(map->is_attention);
  const auto second = evaluate(trace, {.heads = one_head(1, 1), .steps = StepSpan{5, 5}});
  EXPECT_EQ(second->values, Matrix(trace.records[1]->attention(1, 1)));
}

TEST(MapQuery, HeadsOfALayerAreFusedAndLayersAveraged) {
  const Trace trace = single_trace("tiny", image_sequence({"CLS"}, 2, 3), random_record(7, 3));
  const AttentionRecord& record = *trace.records.front();
  for (const Fusion fusion : {Fusion::kMean, Fusion::kMax, Fusion::kMin, Fusion::kProduct}) {
    Matrix expected = Matrix::Zero(7, 7);
    for (int layer = 0; layer < kLayers; ++layer) {
      for (int q = 0; q < 7; ++q) {
        for (int k = 0; k < 7; ++k) {
          const float a = record.attention(layer, 0)(q, k), b = record.attention(layer, 1)(q, k);
          expected(q, k) += (fusion == Fusion::kMean  ? (a + b) / 2
                             : fusion == Fusion::kMax ? std::max(a, b)
                             : fusion == Fusion::kMin ? std::min(a, b)
                                                      : a * b) /
                            kLayers;
        }
      }
    }
    const auto map = evaluate(trace, {.heads = {.fusion = fusion}});
    ASSERT_TRUE(map);
    EXPECT_LT(difference(map->values, expected), 1e-6f) << fusion_name(fusion);
  }
}

TEST(MapQuery, ASetOfHeadsIsFusedAtOnce) {
  const Trace trace = drawing();
  const auto map = evaluate(trace, {.heads = {.set = {{0, 1}, {2, 0}, {2, 1}}}});
  const Matrix expected =
      (mean_of_steps(trace, 0, 1) + mean_of_steps(trace, 2, 0) + mean_of_steps(trace, 2, 1)) / 3.0f;
  EXPECT_LT(difference(map->values, expected), 1e-6f);
}

TEST(MapQuery, NotANumberStaysVisibleInEveryFusion) {
  auto record = std::const_pointer_cast<AttentionRecord>(random_record(7, 3));
  record->attention(1, 0)(2, 3) = NAN;
  const Trace trace = single_trace("tiny", image_sequence({"CLS"}, 2, 3), record);
  for (const Fusion fusion : {Fusion::kMean, Fusion::kMax, Fusion::kMin, Fusion::kProduct}) {
    const auto map = evaluate(trace, {.heads = {.layer = 1, .fusion = fusion}});
    EXPECT_TRUE(std::isnan(map->values(2, 3))) << fusion_name(fusion);
  }
}

TEST(MapQuery, ASubjectIsReadInEitherDirectionAndItsTokensAreAveraged) {
  const Trace trace = drawing();
  const Matrix whole = mean_of_steps(trace, 2, 0);
  MapQuery query{.heads = one_head(2, 0), .subject = {kPatches + 1, kPatches + 2}, .over = Over::kImage};
  RowVector reads = RowVector::Zero(kPatches), read_by = reads;
  for (int patch = 0; patch < kPatches; ++patch) {
    reads(patch) = (whole(kPatches + 1, patch) + whole(kPatches + 2, patch)) / 2;
    read_by(patch) = (whole(patch, kPatches + 1) + whole(patch, kPatches + 2)) / 2;
  }
  EXPECT_LT(difference(evaluate(trace, query)->values, reads), 1e-6f);
  query.direction = Direction::kReadBy;
  const auto map = evaluate(trace, query);
  EXPECT_LT(difference(map->values, read_by), 1e-6f);
  EXPECT_EQ(map->columns, (std::vector<int>{0, 1, 2, 3, 4, 5}));
}

TEST(MapQuery, ScatteredSubjectsAreAveragedAndOneIsSubtractedFromAnother) {
  const Trace trace = drawing();
  const Matrix whole = mean_of_steps(trace, 0, 0);
  const auto mean = evaluate(trace, {.heads = one_head(0, 0), .subject = {1, 4}});
  EXPECT_LT(difference(mean->values, (whole.row(1) + whole.row(4)) / 2), 1e-6f);
  const auto minus = evaluate(trace, {.heads = one_head(0, 0), .subject = {4}, .minus = {1}});
  EXPECT_LT(difference(minus->values, whole.row(4) - whole.row(1)), 1e-6f);
  EXPECT_TRUE(minus->is_signed);
}

TEST(MapQuery, ItselfIsLeftOutAndTheMassIsTheSmallestSet) {
  const Trace trace = drawing();
  const auto without = evaluate(trace, {.heads = one_head(0, 0), .subject = {2}, .itself = false});
  EXPECT_EQ(without->values(0, 2), 0.0f);
  const auto part = evaluate(trace, {.heads = one_head(0, 0), .subject = {2}, .mass = 0.5});
  const RowVector row = mean_of_steps(trace, 0, 0).row(2);
  float held = 0.0f, smallest = 1.0f, largest_left = 0.0f;
  for (int i = 0; i < row.size(); ++i) {
    if (part->is_hidden(0, i)) {
      EXPECT_EQ(part->values(0, i), 0.0f);
      largest_left = std::max(largest_left, row(i));
    } else {
      held += row(i);
      smallest = std::min(smallest, row(i));
    }
  }
  EXPECT_GE(held, 0.5f);
  EXPECT_LT(held - smallest, 0.5f);
  EXPECT_LE(largest_left, smallest);
}

TEST(MapQuery, RolloutOfARowAndOfAColumnAreThoseOfTheWhole) {
  const Trace trace = drawing();
  Matrix expected = Matrix::Zero(10, 10);
  for (const auto& record : trace.records) {
    Matrix product = Matrix::Identity(10, 10);
    for (int layer = 0; layer < kLayers; ++layer) {
      const Matrix mean = (Matrix(record->attention(layer, 0)) + Matrix(record->attention(layer, 1))) / 2;
      product = Matrix((mean + Matrix::Identity(10, 10)) / 2 * product);
    }
    expected += product / 2;
  }
  EXPECT_LT(difference(evaluate(trace, {.lens = "rollout"})->values, expected), 1e-6f);
  MapQuery query{.lens = "rollout", .subject = {7}};
  EXPECT_LT(difference(evaluate(trace, query)->values, expected.row(7)), 1e-6f);
  query.direction = Direction::kReadBy;
  EXPECT_LT(difference(evaluate(trace, query)->values, expected.col(7).transpose()), 1e-6f);
}

TEST(MapQuery, ShareIsAmongTheWordsAlone) {
  Trace trace = drawing();
  trace.prompt.positions[kPatches + 2].word = 1;  // "s" a word of its own
  trace.prompt.words = {{.first = 7, .last = 7, .start = 0, .end = 3},
                        {.first = 8, .last = 8, .start = 3, .end = 4}};
  const Matrix whole = mean_of_steps(trace, 1, 0);
  const auto map =
      evaluate(trace, {.lens = "share", .heads = one_head(1, 0), .subject = {7}, .over = Over::kImage});
  ASSERT_TRUE(map) << map.error().message;
  for (int patch = 0; patch < kPatches; ++patch)
    EXPECT_NEAR(map->values(0, patch), whole(patch, 7) / (whole(patch, 7) + whole(patch, 8)), 1e-6f);
  EXPECT_FALSE(map->is_attention);
  // All words at once give the same.
  const auto all = evaluate(trace, {.lens = "share", .heads = one_head(1, 0)});
  ASSERT_TRUE(all) << all.error().message;
  const Map taken =
      subject_map(*all, {.lens = "share", .subject = {7}, .direction = Direction::kReadBy}, trace.prompt);
  EXPECT_EQ(taken.values.row(0).head(kPatches), map->values.row(0));
  EXPECT_EQ(evaluate(trace, {.lens = "share", .subject = {0}}).error().message,
            "share among the words: expected a word, got a patch");
}

TEST(MapQuery, WhatIsNotThereIsOneLine) {
  const Trace trace = drawing();
  const auto message = [&](const MapQuery& query) {
    const auto map = evaluate(trace, query);
    return map ? std::string() : map.error().message;
  };
  EXPECT_EQ(message({.heads = one_head(3, 0)}),
            "--layer: expected 1 to 3 (this model's layers), all, mean or rollout, got 4");
  EXPECT_EQ(message({.heads = one_head(0, 2)}),
            "--head: expected 1 to 2 (this model's heads), all, mean or max, got 3");
  EXPECT_EQ(message({.steps = StepSpan{0, 4}}), "steps: expected 5 to 6, got 1 to 5");
  EXPECT_EQ(message({.lens = "norms"}),
            "--lens: expected one of this run's (attention, value, rollout, share), got norms");
  EXPECT_EQ(message({.lens = "rollout", .scores = true}),
            "--scores: expected a layer, got rollout, which has none");
  EXPECT_EQ(message({.subject = {10}}), "position: expected 0 to 9, got 10");
  EXPECT_EQ(message({.half = Half::kNegative}), "map: expected attention that was kept, got none");
}

TEST(MapQuery, EqualRunsDifferByNothingAndUnequalOnesAreAligned) {
  const Trace first = single_trace("tiny", words(), random_record(kWords, 8));
  Sequence shorter = words();
  shorter.positions.erase(shorter.positions.begin() + 2);
  shorter.words.front().last = 1;
  const Trace second = single_trace("tiny", shorter, random_record(3, 9));
  EXPECT_EQ(compare(first, first, {})->difference, Matrix(Matrix::Zero(kWords, kWords)));
  const auto both = compare(first, second, {.heads = one_head(0, 0)});
  ASSERT_TRUE(both);
  EXPECT_EQ(both->rows, (std::vector<AlignedPosition>{{0, 0}, {1, 1}, {2, -1}, {3, 2}}));
  EXPECT_TRUE(both->second_hidden[2]);
  EXPECT_FLOAT_EQ(both->difference(3, 1),
                  second.records[0]->attention(0, 0)(2, 1) - first.records[0]->attention(0, 0)(3, 1));
}

TEST(HeadMetric, RegionIsTheMeanShareOfARegionsAttention) {
  const Trace trace = drawing();
  const auto measured =
      measure_heads(*find_head_metric("region"), {.trace = trace, .from = {3, 1}, .to = {8, 8, 0}});
  ASSERT_TRUE(measured);
  for (int layer = 0; layer < kLayers; ++layer) {
    for (int head = 0; head < kHeads; ++head) {
      const Matrix map = mean_of_steps(trace, layer, head);
      EXPECT_NEAR((*measured)(layer, head), (map(1, 0) + map(1, 8) + map(3, 0) + map(3, 8)) / 2, 1e-6);
    }
  }
  EXPECT_FALSE(measure_heads(*find_head_metric("region"), {.trace = trace, .from = {10}, .to = {0}}));
}

TEST(Tables, EveryEntryIsWhole) {
  for (const Lens* lens : lenses()) {
    EXPECT_FALSE(lens->name.empty() || lens->formula.empty() || lens->source.empty()) << lens->name;
    EXPECT_EQ((lens->tile != nullptr) + (lens->row != nullptr) + (lens->channels != nullptr), 1)
        << lens->name;
    EXPECT_NE(lens->operations, nullptr) << lens->name;
    EXPECT_EQ(find_lens(lens->name), lens);
  }
  for (const HeadMetric* metric : head_metrics()) {
    EXPECT_FALSE(metric->name.empty() || metric->formula.empty()) << metric->name;
    EXPECT_NE(metric->measure, nullptr) << metric->name;
  }
}

}  // namespace
}  // namespace regard
