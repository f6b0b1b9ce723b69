// Every result of prompt-weight-numeric.json, each by its name: the originals run around a toy encoder in
// float64.
#include "core/prompt/weighting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

namespace regard {
namespace {

using nlohmann::json;

constexpr double kTolerance = 1e-6;
constexpr int kMaskId = 5, kPad = 2, kLength = 8;

const json& vectors() {
  static const json read = [] {
    std::ifstream file(REGARD_TEST_DIR "/vectors/prompt-weight-numeric.json");
    return json::parse(file);
  }();
  return read;
}

MatrixD matrix(const json& rows) {
  MatrixD out(std::ssize(rows), std::ssize(rows.front()));
  for (Eigen::Index r = 0; r < out.rows(); ++r) {
    for (Eigen::Index c = 0; c < out.cols(); ++c) {
      out(r, c) = rows[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)].get<double>();
    }
  }
  return out;
}

MatrixD result(const std::string& name) { return matrix(vectors()["results"].at(name)); }
std::vector<double> numbers(const json& list) { return list.get<std::vector<double>>(); }

void expect_near(const std::string& name, const MatrixD& got, const MatrixD& expected) {
  ASSERT_EQ(got.rows(), expected.rows()) << name;
  ASSERT_EQ(got.cols(), expected.cols()) << name;
  const double worst = (got - expected).cwiseAbs().maxCoeff();
  std::cout << "  " << name << ": maximal difference " << worst << ", tolerance " << kTolerance << "\n";
  EXPECT_LE(worst, kTolerance) << name;
}

Eigen::RowVector3d embedding(int t) { return {std::sin(t + 1), std::cos(2 * t + 1), 0.1 * (t % 7)}; }

// out[i] = E(t_i) + 0.01 i + half the mean of E over what can be read up to i.
Result<MatrixD> toy(std::span<const int> ids, std::span<const std::uint8_t> hidden) {
  MatrixD out(std::ssize(ids), 3);
  Eigen::RowVector3d sum = Eigen::RowVector3d::Zero();
  int count = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (hidden.empty() || hidden[i] == 0) {
      sum += embedding(ids[i]);
      ++count;
    }
    const Eigen::RowVector3d mean = count > 0 ? Eigen::RowVector3d(sum / count) : Eigen::RowVector3d::Zero();
    out.row(static_cast<Eigen::Index>(i)) =
        (embedding(ids[i]) + 0.5 * mean).array() + 0.01 * static_cast<double>(i);
  }
  return out;
}

struct Toy {
  WeightedTokens tokens;
  MatrixD z, empty;
};

Toy input() {
  const json& in = vectors()["input"];
  Toy out;
  out.tokens.ids = in["tokens"].get<std::vector<int>>();
  out.tokens.weights = numbers(in["weights"]);
  out.tokens.words = in["word_ids"].get<std::vector<int>>();
  for (int& word : out.tokens.words) --word;  // 0 is theirs for BOS and EOS
  out.tokens.fragments = out.tokens.words;
  out.tokens.positions = kLength;
  out.z = toy(out.tokens.ids, {}).value();
  out.empty = toy(vectors()["toy_encoder"]["empty_prompt"].get<std::vector<int>>(), {}).value();
  return out;
}

TEST(WeightingVectors, BaseAndEmptyAreTheToyEncoders) {
  expect_near("base", input().z, result("base"));
  expect_near("empty", input().empty, result("empty"));
}

TEST(WeightingVectors, A1111) {
  const Toy toy = input();
  const WeighedVectors restored = weigh_a1111(toy.z, toy.tokens.weights, kLength);
  expect_near("A1111 Original", restored.out, result("A1111 Original"));
  ASSERT_EQ(restored.factors.size(), 1u);
  EXPECT_NEAR(restored.factors[0], 2.2105, 1e-4) << "m(z) / m(y) of the toy encoder";
  expect_near("A1111 No norm", weigh_scale(toy.z, toy.tokens.weights), result("A1111 No norm"));
  expect_near("A1111 Ignore", toy.z, result("A1111 Ignore"));
  expect_near("A1111 None", toy.z, result("A1111 None"));
}

TEST(WeightingVectors, ComfyUI) {
  const Toy toy = input();
  const MatrixD out = weigh_comfyui(toy.z, toy.empty, toy.tokens.weights);
  expect_near("ComfyUI", out, result("ComfyUI"));
  EXPECT_EQ(out.row(1), toy.z.row(1)) << "weight 1 is copied exactly";
}

class AdvVectors : public ::testing::TestWithParam<const char*> {};

