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

// Largest of the scores; NaN when one of them is.
float top_of(const float* scores, std::size_t count) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  auto top = hn::Set(d, -std::numeric_limits<float>::infinity());
  auto poison = hn::Zero(d);  // NaN once a NaN was seen: max alone would lose it
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto v = hn::LoadU(d, scores + i);
    top = hn::Max(top, v);
    poison = hn::IfThenElse(hn::Eq(v, v), poison, v);
  }
  float best = hn::GetLane(hn::MaxOfLanes(d, top)) + hn::GetLane(hn::SumOfLanes(d, poison));
  for (; i < count; ++i) best = scores[i] > best || scores[i] != scores[i] ? scores[i] : best;
  return best;
}

// exp(score - top); all zeros when top is -inf: then there is nothing to read.
void shifted_exp(const float* scores, float top, float* out, std::size_t count) {
  if (top == -std::numeric_limits<float>::infinity()) {
    std::fill_n(out, count, 0.0f);
    return;
  }
  if (out != scores) std::copy_n(scores, count, out);
  // Exp(-inf) is exactly 0. A NaN makes the maximum NaN, and with it every quotient: it is seen, never lost.
  hn::Transform(Floats(), out, count,
                [top](auto tag, auto v) HWY_ATTR { return hn::Exp(tag, hn::Sub(v, hn::Set(tag, top))); });
}

SoftmaxSums softmax_impl(const float* scores, float* out, std::size_t count) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  const float top = top_of(scores, count);
  shifted_exp(scores, top, out, count);
  if (top == -std::numeric_limits<float>::infinity()) return {top, 0.0f};
  auto sums = hn::Zero(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) sums = hn::Add(sums, hn::LoadU(d, out + i));
  float sum = hn::GetLane(hn::SumOfLanes(d, sums));
  for (; i < count; ++i) sum += out[i];
  hn::Transform(d, out, count, [sum](auto tag, auto v) HWY_ATTR { return hn::Div(v, hn::Set(tag, sum)); });
  return {top, sum};
}

void softmax_known_impl(const float* scores, SoftmaxSums sums, float* out, std::size_t count) {
  shifted_exp(scores, sums.top, out, count);
  if (sums.top == -std::numeric_limits<float>::infinity()) return;
  hn::Transform(Floats(), out, count,
                [sums](auto tag, auto v) HWY_ATTR { return hn::Div(v, hn::Set(tag, sums.sum)); });
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
