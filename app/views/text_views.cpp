#include "app/views/text_views.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/analysis/ties.h"

namespace regard {
namespace {

// Smallest attention that still has a colour of its own on the logarithmic scale.
constexpr float kLogFloor = 1e-4f;

// The numbers an image covers: [0, largest] for attention, [smallest, largest] for scores.
ColorScale range_of(const CellImage& image, bool scores, bool logarithmic) {
  float low = INFINITY, high = -INFINITY;
  for (const float value : image.cells) {
    if (value == kMaskedValue || value == kInvalidValue) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (!(low <= high)) return {};
  if (scores) return {.min = low, .max = high > low ? high : low + 1.0f};
  const float top = high > 0.0f ? high : 1.0f;
  if (!logarithmic) return {.min = 0.0f, .max = top};
  const float floor = std::min(kLogFloor, top * 0.1f);
  return {.min = floor, .max = top, .log10 = true, .floor = floor};
}

}  // namespace

void TextViews::refresh(const AppState& state) {
  refresh_live(state);
  const bool new_run = run_ != state.run;
  if (!state.run) {
    run_.reset();
    return;
  }
  const bool same_view = view_.hide_special == state.view.hide_special && view_.scores == state.view.scores &&
                         view_.log_scale == state.view.log_scale && view_.order == state.view.order;
  if (!new_run && same_view && asked_choice_ == state.doc.choice) return;
  const bool new_tiles = new_run || view_.hide_special != state.view.hide_special ||
                         view_.scores != state.view.scores || view_.log_scale != state.view.log_scale;
  run_ = state.run;
  view_ = state.view;
  asked_choice_ = state.doc.choice;
  layers_ = record().shape().layers;
  heads_ = record().shape().heads;
  const int tokens = record().shape().queries;
  first_ = view_.hide_special ? 1 : 0;
  count_ = view_.hide_special ? std::max(0, tokens - 2) : tokens;
  reduce_maps(state);
  fill_matrix();
  if (new_tiles) fill_atlas();
  rank_heads(state);
}

void TextViews::refresh_live(const AppState& state) {
  const Document& doc = state.doc;
  if (!state.model) {
    prompt_ = {};
    live_valid_ = false;
    return;
  }
  if (!live_valid_ || model_ != state.model || live_prompt_ != doc.prompt || live_syntax_ != doc.syntax ||
      live_rule_ != doc.chunk_rule) {
    model_ = state.model;
    live_prompt_ = doc.prompt;
    live_syntax_ = doc.syntax;
    live_rule_ = doc.chunk_rule;
    prompt_ = tokenize_chunks(*model_, live_prompt_, live_syntax_, live_rule_);
    live_valid_ = true;
  }
  chunk_ = std::clamp(doc.chunk, 0, static_cast<int>(prompt_.chunks.size()) - 1);
}

void TextViews::reduce_maps(const AppState& state) {
  choice_ = state.doc.choice;
  choice_.layer = std::min(choice_.layer, layers_ - 1);
  choice_.head = std::min(choice_.head, heads_ - 1);
  // A choice from a session or another model may not fit; the mean always does.
  const MapChoice mean{MapChoice::kMean, MapChoice::kMean};
  auto attention = reduce(record(), choice_);
  if (!attention) {
    choice_ = mean;
    attention = reduce(record(), mean);
  }
  attention_ = std::move(*attention);
  auto scores = view_.scores ? reduce(record(), choice_, true) : Result<Matrix>(attention_);
  scores_ = view_.scores && scores.has_value();
  shown_ = scores_ ? std::move(*scores) : attention_;
}

float TextViews::cell(const ConstMatrixRef& map, int query, int key) const {
  if (masked(query, key)) return kMaskedValue;
  return upload_value(map(query, key));
}

void TextViews::fill_matrix() {
  matrix_.width = matrix_.height = count_;
  matrix_.cells.resize(static_cast<std::size_t>(count_) * static_cast<std::size_t>(count_));
  for (int q = 0; q < count_; ++q) {
    for (int k = 0; k < count_; ++k) {
      matrix_.cells[static_cast<std::size_t>(q * count_ + k)] = cell(shown_, first_ + q, first_ + k);
    }
  }
  ++matrix_.version;
  matrix_range_ = range_of(matrix_, scores_, view_.log_scale);
}

void TextViews::fill_atlas() {
  const int pitch = tile_pitch();
  atlas_.width = heads_ * pitch;
  atlas_.height = layers_ * pitch;
  atlas_.cells.assign(static_cast<std::size_t>(atlas_.width) * static_cast<std::size_t>(atlas_.height),
                      kMaskedValue);
  for (int layer = 0; layer < layers_; ++layer) {
    for (int head = 0; head < heads_; ++head) {
      const auto map = view_.scores ? record().scores(layer, head) : record().attention(layer, head);
      for (int q = 0; q < count_; ++q) {
        float* row =
            &atlas_.cells[static_cast<std::size_t>((layer * pitch + q) * atlas_.width + head * pitch)];
        for (int k = 0; k < count_; ++k) row[k] = cell(map, first_ + q, first_ + k);
      }
    }
  }
  ++atlas_.version;
  atlas_range_ = range_of(atlas_, view_.scores, view_.log_scale);
}

void TextViews::rank_heads(const AppState& state) {
  tied_.resize(static_cast<std::size_t>(layers_ * heads_));
  order_.assign(static_cast<std::size_t>(layers_), {});
  for (int layer = 0; layer < layers_; ++layer) {
    float* tied = &tied_[static_cast<std::size_t>(layer * heads_)];
    for (int head = 0; head < heads_; ++head) tied[head] = tie_of_head(record(), layer, head);
    std::vector<int>& order = order_[static_cast<std::size_t>(layer)];
    order.resize(static_cast<std::size_t>(heads_));
    std::iota(order.begin(), order.end(), 0);
    if (state.view.order == HeadOrder::kTies) {
      std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return tied[a] > tied[b]; });
    }
  }
}

Colormap picture_colormap_for(const ViewOptions& view) {
  switch (map_colors(view)) {
    case MapColors::kViridis:
      return Colormap::kViridis;
    case MapColors::kCividis:
      return Colormap::kCividis;
    case MapColors::kMagma:
      return Colormap::kMagma;
    default:
      return Colormap::kGrey;
  }
}

Colormap colormap_for(const ViewOptions& view) {
  const Colormap map = picture_colormap_for(view);
  return view.theme == Theme::kLight ? on_paper(map) : map;
}

}  // namespace regard
