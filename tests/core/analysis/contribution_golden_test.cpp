// What attention adds to the residual stream, and the lenses that say how much a key writes: against PyTorch
// (tests/golden/make_contribution.py) and against plain loops, on unequal sizes.
#include "core/analysis/contribution.h"

#include <cmath>

#include "core/analysis/lens.h"
#include "core/analysis/map_query.h"
#include "core/attention/attend.h"
#include "core/models/clip_text.h"
#include "core/models/mmdit.h"
#include "core/models/vit.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

using Record = std::shared_ptr<const AttentionRecord>;

Record text_run() {
  const auto model = ClipText::open(golden_path("tiny_clip_text"));
  const Golden inputs("tiny.safetensors");
  return model->run(inputs.ids("tiny_clip_text.ids"))->record;
}

Record picture_run(const std::string& folder, const std::string& input) {
  const auto model = Vit::open(golden_path("vision/" + folder));
  const Golden inputs("vision.safetensors");
  const auto shape = inputs.shape(input + ".pixels");
  return model
      ->run(inputs.values(input + ".pixels"), static_cast<int>(shape[2]), static_cast<int>(shape[1]), {}, {},
            {.any_size = true})
      ->record;
}

Record drawing_run(const std::string& name, const Intervention& change = {}) {
  const auto model = Mmdit::open(golden_path(name));
  const Golden inputs("mmdit.safetensors");
  const auto latent = inputs.values(name + ".latent"), text = inputs.values(name + ".text"),
             pooled = inputs.values(name + ".pooled");
  const auto size = inputs.shape(name + ".latent"), tokens = inputs.shape(name + ".text");
  const ConstMatrixMap states(text.data(), static_cast<int>(tokens[0]), static_cast<int>(tokens[1]));
  return model
      ->run({latent, static_cast<int>(size[1]), static_cast<int>(size[2]), states, pooled,
             inputs.values(name + ".timestep")[0]},
            change)
      ->record;
}

Record run_of(const std::string& name) {
  if (name == "text") return text_run();
  if (name == "clip_vision") return picture_run(name, "clip_vision.0");
  if (name == "dinov2_registers") return picture_run(name, "dinov2_registers.1");
  return drawing_run(name);
}

Sequence plain_sequence(int count) {
  Sequence out;
  out.positions.resize(static_cast<std::size_t>(count));
  out.segments = {{.name = "text", .first = 0, .count = count}};
  return out;
}

Trace trace_of(Record record) {
  const int keys = record->shape().keys;
  return single_trace("tiny", plain_sequence(keys), std::move(record));
}

// Largest difference, as a part of the largest number there is.
float relative(ConstMatrixRef got, const float* expected) {
  const float most = std::max(1.0f, ConstMatrixMap(expected, got.rows(), got.cols()).cwiseAbs().maxCoeff());
  return max_difference(got, expected) / most;
}

class Contribution : public ::testing::TestWithParam<const char*> {};

TEST_P(Contribution, PartsOfAllHeadsAndTheBiasAreWhatTheModelAdds) {
  const Golden golden("contribution.safetensors");
  const Record record = run_of(GetParam());
  const AttentionShape& s = record->shape();
  const std::vector<float> expected = golden.values(std::string(GetParam()) + ".added");
  const auto width = static_cast<Eigen::Index>(golden.shape(std::string(GetParam()) + ".added")[2]);
  float worst = 0.0f;
  for (int layer = 0; layer < s.layers; ++layer) {
    Matrix added = Matrix::Zero(s.queries, width);
    for (int query = 0; query < s.queries; ++query) {
      RowVector sum = output_bias(*record, layer, query);
      for (int head = 0; sum.size() > 0 && head < s.heads; ++head)
        sum += written_part(*record, layer, head, query, head_output(*record, layer, head, query));
      const RowVector whole = attention_added(*record, layer, query);
      ASSERT_EQ(sum.size(), whole.size());
      if (sum.size() == 0) continue;  // the text behind the last block
      added.row(query) = sum;
      EXPECT_EQ(sum, whole);
    }
    worst = std::max(worst, relative(added, expected.data() + layer * added.size()));
  }
  report(std::string(GetParam()) + ", added", worst, 2e-5f);
}

