// The diffusion transformer with parts of it switched off, maps exchanged, and concepts beside it; and what
// it refuses of that, word for word.
#include <fmt/format.h>

#include <memory>

#include "core/models/mmdit.h"
#include "core/models/mmdit_weights.h"
#include "tests/support/golden.h"
#include "tests/support/plain_weight.h"

namespace regard::test {
namespace {

float largest(const MmditOutput& a, const MmditOutput& b) {
  return max_difference(ConstMatrixMap(a.predicted.data(), 1, std::ssize(a.predicted)), b.predicted.data());
}

// SD3: no QK norm, 3 blocks of 3 heads of 8. SD3.5: QK norm, second attention in blocks 0 and 2.
class MmditEdits : public ::testing::TestWithParam<const char*> {
 protected:
  MmditFiles files() const {
    auto read = read_mmdit(golden_path(name_));
    if (!read) ADD_FAILURE() << read.error().message;
    return std::move(read.value());
  }
  Mmdit model() const {
    MmditFiles read = files();
    return {std::move(read.config), std::move(read.weights)};
  }
  MmditInput input() const {
    return {.latent = latent_,
            .height = static_cast<int>(golden_.shape(name_ + ".latent")[1]),
            .width = static_cast<int>(golden_.shape(name_ + ".latent")[2]),
            .text = text_,
            .pooled = {},
            .timestep = 500.0f};
  }
  MmditOutput run(const Mmdit& model, const MmditInput& in, const Intervention& change = {}) const {
    auto out = model.run(in, change);
    if (!out) ADD_FAILURE() << out.error().message;
    return std::move(out.value());
  }

