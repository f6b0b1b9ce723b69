#include "core/analysis/chefer.h"

#include <cmath>
#include <utility>

#include "core/analysis/fuse.h"
#include "core/analysis/legrad.h"
#include "core/tensor/backward.h"

namespace regard {

namespace {

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

// One layer on the way back.
struct Step {
  Matrix relevance;  // [T][S] mean over heads of ReLU(dA * A)
  Matrix gradient;   // [T][D] of what entered the block; empty when nobody asks
};

// @param gradient  [T][D] of x + attention
Step attention_backward(const Vit& model, const VitOutput& run, int layer, const Matrix& gradient,
                        bool further) {
  const AttentionRecord& record = *run.record;
  const AttentionShape& s = record.shape();
  const VitLayer& w = model.weights().layers[static_cast<std::size_t>(layer)];
  Matrix scaled = gradient;
  if (w.scale1.size() > 0) scaled.array().rowwise() *= w.scale1.array();
  const Matrix joined = linear_backward(scaled, w.out);  // [T][D]
  const float scale = 1.0f / std::sqrt(static_cast<float>(s.head_width));
  Step out{Matrix::Zero(s.queries, s.keys), {}};
  Matrix q(s.queries, joined.cols()), k(s.keys, joined.cols()), v(s.keys, joined.cols());  // gradients
  for (int head = 0; head < s.heads; ++head) {
    const Eigen::Index first = head * s.head_width;
    const Matrix passed = joined.middleCols(first, s.head_width);                     // [T][E]
    const Matrix attention = record.attention_map(layer, head);                       // [T][S]
    const Matrix by_attention = times_transposed(passed, record.value(layer, head));  // dA: [T][S]
    out.relevance += by_attention.cwiseProduct(attention).unaryExpr(&positive_part);
    if (!further) continue;
    const Matrix by_score = scale * softmax_backward(attention, by_attention);
    q.middleCols(first, s.head_width) = times(by_score, record.key(layer, head));
    k.middleCols(first, s.head_width) = times(Matrix(by_score.transpose()), record.query(layer, head));
    v.middleCols(first, s.head_width) = times(Matrix(attention.transpose()), passed);
  }
  out.relevance /= static_cast<float>(s.heads);
  if (!further) return out;
  const Matrix normed = linear_backward(q, w.query) + linear_backward(k, w.key) + linear_backward(v, w.value);
  out.gradient = gradient + layer_norm_backward((*run.hidden_states)[static_cast<std::size_t>(layer)],
                                                w.norm1, model.config().layer_norm_eps, normed);
  return out;
}

}  // namespace

Result<RowVector> chefer(const Vit& model, const VitOutput& run, const RowVector& text,
                         std::stop_token stop) {
  if (auto sound = check_text(model, run, text); !sound) return std::unexpected(std::move(sound.error()));
  if (!run.record->rows_sum_to_one())
    return fail(ErrorCode::kUnsupported, "relevance: expected attention without a key factor, got one");
  const AttentionShape& s = run.record->shape();
  Matrix gradient = Matrix::Zero(s.queries, model.config().width);  // [T][D] of a block's output
  gradient.row(0) = cosine_gradient(model, run.hidden_states->back().topRows(1), text).gradient;
  RowVector relevance = RowVector::Zero(s.keys);  // CLS's row of R
  relevance(0) = 1.0f;
  for (int layer = s.layers - 1; layer >= 0; --layer) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "superseded by a newer request");
    const Matrix middle = after_attention(model, run, layer, s.queries);
    Step step =
        attention_backward(model, run, layer, mlp_backward(model, layer, middle, gradient), layer > 0);
    relevance += (relevance * step.relevance).eval();
    gradient = std::move(step.gradient);
  }
  return RowVector(relevance.tail(s.keys - run.specials));
}

}  // namespace regard
