#include "core/analysis/legrad.h"

#include <utility>

#include "core/analysis/fuse.h"
#include "core/base/check.h"
#include "core/tensor/backward.h"

namespace regard {

namespace {

const VitLayer& layer_of(const Vit& model, int layer) {
  return model.weights().layers[static_cast<std::size_t>(layer)];
}

// A block's addition times its gain, where there is one.
Matrix scaled(Matrix x, const RowVector& scale) {
  if (scale.size() > 0) x.array().rowwise() *= scale.array();
  return x;
}

}  // namespace

Result<void> check_text(const Vit& model, const VitOutput& run, const RowVector& text) {
  const Eigen::Index wanted = model.weights().projection.rows();
  if (model.config().family != VitFamily::kClip || wanted == 0) {
    return fail(ErrorCode::kUnsupported, "text: expected a CLIP with a projection, got {} without",
                model.config().family == VitFamily::kClip ? "a CLIP" : "a model");
  }
  if (text.size() != wanted) {
    return fail(ErrorCode::kShape, "text: expected an embedding of {} numbers, got {}", wanted, text.size());
  }
  REGARD_CHECK(run.record != nullptr && run.record->shape().layers == model.config().layers);
  return {};
}

CosineGradient cosine_gradient(const Vit& model, const Matrix& cls, const RowVector& text) {
  const VitWeights& w = model.weights();
  const float eps = model.config().layer_norm_eps;
  const RowVector embed = layer_norm(cls, w.final_norm, eps) * w.projection.transpose();  // [P]
  const RowVector unit = text.normalized();
  const float length = embed.norm();
  if (length == 0.0f) return {0.0f, Matrix::Zero(1, cls.cols())};
  const float cosine = embed.dot(unit) / length;
  const RowVector along = (unit - cosine * embed / length) / length;  // d cosine / d embed
  return {cosine, layer_norm_backward(cls, w.final_norm, eps, along * w.projection)};
}

Matrix after_attention(const Vit& model, const VitOutput& run, int layer, int rows) {
  const AttentionShape& s = run.record->shape();
  Matrix joined(rows, model.config().width);
  for (int head = 0; head < s.heads; ++head) {
    joined.middleCols(head * s.head_width, s.head_width) =
        run.record->attention_tile(layer, head, 0, rows, 0, s.keys) * run.record->value(layer, head);
  }
  const VitLayer& w = layer_of(model, layer);
  return (*run.hidden_states)[static_cast<std::size_t>(layer)].topRows(rows) +
         scaled(linear(joined, w.out), w.scale1);
}

Matrix mlp_backward(const Vit& model, int layer, const Matrix& middle, const Matrix& gradient) {
  const VitLayer& w = layer_of(model, layer);
  const float eps = model.config().layer_norm_eps;
  REGARD_CHECK(!model.config().swiglu);
  const Matrix inner = linear(layer_norm(middle, w.norm2, eps), w.mlp_in);  // [rows][F]
  Matrix g = linear_backward(scaled(gradient, w.scale2), w.mlp_out);
  if (model.config().activation == Activation::kQuickGelu) {
    quick_gelu_backward(inner, g);
  } else {
    gelu_backward(inner, g);
  }
  return gradient + layer_norm_backward(middle, w.norm2, eps, linear_backward(g, w.mlp_in));
}

Result<LeGradMap> legrad(const Vit& model, const VitOutput& run, const RowVector& text, int first_layer) {
  if (auto sound = check_text(model, run, text); !sound) return std::unexpected(std::move(sound.error()));
  const AttentionShape& s = run.record->shape();
  if (first_layer < 0 || first_layer >= s.layers) {
    return fail(ErrorCode::kShape, "layer: expected 1 to {}, got {}", s.layers, first_layer + 1);
  }
  const Eigen::Index patches = s.keys - run.specials;
  LeGradMap out{Matrix::Zero(s.layers, patches), {}, {}};
  for (int layer = 0; layer < s.layers; ++layer) {
    const Matrix cls = (*run.hidden_states)[static_cast<std::size_t>(layer) + 1].topRows(1);
    const CosineGradient top = cosine_gradient(model, cls, text);
    out.cosines.push_back(top.cosine);
    const Matrix g = mlp_backward(model, layer, after_attention(model, run, layer, 1), top.gradient);
    const VitLayer& w = layer_of(model, layer);
    const Matrix joined = linear_backward(scaled(g, w.scale1), w.out);  // [1][D]
    for (int head = 0; head < s.heads; ++head) {
      const auto values = run.record->value(layer, head).bottomRows(patches);  // [N][E]
      const RowVector part = joined.row(0).segment(head * s.head_width, s.head_width);
      // d s / d A[CLS][patch] = what the head would pass on from there, along the gradient.
      out.layers.row(layer) += (part * values.transpose()).unaryExpr(&positive_part);
    }
  }
  out.layers /= static_cast<float>(s.heads);
  out.map = out.layers.bottomRows(s.layers - first_layer).colwise().sum();
  return out;
}

}  // namespace regard
