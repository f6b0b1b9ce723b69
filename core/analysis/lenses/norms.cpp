// The length of each position's vector behind a layer.
#include "core/analysis/lens.h"

namespace regard {
namespace {

Result<RowVector> row(const LensInput& input) {
  const std::vector<Matrix>& hidden = *input.trace.hidden_states;
  const std::size_t layer =
      input.query.heads.layer ? static_cast<std::size_t>(*input.query.heads.layer) + 1 : hidden.size() - 1;
  if (layer >= hidden.size())
    return fail(ErrorCode::kShape, "--layer: expected 1 to {}, got {}", hidden.size() - 1, layer);
  return RowVector(hidden[layer].rowwise().norm().transpose());
}

double operations(const AttentionShape& s, bool /*whole*/) {
  return static_cast<double>(s.keys) * s.heads * s.head_width;
}

}  // namespace

extern const Lens norms_lens = {
    .name = "norms",
    .needs = LensNeeds::kHidden,
    .is_attention = false,
    .row = row,
    .formula = "‖x_l‖",
    .source = "Darcet et al. 2024, arXiv 2309.16588, section 2",
    .operations = operations,
};

}  // namespace regard
