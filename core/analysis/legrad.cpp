#include "core/analysis/legrad.h"

#include <utility>

#include "core/analysis/fuse.h"
#include "core/analysis/gradients.h"

namespace regard {

Result<void> check_text(const Vit& model, const RowVector& text) {
  const Eigen::Index wanted = model.weights().projection.rows();
  if (model.config().family != VitFamily::kClip || wanted == 0) {
    return fail(ErrorCode::kUnsupported, "text: expected a CLIP with a projection, got {} without",
                model.config().family == VitFamily::kClip ? "a CLIP" : "a model");
  }
  if (text.size() == wanted) return {};
  return fail(ErrorCode::kShape, "text: expected an embedding of {} numbers, got {}", wanted, text.size());
}

Result<TowerLeGrad> legrad(const Tower& tower, const RowVector* target) {
  REGARD_TRY_DO(check_tower(tower, target));
  const AttentionShape& s = tower.record->shape();
  const RowVector own = vector_of(tower, tower.hidden.back()->middleRows(tower.row, 1));
  TowerLeGrad out{Matrix::Zero(s.layers, s.keys), {}};
  for (int layer = 0; layer < s.layers; ++layer) {
    const Matrix row = tower.hidden[static_cast<std::size_t>(layer) + 1]->middleRows(tower.row, 1);
    const ReadOut top = read_out(tower, row, target, BackwardRule::kGradient, &own);
    out.numbers.push_back(top.value);
    const Matrix middle = after_attention(tower, layer, tower.row, 1);
    const Matrix joined = heads_backward(
        tower, layer, tower.row,
        mlp_backward(tower, layer, tower.row, middle, top.gradient, BackwardRule::kGradient));  // [1][D]
    for (int head = 0; head < s.heads; ++head) {
      const RowVector part = joined.row(0).segment(Eigen::Index{head} * s.head_width, s.head_width);
      // d s / d A[row][key] = what the head would pass on from there, along the gradient.
      out.layers.row(layer) +=
          (part * tower.record->value(layer, head).transpose()).unaryExpr(&positive_part);
    }
    // What the mask forbids has no attention to change.
    if (tower.record->causal()) out.layers.row(layer).tail(s.keys - tower.row - 1).setZero();
  }
  out.layers /= static_cast<float>(s.heads);
  return out;
}

Result<LeGradMap> legrad(const Vit& model, const VitOutput& run, const RowVector& text, int first_layer) {
  REGARD_TRY_DO(check_text(model, text));
  const AttentionShape& s = run.record->shape();
  if (first_layer < 0 || first_layer >= s.layers) {
    return fail(ErrorCode::kShape, "layer: expected 1 to {}, got {}", s.layers, first_layer + 1);
  }
  REGARD_TRY(TowerLeGrad all, legrad(tower_of(model, run), &text));
  LeGradMap out{all.layers.rightCols(s.keys - run.specials), {}, std::move(all.numbers)};
  out.map = out.layers.bottomRows(s.layers - first_layer).colwise().sum();
  return out;
}

}  // namespace regard