TEST_P(Contribution, LensesAgreeWithPyTorch) {
  const Golden golden("contribution.safetensors");
  const std::string name = GetParam();
  const Trace trace = trace_of(run_of(name));
  const AttentionShape s = trace.shape();
  const std::vector<float> value = golden.values(name + ".value"), written = golden.values(name + ".written"),
                           together = golden.values(name + ".together");
  const Eigen::Index map_size = Eigen::Index{s.queries} * s.keys;
  float of_value = 0, of_written = 0, of_together = 0;
  for (int layer = 0; layer < s.layers; ++layer) {
    for (int head = 0; head < s.heads; ++head) {
      const Eigen::Index at = (Eigen::Index{layer} * s.heads + head) * map_size;
      const auto a = evaluate(trace, {.lens = "value", .heads = one_head(layer, head)});
      const auto b = evaluate(trace, {.lens = "written", .heads = one_head(layer, head)});
      ASSERT_TRUE(a && b);
      EXPECT_FALSE(a->is_attention);
      of_value = std::max(of_value, relative(a->values, value.data() + at));
      of_written = std::max(of_written, relative(b->values, written.data() + at));
    }
    const auto c = evaluate(trace, {.lens = "written", .heads = {.layer = layer}});
    ASSERT_TRUE(c) << c.error().message;
    of_together = std::max(of_together, relative(c->values, together.data() + layer * map_size));
  }
  report(name + ", value", of_value, 3e-5f);
  report(name + ", written", of_written, 3e-5f);
  report(name + ", written by all heads", of_together, 3e-5f);
}

INSTANTIATE_TEST_SUITE_P(Runs, Contribution,
                         ::testing::Values("text", "clip_vision", "dinov2_registers", "tiny_sd3",
                                           "tiny_sd35"),
                         [](const auto& test) { return std::string(test.param); });

// ------------------------------------------------------------------ by hand

constexpr int kLayers = 2, kHeads = 3, kQueries = 7, kKeys = 7, kWidth = 4, kModel = 37;

// Two streams of queries with projections of their own in layer 0, one in layer 1. [D] is no multiple of
// anything.
std::shared_ptr<AttentionRecord> by_hand(bool prepared, double kept_bytes = 1e9) {
  auto record =
      std::make_shared<AttentionRecord>(AttentionShape{kLayers, kHeads, kQueries, kKeys, kWidth}, kept_bytes);
  std::srand(7);
  for (int layer = 0; layer < kLayers; ++layer) {
    for (int head = 0; head < kHeads; ++head) {
      record->query(layer, head).setRandom();
      record->key(layer, head).setRandom();
      record->value(layer, head).setRandom();
      Matrix out(kQueries, kWidth);
      attend(*record, layer, head, out);
    }
    const auto output = [&](int first, int count, bool gain) {
      Linear linear{Matrix::Random(kModel, kHeads * kWidth), RowVector::Random(kModel), {}};
      if (prepared) prepare(linear);
      record->add_output(layer,
                         {first, count, linear, gain ? RowVector(RowVector::Random(kModel)) : RowVector()});
    };
    if (layer == 0) output(0, 2, true);
    output(layer == 0 ? 2 : 1, layer == 0 ? 5 : 6, false);  // layer 1 adds nothing to query 0
  }
  return record;
}

// alpha * v W_O^h * gain by loops over plain numbers. [D]
RowVector slow_written(const AttentionRecord& record, int layer, int head, int query, int key) {
  RowVector out = RowVector::Zero(kModel);
  const OutputProjection* output = record.output(layer, query);
  if (output == nullptr) return out;
  const float alpha = record.attention_row(layer, head, query)(key);
  for (int d = 0; d < kModel; ++d) {
    double sum = 0.0;
    for (int e = 0; e < kWidth; ++e)
      sum += static_cast<double>(record.value(layer, head)(key, e)) *
             static_cast<double>(output->projection.weight(d, head * kWidth + e));
    const double gain = output->gain.size() > 0 ? static_cast<double>(output->gain(d)) : 1.0;
    out(d) = static_cast<float>(static_cast<double>(alpha) * sum * gain);
  }
  return out;
}

TEST(WrittenLens, IsTheLengthOfTheSumOfTheHeadsOfALayerAveragedOverLayers) {
  const auto record = by_hand(false);
  for (int query = 0; query < kQueries; ++query) {
    for (int key = 0; key < kKeys; ++key) {
      float mean = 0.0f;
      for (int layer = 0; layer < kLayers; ++layer) {
        RowVector sum = RowVector::Zero(kModel);
        for (int head = 0; head < kHeads; ++head) sum += slow_written(*record, layer, head, query, key);
        mean += sum.norm() / kLayers;
      }
      const auto map = evaluate(trace_of(record), {.lens = "written"});
      ASSERT_TRUE(map) << map.error().message;
      EXPECT_NEAR(map->values(query, key), mean, 1e-5f);
    }
  }
}

