// What must hold for every intervention in a text or vision tower, to the bit where nothing is changed; and
// what towers refuse of it, word for word.
#include <limits>

#include "core/models/clip_text.h"
#include "core/models/vit.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

struct Out {
  std::shared_ptr<const AttentionRecord> record;
  std::shared_ptr<const std::vector<Matrix>> hidden;
  Matrix last;
};

// 3 layers of 2 heads of 7, or of 6: 9 tokens, or 4 specials and 6 patches.
class TowerInterventions : public ::testing::TestWithParam<const char*> {
 protected:
  Result<Out> try_run(const Intervention& change, double kept_bytes = 1e9) const {
    if (is_text_) {
      static const ClipText model = std::move(ClipText::open(golden_path("tiny_clip")).value());
      const std::vector<int> ids = {1, 17, 36, 30, 2, 9, 9, 21, 5};
      REGARD_TRY(auto out, model.run(ids, change));
      return Out{out.record, out.hidden_states, out.last_hidden};
    }
    static const Vit model = std::move(Vit::open(golden_path("vision/dinov2_registers")).value());
    std::vector<float> pixels(3 * 8 * 12);
    for (std::size_t i = 0; i < pixels.size(); ++i)
      pixels[i] = static_cast<float>(i * 37 % 101) / 50.0f - 1.0f;
    REGARD_TRY(auto out, model.run(pixels, 12, 8, change, {}, {.kept_map_bytes = kept_bytes}));
    return Out{out.record, out.hidden_states, out.last_hidden};
  }
  Out run(const Intervention& change, double kept_bytes = 1e9) const {
    auto out = try_run(change, kept_bytes);
    if (!out) ADD_FAILURE() << out.error().message;
    return std::move(*out);
  }
  std::string refusal(const Intervention& change) const {
    const auto out = try_run(change);
    return out ? "accepted" : out.error().message;
  }

  void expect_same_bits(const Out& a, const Out& b) const {
    EXPECT_EQ(*a.hidden, *b.hidden);
    EXPECT_EQ(a.last, b.last);
    for (int map = 0; map < 6; ++map)
      EXPECT_EQ(a.record->attention(map / 2, map % 2), b.record->attention(map / 2, map % 2));
  }

  const bool is_text_ = std::string_view(GetParam()) == "text";
  const Out plain_ = run({});
  const int tokens_ = plain_.record->shape().queries;
};

TEST_P(TowerInterventions, MaskingNothingChangesNoBit) {
  Intervention nothing;
  nothing.key_bias.assign(static_cast<std::size_t>(tokens_), 0.0f);
  expect_same_bits(run(nothing), plain_);
}

// Everything a head reads is cut: it passes on zero, as a head that is off.
TEST_P(TowerInterventions, CuttingEveryEdgeOfAHeadIsSwitchingItOff) {
  for (const double kept : {1e9, 0.0}) {
    Intervention cut;
    for (int query = 0; query < tokens_; ++query) {
      for (int key = 0; key < tokens_; ++key)
        cut.cut_edges.push_back({.query = query, .key = key, .layer = 1, .head = 1});
    }
    const Out edges = run(cut, kept), off = run({.heads_off = {{1, 1}}}, kept);
    EXPECT_EQ(*edges.hidden, *off.hidden);
    EXPECT_EQ(edges.record->attention_map(1, 1).cwiseAbs().maxCoeff(), 0.0f);
    EXPECT_TRUE(edges.last.allFinite());
  }
}

TEST_P(TowerInterventions, AnActivationOfItsOwnChangesNoBit) {
  Intervention own;
  for (int after = 0; after <= 3; ++after) {
    for (const int position : {0, tokens_ - 1})
      own.patches.push_back({.after = after,
                             .position = position,
                             .values = (*plain_.hidden)[static_cast<std::size_t>(after)].row(position)});
  }
  expect_same_bits(run(own), plain_);
}

TEST_P(TowerInterventions, ItsOwnPatternChangesNothing) {
  std::vector<int> same(static_cast<std::size_t>(tokens_));
  for (int i = 0; i < tokens_; ++i) same[static_cast<std::size_t>(i)] = i;
  for (const std::vector<int>& query : {same, std::vector<int>{}}) {
    const Out frozen = run({.kept = KeptMaps{.from = plain_.record, .key = same, .query = query}});
    float worst = 0;
    for (int map = 0; map < 6; ++map)
      worst = std::max(
          worst, (frozen.record->attention(map / 2, map % 2) - plain_.record->attention(map / 2, map % 2))
                     .cwiseAbs()
                     .maxCoeff());
    report("own pattern, attention", worst, 1e-6f);
    report("own pattern, hidden states", (frozen.last - plain_.last).cwiseAbs().maxCoeff(), 1e-5f);
  }
}

