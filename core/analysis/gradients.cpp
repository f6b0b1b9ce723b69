#include "core/analysis/gradients.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/tensor/backward.h"

namespace regard {
namespace {

const Matrix& input_of(const Tower& tower, int layer) {
  return *tower.hidden[static_cast<std::size_t>(layer)];
}

// Rows first.. of the sequence that go through the same weights.
struct Rows {
  const TowerLayer* weights;
  Eigen::Index first, count;
};

std::vector<Rows> rows_of(const Tower& tower, int layer, int first, Eigen::Index count) {
  std::vector<Rows> out;
  for (const TowerPart& part : tower.parts) {
    const Eigen::Index from = std::max(first, part.first),
                       to = std::min(first + count, Eigen::Index{part.first} + part.count);
    if (from < to) out.push_back({&part.layers[static_cast<std::size_t>(layer)], from, to - from});
  }
  return out;
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

// In place. @param inner  what went in
void activation_backward(const Tower& tower, ConstMatrixRef inner, MatrixRef gradient, BackwardRule rule) {
  const bool relevance = rule == BackwardRule::kAttnLrp;
  switch (tower.activation) {
    case Activation::kQuickGelu:
      return relevance ? quick_gelu_relevance(inner, gradient) : quick_gelu_backward(inner, gradient);
    case Activation::kGelu:
      return relevance ? gelu_relevance(inner, gradient) : gelu_backward(inner, gradient);
    case Activation::kGeluTanh:
      return relevance ? gelu_tanh_relevance(inner, gradient) : gelu_tanh_backward(inner, gradient);
  }
}

// Back through the norms of queries or keys, a head at a time. @param x  what went in; gradient  in place;
// [rows][H*E]
void heads_norm_backward(const Matrix& x, const RowVector* gain, float eps, BackwardRule rule,
                         MatrixRef gradient) {
  if (gain == nullptr) return;
  const auto back = rule == BackwardRule::kAttnLrp ? rms_norm_relevance : rms_norm_backward;
  for (Eigen::Index first = 0; first < x.cols(); first += gain->size()) {
    const Matrix part = x.middleCols(first, gain->size()), of_part = gradient.middleCols(first, gain->size());
    gradient.middleCols(first, gain->size()) = back(part, *gain, eps, of_part);
  }
}

// Of the products, by AttnLRP's halves: of A V each side takes half, of Q K each side half of A's.
float share_of_values(BackwardRule rule) { return rule == BackwardRule::kAttnLrp ? 0.5f : 1.0f; }
float share_of_scores(BackwardRule rule, int head_width) {
  return (rule == BackwardRule::kAttnLrp ? 0.25f : 1.0f) / std::sqrt(static_cast<float>(head_width));
}

struct Projected {
  Matrix q, k, v;  // [T][H*E]
};

// From the gradients of queries, keys and values to that of x. [T][D]
Matrix projections_backward(const Tower& tower, int layer, Projected&& g, BackwardRule rule) {
  Matrix out(g.q.rows(), tower.width());
  for (const Rows& rows : rows_of(tower, layer, 0, out.rows())) {
    const TowerLayer& w = *rows.weights;
    const auto part = [&](Matrix& of) { return of.middleRows(rows.first, rows.count); };
    const Matrix x = input_of(tower, layer).middleRows(rows.first, rows.count);
    if (w.query_norm != nullptr || w.key_norm != nullptr) {
      const Matrix normed = layer_norm(x, *w.norm1, tower.eps);
      heads_norm_backward(linear(normed, *w.query), w.query_norm, tower.eps, rule, part(g.q));
      heads_norm_backward(linear(normed, *w.key), w.key_norm, tower.eps, rule, part(g.k));
    }
    const Matrix normed = linear_backward(part(g.q), *w.query) + linear_backward(part(g.k), *w.key) +
                          linear_backward(part(g.v), *w.value);
    part(out) = norm_backward(x, *w.norm1, tower.eps, normed, rule);
  }
  return out;
}

// From the gradient of x + attention to that of x. Both [T][D].
Matrix attention_backward(const Tower& tower, int layer, const Matrix& gradient, BackwardRule rule,
                          const HeadSeen& seen) {
  const AttentionRecord& record = *tower.record;
  const AttentionShape& s = record.shape();
  const Matrix joined = heads_backward(tower, layer, 0, gradient);  // [T][D]
  const float of_values = share_of_values(rule), of_scores = share_of_scores(rule, s.head_width);
  Projected g{Matrix(s.queries, joined.cols()), Matrix(s.keys, joined.cols()), Matrix(s.keys, joined.cols())};
  for (int head = 0; head < s.heads; ++head) {
    const Eigen::Index first = Eigen::Index{head} * s.head_width;
    const Matrix passed = joined.middleCols(first, s.head_width);                     // [T][E]
    const Matrix attention = record.attention_map(layer, head);                       // [T][S]
    const Matrix by_attention = times_transposed(passed, record.value(layer, head));  // dA: [T][S]
    if (seen) seen(layer, head, attention, by_attention);
    const Matrix by_score = of_scores * softmax_backward(attention, by_attention);
    g.q.middleCols(first, s.head_width) = times(by_score, record.key(layer, head));
    g.k.middleCols(first, s.head_width) = times(Matrix(by_score.transpose()), record.query(layer, head));
    g.v.middleCols(first, s.head_width) = of_values * times(Matrix(attention.transpose()), passed);
  }
  return gradient + projections_backward(tower, layer, std::move(g), rule);
}

// x W^T without the bias: of changes.
Matrix linear_change(const Matrix& x, const Linear& layer) {
  Matrix out = linear(x, layer);
  if (layer.bias.size() > 0) out.rowwise() -= layer.bias;
  return out;
}

// What a change of x comes to in queries, keys and values.
Projected projections_forward(const Tower& tower, int layer, const Matrix& change) {
  const Eigen::Index width = input_of(tower, layer).cols();
  Projected out{Matrix(change.rows(), width), Matrix(change.rows(), width), Matrix(change.rows(), width)};
  for (const Rows& rows : rows_of(tower, layer, 0, change.rows())) {
    const TowerLayer& w = *rows.weights;
    const auto part = [&](Matrix& of) { return of.middleRows(rows.first, rows.count); };
    const Matrix x = input_of(tower, layer).middleRows(rows.first, rows.count);
    const Matrix normed =
        layer_norm_change(x, *w.norm1, tower.eps, change.middleRows(rows.first, rows.count));
    part(out.q) = linear_change(normed, *w.query);
    part(out.k) = linear_change(normed, *w.key);
    part(out.v) = linear_change(normed, *w.value);
    if (w.query_norm == nullptr && w.key_norm == nullptr) continue;
    const Matrix stood = layer_norm(x, *w.norm1, tower.eps);
    heads_norm_backward(linear(stood, *w.query), w.query_norm, tower.eps, BackwardRule::kAttnLrp,
                        part(out.q));
    heads_norm_backward(linear(stood, *w.key), w.key_norm, tower.eps, BackwardRule::kAttnLrp, part(out.k));
  }
  return out;
}

// What a change of x comes to in what the heads pass on. [T][D]
Matrix heads_forward(const Tower& tower, int layer, const Matrix& change) {
  const AttentionRecord& record = *tower.record;
  const AttentionShape& s = record.shape();
  const float of_values = share_of_values(BackwardRule::kAttnLrp),
              of_scores = share_of_scores(BackwardRule::kAttnLrp, s.head_width);
  const Projected moved = projections_forward(tower, layer, change);
  Matrix joined(change.rows(), change.cols());
  for (int head = 0; head < s.heads; ++head) {
    const Eigen::Index first = Eigen::Index{head} * s.head_width;
    const auto of_head = [&](const Matrix& all) { return Matrix(all.middleCols(first, s.head_width)); };
    const Matrix attention = record.attention_map(layer, head);  // [T][S]
    const Matrix scores = times_transposed(of_head(moved.q), record.key(layer, head)) +
                          times_transposed(record.query(layer, head), of_head(moved.k));
    const Matrix by_attention = of_scores * softmax_backward(attention, scores);  // its own transposed
    joined.middleCols(first, s.head_width) =
        times(by_attention, record.value(layer, head)) + of_values * times(attention, of_head(moved.v));
  }
  return joined;
}

// What a change of a block's input comes to behind it. @param middle  of after_attention(), [T][D]
Matrix block_forward(const Tower& tower, int layer, const Matrix& middle, const Matrix& change) {
  const Matrix joined = heads_forward(tower, layer, change);
  Matrix out = change;
  for (const Rows& rows : rows_of(tower, layer, 0, out.rows())) {
    const TowerLayer& w = *rows.weights;
    if (w.out == nullptr) continue;
    Matrix x = out.middleRows(rows.first, rows.count) +
               scaled(linear_change(joined.middleRows(rows.first, rows.count), *w.out), w.scale1);
    const Matrix before = middle.middleRows(rows.first, rows.count);
    const Matrix inner = linear(layer_norm(before, *w.norm2, tower.eps), *w.mlp_in);
    Matrix g = linear_change(layer_norm_change(before, *w.norm2, tower.eps, x), *w.mlp_in);
    activation_backward(tower, inner, g, BackwardRule::kAttnLrp);
    x += scaled(linear_change(g, *w.mlp_out), w.scale2);
    out.middleRows(rows.first, rows.count) = x;
  }
  return out;
}

// Whether each layer's output is what its own weights make of its input, in the row that stands for all: a
// head that was switched off or an activation that was put in would be followed back wrongly. NaN passes.
Result<void> check_own_weights(const Tower& tower) {
  constexpr float kFar = 1e-2f;  // of the row's length; rounding stays below 1e-5
  for (int layer = 0; layer < tower.record->shape().layers; ++layer) {
    for (const TowerPart& part : tower.parts) {
      const TowerLayer& w = part.layers[static_cast<std::size_t>(layer)];
      if (w.out == nullptr || part.count == 0) continue;
      const int at = tower.parts.size() == 1 ? tower.row : part.first;
      Matrix row = after_attention(tower, layer, at, 1);
      Matrix inner = linear(layer_norm(row, *w.norm2, tower.eps), *w.mlp_in);
      activate(tower.activation, inner);
      row += scaled(linear(inner, *w.mlp_out), w.scale2);
      const auto kept = input_of(tower, layer + 1).row(at);
      if ((row - kept).norm() > kFar * kept.norm())
        return fail(ErrorCode::kUnsupported,
                    "relevance: expected a run that nothing was changed in, got another output of layer {}",
                    layer + 1);
    }
  }
  return {};
}

}  // namespace

Matrix norm_backward(ConstMatrixRef x, const LayerNorm& norm, float eps, ConstMatrixRef gradient,
                     BackwardRule rule) {
  return rule == BackwardRule::kAttnLrp ? layer_norm_relevance(x, norm, eps, gradient)
                                        : layer_norm_backward(x, norm, eps, gradient);
}

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
  Matrix out = input_of(tower, layer).middleRows(first, rows);
  for (const Rows& part : rows_of(tower, layer, first, rows)) {
    const TowerLayer& w = *part.weights;
    if (w.out == nullptr) continue;
    const Matrix own = joined.middleRows(part.first - first, part.count);
    out.middleRows(part.first - first, part.count) += scaled(linear(own, *w.out), w.scale1);
  }
  return out;
}

Matrix mlp_backward(const Tower& tower, int layer, int first, const Matrix& middle, const Matrix& gradient,
                    BackwardRule rule) {
  REGARD_CHECK(!tower.gated);
  Matrix out = gradient;
  for (const Rows& part : rows_of(tower, layer, first, middle.rows())) {
    const TowerLayer& w = *part.weights;
    if (w.out == nullptr) continue;
    const Matrix x = middle.middleRows(part.first - first, part.count);
    const Matrix inner = linear(layer_norm(x, *w.norm2, tower.eps), *w.mlp_in);  // [rows][F]
    Matrix g =
        linear_backward(scaled(gradient.middleRows(part.first - first, part.count), w.scale2), *w.mlp_out);
    activation_backward(tower, inner, g, rule);
    out.middleRows(part.first - first, part.count) +=
        norm_backward(x, *w.norm2, tower.eps, linear_backward(g, *w.mlp_in), rule);
  }
  return out;
}

Matrix heads_backward(const Tower& tower, int layer, int first, const Matrix& gradient) {
  Matrix out = Matrix::Zero(gradient.rows(), gradient.cols());
  for (const Rows& part : rows_of(tower, layer, first, gradient.rows())) {
    const TowerLayer& w = *part.weights;
    if (w.out == nullptr) continue;  // nothing of these rows goes on
    const Eigen::Index at = part.first - first;
    out.middleRows(at, part.count) =
        linear_backward(scaled(gradient.middleRows(at, part.count), w.scale1), *w.out);
  }
  return out;
}

Result<Matrix> backward(const Tower& tower, const RowVector* target, BackwardRule rule, const HeadSeen& seen,
                        std::stop_token stop) {
  REGARD_TRY_DO(check_tower(tower, target));
  Matrix gradient = Matrix::Zero(tower.positions(), tower.width());  // [T][D] of the last block's output
  gradient.row(tower.row) =
      read_out(tower, tower.hidden.back()->middleRows(tower.row, 1), target, rule).gradient;
  return backward_from(tower, std::move(gradient), rule, seen, std::move(stop));
}

Result<Matrix> backward_from(const Tower& tower, Matrix gradient, BackwardRule rule, const HeadSeen& seen,
                             std::stop_token stop) {
  REGARD_TRY_DO(check_tower(tower, nullptr));
  for (int layer = tower.record->shape().layers - 1; layer >= 0; --layer) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "superseded by a newer request");
    const Matrix middle = after_attention(tower, layer, 0, tower.positions());
    gradient =
        attention_backward(tower, layer, mlp_backward(tower, layer, 0, middle, gradient, rule), rule, seen);
  }
  return gradient;
}

