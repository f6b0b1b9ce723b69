#include "app/views/pair_views.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace regard {

PicturePlace place_of(const VisionRun& run, int patch) {
  const int columns = run.output.columns, column = patch % columns, row = patch / columns;
  return {(static_cast<float>(column) + 0.5f) / static_cast<float>(columns),
          (static_cast<float>(row) + 0.5f) / static_cast<float>(run.output.rows)};
}

int patch_at(const VisionRun& run, const PicturePlace& place) {
  const auto cell = [](float share, int count) {
    return std::clamp(static_cast<int>(share * static_cast<float>(count)), 0, count - 1);
  };
  return cell(place.y, run.output.rows) * run.output.columns + cell(place.x, run.output.columns);
}

void PairViews::choose(const AppState& state, const std::optional<PairPatch>& hovered) {
  const PicturePair& pair = state.doc.pair;
  held_.reset();
  if (pair.place) held_ = {pair.from_second, patch_at(run(pair.from_second), *pair.place)};
  subject_ = {false, patch_at(*first_, {0.5f, 0.5f})};
  const std::vector<int>& pins = state.doc.picture.pins;
  const int pinned = pins.empty() ? -1 : pins.back() - first_->output.specials;
  if (pinned >= 0 && pinned < first_->patches()) subject_.patch = pinned;
  if (held_) subject_ = *held_;
  if (hovered && hovered->patch >= 0 && hovered->patch < run(hovered->second).patches()) subject_ = *hovered;
  layers_ = std::min(first_->trace.shape().layers, second_->trace.shape().layers);
  layer_ = pair.layer == 0 ? layers_ : std::min(pair.layer, layers_);
  best_ = pair.best;
}

void PairViews::refresh(const AppState& state, const std::optional<PairPatch>& hovered) {
  const auto key = [this] {
    return std::tuple(first_.get(), second_.get(), subject_.second, subject_.patch, layer_, best_);
  };
  const auto before = key();
  first_ = state.vision;
  second_ = state.pair_vision;
  if (!ready()) {
    matches_.reset();
    reset_cells(overlay_, 0, 0);
    return;
  }
  choose(state, hovered);
  if (key() == before) return;
  matches_.reset();
  problem_.clear();
  const VisionRun& to = run(!subject_.second);
  auto found = match_patch(run(subject_.second), subject_.patch, to, layer_, best_);
  if (!found) {
    problem_ = found.error().message;
    return;
  }
  reset_cells(overlay_, to.output.columns, to.output.rows);
  for (Eigen::Index i = 0; i < found->cosines.size(); ++i)
    overlay_.cells[static_cast<std::size_t>(i)] = upload_value(found->cosines(i));
  range_ = scale_of_scores(overlay_);
  matches_ = std::move(*found);
}

}  // namespace regard
