// What whoever presents reads, in a window of its own that the class does not see: the note of the card, the
// next card, the timer.
#pragma once

#include <memory>

#include "app/ui/ui.h"

namespace regard {

/// Draws the notes into NotesUi::list, for a window of NotesUi::size; none without such a window. Inside an
/// ImGui frame. Cost: the words of a card.
void draw_notes(Ui& ui);

namespace act {
void toggle_notes(Ui& ui);
}  // namespace act

}  // namespace regard
