// The order of a frame: shortcuts, menus, panels, the status line, sheets on top.
#include "app/ui/ui.h"

#include <utility>

#include <imgui_internal.h>

#include "app/ui/glossary.h"
#include "app/ui/lesson_view.h"
#include "app/ui/notes.h"
#include "app/ui/panel_focus.h"
#include "app/ui/presenter.h"
#include "app/ui/shortcuts.h"

namespace regard {
void Film::step(int steps) {
  if (!playing) {
    *this = {.playing = steps > 0};
  } else if (at + 1 < steps) {
    ++at;
  } else {
    *this = {};
  }
}

void Film::advance(float seconds, int steps) {
  constexpr float kStepSeconds = 0.12f, kLastSeconds = 0.6f;
  if (!playing) return;
  time += seconds;
  if (at + 1 >= steps) {
    playing = time < kLastSeconds && steps > 0;
    return;
  }
  if (time < kStepSeconds) return;
  time = 0;
  ++at;
}

void draw_ui(Ui& ui) {
  UiState& screen = ui.ui;
  screen.hovered = std::exchange(screen.next_hovered, {});
  screen.pair_was_in_sight = screen.in_sight.pair;
  screen.in_sight = {};
  screen.map_sizes = {};
  if (screen.drawn_texts != nullptr) screen.drawn_texts->clear();
  find_spots(ui);
  screen.pointed_head.reset();
  screen.pointed_word.reset();
  screen.weight_dragged = false;
  follow_prompt(ui);
  continue_tab(ui);
  handle_shortcuts(ui);
  // Lines beside rings keep clear of what the panels write; and the glossary is asked about it.
  const bool records =
      screen.drawn_texts == nullptr && (!screen.lesson.spots.empty() || screen.glossary.asked);
  if (records) {
    screen.lesson.texts.clear();
    screen.drawn_texts = &screen.lesson.texts;
  }
  follow_screen(ui);
  if (!screen.presenter.before) draw_menu_bar(ui);
  draw_now_in_words(ui);
  draw_status_bar(ui);
  draw_panels(ui);
  draw_spots(ui);
  look_up(ui);
  if (records) screen.drawn_texts = nullptr;
  draw_keys_window(ui);
  draw_about_window(ui);
  draw_gallery(ui);
  draw_lesson_list(ui);
  draw_class_table(ui);
  draw_start_page(ui);
  draw_glossary(ui);
  draw_view_menu(ui);
  draw_explanation(ui);
  draw_file_dialog(ui);
  draw_export_sheet(ui);
  follow_tab(ui);
  draw_presenter(ui);
  draw_notes(ui);
  screen.in_front = {.popups = ImGui::GetCurrentContext()->OpenPopupStack.Size,
                     .item_active = ImGui::IsAnyItemActive()};
}

}  // namespace regard
