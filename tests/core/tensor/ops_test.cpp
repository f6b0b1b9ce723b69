// Activations, norms and softmax against the numbers of tests/vectors/model-numerics.json and against double
// precision.
#include <cmath>
#include <limits>

#include <hwy/targets.h>

#include "core/formats/json.h"
#include "core/tensor/ops.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

Json numerics() { return read_json(REGARD_TEST_DIR "/vectors/model-numerics.json").value(); }

Matrix row(const Json& values) {
  Matrix m(1, static_cast<Eigen::Index>(values.size()));
  for (Eigen::Index i = 0; i < m.cols(); ++i) m(0, i) = values[static_cast<std::size_t>(i)].get<float>();
  return m;
}

// Whatever the length: whole registers, and what is left over.
TEST(Ops, FastAgreesWithThePlainTwin) {
  float quick = 0, exact = 0, soft = 0;
  for (int n = 1; n < 70; ++n) {
    Matrix a = 8.0f * Matrix::Random(3, n), b = a;
    quick_gelu(a);
    quick_gelu_plain(b);
    quick = std::max(quick, max_difference(a, b.data()));
    a = b = 8.0f * Matrix::Random(3, n);
    gelu(a);
    gelu_plain(b);
    exact = std::max(exact, max_difference(a, b.data()));
    RowVector scores = 8.0f * RowVector::Random(n), x(n), y(n);
    if (n > 3) scores(n / 2) = -kInfinity;
    softmax_row(scores, x);
    softmax_row_plain(scores, y);
    soft = std::max(soft, max_difference(x, y.data()));
  }
  report("quick_gelu", quick, 2e-6f);
  report("gelu", exact, 2e-6f);
  report("softmax", soft, 1e-6f);
}

// Every instruction set this machine has, lengths of 1, odd ones and tails.
TEST(Ops, EveryInstructionSetAgreesWithThePlainTwin) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    float worst = 0;
    for (const int n : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 77, 130}) {
      const auto compare = [&](void (*fast)(MatrixRef), void (*plain)(MatrixRef)) {
        Matrix a = 8.0f * Matrix::Random(3, n), b = a;
        fast(a);
        plain(b);
        worst = std::max(worst, max_difference(a, b.data()));
      };
      compare(quick_gelu, quick_gelu_plain);
      compare(gelu, gelu_plain);
      compare(gelu_tanh, gelu_tanh_plain);
      compare(silu, silu_plain);
      RowVector scores = 8.0f * RowVector::Random(n), x(n), y(n);
      softmax_row(scores, x);
      softmax_row_plain(scores, y);
      worst = std::max(worst, max_difference(x, y.data()));
    }
    report(hwy::TargetName(target), worst, 4e-6f);
    hwy::SetSupportedTargetsForTest(0);
  }
}

// What the exponential of softmax is worth: of every score that does not vanish, relative to double
// precision.
TEST(Ops, TheExponentialIsWithinItsStatedError) {
  const RowVector scores = RowVector::LinSpaced(200001, -87.0f, 0.0f);
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    RowVector out(scores.size());
    softmax_row_known(scores, {.top = 0.0f, .sum = 1.0f}, out);
    double worst = 0;
    for (Eigen::Index i = 0; i < out.size(); ++i) {
      const double exact = std::exp(static_cast<double>(scores(i)));
      worst = std::max(worst, std::abs(static_cast<double>(out(i)) - exact) / exact);
    }
    report(hwy::TargetName(target), static_cast<float>(worst), 1.5e-7f);
    hwy::SetSupportedTargetsForTest(0);
  }
}

TEST(Ops, ActivationsMatchTheVectors) {
  const Json v = numerics()["activations"];
  Matrix quick = row(v["x"]);
  Matrix exact = quick;
  quick_gelu(quick);
  gelu(exact);
  report("quick_gelu", max_difference(quick, row(v["quick_gelu"]).data()), 1e-6f);
  report("gelu", max_difference(exact, row(v["gelu(erf)"]).data()), 1e-6f);
}

TEST(Ops, ActivationsFollowDoublePrecision) {
  Matrix x = RowVector::LinSpaced(4001, -20.0f, 20.0f);
  Matrix quick = x, exact = x;
  quick_gelu(quick);
  gelu(exact);
  Matrix quick_true = x, exact_true = x;
  for (int i = 0; i < 4001; ++i) {
    const double a = static_cast<double>(x(0, i));
    quick_true(0, i) = static_cast<float>(a / (1.0 + std::exp(-1.702 * a)));
    exact_true(0, i) = static_cast<float>(0.5 * a * std::erfc(-a / std::sqrt(2.0)));
  }
  report("quick_gelu", max_difference(quick, quick_true.data()), 2e-6f);
  report("gelu", max_difference(exact, exact_true.data()), 2e-6f);
}

