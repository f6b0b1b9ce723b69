// The slider under a word and under a group of words: drag, detent at 1, keys, double-click, Ctrl+click.
#pragma once

#include "app/ui/ui.h"

namespace regard {

inline constexpr float kSliderHeight = 26;  // units

struct SliderPlace {
  ImVec2 low;       // upper left, pixels
  float width = 0;  // pixels
};

void draw_word_slider(Ui& ui, const SliderPlace& place, const Word& word);
/// With a bracket over the words it holds, and its number beside the knob.
void draw_group_slider(Ui& ui, const SliderPlace& place, const WordGroup& group);

/// The least weight that the scheme and the grammar in force can use: -2 or 0.
float least_weight(const Ui& ui);
/// Ctrl+Up and Ctrl+Down: the selected words, else the word at the cursor, else the hovered or pinned token's
/// word.
/// @param steps  1 or -1, times ViewOptions::weight_step
void step_weight(Ui& ui, int steps);

}  // namespace regard
