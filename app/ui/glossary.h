// The glossary: what the terms on screen mean, with formula and source.
#pragma once

#include "app/ui/ui.h"

namespace regard {

/// After the panels: opens it at the term under the pointer, when F2 was pressed in this frame.
void look_up(Ui& ui);
/// Its window, while it is open.
void draw_glossary(Ui& ui);

namespace act {
void open_glossary(Ui& ui);  ///< at the term under the pointer, or closes it
}

}  // namespace regard