  const std::string name_ = GetParam();
  const Golden golden_{"mmdit.safetensors"};
  const MmditConfig config_ = files().config;
  const std::vector<float> latent_ = golden_.values(name_ + ".latent");
  const std::vector<float> text_values_ = golden_.values(name_ + ".text");
  const Matrix text_ =
      ConstMatrixMap(text_values_.data(), std::ssize(text_values_) / config_.text_width, config_.text_width);
};

TEST_P(MmditEdits, AHeadThatIsOffIsOneWhoseOutputNobodyReads) {
  const Mmdit whole = model();
  const MmditOutput plain = run(whole, input());
  const Intervention change{.heads_off = {{0, 1}, {config_.layers - 1, 0}}};
  const MmditOutput off = run(whole, input(), change);
  MmditFiles read = files();
  const int width = config_.head_width;
  for (const auto& [block, head] : change.heads_off) {
    MmditBlock& w = read.weights.blocks[static_cast<std::size_t>(block)];
    for (Linear* out : {&w.image.out, &w.text.out}) {
      if (Matrix& weight = plain_weight(*out); weight.size() > 0)
        weight.middleCols(head * width, width).setZero();
    }
  }
  const MmditOutput expected = run(Mmdit(read.config, std::move(read.weights)), input());
  report("prediction", largest(off, expected), 1e-5f);
  EXPECT_GT(largest(off, plain), 1e-3f);
  EXPECT_EQ(off.record->attention(0, 1), plain.record->attention(0, 1)) << "what it reads is kept";
  EXPECT_EQ(off.record->value(0, 1), plain.record->value(0, 1));
}

TEST_P(MmditEdits, ABlockThatIsOffIsAsGoodAsGone) {
  const Mmdit whole = model();
  const MmditOutput plain = run(whole, input()), off = run(whole, input(), {.blocks_off = {1}});
  MmditFiles read = files();
  read.weights.blocks.erase(read.weights.blocks.begin() + 1);  // has no second attention in either model
  --read.config.layers;
  for (int& layer : read.config.dual_layers) layer -= layer > 1;
  const MmditOutput expected = run(Mmdit(read.config, std::move(read.weights)), input());
  EXPECT_EQ(off.predicted, expected.predicted);
  EXPECT_GT(largest(off, plain), 1e-3f);
  EXPECT_EQ(off.record->attention(2, 1), expected.record->attention(1, 1));
  EXPECT_EQ(off.record->attention(1, 1), plain.record->attention(1, 1)) << "what it would have read is kept";
}

// A head that says the same to everyone passes on its mean already.
TEST_P(MmditEdits, AHeadsMeanIsOverAllRows) {
  const Mmdit whole = model();
  const Intervention change{.heads_mean = {{1, 1}}};
  const MmditOutput plain = run(whole, input()), mean = run(whole, input(), change);
  EXPECT_GT(largest(mean, plain), 1e-4f);
  EXPECT_EQ(mean.record->attention(1, 1), plain.record->attention(1, 1)) << "what it reads is kept";
  MmditFiles read = files();
  MmditBlock& w = read.weights.blocks[1];
  const int width = config_.head_width;
  for (Linear* value : {&w.image.qkv.value, &w.text.qkv.value}) {
    plain_weight(*value).middleRows(width, width).setZero();
    value->bias.segment(width, width).setConstant(0.5f);
  }
  const Mmdit constant(read.config, std::move(read.weights));
  report("of a constant head", largest(run(constant, input(), change), run(constant, input())), 1e-5f);
}

TEST_P(MmditEdits, CuttingEveryEdgeOfAHeadIsSwitchingItOff) {
  const Mmdit whole = model();
  const int tokens = run(whole, input()).record->shape().keys;
  Intervention cut;
  for (int query = 0; query < tokens; ++query) {
    for (int key = 0; key < tokens; ++key)
      cut.cut_edges.push_back({.query = query, .key = key, .layer = 1, .head = 1});
  }
  EXPECT_EQ(run(whole, input(), cut).predicted, run(whole, input(), {.heads_off = {{1, 1}}}).predicted);
  const MmditOutput one = run(whole, input(), {.cut_edges = {{.query = 0, .key = tokens - 1}}});
  EXPECT_EQ(one.record->attention(0, 0)(0, tokens - 1), 0.0f);
  EXPECT_FALSE(one.record->readable(0, tokens - 1));
}

TEST_P(MmditEdits, AnActivationOfItsOwnChangesNoBit) {
  const Mmdit whole = model();
  MmditInput in = input();
  in.keep_states = true;
  const MmditOutput plain = run(whole, in);
  ASSERT_EQ(plain.hidden_states.size(), static_cast<std::size_t>(config_.layers) + 1);
  const int tokens = plain.record->shape().keys;
  ASSERT_EQ(plain.hidden_states[0].rows(), tokens);
  Intervention own, other;
  for (const int position : {0, tokens - 1}) {
    own.patches.push_back({.after = 1, .position = position, .values = plain.hidden_states[1].row(position)});
    other.patches.push_back(
        {.after = 1, .position = position, .values = plain.hidden_states[0].row(position)});
  }
  EXPECT_EQ(run(whole, in, own).predicted, plain.predicted);
  EXPECT_EQ(run(whole, input(), own).predicted, plain.predicted) << "whether states are kept or not";
  EXPECT_GT(largest(run(whole, in, other), plain), 1e-4f);
}

TEST_P(MmditEdits, ConceptsAreReadByNobody) {
  const Mmdit whole = model();
  const MmditOutput plain = run(whole, input());
  EXPECT_TRUE(plain.concept_maps.empty());
  Matrix concepts = text_.topRows(3);
  concepts.row(1) *= -2.0f;
  MmditInput in = input();
  in.concepts = &concepts;
  const MmditOutput out = run(whole, in);
  EXPECT_EQ(out.predicted, plain.predicted);
  for (int map = 0; map < config_.layers * config_.heads; ++map) {
    const int layer = map / config_.heads, head = map % config_.heads;
    EXPECT_EQ(out.record->attention(layer, head), plain.record->attention(layer, head));
  }
  ASSERT_EQ(out.concept_maps.size(), static_cast<std::size_t>(config_.layers));
  float worst = 0;
  for (const Matrix& map : out.concept_maps) {
    ASSERT_EQ(map.rows(), 3);
    ASSERT_EQ(map.cols(), out.rows * out.columns);
    EXPECT_GE(map.minCoeff(), 0.0f);
    worst = std::max(worst, (map.colwise().sum().array() - 1.0f).abs().maxCoeff());
  }
  report("columns sum to 1", worst, 1e-6f);
  // They come in any order, and of two that are the same each gets half.
  Matrix twice(4, concepts.cols());
  twice << concepts.row(2), concepts.row(0), concepts.row(0), concepts.row(1);
  in.concepts = &twice;
  const Matrix again = run(whole, in).concept_maps.front();
  EXPECT_NEAR((again.row(1) - again.row(2)).cwiseAbs().maxCoeff(), 0.0f, 1e-6f);
}

TEST_P(MmditEdits, ConceptsGoThroughABlockThatIsOffUnchanged) {
  Matrix concepts = text_.topRows(2);
  MmditInput in = input();
  in.concepts = &concepts;
  const MmditOutput off = run(model(), in, {.blocks_off = {1}});
  MmditFiles read = files();
  read.weights.blocks.erase(read.weights.blocks.begin() + 1);
  --read.config.layers;
  for (int& layer : read.config.dual_layers) layer -= layer > 1;
  const MmditOutput expected = run(Mmdit(read.config, std::move(read.weights)), in);
  EXPECT_EQ(off.concept_maps.size(), expected.concept_maps.size() + 1);
  EXPECT_EQ(off.concept_maps[0], expected.concept_maps[0]);
  EXPECT_EQ(off.concept_maps[2], expected.concept_maps[1]);
}

TEST_P(MmditEdits, KeptMapsAreThoseOfTheOtherRun) {
  const Mmdit whole = model();
  const Matrix other_text = text_ * -0.5f;
  MmditInput in = input();
  const int tokens = static_cast<int>(text_.rows());
  const MmditOutput plain = run(whole, in);
  const int patches = plain.rows * plain.columns;
  const MmditOutput other = run(whole, {.latent = latent_,
                                        .height = in.height,
                                        .width = in.width,
                                        .text = other_text,
                                        .pooled = {},
                                        .timestep = 500.0f});
  KeptMaps all{other.record, {}};
  for (int key = 0; key < patches + tokens; ++key) all.key.push_back(key);
  const MmditOutput kept = run(whole, in, {.kept = all});
  float worst = 0;
  for (int map = 0; map < config_.layers * config_.heads; ++map) {
    const int layer = map / config_.heads, head = map % config_.heads;
    worst = std::max(worst, max_difference(kept.record->attention(layer, head).topRows(patches),
                                           other.record->attention(layer, head).data()));
  }
  report("image rows against the other run's", worst, 1e-6f);
  EXPECT_EQ(kept.record->attention(0, 0).bottomRows(tokens),
            plain.record->attention(0, 0).bottomRows(tokens));
  EXPECT_GT(largest(kept, plain), 1e-3f);
  EXPECT_GT(largest(kept, other), 1e-3f) << "the values are its own";
  all.key.assign(all.key.size(), -1);
  EXPECT_EQ(run(whole, in, {.kept = all}).predicted, plain.predicted);
}

// A frozen run reads as the other did in every row, the text's too; its own maps change no bit.
TEST_P(MmditEdits, FrozenMapsAreOfEveryRow) {
  const Mmdit whole = model();
  const MmditOutput plain = run(whole, input());
  const int keys = plain.record->shape().keys, patches = plain.rows * plain.columns;
  Matrix other_text = text_;
  other_text.row(1).setConstant(0.3f);
  const MmditInput in = input();
  const MmditOutput other = run(whole, {.latent = in.latent,
                                        .height = in.height,
                                        .width = in.width,
                                        .text = other_text,
                                        .pooled = in.pooled,
                                        .timestep = in.timestep});
  std::vector<int> all;
  for (int key = 0; key < keys; ++key) all.push_back(key);
  const auto frozen_from = [&](const MmditOutput& from) {
    return Intervention{.kept = KeptMaps{from.record, all, all, true}};
  };
  EXPECT_EQ(run(whole, input(), frozen_from(plain)).predicted, plain.predicted);
  const MmditOutput frozen = run(whole, input(), frozen_from(other));
  EXPECT_GT(largest(frozen, plain), 1e-4f);
  float worst = 0;
  for (int map = 0; map < config_.layers * config_.heads; ++map) {
    const int layer = map / config_.heads, head = map % config_.heads;
    worst = std::max(worst, max_difference(frozen.record->attention(layer, head),
                                           other.record->attention(layer, head).data()));
  }
  report("all rows against the other run's", worst, 1e-6f);
  Intervention one_row = frozen_from(other);
  one_row.kept->query.assign(all.size(), -1);
  one_row.kept->query.back() = keys - 1;
  const MmditOutput last = run(whole, input(), one_row);
  EXPECT_EQ(last.record->attention(0, 0).topRows(keys - 1), plain.record->attention(0, 0).topRows(keys - 1));
  EXPECT_NE(last.record->attention(0, 0).row(keys - 1), plain.record->attention(0, 0).row(keys - 1));
  one_row.kept->query = {0};
  const auto refused = whole.run(input(), one_row);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, fmt::format("kept maps: expected {} queries, got 1", keys));
  EXPECT_EQ(patches + text_.rows(), keys);
}

TEST_P(MmditEdits, RefusesWordForWord) {
  const Mmdit whole = model();
  const int blocks = config_.layers, heads = config_.heads,
            keys = [&] { return run(whole, input()).record->shape().keys; }();
  const int patches = keys - static_cast<int>(text_.rows());
  const auto refusal = [&](const Intervention& change) {
    const auto out = whole.run(input(), change);
    return out ? "accepted" : out.error().message;
  };
  const std::string places = fmt::format(
      "heads off: expected blocks from 0 to {} and heads from 0 to {}, got ", blocks - 1, heads - 1);
  EXPECT_EQ(refusal({.heads_off = {{0, 0}, {blocks, 1}}}), places + fmt::format("{}, 1", blocks));
  EXPECT_EQ(refusal({.heads_off = {{0, -1}}}), places + "0, -1");
  EXPECT_EQ(refusal({.blocks_off = {blocks}}),
            fmt::format("blocks off: expected blocks from 0 to {}, got {}", blocks - 1, blocks));

  EXPECT_EQ(refusal({.swaps = {{{0}, {keys}}}}),
            fmt::format("swapped keys: expected keys from 0 to {}, got {}", keys - 1, keys));
  EXPECT_EQ(refusal({.swaps = {{{0, 3}, {3}}}}), "swapped keys: expected every key once, got 3 twice");
  EXPECT_EQ(refusal({.swaps = {{{0}, {}}}}), "swapped keys: expected two sets of keys, got an empty one");

  const auto record = [&](AttentionShape shape, double kept_bytes = 1e9) {
    auto out = std::make_shared<AttentionRecord>(shape, kept_bytes);
    out->set_changed_queries(std::min(patches, shape.queries));
    return out;
  };
  const std::vector<int> own(static_cast<std::size_t>(keys), -1);
  std::vector<int> beyond = own;
  beyond[2] = keys - 1;
  const auto refused = [&](std::shared_ptr<const AttentionRecord> from, std::vector<int> key) {
    return refusal({.kept = KeptMaps{std::move(from), std::move(key)}});
  };
  EXPECT_EQ(refused(nullptr, own), "kept maps: expected a record, got none");
  EXPECT_EQ(refused(record({blocks + 1, heads, keys, keys, 2}), own),
            fmt::format("kept maps: expected {} blocks of {} heads, got {} of {}", blocks, heads, blocks + 1,
                        heads));
  EXPECT_EQ(refused(record({blocks, heads, patches - 1, keys, 2}), own),
            fmt::format("kept maps: expected those of {} patches, got {}", patches, patches - 1));
  EXPECT_EQ(refused(record({blocks, heads, keys, keys, 2}, 0.0), own),
            "kept maps: expected a record that keeps its maps, got one too long");
  EXPECT_EQ(refused(record({blocks, heads, keys, keys, 2}), {0}),
            fmt::format("kept maps: expected {} keys, one a patch, then one a token, got 1", keys));
  EXPECT_EQ(refused(record({blocks, heads, keys, keys - 1, 2}), beyond),
            fmt::format("kept maps: key 3: expected one from 0 to {}, or -1, got {}", keys - 2, keys - 1));

  MmditInput in = input();
  const Matrix narrow = Matrix::Zero(2, 3);
  in.concepts = &narrow;
  const auto out = whole.run(in);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().message,
            fmt::format("concepts: expected at least one of width {}, got 2 of width 3", config_.text_width));
}

