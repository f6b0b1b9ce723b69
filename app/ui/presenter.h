// What a lecturer does over the window: one panel as large as the screen, in type and colours for a
// projector, a ring round the pointer, marks that stay, maps that hold still, a black screen, a timer.
#pragma once

#include <string>

#include "app/ui/ui.h"

namespace regard {

/// Smallest type while presenting, as a share of the screen's height: what the last row still reads.
inline constexpr float kPresentedType = 0.025f;
/// Nothing is smaller than so many times what it is at the desk.
inline constexpr float kPresentedZoom = 1.5f;

/// Leaves a ring where the pointer is, as a share of the window: it stays there at every size.
void mark_pointer(PresenterUi& presenter);
/// Before the panels: type follows the size of the screen while presenting.
void follow_screen(Ui& ui);
/// "3:07": what the timer shows.
std::string presenter_time(const PresenterUi& presenter);
/// In the status line's place: the timer and what the keys do. Only while presenting.
void draw_presenter_line(Ui& ui);
/// Over all that is drawn: ring, marks, the black screen. Only while presenting.
void draw_presenter(Ui& ui);

namespace act {
void present(Ui& ui);  ///< begins, or ends and gives back what was there
void black_screen(Ui& ui);
void hold_still(Ui& ui);  ///< the pointer moves over maps without changing them, or does again
void pointer_ring(Ui& ui);
void leave_mark(Ui& ui);  ///< a ring where the pointer is
void remove_marks(Ui& ui);
void start_timer(Ui& ui);  ///< or stops it; a third time sets it back
}  // namespace act

}  // namespace regard
