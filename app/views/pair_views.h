// Two pictures side by side: which patches of one are most like a patch of the other. Computes; draws
// nothing. UI thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/state/state.h"
#include "app/views/cells.h"
#include "app/views/colormap.h"
#include "core/engine/patch_pair.h"

namespace regard {

class PairViews {
 public:
  /// Brings the views up to date. `hovered`: the patch under the pointer. Cost: nothing when nothing changed;
  /// else as match_patch(): some 2 ms for 1370 patches.
  void refresh(const AppState& state, const std::optional<PairPatch>& hovered);

  /// Both runs are there.
  bool ready() const { return first_ != nullptr && second_ != nullptr; }
  /// Expects ready().
  const VisionRun& run(bool second) const { return second ? *second_ : *first_; }
  std::shared_ptr<const VisionRun> shared_run(bool second) const { return second ? second_ : first_; }
  /// The patch whose like is looked for: under the pointer, else held on to, else the newest pinned of the
  /// first picture, else its middle one. Expects ready().
  const PairPatch& subject() const { return subject_; }
  /// A click on it would let go of it.
  bool holds(const PairPatch& patch) const { return held_ == patch; }
  /// In the other picture; null: the two models' vectors cannot be compared, problem() says why.
  const PatchMatches* matches() const { return matches_ ? &*matches_ : nullptr; }
  const std::string& problem() const { return problem_; }
  /// From 1.
  int layer() const { return layer_; }
  int layers() const { return layers_; }

  /// Of the cosines, over the other picture: [rows][columns].
  const CellImage& overlay() const { return overlay_; }
  /// From the smallest to the largest of them.
  const ColorScale& range() const { return range_; }

 private:
  void choose(const AppState& state, const std::optional<PairPatch>& hovered);

  std::shared_ptr<const VisionRun> first_, second_;
  PairPatch subject_;
  std::optional<PairPatch> held_;
  int layer_ = 0, layers_ = 0, best_ = 0;
  std::optional<PatchMatches> matches_;
  std::string problem_;
  CellImage overlay_;
  ColorScale range_;
};

/// The place of a patch's middle, and the patch at a place.
PicturePlace place_of(const VisionRun& run, int patch);
int patch_at(const VisionRun& run, const PicturePlace& place);

}  // namespace regard