TEST_P(MmditEdits, NeedsARecordThatKeepsItsMaps) {
  const Matrix long_text = Matrix::Zero(3000, config_.text_width);
  const MmditInput shape = input();
  const MmditInput in{.latent = latent_,
                      .height = shape.height,
                      .width = shape.width,
                      .text = long_text,
                      .pooled = {},
                      .timestep = 1.0f};
  const auto out = model().run(in, {.swaps = {{{0}, {1}}}});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, ErrorCode::kUnsupported);
}

class MmditDualEdits : public MmditEdits {};

TEST_P(MmditDualEdits, ABlockWithASecondAttentionGoesWithBoth) {
  const Mmdit whole = model();
  const MmditOutput plain = run(whole, input()), off = run(whole, input(), {.blocks_off = {0}});
  EXPECT_EQ(off.dual->attention(0, 1), plain.dual->attention(0, 1));
  EXPECT_EQ(off.record->attention(0, 0), plain.record->attention(0, 0));
  MmditFiles read = files();
  read.weights.blocks.erase(read.weights.blocks.begin());
  --read.config.layers;
  read.config.dual_layers = {1};
  const MmditOutput expected = run(Mmdit(read.config, std::move(read.weights)), input());
  EXPECT_EQ(off.predicted, expected.predicted);
}

INSTANTIATE_TEST_SUITE_P(Models, MmditDualEdits, ::testing::Values("tiny_sd35"));
INSTANTIATE_TEST_SUITE_P(Models, MmditEdits, ::testing::Values("tiny_sd3", "tiny_sd35"));

}  // namespace
}  // namespace regard::test