TEST(WrittenLens, LargestAndSetsOfHeadsAreOfTheirOwnLengths) {
  const auto record = by_hand(false);
  const auto most =
      evaluate(trace_of(record), {.lens = "written", .heads = {.layer = 0, .fusion = Fusion::kMax}});
  const auto set =
      evaluate(trace_of(record), {.lens = "written", .heads = {.set = {{0, 2}, {1, 0}, {0, 1}}}});
  ASSERT_TRUE(most && set);
  for (int query = 0; query < kQueries; ++query) {
    for (int key = 0; key < kKeys; ++key) {
      float largest = 0.0f;
      for (int head = 0; head < kHeads; ++head)
        largest = std::max(largest, slow_written(*record, 0, head, query, key).norm());
      EXPECT_NEAR(most->values(query, key), largest, 1e-5f);
      const RowVector two = slow_written(*record, 0, 1, query, key) + slow_written(*record, 0, 2, query, key);
      EXPECT_NEAR(set->values(query, key),
                  0.5f * (two.norm() + slow_written(*record, 1, 0, query, key).norm()), 1e-5f);
    }
  }
}

TEST(ValueLens, IsAttentionTimesTheLengthOfTheValue) {
  const auto record = by_hand(false);
  const auto map = evaluate(trace_of(record), {.lens = "value", .heads = {.layer = 1}});
  ASSERT_TRUE(map) << map.error().message;
  for (int query = 0; query < kQueries; ++query) {
    for (int key = 0; key < kKeys; ++key) {
      float mean = 0.0f;
      for (int head = 0; head < kHeads; ++head)
        mean += record->attention(1, head)(query, key) * record->value(1, head).row(key).norm() / kHeads;
      EXPECT_NEAR(map->values(query, key), mean, 1e-6f);
    }
  }
}

// A subject's row or column is that of the whole map; packed weights and maps on demand change nothing.
TEST(WrittenLens, ARowAColumnAndEveryWayToKeepItAgree) {
  const Trace plain = trace_of(by_hand(false)), packed = trace_of(by_hand(true)),
              on_demand = trace_of(by_hand(true, 0.0));
  for (const char* lens : {"value", "written"}) {
    const auto whole = evaluate(plain, {.lens = lens});
    ASSERT_TRUE(whole);
    for (const Trace* trace : {&packed, &on_demand}) {
      const auto map = evaluate(*trace, {.lens = lens});
      ASSERT_TRUE(map);
      EXPECT_LT(max_difference(map->values, whole->values.data()), 1e-5f) << lens;
    }
    const auto row = evaluate(packed, {.lens = lens, .subject = {3}});
    const auto column = evaluate(packed, {.lens = lens, .subject = {2}, .direction = Direction::kReadBy});
    ASSERT_TRUE(row && column);
    EXPECT_LT((row->values.row(0) - whole->values.row(3)).cwiseAbs().maxCoeff(), 1e-5f) << lens;
    EXPECT_LT((column->values.row(0).head(kQueries).transpose() - whole->values.col(2)).cwiseAbs().maxCoeff(),
              1e-5f)
        << lens;
  }
}

TEST(WrittenLens, ARunWithoutProjectionsHasNone) {
  AttentionRecord bare({1, 1, 2, 2, 1});
  const Trace trace = trace_of(std::make_shared<const AttentionRecord>(std::move(bare)));
  EXPECT_FALSE(has_lens(trace, *find_lens("written")));
  EXPECT_TRUE(has_lens(trace, *find_lens("value")));
  EXPECT_FALSE(evaluate(trace, {.lens = "written"}));
}

TEST(Cell, EveryStepFollowsFromTheOneBefore) {
  for (const char* name : {"text", "dinov2_registers", "tiny_sd35"}) {
    const Record record = run_of(name);
    const AttentionShape& s = record->shape();
    const int query = s.queries - 2, key = 1;
    const CellCalculation cell = calculate_cell(*record, 1, 1, query, key);
    EXPECT_NEAR(cell.dot, cell.q.dot(cell.k), 1e-3f) << name;
    EXPECT_NEAR(cell.scaled + cell.bias, cell.score(), 1e-3f) << name;
    EXPECT_NEAR(cell.attention.sum(), 1.0f, 1e-5f) << name;
    RowVector passed = RowVector::Zero(s.head_width);
    RowVector written = RowVector::Zero(cell.written.size());
    for (int k = 0; k < s.keys; ++k) {
      const CellCalculation one = calculate_cell(*record, 1, 1, query, k);
      passed += one.weighted;
      written += one.key_written;
    }
    EXPECT_LT((passed - cell.passed).norm() / (1.0f + passed.norm()), 1e-5f) << name;
    EXPECT_LT((written - cell.written).norm() / (1.0f + written.norm()), 1e-5f) << name;
    ASSERT_EQ(cell.stream.size(), cell.added.size()) << name;
    EXPECT_GT(cell.stream.norm(), 0.0f) << name;
  }
}

