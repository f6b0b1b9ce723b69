// What the maps of a drawing are called, in the language in force: on screen and in files alike.
#pragma once

#include <string>

#include "app/i18n/strings.h"
#include "app/views/paint_views.h"

namespace regard {

/// Heads that were left free in training, or the coached ones; all of them. Expect a run.
HeadSet heads_where(const PaintViews& paint, bool coached);
HeadSet all_heads(const PaintViews& paint);

/// References live as long as it does. Expects a run.
class PaintNames {
 public:
  PaintNames(const PaintViews& paint, const AppState& state, const Strings& tr)
      : paint_(paint), state_(state), tr_(tr) {}

  /// "chat", "début": a word of the drawing's text.
  std::string word(const PaintWord& word) const;
  /// "patch 8, 9" (column, row, from 1).
  std::string patch(int patch) const;
  /// "image → « chat »": query first.
  std::string direction() const;
  /// The maps in force: "blocks 2–6", "block 2 · head 3", "mean of the free heads", "largest over 5 heads";
  /// of a lens of no heads the block or the lens.
  std::string maps() const;
  /// The same over the picture, whose lens may not be made of heads.
  std::string maps_shown() const;
  /// What becomes of the map's numbers over the picture: ", rank", ", smallest set with 80 %"; empty:
  /// nothing.
  std::string rows() const;
  /// The steps in force: "all steps", "step 3", "steps 3 to 9". @param film  the film chose the step
  std::string span(bool film = false) const;

 private:
  std::string mean_of_maps() const;
  std::string of_lens(const char* attention) const;

  const PaintViews& paint_;
  const AppState& state_;
  const Strings& tr_;
};

}  // namespace regard