TEST_P(AdvVectors, AllInterpretations) {
  const std::string name = GetParam();
  Toy in = input();
  const auto normalisation = normalisation_from_name(name);
  ASSERT_TRUE(normalisation.has_value());
  WeightedTokens& t = in.tokens;
  t.weights = normalise_weights(t.weights, t.words, *normalisation);
  const auto expected = [&](const std::string& way) { return result("ADV " + way + " / " + name); };
  expect_near("ADV comfy / " + name, weigh_comfyui(in.z, in.empty, t.weights), expected("comfy"));
  expect_near("ADV A1111 / " + name, weigh_a1111(in.z, t.weights, kLength).out, expected("A1111"));
  expect_near("ADV compel / " + name, weigh_adv_compel(t, in.z, in.empty, toy, kMaskId).value(),
              expected("compel"));
  expect_near("ADV comfy++ / " + name, weigh_comfy_plus_plus(t, in.z, toy, kMaskId).value(),
              expected("comfy++"));
  expect_near("ADV down_weight / " + name, weigh_down(t, in.z, toy, kMaskId).value(),
              expected("down_weight"));
}

INSTANTIATE_TEST_SUITE_P(Normalisations, AdvVectors,
                         ::testing::Values("none", "mean", "length", "length+mean"), [](const auto& test) {
                           return std::string(test.param) == "length+mean" ? "length_mean"
                                                                           : std::string(test.param);
                         });

TEST(WeightingVectors, AdvWeights) {
  const WeightedTokens t = input().tokens;
  const auto near = [](const std::string& name, const std::vector<double>& got) {
    const std::vector<double> expected = numbers(vectors()["results"].at(name));
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-12) << name;
  };
  near("ADV weights length", normalise_weights(t.weights, t.words, TokenNormalisation::kLength));
  near("ADV weights mean", normalise_weights(t.weights, t.words, TokenNormalisation::kMean));
  near("ADV weights length+mean", normalise_weights(t.weights, t.words, TokenNormalisation::kLengthMean));
  near("ADV weights scale_to_norm(w_max=1)", weights_over_largest(t.weights, t.words));
}

// a b "c d" with these weights, a fragment each.
MatrixD compel(double a, double b, double cd, CompelDown down) {
  Toy in = input();
  in.tokens.weights = {1, a, b, cd, cd, 1, 1, 1};
  in.z = toy(in.tokens.ids, {}).value();
  return weigh_compel(in.tokens, in.z, in.empty, toy, down, kPad).value();
}

TEST(WeightingVectors, Compel) {
  using enum CompelDown;
  const std::string both = R"(a@1 b@1.5 "c d"@0.5)";
  expect_near("Compel MASK " + both, compel(1, 1.5, 0.5, kMask), result("Compel MASK " + both));
  expect_near("Compel REMOVE " + both, compel(1, 1.5, 0.5, kRemove), result("Compel REMOVE " + both));
  expect_near("Compel MASK b@0", compel(1, 0, 1, kMask), result("Compel MASK b@0"));
  const std::string two = R"(b@0.25 "c d"@0.5)";
  expect_near("Compel MASK " + two, compel(1, 0.25, 0.5, kMask), result("Compel MASK " + two));
}

TEST(WeightingVectors, Attention) {
  const json& a = vectors()["attention"];
  const MatrixD scores = matrix(a["scores"]), p = matrix(a["p"]), v = matrix(a["V"]);
  const std::vector<double> w = numbers(a["w"]), ones(4, 1.0);
  expect_near("p", attention_log_weight(scores, ones), p);
  expect_near("out", p * v, matrix(a["out"]));
  const MatrixD scaled = attention_prompt_to_prompt(p, w);
  expect_near("p2p p*w", scaled, matrix(a["p2p p*w"]));
  expect_near("p2p out", scaled * v, matrix(a["p2p out"]));
  const Eigen::Map<const Eigen::VectorXd> column(w.data(), 4);
  expect_near("scaleV", p * (column.asDiagonal() * v), matrix(a["scaleV"]));
  const std::vector<double> sums = numbers(a["p2p rowsum"]);
  for (Eigen::Index t = 0; t < 2; ++t)
    EXPECT_NEAR(scaled.row(t).sum(), sums[static_cast<std::size_t>(t)], 1e-8);
  const MatrixD biased = attention_log_weight(scores, w);
  expect_near("logbias", biased, matrix(a["logbias"]));
  expect_near("renorm", biased, matrix(a["renorm"]));
  expect_near("renorm out", biased * v, matrix(a["renorm out"]));
  std::vector<double> hidden = ones, negative = ones;
  hidden[1] = 0;
  negative[1] = -1;
  expect_near("w=0 tok1 logbias", attention_log_weight(scores, hidden), matrix(a["w=0 tok1 logbias"]));
  expect_near("w=-1 tok1 p2p", attention_prompt_to_prompt(p, negative), matrix(a["w=-1 tok1 p2p"]));
  // Not offered, since a larger weight lowers a negative score; here so that every number of the file is
  // checked.
  const MatrixD times = scores * column.asDiagonal();
  expect_near("scale logits s*w", attention_log_weight(times, ones), matrix(a["scale logits s*w"]));
  expect_near("scaleK(logit s*w)", attention_log_weight(times, ones), matrix(a["scaleK(logit s*w)"]));
}