// Where the text stream ends nothing is added to it; a head that is off writes nothing, and what is left is
// what the model then adds.
TEST(Cell, WhatIsNotAddedIsNotClaimed) {
  const Record plain = drawing_run("tiny_sd3");
  const AttentionShape& s = plain->shape();
  EXPECT_EQ(calculate_cell(*plain, s.layers - 1, 0, s.queries - 1, 0).added.size(), 0);
  EXPECT_GT(calculate_cell(*plain, s.layers - 1, 0, 0, 0).added.size(), 0);
  Intervention off;
  off.heads_off = {{1, 2}};
  off.blocks_off = {2};
  const Record changed = drawing_run("tiny_sd3", off);
  const CellCalculation cell = calculate_cell(*changed, 1, 2, 0, 3);
  EXPECT_TRUE(cell.is_off);
  EXPECT_EQ(cell.passed.norm(), 0.0f);
  EXPECT_EQ(cell.written.norm(), 0.0f);
  EXPECT_GT(cell.share(), 0.0f);
  EXPECT_EQ(calculate_cell(*changed, 2, 0, 0, 0).added.size(), 0);
  const auto silent = evaluate(trace_of(changed), {.lens = "written", .heads = one_head(1, 2)});
  EXPECT_EQ(silent->values.cwiseAbs().maxCoeff(), 0.0f);
}

// A head that is set to its mean: the calculation has the mean, against plain loops over all rows.
TEST(Cell, AHeadsMeanIsWhatIsPassedOn) {
  const Record plain = drawing_run("tiny_sd3");
  Intervention change;
  change.heads_mean = {{1, 2}};
  const Record changed = drawing_run("tiny_sd3", change);
  const AttentionShape& s = plain->shape();
  EXPECT_FALSE(calculate_cell(*plain, 1, 2, 0, 3).is_mean);
  EXPECT_FALSE(calculate_cell(*changed, 1, 1, 0, 3).is_mean) << "a head beside it";
  const auto attention = changed->attention(1, 2), value = changed->value(1, 2);
  std::vector<double> mean(static_cast<std::size_t>(s.head_width)), row(static_cast<std::size_t>(s.keys));
  for (int query = 0; query < s.queries; ++query) {
    for (int key = 0; key < s.keys; ++key) {
      const double part = static_cast<double>(attention(query, key)) / s.queries;
      row[static_cast<std::size_t>(key)] += part;
      for (int e = 0; e < s.head_width; ++e)
        mean[static_cast<std::size_t>(e)] += part * static_cast<double>(value(key, e));
    }
  }
  for (const int query : {0, s.queries - 1}) {
    const CellCalculation cell = calculate_cell(*changed, 1, 2, query, 3);
    ASSERT_TRUE(cell.is_mean);
    EXPECT_EQ(cell.attention, RowVector(attention.row(query))) << "what it reads is kept";
    for (int e = 0; e < s.head_width; ++e) {
      const auto at = static_cast<std::size_t>(e);
      EXPECT_NEAR(cell.passed(e), mean[at], 1e-5);
      EXPECT_NEAR(cell.weighted(e), row[3] * static_cast<double>(value(3, e)), 1e-5);
      EXPECT_NEAR(cell.own(e), (attention.row(query) * value)(e), 1e-5);
    }
    EXPECT_GT((cell.own - cell.passed).norm(), 1e-4f);
    const RowVector expected = written_part(*changed, 1, 2, query, cell.passed);
    EXPECT_EQ(cell.written, expected);
  }
  const auto lens = evaluate(trace_of(changed), {.lens = "value", .heads = one_head(1, 2)});
  for (int key = 0; key < s.keys; ++key) {
    const double expected = row[static_cast<std::size_t>(key)] * static_cast<double>(value.row(key).norm());
    EXPECT_NEAR(lens->values(0, key), expected, 1e-5);
    EXPECT_EQ(lens->values(s.queries - 1, key), lens->values(0, key));
  }
  change.heads_off = {{1, 2}};
  EXPECT_FALSE(calculate_cell(*drawing_run("tiny_sd3", change), 1, 2, 0, 3).is_mean) << "off is off";
}

TEST(Cosine, OfNothingIsZero) {
  EXPECT_EQ(cosine_between(RowVector::Zero(3), RowVector::Ones(3)), 0.0f);
  EXPECT_NEAR(cosine_between(RowVector::Ones(3), -2.0f * RowVector::Ones(3)), -1.0f, 1e-6f);
}

}  // namespace
}  // namespace regard::test
