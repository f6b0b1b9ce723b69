// What draws a lesson: its card beside the panels, text in the size of a page, what is asked, the rings round
// what a card points at.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "app/lessons/lesson.h"
#include "app/ui/ui.h"

namespace regard {

/// Type of a card: its text, its title. Units.
inline constexpr float kLesson = 18.0f, kLessonTitle = 24.0f;

bool in_lesson(const Ui& ui);
/// The panels wait for a guess: nothing of the run is shown.
bool is_covered(const Ui& ui);

/// Takes the card's room from that of the panels, at the left, or below in a narrow window. Pixels.
/// @return left, top, width, height; nothing: no lesson is played
std::optional<ImVec4> take_lesson_room(Ui& ui, ImVec2& low, ImVec2& size);
/// The card, there.
void draw_lesson(Ui& ui, const ImVec4& at);
/// What stands in a covered panel, at the cursor.
void draw_cover(Ui& ui);

/// @param width  pixels   @param draw  false: measured only   @return its height, pixels
float draw_lesson_text(Ui& ui, ImVec2 at, float width, const LessonText& text, float size, ImU32 color,
                       bool draw = true);
/// Text of one line, numbers as they are now.
std::string lesson_line(const Ui& ui, const LessonText& text);
/// "53 %"; "…" while it is computed, "—" when the run has no such number, "?" while the panels are covered.
std::string lesson_number(const Ui& ui, std::size_t value, NumberForm form, int decimals);

/// Takes the cursor on below what was drawn at `at`. @param gap  units
void lesson_take(Ui& ui, ImVec2 at, float height, float gap);
/// A text as wide as there is room, at the cursor, which it takes on.
void lesson_words(Ui& ui, const LessonText& text, float size, ImU32 color, float gap);
void ask_lesson(Ui& ui, LessonAct act);

/// Of a card; each takes the cursor on.
void draw_guess(Ui& ui, const LessonGuess& guess);
void draw_question(Ui& ui, const LessonQuestion& question);

/// What the card points at in this frame, before the panels are drawn.
void find_spots(Ui& ui);
/// Rings and lines, over the panels.
void draw_spots(Ui& ui);

/// Panels tell where something lies that may be pointed at. Pixels.
void spot_token(Ui& ui, int token, ImVec2 low, ImVec2 high);
void spot_head(Ui& ui, int layer, int head, ImVec2 low, ImVec2 high);
/// @param where  (query, key) -> its corners, or nothing
template <class Where>
void spot_cells(Ui& ui, const Where& where) {
  for (Spot& spot : ui.ui.lesson.spots) {
    if (spot.panel == ui.panel && spot.cell) spot.at = where(*spot.cell);
  }
}
/// @param where  position -> the patch's corners, or nothing
template <class Where>
void spot_patches(Ui& ui, const Where& where) {
  for (Spot& spot : ui.ui.lesson.spots) {
    if (spot.panel == ui.panel && spot.patch >= 0) spot.at = where(spot.patch);
  }
}

}  // namespace regard