TEST(WeightingVectors, NoneIsForgotten) {
  for (const auto& [name, value] : vectors()["results"].items()) {
    const bool known = name == "base" || name == "empty" || name == "ComfyUI" || name.starts_with("A1111 ") ||
                       name.starts_with("ADV ") || name.starts_with("Compel ");
    EXPECT_TRUE(known) << name;
  }
  EXPECT_EQ(vectors()["results"].size(), 35u);
  EXPECT_EQ(vectors()["attention"].size(), 16u);
}

// Two chunks, each as if it were alone, where the scheme works chunk by chunk.
TEST(Weighting, ChunksBesideEachOther) {
  const Toy one = input();
  Toy two = one;
  for (auto* list : {&two.tokens.ids, &two.tokens.words, &two.tokens.fragments}) {
    const std::vector<int> copy = *list;
    list->insert(list->end(), copy.begin(), copy.end());
  }
  const std::vector<double> weights = two.tokens.weights;
  two.tokens.weights.insert(two.tokens.weights.end(), weights.begin(), weights.end());
  MatrixD z(16, 3);
  z << one.z, one.z;
  const auto both_halves = [&](const MatrixD& got, const MatrixD& expected, const char* what) {
    ASSERT_EQ(got.rows(), 16) << what;
    EXPECT_LE((got.topRows(8) - expected).cwiseAbs().maxCoeff(), 1e-14) << what;
    EXPECT_LE((got.bottomRows(8) - expected).cwiseAbs().maxCoeff(), 1e-14) << what;
  };
  const WeighedVectors restored = weigh_a1111(z, two.tokens.weights, kLength);
  EXPECT_EQ(restored.factors.size(), 2u);
  both_halves(restored.out, weigh_a1111(one.z, weights, kLength).out, "a1111");
  both_halves(weigh_comfyui(z, one.empty, two.tokens.weights), weigh_comfyui(one.z, one.empty, weights),
              "comfyui");
  both_halves(weigh_comfy_plus_plus(two.tokens, z, toy, kMaskId).value(),
              weigh_comfy_plus_plus(one.tokens, one.z, toy, kMaskId).value(), "comfy++");
  both_halves(weigh_down(two.tokens, z, toy, kMaskId).value(),
              weigh_down(one.tokens, one.z, toy, kMaskId).value(), "down_weight");
}

