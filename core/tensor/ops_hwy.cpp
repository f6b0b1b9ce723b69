// Activations and softmax with the widest registers of the machine the program runs on; their plain twins are
// in ops.cpp.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/tensor/ops_hwy.cpp"
#include <hwy/foreach_target.h>
//
#include <algorithm>
#include <limits>

#include <hwy/contrib/algo/transform-inl.h>
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "core/base/check.h"
#include "core/tensor/ops.h"
#include "core/tensor/threads.h"

HWY_BEFORE_NAMESPACE();
namespace regard::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;

// x * sigmoid(1.702 x)
void quick_gelu_impl(float* x, std::size_t count) {
  hn::Transform(Floats(), x, count, [](auto d, auto v) HWY_ATTR {
    const auto power =
        hn::Min(hn::Mul(v, hn::Set(d, -1.702f)), hn::Set(d, 88.0f));  // beyond, exp would overflow
    return hn::Div(v, hn::Add(hn::Set(d, 1.0f), hn::Exp(d, power)));
  });
}

// x * sigmoid(x)
void silu_impl(float* x, std::size_t count) {
  hn::Transform(Floats(), x, count, [](auto d, auto v) HWY_ATTR {
    const auto power = hn::Min(hn::Neg(v), hn::Set(d, 88.0f));
    return hn::Div(v, hn::Add(hn::Set(d, 1.0f), hn::Exp(d, power)));
  });
}

// x (1 + tanh u) / 2 is x * sigmoid(2 u); u = sqrt(2 / pi) (x + 0.044715 x^3)
void gelu_tanh_impl(float* x, std::size_t count) {
  hn::Transform(Floats(), x, count, [](auto d, auto v) HWY_ATTR {
    const auto cubic = hn::MulAdd(hn::Mul(v, v), hn::Set(d, 0.044715f), hn::Set(d, 1.0f));
    const auto power = hn::Mul(hn::Mul(v, cubic), hn::Set(d, -1.5957691216f));
    return hn::Div(v, hn::Add(hn::Set(d, 1.0f), hn::Exp(d, hn::Min(power, hn::Set(d, 88.0f)))));
  });
}

// x (1 + erf(x / sqrt 2)) / 2, erf as the quotient of two polynomials; beyond 4 it is 1 in single precision.
// Source of the coefficients: Eigen 3.4, unsupported SpecialFunctions, generic_fast_erf_float.
void gelu_impl(float* x, std::size_t count) {
  hn::Transform(Floats(), x, count, [](auto d, auto v) HWY_ATTR {
    const auto c = [d](float value) HWY_ATTR { return hn::Set(d, value); };
    const auto z = hn::Max(hn::Min(hn::Mul(v, c(0.70710678f)), c(4.0f)), c(-4.0f));
    const auto z2 = hn::Mul(z, z);
    auto p = hn::MulAdd(z2, c(-2.72614225801306e-10f), c(2.77068142495902e-08f));
    p = hn::MulAdd(z2, p, c(-2.10102402082508e-06f));
    p = hn::MulAdd(z2, p, c(-5.69250639462346e-05f));
    p = hn::MulAdd(z2, p, c(-7.34990630326855e-04f));
    p = hn::MulAdd(z2, p, c(-2.95459980854025e-03f));
    p = hn::MulAdd(z2, p, c(-1.60960333262415e-02f));
    auto q = hn::MulAdd(z2, c(-1.45660718464996e-05f), c(-2.13374055278905e-04f));
    q = hn::MulAdd(z2, q, c(-1.68282697438203e-03f));
    q = hn::MulAdd(z2, q, c(-7.37332916720468e-03f));
    q = hn::MulAdd(z2, q, c(-1.42647390514189e-02f));
    const auto erf = hn::Div(hn::Mul(z, p), q);
    return hn::Mul(hn::Mul(v, c(0.5f)), hn::Add(c(1.0f), erf));
  });
}

using Vec = hn::Vec<Floats>;