TEST_P(TowerInterventions, ACutEdgeIsNotReadAndTheRowStillSumsToOne) {
  for (const double kept : {1e9, 0.0}) {
    const Out out = run({.cut_edges = {{.query = 5, .key = 2}}}, kept);
    for (int map = 0; map < 6; ++map) {
      const Matrix attention = out.record->attention_map(map / 2, map % 2);
      EXPECT_EQ(attention(5, 2), 0.0f);
      EXPECT_EQ(out.record->attention_row(map / 2, map % 2, 5)(2), 0.0f);
      EXPECT_EQ(out.record->attention_column(map / 2, map % 2, 2)(5), 0.0f);
      EXPECT_NEAR(attention.row(5).sum(), 1.0f, 1e-5f);
      EXPECT_GT(attention(6, 2), 0.0f);
    }
    EXPECT_FALSE(out.record->readable(5, 2));
    EXPECT_TRUE(out.record->readable(6, 2));
    // In the first layer nobody but the query is touched.
    EXPECT_EQ(out.record->attention_map(0, 0).row(6), plain_.record->attention(0, 0).row(6));
  }
  const Out one = run({.cut_edges = {{.query = 5, .key = 2, .layer = 0, .head = 1}}});
  EXPECT_TRUE(one.record->readable(5, 2)) << "other heads read it";
  EXPECT_GT(one.record->attention(0, 0)(5, 2), 0.0f);
  EXPECT_EQ(one.record->attention(0, 1)(5, 2), 0.0f);
}

TEST_P(TowerInterventions, ACutEdgeStaysCutUnderAnotherPattern) {
  std::vector<int> same(static_cast<std::size_t>(tokens_));
  for (int i = 0; i < tokens_; ++i) same[static_cast<std::size_t>(i)] = i;
  const Out out =
      run({.cut_edges = {{.query = 5, .key = 2}}, .kept = KeptMaps{.from = plain_.record, .key = same}});
  for (int map = 0; map < 6; ++map) {
    EXPECT_EQ(out.record->attention(map / 2, map % 2)(5, 2), 0.0f);
    EXPECT_NEAR(out.record->attention(map / 2, map % 2).row(5).sum(), 1.0f, 1e-5f);
  }
}

TEST_P(TowerInterventions, WhatAHeadThatIsOffReadsIsKept) {
  const Out off = run({.heads_off = {{2, 0}}, .heads_mean = {{2, 1}}, .blocks_off = {}});
  EXPECT_EQ(off.record->attention(2, 0), plain_.record->attention(2, 0));
  EXPECT_EQ((*off.hidden)[2], (*plain_.hidden)[2]);
  EXPECT_NE((*off.hidden)[3], (*plain_.hidden)[3]);
  const Out block = run({.blocks_off = {1}});
  EXPECT_EQ((*block.hidden)[2], (*block.hidden)[1]);
  EXPECT_EQ(block.record->attention(1, 0), plain_.record->attention(1, 0));
}

TEST_P(TowerInterventions, RefusesWordForWord) {
  const RowVector wide = RowVector::Zero(3);
  EXPECT_EQ(refusal({.heads_mean = {{3, 0}}}),
            "heads off: expected blocks from 0 to 2 and heads from 0 to 1, got 3, 0");
  EXPECT_EQ(refusal({.blocks_off = {-1}}), "blocks off: expected blocks from 0 to 2, got -1");
  EXPECT_EQ(refusal({.cut_edges = {{.query = tokens_, .key = 0}}}),
            fmt::format("cut edge: expected a query from 0 to {0} and a key from 0 to {0}, got {1}, 0",
                        tokens_ - 1, tokens_));
  EXPECT_EQ(refusal({.cut_edges = {{.query = 0, .key = 0, .layer = 0, .head = 2}}}),
            "cut edge: expected a layer from 0 to 2 and a head from 0 to 1, or -1, got 0, 2");
  EXPECT_EQ(
      refusal({.patches = {{.after = 4, .position = 0, .values = wide}}}),
      fmt::format("patched state: expected one behind 0 to 3 layers, at a position from 0 to {}, got 4, 0",
                  tokens_ - 1));
  EXPECT_EQ(refusal({.patches = {{.after = 0, .position = 0, .values = wide}}}),
            fmt::format("patched state: expected {} numbers, got 3", (*plain_.hidden)[0].cols()));
  EXPECT_EQ(refusal({.kept = KeptMaps{}}), "kept maps: expected a record, got none");
  EXPECT_EQ(refusal({.kept = KeptMaps{.from = plain_.record, .key = {}, .query = {0}}}),
            fmt::format("kept maps: expected {} queries, got 1", tokens_));
  if (is_text_) {
    EXPECT_EQ(refusal({.swaps = {{{0}, {1}}}}),
              "swapped keys: expected attention without a causal mask, got one");
  }
}

// What a record does not keep cannot be replaced.
TEST(VitInterventions, LongRunsKeepNoOtherPattern) {
  const Vit model = std::move(Vit::open(golden_path("vision/dinov2_registers")).value());
  const std::vector<float> pixels(3 * 8 * 12, 0.5f);
  const auto plain = model.run(pixels, 12, 8);
  ASSERT_TRUE(plain);
  const Intervention frozen{.kept = KeptMaps{.from = plain->record, .key = std::vector<int>(10, 0)}};
  const auto out = model.run(pixels, 12, 8, frozen, {}, {.kept_map_bytes = 0.0});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, ErrorCode::kUnsupported);
}

INSTANTIATE_TEST_SUITE_P(Towers, TowerInterventions, ::testing::Values("text", "vision"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace regard::test
