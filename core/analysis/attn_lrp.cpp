#include "core/analysis/attn_lrp.h"

#include <utility>

#include "core/analysis/gradients.h"

namespace regard {

Result<RowVector> attn_lrp(const Tower& tower, const RowVector* target, std::stop_token stop) {
  REGARD_TRY(const Matrix back, backward(tower, target, BackwardRule::kAttnLrp, {}, std::move(stop)));
  return RowVector(tower.hidden.front()->cwiseProduct(back).rowwise().sum().transpose());
}

}  // namespace regard
