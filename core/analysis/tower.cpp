#include "core/analysis/tower.h"

namespace regard {
namespace {

const Matrix* unless_empty(const Matrix& matrix) { return matrix.size() > 0 ? &matrix : nullptr; }
const RowVector* unless_empty(const RowVector& gain) { return gain.size() > 0 ? &gain : nullptr; }

template <class Layer>
TowerLayer layer_of(const Layer& w) {
  return {.norm1 = &w.norm1,
          .norm2 = &w.norm2,
          .query = &w.query,
          .key = &w.key,
          .value = &w.value,
          .out = &w.out,
          .mlp_in = &w.mlp_in,
          .mlp_out = &w.mlp_out};
}

}  // namespace

Tower tower_of(const ClipText& model, const ClipTextOutput& run) {
  const ClipTextWeights& w = model.weights();
  Tower out{.layers = {},
            .activation = model.config().activation,
            .eps = model.config().layer_norm_eps,
            .final_norm = &w.final_norm,
            .projection = unless_empty(w.projection),
            .record = run.record.get(),
            .hidden = run.hidden_states.get(),
            .row = run.pooled_row};
  for (const ClipTextLayer& layer : w.layers) out.layers.push_back(layer_of(layer));
  return out;
}

Tower tower_of(const Vit& model, const VitOutput& run) {
  const VitWeights& w = model.weights();
  Tower out{.layers = {},
            .activation = model.config().activation,
            .gated = model.config().swiglu,
            .eps = model.config().layer_norm_eps,
            .final_norm = &w.final_norm,
            .projection = unless_empty(w.projection),
            .record = run.record.get(),
            .hidden = run.hidden_states.get()};
  for (const VitLayer& layer : w.layers) {
    out.layers.push_back(layer_of(layer));
    out.layers.back().scale1 = unless_empty(layer.scale1);
    out.layers.back().scale2 = unless_empty(layer.scale2);
  }
  return out;
}

}  // namespace regard
