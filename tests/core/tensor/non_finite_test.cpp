// What divides or compares keeps a number that is none, and a map of zeros stays zero: a plausible answer
// from NaN is the fault these tests are about.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/analysis/fuse.h"
#include "core/analysis/rollout.h"
#include "core/analysis/ties.h"
#include "core/analysis/vision.h"
#include "core/engine/match.h"
#include "core/prompt/grammar.h"
#include "core/prompt/weighting.h"
#include "core/tensor/non_finite.h"

namespace regard {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN(),
                kInfinity = std::numeric_limits<float>::infinity();

RowVector row_of(std::initializer_list<float> values) {
  return Eigen::Map<const RowVector>(values.begin(), std::ssize(values));
}

TEST(NonFinite, CountsNanAndBothInfinities) {
  const float values[] = {0.0f, kNan, -kInfinity, 3e38f, kInfinity, -kNan};
  EXPECT_EQ(count_non_finite(values), (NonFinite{4, 6}));
  EXPECT_EQ(count_non_finite({}), (NonFinite{0, 0}));
  NonFinite sum{1, 2};
  sum += {3, 4};
  EXPECT_EQ(sum, (NonFinite{4, 6}));
}

TEST(NonFinite, EntropyOfNanIsNanAndOfZerosZero) {
  EXPECT_FLOAT_EQ(entropy_bits(row_of({0.25f, 0.25f, 0.5f})), 1.5f);
  EXPECT_EQ(entropy_bits(row_of({0.0f, 0.0f})), 0.0f);
  EXPECT_EQ(entropy_bits(row_of({-1.0f, 0.0f})), 0.0f);
  EXPECT_TRUE(std::isnan(entropy_bits(row_of({0.5f, kNan, 0.5f}))));
  EXPECT_TRUE(std::isnan(entropy_bits(row_of({kInfinity, 0.5f}))));
}

TEST(NonFinite, CosineKeepsNan) {
  EXPECT_EQ(cosine_of(row_of({3.0f, 4.0f}), row_of({3.0f, 4.0f})), 1.0f);
  EXPECT_EQ(cosine_of(row_of({0.0f, 0.0f}), row_of({1.0f, 2.0f})), 0.0f);
  EXPECT_TRUE(std::isnan(cosine_of(row_of({kNan, 1.0f}), row_of({1.0f, 2.0f}))));
  EXPECT_TRUE(std::isnan(cosine_of(row_of({1.0f, 1.0f}), row_of({kInfinity, 2.0f}))));
}

TEST(NonFinite, ChangesOfVectorsKeepNan) {
  Matrix before(3, 2), after(3, 2);
  before << 1, 0, kNan, 1, 0, 0;
  after << 0, 1, 1, 1, 1, 1;
  const auto changes = vector_changes(before, after);
  EXPECT_EQ(changes[0].cosine, 0.0);
  EXPECT_TRUE(std::isnan(changes[1].cosine));
  EXPECT_EQ(changes[2].cosine, 1.0) << "no direction to compare";
}

// BOS, three words, EOS; one head of zeros, one with a NaN.
AttentionRecord record() {
  AttentionRecord out({.layers = 1, .heads = 2, .queries = 5, .keys = 5, .head_width = 1});
  out.set_causal(true);
  out.set_key_bias(Vector::Zero(5));
  out.attention(0, 0).setZero();
  out.attention(0, 1).setZero();
  out.attention(0, 1)(3, 1) = kNan;
  return out;
}

TEST(NonFinite, TiesKeepNan) {
  const AttentionRecord r = record();
  EXPECT_EQ(tie_of_head(r, 0, 0), 0.0f);
  EXPECT_EQ(tie_of_word(r, 0, 0, 3), 0.0f);
  EXPECT_TRUE(std::isnan(tie_of_word(r, 0, 1, 3)));
  EXPECT_TRUE(std::isnan(tie_of_head(r, 0, 1)));
}

TEST(NonFinite, TokenNormsHaveNoMedianWithNan) {
  Matrix hidden(3, 1);
  hidden << 1, 2, 6;
  EXPECT_EQ(token_norms(hidden).max_over_median, 3.0);
  hidden(1, 0) = kNan;
  EXPECT_TRUE(std::isnan(token_norms(hidden).max_over_median));
  hidden.setZero();
  EXPECT_EQ(token_norms(hidden).max_over_median, 0.0);
}

TEST(NonFinite, AShareThatIsKeptKeepsNan) {
  EXPECT_EQ(mass_mask(row_of({0.1f, 0.7f, 0.2f}), 0.6), (std::vector<bool>{false, true, false}));
  EXPECT_EQ(mass_mask(row_of({0.1f, 0.7f, kNan}), 0.6), (std::vector<bool>{false, true, true}));
}

TEST(NonFinite, RolloutKeepsNanWhateverIsDiscarded) {
  AttentionRecord r({.layers = 1, .heads = 1, .queries = 3, .keys = 3, .head_width = 1});
  r.attention(0, 0) << 1, 0, 0, kNan, 1, 0, 0.5f, 0.25f, 0.25f;
  for (const double discard : {0.0, 0.5, 0.9}) {
    const auto map = rollout(r, {.discard = discard});
    ASSERT_TRUE(map);
    EXPECT_TRUE(std::isnan((*map)(1, 0))) << discard;
    EXPECT_TRUE(map->row(0).allFinite() && map->row(2).allFinite()) << discard;
  }
}

TEST(NonFinite, PositivePartKeepsNan) {
  EXPECT_EQ(positive_part(-1.0f), 0.0f);
  EXPECT_EQ(positive_part(2.0f), 2.0f);
  EXPECT_TRUE(std::isnan(positive_part(kNan)));
}

// What every scheme stays finite with; said once.
TEST(ClampWeights, KeepsWhatIsSmallAndSaysTheRest) {
  const std::string nines(40, '9');
  for (const Syntax syntax : {Syntax::kA1111, Syntax::kA1111Old, Syntax::kComfyUI}) {
    for (const auto& [number, weight] : {std::pair<std::string, double>("1.5", 1.5),
                                         {nines, 1e12},
                                         {"-" + nines, -1e12},
                                         {"1000000000000", 1e12},
                                         {"1000000000001", 1e12}}) {
      const std::string prompt = "un (chat:" + number + ") rouge";
      ParsedPrompt parsed = parse_prompt(syntax, prompt);
      clamp_weights(prompt, parsed);
      ASSERT_EQ(parsed.fragments.size(), 3u) << prompt;
      EXPECT_EQ(parsed.fragments[1].weight, weight) << prompt;
      const bool over = number.size() > 13 || number.ends_with("1");
      ASSERT_EQ(parsed.warnings.size(), over ? 1u : 0u) << prompt;
      if (!over) continue;
      EXPECT_EQ(parsed.warnings[0].key, "warning.clamped");
      EXPECT_EQ(prompt.substr(parsed.warnings[0].start, parsed.warnings[0].end - parsed.warnings[0].start),
                "chat");
    }
  }
}

TEST(ClampWeights, DoesNotRepeatTheGrammar) {
  const std::string prompt = "(a:1e400)";
  ParsedPrompt parsed = parse_prompt(Syntax::kComfyUI, prompt);
  const std::size_t said = parsed.warnings.size();
  ASSERT_EQ(said, 1u);
  clamp_weights(prompt, parsed);
  EXPECT_EQ(parsed.warnings.size(), said);
  EXPECT_EQ(parsed.fragments[0].weight, kMostWeight);
}

}  // namespace
}  // namespace regard
