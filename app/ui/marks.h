// Small marks that say in every view what is changed: the value before on a bar, a trial on its word or head.
#pragma once

#include <optional>
#include <string>

#include "app/ui/ui.h"

namespace regard {

/// A thin upright line on a bar where it ended before; nothing where it ends there still.
/// @param at  upper left of the line's room, pixels   @param before, now  ends of the bar, [0, 1] of `width`
void draw_ghost(Ui& ui, ImDrawList* draw, ImVec2 at, float width, float height, float before, float now);

struct TrialMark {
  const char* sign;   // of Font Awesome
  std::string words;  // of all trials on it, a line each
  bool struck;        // it is not read at all
};

/// What is tried on a word, or on a head, in the workspace in sight; nothing: none.
std::optional<TrialMark> trial_on(const Ui& ui, const PromptWord& place);
std::optional<TrialMark> trial_on(const Ui& ui, int block, int head);

/// Over a tile: dimmed, struck through, its sign at the upper right.
void draw_trial_mark(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high, const TrialMark& mark);
/// The sign alone, its right edge at `right`.
void draw_trial_sign(Ui& ui, ImDrawList* draw, ImVec2 right, const TrialMark& mark);

/// "Kept from last time: 2 trials, …" with its two buttons, at the cursor, on one line. @return its width
float draw_kept_line(Ui& ui, float most_px);

}  // namespace regard
