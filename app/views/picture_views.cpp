#include "app/views/picture_views.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/analysis/vision.h"

namespace regard {
namespace {

constexpr float kLogFloor = 1e-4f;

ColorScale scale_to(float top, bool logarithmic) {
  if (!(top > 0.0f)) top = 1.0f;
  if (!logarithmic) return {.min = 0.0f, .max = top};
  const float floor = std::min(kLogFloor, top * 0.1f);
  return {.min = floor, .max = top, .log10 = true, .floor = floor};
}

float largest(const CellImage& image) {
  float top = 0.0f;
  for (const float value : image.cells) {
    if (value != kMaskedValue && value < kInvalidValue) top = std::max(top, value);
  }
  return top;
}

// The choice within what the model has; a mean always fits.
MapChoice within(const MapChoice& asked, const AttentionShape& shape) {
  return {std::min(asked.layer, shape.layers - 1), std::min(asked.head, shape.heads - 1)};
}

}  // namespace

// What the pins show together, or the subject alone.
RowVector PictureViews::fused_row(const AppState& state, const MapChoice& choice) const {
  const std::vector<int>& pins = state.doc.picture.pins;
  const bool together = pins.size() > 1 && subject_ == pins.back();
  const bool incoming = state.view.incoming;
  if (!together || state.view.picture.fusion == PinFusion::kNewest)
    return token_row(record(), choice, subject_, incoming);
  if (state.view.picture.fusion == PinFusion::kDifference) {
    return token_row(record(), choice, pins.back(), incoming) -
           token_row(record(), choice, pins[pins.size() - 2], incoming);
  }
  RowVector sum = token_row(record(), choice, pins.front(), incoming);
  for (std::size_t i = 1; i < pins.size(); ++i) sum += token_row(record(), choice, pins[i], incoming);
  return sum / static_cast<float>(pins.size());
}

void PictureViews::refresh(const AppState& state, int hovered) {
  if (!state.vision) {
    run_.reset();
    wanted_.reset();
    return;
  }
  const bool new_run = run_ != state.vision;
  const PictureDocument& doc = state.doc.picture;
  run_ = state.vision;
  const int tokens = run_->tokens();
  int subject = 0;
  if (!doc.pins.empty() && doc.pins.back() < tokens) subject = doc.pins.back();
  if (hovered >= 0 && hovered < tokens) subject = hovered;
  const bool same = !new_run && !stale_ && subject == subject_ && asked_ == doc &&
                    view_ == state.view.picture && incoming_ == state.view.incoming &&
                    log_ == state.view.log_scale;
  if (!same) {
    const bool new_regions = new_run || region_a_ != doc.region_a || region_b_ != doc.region_b;
    const bool new_order = new_regions;
    subject_ = subject;
    choice_ = within(doc.choice, record().shape());
    if (new_regions) measure_regions(doc);
    matrix_valid_ = matrix_valid_ && !new_order && matrix_choice_ == choice_ && log_ == state.view.log_scale;
    norms_layer_ = choice_.layer >= 0 ? choice_.layer + 1 : record().shape().layers;
    measure_norms();
    asked_ = doc;
    view_ = state.view.picture;
    incoming_ = state.view.incoming;
    log_ = state.view.log_scale;
    stale_ = false;
    reduce_row(state);
    fill_atlas(state);
    fill_overlay(state);
  }
  if (want_matrix_ && !matrix_valid_) fill_matrix(state);
}

void PictureViews::measure_regions(const PictureDocument& doc) {
  constexpr double kAtOnce = 2e6;  // numbers of attention: a few milliseconds
  region_a_ = doc.region_a;
  region_b_ = doc.region_b;
  const int tokens = run_->tokens();
  std::erase_if(region_a_, [&](int t) { return t >= tokens; });
  std::erase_if(region_b_, [&](int t) { return t >= tokens; });
  region_mass_.resize(0, 0);
  wanted_regions_.reset();
  region_chance_ = static_cast<double>(region_b_.size()) / tokens;
  if (region_a_.empty() || region_b_.empty()) return;
  const AttentionShape& shape = record().shape();
  const double numbers = static_cast<double>(region_a_.size()) * shape.keys * shape.layers * shape.heads;
  if (numbers > kAtOnce) {
    wanted_regions_ = RegionKey{run_, region_a_, region_b_};
  } else if (auto mass = regard::region_mass(record(), region_a_, region_b_)) {
    region_mass_ = std::move(*mass);
  }
}

void PictureViews::accept(std::shared_ptr<const RegionMass> mass) {
  if (!wanted_regions_ || !(mass->key == *wanted_regions_)) return;  // the regions have changed since
  region_mass_ = mass->mass;
  wanted_regions_.reset();
}

void PictureViews::measure_norms() {
  norms_ = token_norms((*run_->output.hidden_states)[static_cast<std::size_t>(norms_layer_)]);
  std::vector<float> sorted;
  for (int token = specials(); token < static_cast<int>(norms_.norms.size()); ++token)
    sorted.push_back(norms_.norms(token));
  norms_median_ = 0.0f;
  norm_outliers_ = 0;
  if (sorted.empty()) return;
  std::ranges::nth_element(sorted, sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2));
  norms_median_ = sorted[sorted.size() / 2];
  norm_outliers_ = static_cast<int>(std::ranges::count_if(sorted, [&](float norm) {
    return static_cast<double>(norm) > kOutlier * static_cast<double>(norms_median_);
  }));
}

