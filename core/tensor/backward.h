// Gradients of the small operations, for maps that ask what an attention weight changes (LeGrad, Chefer).
// Weights are read, never differentiated. Proven against torch autograd by tests/golden/make_vision.py.
#pragma once

#include "core/tensor/linear.h"
#include "core/tensor/matrix.h"
#include "core/tensor/ops.h"

namespace regard {

/// d/dx of x W^T + b: gradient * W, prepared or not. Cost: 2*T*in*out flops, and for more than one row a copy
/// of W.
/// @param gradient  [T][out]
/// @return          [T][in]
Matrix linear_backward(ConstMatrixRef gradient, const Linear& layer);

/// d/dx of layer_norm. @param x, gradient  [T][D]
Matrix layer_norm_backward(ConstMatrixRef x, const LayerNorm& norm, float eps, ConstMatrixRef gradient);

/// d/dx of quick_gelu and gelu, times the gradient. @param x  what went in; gradient  in place; [T][F]
void quick_gelu_backward(ConstMatrixRef x, MatrixRef gradient);
void gelu_backward(ConstMatrixRef x, MatrixRef gradient);

/// d/dscores of a softmax whose rows came out as `attention`. @param attention, gradient  [T][S]
Matrix softmax_backward(ConstMatrixRef attention, ConstMatrixRef gradient);

}  // namespace regard
