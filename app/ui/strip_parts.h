// One word's weights side by side: which word, which weights, and how one gets there.
#pragma once

#include "app/ui/ui.h"

namespace regard {

/// The lists of the word and of the weights, on the line of what stands before them where they fit.
void draw_strip_choices(Ui& ui);
/// What was measured, and what was held still: two lines.
void draw_strip_notes(Ui& ui);

/// An item of an open menu that draws a word of the prompt at each weight. Nothing for what is no word, or
/// without a model that draws.
void strip_item(Ui& ui, const PromptWord& place);

}  // namespace regard