// e^x for x <= 0 (and up to 88); 0 below -87, where single precision begins to lose digits. 2^n e^r, n the
// whole number nearest to x / ln 2, so that |r| <= ln 2 / 2; the polynomial of e^r is Highway's (Cephes').
// Highway's Exp() reaches the smallest denormal numbers and any sign, at twice the time.
HWY_INLINE Vec shifted_exp(Vec score, Vec top) {
  const Floats d;
  const hn::RebindToSigned<Floats> whole;
  const auto c = [d](float value) HWY_ATTR { return hn::Set(d, value); };
  const Vec x = hn::Sub(score, top);
  const Vec magic = c(0x1.8p23f + 127.0f);  // a number of this size has its whole part in its lowest bits
  const Vec biased = hn::MulAdd(x, c(1.44269504f), magic);
  const Vec n = hn::Sub(biased, magic);
  Vec r = hn::MulAdd(n, c(-0.693145751953125f), x);  // ln 2 in two parts: the first one's products are exact
  r = hn::MulAdd(n, c(-1.428606765330187045e-6f), r);
  const Vec r2 = hn::Mul(r, r);
  const Vec p01 = hn::MulAdd(r, c(0.166666671633720397949219f), c(0.5f));
  const Vec p23 = hn::MulAdd(r, c(0.00833336077630519866943359f), c(0.0416664853692054748535156f));
  const Vec p45 = hn::MulAdd(r, c(0.000198527617612853646278381f), c(0.00139304355252534151077271f));
  const Vec p = hn::MulAdd(hn::MulAdd(p45, r2, p23), r2, p01);
  const Vec power = hn::Add(hn::MulAdd(p, r2, r), c(1.0f));
  const Vec two_n = hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(whole, biased)));  // n + 127: the exponent
  return hn::IfThenZeroElse(hn::Lt(x, c(-87.0f)), hn::Mul(power, two_n));  // false for a NaN, which goes on
}

// Less than a register's numbers, -inf behind them.
struct Rest {
  alignas(HWY_MAX_BYTES) float x[HWY_MAX_BYTES / sizeof(float)];
  HWY_INLINE Rest(const float* from, std::size_t count) {
    std::fill_n(x, hn::Lanes(Floats()), -std::numeric_limits<float>::infinity());
    std::copy_n(from, count, x);
  }
};

// Largest of the scores; NaN when one of them is.
HWY_INLINE float top_of(const float* scores, std::size_t count) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  Vec top0 = hn::Set(d, -std::numeric_limits<float>::infinity()), top1 = top0;
  auto nan = hn::IsNaN(top0);  // max alone would lose one
  std::size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const Vec v0 = hn::LoadU(d, scores + i), v1 = hn::LoadU(d, scores + i + lanes);
    top0 = hn::Max(top0, v0);
    top1 = hn::Max(top1, v1);
    nan = hn::Or(nan, hn::Or(hn::IsNaN(v0), hn::IsNaN(v1)));
  }
  float best = hn::GetLane(hn::MaxOfLanes(d, hn::Max(top0, top1)));
  if (!hn::AllFalse(d, nan)) best = std::numeric_limits<float>::quiet_NaN();
  for (; i < count; ++i) best = scores[i] > best || scores[i] != scores[i] ? scores[i] : best;
  return best;
}