TEST(Ops, ActivationsKeepNaNAndSurviveExtremes) {
  Matrix x(1, 5);
  x << std::nanf(""), -1e30f, 1e30f, -200.0f, 200.0f;
  Matrix quick = x, exact = x;
  quick_gelu(quick);
  gelu(exact);
  for (const Matrix& y : {quick, exact}) {
    EXPECT_TRUE(std::isnan(y(0, 0)));
    EXPECT_NEAR(y(0, 1), 0.0f, 1e-5f);
    EXPECT_EQ(y(0, 2), 1e30f);
    EXPECT_NEAR(y(0, 3), 0.0f, 1e-5f);
    EXPECT_EQ(y(0, 4), 200.0f);
  }
}

TEST(Ops, LayerNormMatchesTheVectors) {
  Matrix x(1, 4);
  x << 1, 2, 3, 6;
  const LayerNorm norm{RowVector::Ones(4), RowVector::Zero(4)};
  const Json v = numerics();
  for (const auto& [eps, name] : {std::pair{1e-5f, "1e-05"}, {1e-6f, "1e-06"}, {1e-12f, "1e-12"}}) {
    const Matrix expected = row(v[fmt::format("layernorm [1,2,3,6] eps={}", name)]);
    report(fmt::format("layer norm, eps {}", name), max_difference(layer_norm(x, norm, eps), expected.data()),
           1e-6f);
  }
}

TEST(Ops, LayerNormHasBiasedVarianceAndEpsInsideTheRoot) {
  Matrix x(2, 4);
  x << 1, 2, 3, 4, -5, -5, -5, -5;
  const LayerNorm norm{RowVector::Constant(4, 2.0f), RowVector::Constant(4, 0.5f)};
  const Matrix y = layer_norm(x, norm, 1e-5f);
  const double scale = 2.0 / std::sqrt(1.25 + 1e-5);
  EXPECT_NEAR(y(0, 0), 0.5 - 1.5 * scale, 1e-6);
  EXPECT_NEAR(y(0, 3), 0.5 + 1.5 * scale, 1e-6);
  EXPECT_EQ(y(1, 0), 0.5f);  // a constant row is its bias
}

TEST(Ops, SoftmaxRow) {
  RowVector scores(6), out(6);
  scores << 1000.0f, 1001.0f, -kInfinity, 999.0f, -kInfinity, -1000.0f;
  softmax_row(scores, out);
  const double total = std::exp(-1.0) + 1.0 + std::exp(-2.0);
  EXPECT_NEAR(out(0), std::exp(-1.0) / total, 1e-6);
  EXPECT_NEAR(out(1), 1.0 / total, 1e-6);
  EXPECT_EQ(out(2), 0.0f);
  EXPECT_EQ(out(4), 0.0f);
  EXPECT_NEAR(out.sum(), 1.0f, 1e-6f);
}

TEST(Ops, SoftmaxOfNothingReadableIsZero) {
  RowVector scores = RowVector::Constant(7, -kInfinity), out = RowVector::Ones(7);
  softmax_row(scores, out);
  EXPECT_EQ(out, RowVector::Zero(7));
}

TEST(Ops, SoftmaxLetsNaNBeSeen) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    for (int at = 0; at < 37; ++at) {
      RowVector scores = RowVector::Random(37), out(37);
      scores(at) = std::nanf("");
      const SoftmaxSums sums = softmax_row(scores, out);
      EXPECT_TRUE(std::isnan(sums.top) && out.array().isNaN().all()) << hwy::TargetName(target) << " " << at;
      scores = RowVector::Constant(37, -kInfinity);
      scores(at) = std::nanf("");
      softmax_row(scores, out);
      EXPECT_TRUE(out.array().isNaN().all()) << hwy::TargetName(target) << " " << at;
    }
    hwy::SetSupportedTargetsForTest(0);
  }
}

// However a part is cut out of the row, in place or not.
TEST(Ops, APartOfAKnownRowHasTheSameBits) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    for (int n : {1, 7, 8, 31, 77}) {
      RowVector scores = 20.0f * RowVector::Random(n), whole(n);
      scores(n / 2) = -kInfinity;
      const SoftmaxSums sums = softmax_row(scores, whole);
      for (int first = 0; first < n; first += 3) {
        RowVector part = scores.segment(first, std::min(n - first, 13));
        softmax_row_known(part, sums, part);
        EXPECT_EQ(part, whole.segment(first, part.size())) << hwy::TargetName(target) << " " << n;
      }
    }
    hwy::SetSupportedTargetsForTest(0);
  }
}

TEST(Ops, AScoreFarBelowTheTopIsExactlyZero) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    RowVector scores = RowVector::LinSpaced(1001, -1e6f, -87.1f), out(1001);
    scores(500) = 0.0f;
    softmax_row(scores, out);
    EXPECT_EQ(out(500), 1.0f) << hwy::TargetName(target);
    EXPECT_EQ(out.sum(), 1.0f) << hwy::TargetName(target);
    hwy::SetSupportedTargetsForTest(0);
  }
}

}  // namespace
}  // namespace regard::test