// Compel's shares are of the whole prompt: a fragment faded in another chunk makes this one's count less.
TEST(Weighting, CompelSharesReachAcrossChunks) {
  const std::vector<int> ids = {1, 10, 2, 2, 1, 11, 2, 2};
  WeightedTokens t{.ids = ids,
                   .weights = {1, 0.5, 1, 1, 1, 0.5, 1, 1},
                   .words = {-1, 0, -1, -1, -1, 1, -1, -1},
                   .fragments = {-1, 0, -1, -1, -1, 1, -1, -1},
                   .positions = 4};
  const MatrixD first = toy(std::span(ids).first(4), {}).value(),
                second = toy(std::span(ids).last(4), {}).value();
  const MatrixD empty = toy(std::vector{1, 2, 2, 2}, {}).value();
  MatrixD z(8, 3);
  z << first, second;
  const std::vector<std::uint8_t> hidden = {0, 1, 0, 0};
  const std::vector<double> weights = {1, 0.5, 1, 1};
  const MatrixD e0 = weigh_comfyui(first, empty, weights);
  const MatrixD e1 = weigh_comfyui(toy(std::span(ids).first(4), hidden).value(), empty, weights);
  int passes = 0;
  const EncodeChunk counted = [&](std::span<const int> i, std::span<const std::uint8_t> h) {
    ++passes;
    return toy(i, h);
  };
  const MatrixD out = weigh_compel(t, z, empty, counted, CompelDown::kMask, kPad).value();
  const MatrixD expected =
      (e0 + e1 + e0) / 3.0;  // both t are 1; the other fragment's pass leaves this chunk alone
  EXPECT_LE((out.topRows(4) - expected).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_EQ(passes, 2) << "a pass only where a fragment reaches";
}

TEST(Weighting, AMeanOfZeroLeavesTheChunkAndSaysSo) {
  MatrixD z(2, 1);
  z << 1.0, 1.0;
  const WeighedVectors restored = weigh_a1111(z, std::vector{1.0, -1.0}, 2);
  EXPECT_TRUE(std::isinf(restored.factors[0]));
  EXPECT_TRUE(restored.out.allFinite());
}

TEST(Weighting, AFailedPassIsPassedOn) {
  const Toy in = input();
  const EncodeChunk broken = [](auto, auto) -> Result<MatrixD> {
    return fail(ErrorCode::kCancelled, "stop");
  };
  const auto is_cancelled = [](const Result<MatrixD>& r) {
    return !r && r.error().code == ErrorCode::kCancelled;
  };
  EXPECT_TRUE(is_cancelled(weigh_compel(in.tokens, in.z, in.empty, broken, CompelDown::kMask, kPad)));
  EXPECT_TRUE(is_cancelled(weigh_compel(in.tokens, in.z, in.empty, broken, CompelDown::kRemove, kPad)));
  EXPECT_TRUE(is_cancelled(weigh_adv_compel(in.tokens, in.z, in.empty, broken, kMaskId)));
  EXPECT_TRUE(is_cancelled(weigh_comfy_plus_plus(in.tokens, in.z, broken, kMaskId)));
  EXPECT_TRUE(is_cancelled(weigh_down(in.tokens, in.z, broken, kMaskId)));
}

TEST(Weighting, AllOnesChangeNothingAndAskNothing) {
  Toy in = input();
  in.tokens.weights.assign(8, 1.0);
  const EncodeChunk never = [](auto, auto) -> Result<MatrixD> { return fail(ErrorCode::kShape, "asked"); };
  EXPECT_EQ(weigh_scale(in.z, in.tokens.weights), in.z);
  EXPECT_EQ(weigh_comfyui(in.z, in.empty, in.tokens.weights), in.z);
  EXPECT_EQ(weigh_a1111(in.z, in.tokens.weights, kLength).out, in.z);
  EXPECT_EQ(weigh_compel(in.tokens, in.z, in.empty, never, CompelDown::kMask, kPad).value(), in.z);
  EXPECT_EQ(weigh_adv_compel(in.tokens, in.z, in.empty, never, kMaskId).value(), in.z);
  EXPECT_EQ(weigh_comfy_plus_plus(in.tokens, in.z, never, kMaskId).value(), in.z);
  EXPECT_EQ(weigh_down(in.tokens, in.z, never, kMaskId).value(), in.z);
}

TEST(Weighting, NamesAndWhatMoves) {
  for (const Weighting weighting : kAllWeightings) {
    EXPECT_EQ(weighting_from_name(weighting_name(weighting)), weighting);
    const Moves moves = what_moves(weighting);
    EXPECT_EQ(moves.output, weighting != Weighting::kNone);
    EXPECT_EQ(moves.attention, acts_inside(weighting));
    EXPECT_EQ(moves.pooled, acts_inside(weighting)) << "no program weighs the pooled vector";
  }
  EXPECT_EQ(weighting_from_name("A1111"), std::nullopt);
  EXPECT_EQ(weighting_name(Weighting::kComfyPlusPlus), "comfy++");
  EXPECT_EQ(normalisation_name(TokenNormalisation::kLengthMean), "length+mean");
  EXPECT_EQ(normalisation_from_name(""), std::nullopt);
}

TEST(Weighting, LengthAndDirection) {
  Matrix a(3, 2), b(3, 2);
  a << 3, 4, 1, 0, 0, 0;
  b << -6, -8, 0, 2, 1, 1;
  const auto changes = vector_changes(a, b);
  EXPECT_DOUBLE_EQ(changes[0].length_before, 5.0);
  EXPECT_DOUBLE_EQ(changes[0].length_after, 10.0);
  EXPECT_DOUBLE_EQ(changes[0].cosine, -1.0);
  EXPECT_DOUBLE_EQ(changes[1].cosine, 0.0);
  EXPECT_DOUBLE_EQ(changes[2].cosine, 1.0) << "no direction to compare";
}

}  // namespace
}  // namespace regard