void PictureViews::reduce_row(const AppState& state) {
  wanted_.reset();
  signed_ = false;
  if (choice_.layer == MapChoice::kRollout || choice_.layer == MapChoice::kFlow) {
    SlowMapKey key{.run = run_, .token = subject_, .caption = {}};
    key.flow = choice_.layer == MapChoice::kFlow;
    if (!key.flow) key.discard = state.view.picture.discard;
    wanted_key_ = key;
    if (slow_ && slow_->key == key) {
      row_ = slow_->map;  // empty when it could not be computed: fill_overlay() says why
    } else {
      wanted_ = key;
      row_ = RowVector();
    }
  } else {
    row_ = fused_row(state, choice_);
    signed_ = state.view.picture.fusion == PinFusion::kDifference && state.doc.picture.pins.size() > 1 &&
              subject_ == state.doc.picture.pins.back();
  }
  shares_ = {};
  // A flow is no distribution: it has no shares.
  if (row_.size() == 0 || signed_ || choice_.layer == MapChoice::kFlow) return;
  for (int i = 0; i < specials(); ++i) shares_.specials.push_back(row_(i));
  shares_.patches = row_.tail(row_.size() - specials()).sum();
  shares_.itself = row_(subject_);
  for (const float value : row_) {
    if (value > 0.0f) shares_.entropy -= value * std::log2(value);
  }
}

void PictureViews::fill_overlay(const AppState& state) {
  const PictureView& view = state.view.picture;
  const int count = columns() * rows();
  overlay_.width = columns();
  overlay_.height = rows();
  overlay_.cells.assign(static_cast<std::size_t>(count), kMaskedValue);
  ++overlay_.version;
  problem_.clear();
  const auto fill = [&](const auto& value_at) {
    for (int i = 0; i < count; ++i) overlay_.cells[static_cast<std::size_t>(i)] = upload_value(value_at(i));
  };
  switch (view.lens) {
    case Lens::kAttention:
    case Lens::kMass: {
      if (row_.size() == 0) {
        problem_ = slow_ && slow_->key == wanted_key_ && !slow_->problem.empty() ? slow_->problem
                                                                                 : "picture.computing";
        break;
      }
      if (view.lens == Lens::kMass && !signed_) {
        const std::vector<bool> kept = mass_mask(row_, static_cast<double>(view.mass));
        for (int i = 0; i < count; ++i) {
          if (kept[static_cast<std::size_t>(specials() + i)])
            overlay_.cells[static_cast<std::size_t>(i)] = upload_value(row_(specials() + i));
        }
      } else {
        fill([&](int i) { return row_(specials() + i); });
      }
      if (signed_) {
        float reach = 0.0f;
        for (const float value : overlay_.cells) reach = std::max(reach, std::abs(value));
        if (!(reach > 0.0f)) reach = 1.0f;
        overlay_range_ = {.min = -reach, .max = reach, .center = 0.0f};
      } else {
        overlay_range_ = scale_to(view.absolute ? atlas_top_ : largest(overlay_), log_);
      }
      break;
    }
    case Lens::kNorms:
      fill([&](int i) { return norms_.norms(specials() + i); });
      overlay_range_ = scale_to(largest(overlay_), false);
      break;
    case Lens::kCaption: {
      const auto& captions = state.doc.picture.captions;
      const auto at = static_cast<std::size_t>(state.doc.picture.caption);
      if (at >= captions.size() || state.matches.size() <= at) {
        problem_ = state.matches_problem.empty() ? "picture.no_caption" : state.matches_problem;
        break;
      }
      const SlowMapKey key{.run = run_, .token = -1, .caption = captions[at], .chefer = view.chefer};
      if (!slow_ || !(slow_->key == key)) {
        wanted_ = key;
        problem_ = "picture.computing";
      } else if (!slow_->problem.empty()) {
        problem_ = slow_->problem;
      } else {
        fill([&](int i) { return slow_->map(i); });
        overlay_range_ = scale_to(largest(overlay_), false);
      }
      break;
    }
  }
}