Result<Matrix> relevance_forward(const Tower& tower, Matrix change, std::stop_token stop) {
  REGARD_TRY_DO(check_tower(tower, nullptr));
  for (int layer = 0; layer < tower.record->shape().layers; ++layer) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "superseded by a newer request");
    change = block_forward(tower, layer, after_attention(tower, layer, 0, tower.positions()), change);
  }
  return change;
}

Result<void> check_tower(const Tower& tower, const RowVector* target) {
  REGARD_CHECK(tower.record != nullptr);
  REGARD_CHECK(tower.hidden.size() == static_cast<std::size_t>(tower.record->shape().layers) + 1);
  if (tower.gated)
    return fail(ErrorCode::kUnsupported, "relevance: expected an MLP with GELU, got a gated one (SwiGLU)");
  if (tower.second_attention) {
    return fail(ErrorCode::kUnsupported,
                "relevance: expected one attention a block, got a second one of the image alone");
  }
  if (!tower.record->rows_sum_to_one())
    return fail(ErrorCode::kUnsupported, "relevance: expected attention without a key factor, got one");
  if (target != nullptr && target->size() != tower.vector_width()) {
    return fail(ErrorCode::kShape, "text: expected an embedding of {} numbers, got {}", tower.vector_width(),
                target->size());
  }
  return check_own_weights(tower);
}

}  // namespace regard
