#include "core/tensor/backward.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <unsupported/Eigen/SpecialFunctions>  // erf over whole arrays

#include "core/base/check.h"

namespace regard {

namespace {

constexpr Eigen::Index kPanel = PackedMatrix::kPanel;

constexpr float kGeluScale = 0.7978845608028654f, kGeluCube = 0.044715f;  // sqrt(2 / pi)

// The bend of gelu_tanh: tanh(sqrt(2 / pi) (x + 0.044715 x^3)).
Matrix tanh_of_gelu(ConstMatrixRef x) {
  return (kGeluScale * (x.array() + kGeluCube * x.array().cube())).tanh().matrix();
}

// W again, [out][in].
Matrix unpacked(const PackedMatrix& b) {
  Matrix weight(b.out, b.in);
  PackedMatrix::Panels scratch;
  for (Eigen::Index first = 0; first < b.out; first += kPanel) {
    const auto columns = panel_of(b, first, scratch);
    weight.middleRows(first, columns.cols()) = columns.transpose();
  }
  return weight;
}

}  // namespace

Matrix linear_backward(ConstMatrixRef gradient, const Linear& layer) {
  if (layer.packed.empty()) {
    REGARD_CHECK(gradient.cols() == layer.weight.rows());
    return gradient * layer.weight;
  }
  REGARD_CHECK(gradient.cols() == layer.packed.out);
  Matrix out = Matrix::Zero(gradient.rows(), layer.packed.in);  // [T][in]
  if (gradient.rows() > 1) {
    multiply(gradient, pack(unpacked(layer.packed)), nullptr, out);
    return out;
  }
  PackedMatrix::Panels scratch;
  for (Eigen::Index first = 0; first < layer.packed.out; first += kPanel) {
    const auto columns = panel_of(layer.packed, first, scratch);
    out.row(0).noalias() += gradient.row(0).segment(first, columns.cols()) * columns.transpose();
  }
  return out;
}

Matrix layer_norm_backward(ConstMatrixRef x, const LayerNorm& norm, float eps, ConstMatrixRef gradient) {
  const auto width = static_cast<float>(x.cols());
  Matrix out(x.rows(), x.cols());
  for (Eigen::Index t = 0; t < x.rows(); ++t) {
    const RowVector centred = x.row(t).array() - x.row(t).mean();
    const float scale = 1.0f / std::sqrt(centred.squaredNorm() / width + eps);
    const RowVector normed = centred * scale;
    const RowVector inner = gradient.row(t).cwiseProduct(norm.gain);
    // What moves mean and variance along with x is taken off.
    out.row(t) = scale * (inner.array() - inner.mean() - normed.array() * (inner.dot(normed) / width));
  }
  return out;
}

Matrix rms_norm_backward(ConstMatrixRef x, const RowVector& gain, float eps, ConstMatrixRef gradient) {
  const auto width = static_cast<float>(x.cols());
  Matrix out(x.rows(), x.cols());
  for (Eigen::Index t = 0; t < x.rows(); ++t) {
    const float scale = 1.0f / std::sqrt(x.row(t).squaredNorm() / width + eps);
    const RowVector normed = x.row(t) * scale;
    const RowVector inner = gradient.row(t).cwiseProduct(gain);
    out.row(t) = scale * (inner - normed * (inner.dot(normed) / width));
  }
  return out;
}

void quick_gelu_backward(ConstMatrixRef x, MatrixRef gradient) {
  const Matrix gate = (1.0f / (1.0f + (-1.702f * x.array()).exp())).matrix();  // sigmoid(1.702 x)
  gradient.array() *= gate.array() * (1.0f + 1.702f * x.array() * (1.0f - gate.array()));
}

void gelu_backward(ConstMatrixRef x, MatrixRef gradient) {
  const auto a = x.array();
  const float density = 1.0f / std::sqrt(2.0f * std::numbers::pi_v<float>);
  gradient.array() *= 0.5f * (1.0f + (a * (1.0f / std::numbers::sqrt2_v<float>)).erf()) +
                      a * density * (-0.5f * a.square()).exp();
}

void gelu_tanh_backward(ConstMatrixRef x, MatrixRef gradient) {
  const auto a = x.array();
  const Matrix bend = tanh_of_gelu(x);
  gradient.array() *= 0.5f * (1.0f + bend.array()) + 0.5f * a * (1.0f - bend.array().square()) * kGeluScale *
                                                         (1.0f + 3.0f * kGeluCube * a.square());
}

Matrix layer_norm_relevance(ConstMatrixRef x, const LayerNorm& norm, float eps, ConstMatrixRef gradient) {
  const auto width = static_cast<float>(x.cols());
  Matrix out(x.rows(), x.cols());
  for (Eigen::Index t = 0; t < x.rows(); ++t) {
    const RowVector centred = x.row(t).array() - x.row(t).mean();
    const float scale = 1.0f / std::sqrt(centred.squaredNorm() / width + eps);
    const RowVector inner = gradient.row(t).cwiseProduct(norm.gain);
    out.row(t) = scale * (inner.array() - inner.mean());
  }
  return out;
}

Matrix layer_norm_change(ConstMatrixRef x, const LayerNorm& norm, float eps, ConstMatrixRef change) {
  const auto width = static_cast<float>(x.cols());
  Matrix out(x.rows(), x.cols());
  for (Eigen::Index t = 0; t < x.rows(); ++t) {
    const RowVector centred = x.row(t).array() - x.row(t).mean();
    const float scale = 1.0f / std::sqrt(centred.squaredNorm() / width + eps);
    out.row(t) = scale * (change.row(t).array() - change.row(t).mean()) * norm.gain.array();
  }
  return out;
}

Matrix rms_norm_relevance(ConstMatrixRef x, const RowVector& gain, float eps, ConstMatrixRef gradient) {
  const auto width = static_cast<float>(x.cols());
  Matrix out(x.rows(), x.cols());
  for (Eigen::Index t = 0; t < x.rows(); ++t) {
    const float scale = 1.0f / std::sqrt(x.row(t).squaredNorm() / width + eps);
    out.row(t) = scale * gradient.row(t).cwiseProduct(gain);
  }
  return out;
}

void quick_gelu_relevance(ConstMatrixRef x, MatrixRef gradient) {
  gradient.array() /= 1.0f + (-1.702f * x.array()).exp();  // times sigmoid(1.702 x)
}

void gelu_relevance(ConstMatrixRef x, MatrixRef gradient) {
  gradient.array() *= 0.5f * (1.0f + (x.array() * (1.0f / std::numbers::sqrt2_v<float>)).erf());
}

void gelu_tanh_relevance(ConstMatrixRef x, MatrixRef gradient) {
  gradient.array() *= 0.5f * (1.0f + tanh_of_gelu(x).array());
}

Matrix softmax_backward(ConstMatrixRef attention, ConstMatrixRef gradient) {
  Matrix out = attention.cwiseProduct(gradient);
  const Vector shared = out.rowwise().sum();  // [T]
  out.array() -= attention.array().colwise() * shared.array();
  return out;
}

}  // namespace regard