void PictureViews::fill_atlas(const AppState& state) {
  const AttentionShape& shape = record().shape();
  atlas_.width = shape.heads * pitch_x();
  atlas_.height = shape.layers * pitch_y();
  atlas_.cells.assign(static_cast<std::size_t>(atlas_.width) * static_cast<std::size_t>(atlas_.height),
                      kMaskedValue);
  atlas_top_ = 0.0f;
  for (int layer = 0; layer < shape.layers; ++layer) {
    for (int head = 0; head < shape.heads; ++head) {
      RowVector row = token_row(record(), {layer, head}, subject_, state.view.incoming);
      const float top = row.tail(row.size() - specials()).maxCoeff();
      atlas_top_ = std::max(atlas_top_, top);
      if (!state.view.picture.absolute && top > 0.0f) row /= top;
      for (int y = 0; y < rows(); ++y) {
        float* line =
            &atlas_
                 .cells[static_cast<std::size_t>((layer * pitch_y() + y) * atlas_.width + head * pitch_x())];
        for (int x = 0; x < columns(); ++x) line[x] = upload_value(row(run_->token_of(x, y)));
      }
    }
  }
  ++atlas_.version;
  atlas_range_ = scale_to(state.view.picture.absolute ? atlas_top_ : 1.0f, log_);
}

void PictureViews::fill_matrix(const AppState& state) {
  const int tokens = run_->tokens();
  std::vector<int> place(static_cast<std::size_t>(tokens), 3);
  for (int t = 0; t < specials(); ++t) place[static_cast<std::size_t>(t)] = 0;
  for (const int t : region_b_)
    place[static_cast<std::size_t>(t)] = std::min(place[static_cast<std::size_t>(t)], 2);
  for (const int t : region_a_)
    place[static_cast<std::size_t>(t)] = std::min(place[static_cast<std::size_t>(t)], 1);
  order_.resize(static_cast<std::size_t>(tokens));
  std::iota(order_.begin(), order_.end(), 0);
  std::ranges::stable_sort(order_, {}, [&](int t) { return place[static_cast<std::size_t>(t)]; });
  matrix_.width = matrix_.height = tokens;
  matrix_.cells.assign(static_cast<std::size_t>(tokens) * static_cast<std::size_t>(tokens), kMaskedValue);
  MapChoice choice = choice_;
  if (choice.layer <= MapChoice::kRollout) choice = {MapChoice::kMean, MapChoice::kMean};
  const auto add = [&](Matrix& sum, const Matrix& next) {
    if (sum.size() == 0) {
      sum = next;
    } else if (choice.head == MapChoice::kMax) {
      sum = sum.cwiseMax(next);
    } else {
      sum += next;
    }
  };
  // One layer at a time; a mean over layers of a long sequence would take a second: its last layer stands in,
  // and the panel says so.
  const int layer = choice.layer >= 0 ? choice.layer : record().shape().layers - 1;
  Matrix map;
  if (choice.head >= 0) {
    map = record().attention_map(layer, choice.head);
  } else {
    for (int head = 0; head < record().shape().heads; ++head) add(map, record().attention_map(layer, head));
    if (choice.head != MapChoice::kMax) map /= static_cast<float>(record().shape().heads);
  }
  for (int q = 0; q < tokens; ++q) {
    float* line = &matrix_.cells[static_cast<std::size_t>(q) * static_cast<std::size_t>(tokens)];
    for (int k = 0; k < tokens; ++k)
      line[k] = upload_value(map(order_[static_cast<std::size_t>(q)], order_[static_cast<std::size_t>(k)]));
  }
  ++matrix_.version;
  matrix_range_ = scale_to(largest(matrix_), state.view.log_scale);
  matrix_choice_ = choice_;
  matrix_valid_ = true;
}

}  // namespace regard
