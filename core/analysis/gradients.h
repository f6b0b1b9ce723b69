// The way back through a tower, from one number to what entered its first block: true gradients, or relevance
// by the rules of AttnLRP, which are gradients with some factors changed.
#pragma once

#include <functional>
#include <stop_token>

#include "core/analysis/tower.h"
#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

/// What stands in for a derivative.
enum class BackwardRule {
  kGradient,
  /// AttnLRP: a norm's scale is held fixed; an activation passes on what it gave over what it got; of a
  /// product of two (attention times values, queries times keys) each side takes half; softmax as its
  /// derivative. Times the input this is the epsilon rule of linear layers with epsilon 0.
  kAttnLrp,
};

/// The number that is explained, and its gradient to the row that stands for all.
/// With a target: the cosine of the vector with it. Without: the vector's length, so its part along itself.
/// By AttnLRP the vector's own length is held fixed as a norm's scale is; without a target the number is then
/// 1, and what positions get are shares of the vector.
struct ReadOut {
  float value = 0;
  Matrix gradient;  // [1][D]
};

/// @param x       [1][D] of the row that stands for all, before the final norm
/// @param target  [vector_width()], of any length; null: none
/// @param along   without a target: the direction the length is measured in; null: the vector's own
ReadOut read_out(const Tower& tower, const Matrix& x, const RowVector* target, BackwardRule rule,
                 const RowVector* along = nullptr);
/// The vector that stands for all: final norm, projection where there is one. [vector_width()]
RowVector vector_of(const Tower& tower, const Matrix& x);

/// x + attention, before the MLP, made again from what the run left: `rows` rows of a layer from `first` on.
/// [rows][D]
Matrix after_attention(const Tower& tower, int layer, int first, int rows);

/// From the gradient of a block's output to that of the same rows, from `first` on, before its MLP. [rows][D]
/// @param middle  what after_attention gives for these rows
Matrix mlp_backward(const Tower& tower, int layer, int first, const Matrix& middle, const Matrix& gradient,
                    BackwardRule rule);

/// The gradient of what a block's heads pass on, side by side: back through its output projection, of rows
/// from `first` on. [rows][D]
Matrix heads_backward(const Tower& tower, int layer, int first, const Matrix& gradient);

/// Back through a norm. @param x, gradient  [rows][D]
Matrix norm_backward(ConstMatrixRef x, const LayerNorm& norm, float eps, ConstMatrixRef gradient,
                     BackwardRule rule);

/// Told of each head on the way back, layers from the last to the first: its attention and the gradient of
/// it. [T][T] both.
using HeadSeen = std::function<void(int layer, int head, const Matrix& attention, const Matrix& gradient)>;

/// From the number to what entered the first block. [T][D]
/// @param seen  may be empty
/// Errors: as check_tower(); cancelled (looked at once a layer). Thread: any. Cost: about two forward passes
/// and a copy of each weight.
Result<Matrix> backward(const Tower& tower, const RowVector* target, BackwardRule rule,
                        const HeadSeen& seen = {}, std::stop_token stop = {});

/// The same from any gradient of what left the last block, [T][D].
Result<Matrix> backward_from(const Tower& tower, Matrix gradient, BackwardRule rule,
                             const HeadSeen& seen = {}, std::stop_token stop = {});

/// AttnLRP's way forward: what a change of what entered the first block comes to behind the last one, by the
/// same rules, backward_from() transposed. [T][D]. Errors, thread and cost: as backward().
Result<Matrix> relevance_forward(const Tower& tower, Matrix change, std::stop_token stop = {});

/// Whether there is a way back. Errors: unsupported (a gated MLP, a second attention, attention that was
/// multiplied by a key factor, a layer whose output is not what its weights make of its input: an
/// intervention), shape (a target of another width). Cost: a row through every MLP.
Result<void> check_tower(const Tower& tower, const RowVector* target);

}  // namespace regard
