#include "core/analysis/gradients.h"

#include <cmath>
#include <utility>

#include "core/base/check.h"
#include "core/tensor/backward.h"

namespace regard {
namespace {

const TowerLayer& layer_of(const Tower& tower, int layer) {
  return tower.layers[static_cast<std::size_t>(layer)];
}

const Matrix& input_of(const Tower& tower, int layer) {
  return (*tower.hidden)[static_cast<std::size_t>(layer)];
}

// A block's addition times its gain, where there is one.
Matrix scaled(Matrix x, const RowVector* scale) {
  if (scale != nullptr) x.array().rowwise() *= scale->array();
  return x;
}

// a b^T, [A][B], by the packed kernel.
Matrix times_transposed(ConstMatrixRef a, ConstMatrixRef b) {
  Matrix out(a.rows(), b.rows());
  multiply(a, pack_transposed(b), nullptr, out);
  return out;
}

Matrix times(ConstMatrixRef a, ConstMatrixRef b) {
  Matrix out(a.rows(), b.cols());
  multiply(a, pack(b), nullptr, out);
  return out;
}

Matrix norm_backward(ConstMatrixRef x, const LayerNorm& norm, float eps, ConstMatrixRef gradient,
                     BackwardRule rule) {
  return rule == BackwardRule::kAttnLrp ? layer_norm_relevance(x, norm, eps, gradient)
                                        : layer_norm_backward(x, norm, eps, gradient);
}

// In place. @param inner  what went in
void activation_backward(const Tower& tower, ConstMatrixRef inner, MatrixRef gradient, BackwardRule rule) {
  const bool quick = tower.activation == Activation::kQuickGelu, relevance = rule == BackwardRule::kAttnLrp;
  const auto back = quick ? (relevance ? quick_gelu_relevance : quick_gelu_backward)
                          : (relevance ? gelu_relevance : gelu_backward);
  back(inner, gradient);
}

// From the gradient of x + attention to that of x. Both [T][D].
Matrix attention_backward(const Tower& tower, int layer, const Matrix& gradient, BackwardRule rule,
                          const HeadSeen& seen) {
  const AttentionRecord& record = *tower.record;
  const AttentionShape& s = record.shape();
  const TowerLayer& w = layer_of(tower, layer);
  const Matrix joined = heads_backward(tower, layer, gradient);  // [T][D]
  const bool halves = rule == BackwardRule::kAttnLrp;
  // Of A V each side takes half, of Q K each side half of A's.
  const float of_values = halves ? 0.5f : 1.0f;
  const float of_scores = (halves ? 0.25f : 1.0f) / std::sqrt(static_cast<float>(s.head_width));
  Matrix q(s.queries, joined.cols()), k(s.keys, joined.cols()), v(s.keys, joined.cols());  // gradients
  for (int head = 0; head < s.heads; ++head) {
    const Eigen::Index first = Eigen::Index{head} * s.head_width;
    const Matrix passed = joined.middleCols(first, s.head_width);                     // [T][E]
    const Matrix attention = record.attention_map(layer, head);                       // [T][S]
    const Matrix by_attention = times_transposed(passed, record.value(layer, head));  // dA: [T][S]
    if (seen) seen(layer, head, attention, by_attention);
    const Matrix by_score = of_scores * softmax_backward(attention, by_attention);
    q.middleCols(first, s.head_width) = times(by_score, record.key(layer, head));
    k.middleCols(first, s.head_width) = times(Matrix(by_score.transpose()), record.query(layer, head));
    v.middleCols(first, s.head_width) = of_values * times(Matrix(attention.transpose()), passed);
  }
  const Matrix normed =
      linear_backward(q, *w.query) + linear_backward(k, *w.key) + linear_backward(v, *w.value);
  return gradient + norm_backward(input_of(tower, layer), *w.norm1, tower.eps, normed, rule);
}

// Whether each layer's output is what its own weights make of its input, in the row that stands for all: a
// head that was switched off or an activation that was put in would be followed back wrongly. NaN passes.
Result<void> check_own_weights(const Tower& tower) {
  constexpr float kFar = 1e-2f;  // of the row's length; rounding stays below 1e-5
  for (int layer = 0; layer < static_cast<int>(tower.layers.size()); ++layer) {
    const TowerLayer& w = layer_of(tower, layer);
    Matrix row = after_attention(tower, layer, tower.row, 1);
    Matrix inner = linear(layer_norm(row, *w.norm2, tower.eps), *w.mlp_in);
    activate(tower.activation, inner);
    row += scaled(linear(inner, *w.mlp_out), w.scale2);
    const auto kept = input_of(tower, layer + 1).row(tower.row);
    if ((row - kept).norm() > kFar * kept.norm())
      return fail(ErrorCode::kUnsupported,
                  "relevance: expected a run that nothing was changed in, got another output of layer {}",
                  layer + 1);
  }
  return {};
}

}  // namespace

RowVector vector_of(const Tower& tower, const Matrix& x) {
  const Matrix normed = layer_norm(x, *tower.final_norm, tower.eps);
  return tower.projection != nullptr ? RowVector(normed * tower.projection->transpose()) : RowVector(normed);
}

ReadOut read_out(const Tower& tower, const Matrix& x, const RowVector* target, BackwardRule rule,
                 const RowVector* along) {
  const RowVector vector = vector_of(tower, x);
  const float length = vector.norm();
  if (length == 0.0f) return {0.0f, Matrix::Zero(1, x.cols())};
  const RowVector unit = (target != nullptr ? *target : along != nullptr ? *along : vector).normalized();
  const bool fixed = rule == BackwardRule::kAttnLrp;
  ReadOut out{vector.dot(unit), {}};
  RowVector by_vector = unit;
  if (target != nullptr || fixed) {  // a cosine
    out.value /= length;
    by_vector = fixed ? RowVector(unit / length) : RowVector((unit - out.value * vector / length) / length);
  }
  const Matrix normed =
      tower.projection != nullptr ? Matrix(by_vector * *tower.projection) : Matrix(by_vector);
  out.gradient = norm_backward(x, *tower.final_norm, tower.eps, normed, rule);
  return out;
}

Matrix after_attention(const Tower& tower, int layer, int first, int rows) {
  const AttentionShape& s = tower.record->shape();
  Matrix joined(rows, tower.width());
  for (int head = 0; head < s.heads; ++head) {
    joined.middleCols(Eigen::Index{head} * s.head_width, s.head_width) =
        tower.record->attention_tile(layer, head, first, rows, 0, s.keys) * tower.record->value(layer, head);
  }
  const TowerLayer& w = layer_of(tower, layer);
  return input_of(tower, layer).middleRows(first, rows) + scaled(linear(joined, *w.out), w.scale1);
}

Matrix mlp_backward(const Tower& tower, int layer, const Matrix& middle, const Matrix& gradient,
                    BackwardRule rule) {
  REGARD_CHECK(!tower.gated);
  const TowerLayer& w = layer_of(tower, layer);
  const Matrix inner = linear(layer_norm(middle, *w.norm2, tower.eps), *w.mlp_in);  // [rows][F]
  Matrix g = linear_backward(scaled(gradient, w.scale2), *w.mlp_out);
  activation_backward(tower, inner, g, rule);
  return gradient + norm_backward(middle, *w.norm2, tower.eps, linear_backward(g, *w.mlp_in), rule);
}

Matrix heads_backward(const Tower& tower, int layer, const Matrix& gradient) {
  const TowerLayer& w = layer_of(tower, layer);
  return linear_backward(scaled(gradient, w.scale1), *w.out);
}

Result<Matrix> backward(const Tower& tower, const RowVector* target, BackwardRule rule, const HeadSeen& seen,
                        std::stop_token stop) {
  REGARD_TRY_DO(check_tower(tower, target));
  const int layers = static_cast<int>(tower.layers.size());
  Matrix gradient = Matrix::Zero(tower.positions(), tower.width());  // [T][D] of a block's output
  gradient.row(tower.row) =
      read_out(tower, tower.hidden->back().middleRows(tower.row, 1), target, rule).gradient;
  for (int layer = layers - 1; layer >= 0; --layer) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "superseded by a newer request");
    const Matrix middle = after_attention(tower, layer, 0, tower.positions());
    gradient =
        attention_backward(tower, layer, mlp_backward(tower, layer, middle, gradient, rule), rule, seen);
  }
  return gradient;
}

Result<void> check_tower(const Tower& tower, const RowVector* target) {
  REGARD_CHECK(tower.record != nullptr && tower.hidden != nullptr);
  REGARD_CHECK(static_cast<std::size_t>(tower.record->shape().layers) == tower.layers.size());
  if (tower.gated)
    return fail(ErrorCode::kUnsupported, "relevance: expected an MLP with GELU, got a gated one (SwiGLU)");
  if (!tower.record->rows_sum_to_one())
    return fail(ErrorCode::kUnsupported, "relevance: expected attention without a key factor, got one");
  if (target != nullptr && target->size() != tower.vector_width()) {
    return fail(ErrorCode::kShape, "text: expected an embedding of {} numbers, got {}", tower.vector_width(),
                target->size());
  }
  return check_own_weights(tower);
}

}  // namespace regard
