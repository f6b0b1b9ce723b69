#include "core/analysis/tower.h"

namespace regard {
namespace {

const Matrix* unless_empty(const Matrix& matrix) { return matrix.size() > 0 ? &matrix : nullptr; }
const RowVector* unless_empty(const RowVector& gain) { return gain.size() > 0 ? &gain : nullptr; }

std::vector<const Matrix*> pointers_to(const std::vector<Matrix>& matrices) {
  std::vector<const Matrix*> out;
  for (const Matrix& each : matrices) out.push_back(&each);
  return out;
}

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
  Tower out{.parts = {{.first = 0, .count = run.record->shape().queries, .layers = {}}},
            .activation = model.config().activation,
            .eps = model.config().layer_norm_eps,
            .final_norm = &w.final_norm,
            .projection = unless_empty(w.projection),
            .record = run.record.get(),
            .hidden = pointers_to(*run.hidden_states),
            .row = run.pooled_row,
            .owned = {}};
  for (int layer = 0; layer < w.layers.size(); ++layer)
    out.parts[0].layers.push_back(layer_of(w.layers.at(layer)));
  return out;
}

Tower tower_of(const Vit& model, const VitOutput& run) {
  const VitWeights& w = model.weights();
  Tower out{.parts = {{.first = 0, .count = run.record->shape().queries, .layers = {}}},
            .activation = model.config().activation,
            .gated = model.config().swiglu,
            .eps = model.config().layer_norm_eps,
            .final_norm = &w.final_norm,
            .projection = unless_empty(w.projection),
            .record = run.record.get(),
            .hidden = pointers_to(*run.hidden_states),
            .owned = {}};
  std::vector<TowerLayer>& layers = out.parts[0].layers;
  for (int i = 0; i < w.layers.size(); ++i) {
    const VitLayer& layer = w.layers.at(i);
    layers.push_back(layer_of(layer));
    layers.back().scale1 = unless_empty(layer.scale1);
    layers.back().scale2 = unless_empty(layer.scale2);
  }
  return out;
}

namespace {

// Norms and gates of every block.
struct MmditModulation {
  std::vector<BlockModulation> image, text;  // [L]
  LayerNorm final_norm;
};

TowerLayer layer_of(const MmditStream& w, const BlockModulation& m) {
  const auto there = [](const Linear& layer) {
    return layer.packed.empty() && layer.weight.size() == 0 ? nullptr : &layer;
  };
  const bool ends = there(w.out) == nullptr;
  return {.norm1 = &m.norm1,
          .norm2 = ends ? nullptr : &m.norm2,
          .query = &w.qkv.query,
          .key = &w.qkv.key,
          .value = &w.qkv.value,
          .out = there(w.out),
          .mlp_in = there(w.mlp_in),
          .mlp_out = there(w.mlp_out),
          .scale1 = ends ? nullptr : &m.gate1,
          .scale2 = ends ? nullptr : &m.gate2,
          .query_norm = unless_empty(w.qkv.query_norm),
          .key_norm = unless_empty(w.qkv.key_norm)};
}

}  // namespace

Tower tower_of(const Mmdit& model, const AttentionRecord& record, const Matrix& condition) {
  const int layers = model.config().layers, patches = record.changed_queries();
  auto made = std::make_shared<MmditModulation>();
  made->image.resize(static_cast<std::size_t>(layers));
  made->text.resize(static_cast<std::size_t>(layers));
  made->final_norm = model.final_norm(condition);
  Tower out{.parts = {{.first = 0, .count = patches, .layers = {}},
                      {.first = patches, .count = record.shape().queries - patches, .layers = {}}},
            .activation = Activation::kGeluTanh,
            .second_attention = !model.config().dual_layers.empty(),
            .eps = Mmdit::kEps,
            .final_norm = &made->final_norm,
            .record = &record,
            .hidden = {},
            .owned = made};
  for (int layer = 0; layer < layers; ++layer) {
    const auto at = static_cast<std::size_t>(layer);
    const MmditBlock& block = model.weights().blocks[at];
    made->image[at] = model.modulation(condition, layer, MmditPart::kImage);
    made->text[at] = model.modulation(condition, layer, MmditPart::kText);
    out.parts[0].layers.push_back(layer_of(block.image, made->image[at]));
    out.parts[1].layers.push_back(layer_of(block.text, made->text[at]));
  }
  for (int layer = 0; layer <= layers; ++layer) out.hidden.push_back(record.stream(layer));
  return out;
}

}  // namespace regard
