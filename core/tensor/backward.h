// Gradients of the small operations, for maps that ask what an attention weight or an input changes (LeGrad,
// Chefer, AttnLRP). Weights are read, never differentiated. Proven against torch autograd by
// tests/golden/make_vision.py.
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

/// d/dx of rms_norm. @param x, gradient  [T][E]
Matrix rms_norm_backward(ConstMatrixRef x, const RowVector& gain, float eps, ConstMatrixRef gradient);

/// d/dx of quick_gelu, gelu and gelu_tanh, times the gradient. @param x  what went in; gradient  in place;
/// [T][F]
void quick_gelu_backward(ConstMatrixRef x, MatrixRef gradient);
void gelu_backward(ConstMatrixRef x, MatrixRef gradient);
void gelu_tanh_backward(ConstMatrixRef x, MatrixRef gradient);

// By the rules of AttnLRP (core/analysis/gradients.h), in place of the derivatives above.

/// Layer norm with its scale 1/std held fixed: the mean still follows x. @param x, gradient  [T][D]
Matrix layer_norm_relevance(ConstMatrixRef x, const LayerNorm& norm, float eps, ConstMatrixRef gradient);

/// The same transposed: what a change of x comes to behind the norm. @param x, change  [T][D]
Matrix layer_norm_change(ConstMatrixRef x, const LayerNorm& norm, float eps, ConstMatrixRef change);

/// RMS norm with its scale held fixed: it is its own transposed. @param x, gradient  [T][E]
Matrix rms_norm_relevance(ConstMatrixRef x, const RowVector& gain, float eps, ConstMatrixRef gradient);

/// f(x) / x of quick_gelu, gelu and gelu_tanh, times the gradient; at 0 its limit, 1/2. @param gradient  in
/// place; [T][F]
void quick_gelu_relevance(ConstMatrixRef x, MatrixRef gradient);
void gelu_relevance(ConstMatrixRef x, MatrixRef gradient);
void gelu_tanh_relevance(ConstMatrixRef x, MatrixRef gradient);

/// d/dscores of a softmax whose rows came out as `attention`. @param attention, gradient  [T][S]
Matrix softmax_backward(ConstMatrixRef attention, ConstMatrixRef gradient);

}  // namespace regard