SoftmaxSums softmax_impl(const float* scores, float* out, std::size_t count) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  const float top = top_of(scores, count);
  if (top == -std::numeric_limits<float>::infinity()) {  // nothing to read
    std::fill_n(out, count, 0.0f);
    return {top, 0.0f};
  }
  // A NaN makes the top NaN, and with it every quotient: it is seen, never lost.
  const Vec tops = hn::Set(d, top);
  Vec sum0 = hn::Zero(d), sum1 = sum0;
  std::size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const Vec e0 = shifted_exp(hn::LoadU(d, scores + i), tops);
    const Vec e1 = shifted_exp(hn::LoadU(d, scores + i + lanes), tops);
    hn::StoreU(e0, d, out + i);
    hn::StoreU(e1, d, out + i + lanes);
    sum0 = hn::Add(sum0, e0);
    sum1 = hn::Add(sum1, e1);
  }
  while (i < count) {
    const std::size_t some = std::min(lanes, count - i);
    Rest rest(scores + i, some);
    const Vec e = shifted_exp(hn::Load(d, rest.x), tops);
    hn::Store(e, d, rest.x);
    std::copy_n(rest.x, some, out + i);
    sum0 = hn::Add(sum0, e);
    i += some;
  }
  const float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
  const float share = 1.0f / sum;
  const Vec shares = hn::Set(d, share);
  for (i = 0; i + lanes <= count; i += lanes) hn::StoreU(hn::Mul(hn::LoadU(d, out + i), shares), d, out + i);
  for (; i < count; ++i) out[i] *= share;
  return {top, sum};
}

void softmax_known_impl(const float* scores, SoftmaxSums sums, float* out, std::size_t count) {
  if (sums.top == -std::numeric_limits<float>::infinity()) {
    std::fill_n(out, count, 0.0f);
    return;
  }
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  const Vec tops = hn::Set(d, sums.top), shares = hn::Set(d, 1.0f / sums.sum);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    hn::StoreU(hn::Mul(shifted_exp(hn::LoadU(d, scores + i), tops), shares), d, out + i);
  if (i == count) return;
  Rest rest(scores + i, count - i);
  hn::Store(hn::Mul(shifted_exp(hn::Load(d, rest.x), tops), shares), d, rest.x);
  std::copy_n(rest.x, count - i, out + i);
}

}  // namespace regard::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard {

HWY_EXPORT(quick_gelu_impl);
HWY_EXPORT(gelu_impl);
HWY_EXPORT(gelu_tanh_impl);
HWY_EXPORT(silu_impl);
HWY_EXPORT(softmax_impl);
HWY_EXPORT(softmax_known_impl);

namespace {

// An activation on rows that are shared out.
void each_row(MatrixRef x, void (*activation)(float*, std::size_t)) {
  constexpr double kFlops = 80;  // a number's share of exp, in time
  const auto cols = static_cast<std::size_t>(x.cols());
  parallel_for(static_cast<int>(x.rows()), grain_of(kFlops * static_cast<double>(cols)),
               [&](int begin, int end) {
                 for (int t = begin; t < end; ++t) activation(x.row(t).data(), cols);
               });
}

}  // namespace

void quick_gelu(MatrixRef x) {
  each_row(x, [](float* row, std::size_t count) { HWY_DYNAMIC_DISPATCH(quick_gelu_impl)(row, count); });
}

void gelu(MatrixRef x) {
  each_row(x, [](float* row, std::size_t count) { HWY_DYNAMIC_DISPATCH(gelu_impl)(row, count); });
}

void gelu_tanh(MatrixRef x) {
  each_row(x, [](float* row, std::size_t count) { HWY_DYNAMIC_DISPATCH(gelu_tanh_impl)(row, count); });
}

void silu(MatrixRef x) {
  each_row(x, [](float* row, std::size_t count) { HWY_DYNAMIC_DISPATCH(silu_impl)(row, count); });
}

SoftmaxSums softmax_row(Eigen::Ref<const RowVector> scores, Eigen::Ref<RowVector> out) {
  REGARD_CHECK(scores.size() == out.size());
  const auto count = static_cast<std::size_t>(scores.size());
  return HWY_DYNAMIC_DISPATCH(softmax_impl)(scores.data(), out.data(), count);
}

void softmax_row_known(Eigen::Ref<const RowVector> scores, SoftmaxSums sums, Eigen::Ref<RowVector> out) {
  REGARD_CHECK(scores.size() == out.size());
  const auto count = static_cast<std::size_t>(scores.size());
  HWY_DYNAMIC_DISPATCH(softmax_known_impl)(scores.data(), sums, out.data(), count);
}

}  // namespace regard
#endif  // HWY_ONCE
