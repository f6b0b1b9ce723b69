#include "core/analysis/chefer.h"

#include <utility>

#include "core/analysis/fuse.h"
#include "core/analysis/gradients.h"
#include "core/analysis/legrad.h"

namespace regard {

Result<RowVector> chefer(const Tower& tower, const RowVector* target, std::stop_token stop) {
  const AttentionShape& s = tower.record->shape();
  RowVector relevance = RowVector::Zero(s.keys);  // the row of R that is asked for
  relevance(tower.row) = 1.0f;
  Matrix layer_relevance = Matrix::Zero(s.queries, s.keys);  // mean over heads of ReLU(dA * A)
  const auto see = [&](int /*layer*/, int head, const Matrix& attention, const Matrix& gradient) {
    layer_relevance += gradient.cwiseProduct(attention).unaryExpr(&positive_part);
    if (head + 1 < s.heads) return;
    relevance += (relevance * layer_relevance).eval() / static_cast<float>(s.heads);
    layer_relevance.setZero();
  };
  REGARD_TRY_DO(backward(tower, target, BackwardRule::kGradient, see, std::move(stop)));
  return relevance;
}

Result<RowVector> chefer(const Vit& model, const VitOutput& run, const RowVector& text,
                         std::stop_token stop) {
  REGARD_TRY_DO(check_text(model, text));
  REGARD_TRY(const RowVector all, chefer(tower_of(model, run), &text, std::move(stop)));
  return RowVector(all.tail(all.size() - run.specials));
}

}  // namespace regard
