// The small operations between the products: norms, activations, softmax. Those that need exp or erf a number
// pick the widest instructions when the program runs (ops_hwy.cpp); beside them stand plain Eigen twins, the
// oracle of the tests. Source: pytorch torch/nn/functional.py; numbers of tests/vectors/model-numerics.json
// are tests.
#pragma once

#include "core/tensor/matrix.h"

namespace regard {

struct LayerNorm {
  RowVector gain, bias;  // [D]
};

/// (x - mean) / sqrt(variance + eps) * gain + bias along each row; biased variance. [T][D] -> [T][D]
Matrix layer_norm(ConstMatrixRef x, const LayerNorm& norm, float eps);

/// x * sigmoid(1.702 x), in place.
void quick_gelu(MatrixRef x);

/// x * (1 + erf(x / sqrt 2)) / 2, in place: the exact form.
void gelu(MatrixRef x);

/// x * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, in place: what diffusion transformers and GPT-2 use.
void gelu_tanh(MatrixRef x);

/// x * sigmoid(x), in place.
void silu(MatrixRef x);

/// x / sqrt(mean(x^2) + eps) * gain along each row, in place. @param gain  [D]
void rms_norm(MatrixRef x, const RowVector& gain, float eps);

/// What softmax found on its way: enough to compute any element of the row again.
struct SoftmaxSums {
  float top = 0;  // largest score; -inf when all are, NaN when one is
  float sum = 0;  // of exp(score - top)
};

/// Softmax of one row of scores, shifted by its maximum so that it cannot overflow. A score of -inf gives
/// exactly 0; a row of nothing but -inf gives zeros, never NaN. A NaN among the scores spreads over the row.
/// The exponential is within 1.5e-7 of the exact one, relatively, down to exp(-87), and 0 below.
/// @param scores, out  [S]; may be the same memory
SoftmaxSums softmax_row(Eigen::Ref<const RowVector> scores, Eigen::Ref<RowVector> out);

/// exp(score - top) / sum: any part of a row whose sums are known, to the same bits. @param scores, out  may
/// be the same memory
void softmax_row_known(Eigen::Ref<const RowVector> scores, SoftmaxSums sums, Eigen::Ref<RowVector> out);

void quick_gelu_plain(MatrixRef x);
void gelu_plain(MatrixRef x);
void gelu_tanh_plain(MatrixRef x);
void silu_plain(MatrixRef x);
void softmax_row_plain(Eigen::Ref<const RowVector> scores, Eigen::Ref<RowVector> out);

}  // namespace regard
