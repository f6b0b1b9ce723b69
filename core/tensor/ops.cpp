#include "core/tensor/ops.h"

#include <cmath>
#include <limits>
#include <numbers>

#include <unsupported/Eigen/SpecialFunctions>  // erf over whole arrays

namespace regard {

Matrix layer_norm(ConstMatrixRef x, const LayerNorm& norm, float eps) {
  Matrix y(x.rows(), x.cols());
  for (Eigen::Index t = 0; t < x.rows(); ++t) {
    y.row(t).array() = x.row(t).array() - x.row(t).mean();
    const float variance = y.row(t).squaredNorm() / static_cast<float>(x.cols());  // biased, as torch's
    y.row(t) /= std::sqrt(variance + eps);
  }
  y.array().rowwise() *= norm.gain.array();
  y.rowwise() += norm.bias;
  return y;
}

void rms_norm(MatrixRef x, const RowVector& gain, float eps) {
  for (Eigen::Index t = 0; t < x.rows(); ++t) {
    const float mean_square = x.row(t).squaredNorm() / static_cast<float>(x.cols());
    x.row(t).array() *= gain.array() / std::sqrt(mean_square + eps);
  }
}

void quick_gelu_plain(MatrixRef x) {
  auto a = x.array();
  a = a / (1.0f + (-1.702f * a).exp());
}

void gelu_plain(MatrixRef x) {
  auto a = x.array();
  a = 0.5f * a * (1.0f + (a * (1.0f / std::numbers::sqrt2_v<float>)).erf());
}

void gelu_tanh_plain(MatrixRef x) {
  auto a = x.array();
  const float scale = std::sqrt(2.0f / std::numbers::pi_v<float>);
  a = 0.5f * a * (1.0f + (scale * (a + 0.044715f * a.cube())).tanh());
}

void silu_plain(MatrixRef x) {
  auto a = x.array();
  a = a / (1.0f + (-a).exp());
}

void softmax_row_plain(Eigen::Ref<const RowVector> scores, Eigen::Ref<RowVector> out) {
  const float top = scores.maxCoeff<Eigen::PropagateNaN>();
  if (top == -std::numeric_limits<float>::infinity()) {
    out.setZero();
    return;
  }
  out.array() = (scores.array() - top).exp();  // in [0, 1]
  // Eigen's vectorised exp(-inf) is a denormal-sized number; a forbidden key must be exactly 0.
  out.array() = (scores.array() == -std::numeric_limits<float>::infinity()).select(0.0f, out.array());
  out /= out.sum();
}

}  // namespace regard
