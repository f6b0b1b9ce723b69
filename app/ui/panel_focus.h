// How the keyboard goes from panel to panel: F6 from one to the next, Tab through all that can be used in one
// and then on to the next. ImGui's own Tab stays in one window.
#pragma once

#include "app/ui/ui.h"

struct ImGuiWindow;

namespace regard {

/// The keyboard goes to the next panel (`by` 1) or the one before (-1), also to one behind another tab; the
/// status line is the last. Emits nothing.
void step_panel(Ui& ui, int by);

/// Before the panels: a Tab that left a window in the last frame goes on in the next one.
void continue_tab(Ui& ui);
/// After the panels: whether Tab found nothing more where it was, and where it goes on.
void follow_tab(Ui& ui);

/// Whether the keyboard is in this panel, or in a part of it, and that is to be seen.
bool has_keyboard(const ImGuiWindow* window);

/// The window of a panel; null before its first frame.
ImGuiWindow* window_of(const Ui& ui, const Panel& panel);
/// Whether it is drawn: not closed, not behind another tab.
bool in_sight(const ImGuiWindow* window);

}  // namespace regard
