// The face: panels that read state and views and emit commands. They compute nothing and change nothing.
// UI thread, inside an ImGui frame.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <imgui.h>

#include "app/i18n/strings.h"
#include "app/state/command.h"
#include "app/ui/theme.h"
#include "app/ui/ui_state.h"

namespace regard {

class CompareViews;
class LessonPlayer;
struct Lesson;
class HeadViews;
class DoubledMaps;
class PaintViews;
class PairViews;
class PictureViews;
class SideViews;
class TextViews;

/// Coloured pictures of the views, ready to draw. A null id draws nothing (tests without a GPU).
struct MapTextures {
  ImTextureID matrix = ImTextureID_Invalid;                               // views.matrix(), coloured
  ImTextureID atlas = ImTextureID_Invalid;                                // views.atlas(), coloured
  ImTextureID first = ImTextureID_Invalid, second = ImTextureID_Invalid;  // compare.first_map(), second_map()
  ImTextureID difference = ImTextureID_Invalid;                           // compare.difference()
  ImTextureID photo = ImTextureID_Invalid;                                // the picture as it was read
  ImTextureID overlay = ImTextureID_Invalid;       // picture.overlay(), a pixel a patch
  ImTextureID patch_atlas = ImTextureID_Invalid;   // picture.atlas()
  ImTextureID patch_matrix = ImTextureID_Invalid;  // picture.matrix()
  ImTextureID film = ImTextureID_Invalid, film_before = ImTextureID_Invalid;  // paint.film(), before_film()
  ImTextureID paint_difference = ImTextureID_Invalid;                         // paint.difference()
  ImTextureID seeds = ImTextureID_Invalid;                                    // side.seeds()
  ImTextureID paint_overlay = ImTextureID_Invalid,
              paint_words = ImTextureID_Invalid;  // overlay(), word_atlas()
  ImTextureID paint_heads = ImTextureID_Invalid, paint_joint = ImTextureID_Invalid;  // head_atlas(), joint()
  ImTextureID other_photo = ImTextureID_Invalid;    // the second of two pictures
  ImTextureID pair_overlay = ImTextureID_Invalid;   // pair.overlay()
  std::array<ImTextureID, kMostDoubled> doubled{};  // doubled.cells()
  ImTextureID gallery = ImTextureID_Invalid;        // gallery_sheet(): one tile an example
  ImTextureID figure = ImTextureID_Invalid;         // ExportSheet::preview
};

/// What a panel gets. References live for the frame.
struct Ui {
  const AppState& state;
  const TextViews& views;
  const CompareViews& compare;
  const PictureViews& picture;
  const PaintViews& paint;
  const SideViews& side;
  const HeadViews& heads;
  const PairViews& pair;
  const DoubledMaps& doubled;
  const MapTextures& textures;
  const Strings& tr;
  const Palette& colors;
  const Fonts& fonts;
  UiState& ui;
  std::vector<Command>& out;
  float scale;                   // pixels of a unit of the drawings: monitor, size of the window, zoom
  float monitor = 1.0f;          // the monitor's part of it
  const Panel* panel = nullptr;  // the one being drawn
  const LessonPlayer* lesson = nullptr;                         // null: as if none were played
  std::span<const std::shared_ptr<const Lesson>> lessons = {};  // of the list, while it is open

  float px(float units) const { return units * scale; }
};

/// The whole screen. Emits commands into `ui.out`.
void draw_ui(Ui& ui);

// One function a part; each in the file of its name. Panels are in panels.cpp.
/// The prompt's field takes over what changed elsewhere. Before the shortcuts: a key acts on the text in
/// force.
void follow_prompt(Ui& ui);
/// The dock of the workspace in force with its panels, or what stands for it: panels at fixed places in a
/// small window, one alone that was maximised.
void draw_panels(Ui& ui);
/// Makes the panel that has the keyboard (else the workspace's main one) fill the room, or brings it back.
void maximise_panel(Ui& ui);
/// Opens a closed panel where the default layout has it.
void fetch_panel(Ui& ui, const Panel& panel);
/// The same of one that is there from the next frame on: once it is.
void fetch_panel_soon(Ui& ui, const Panel& panel);
void draw_menu_bar(Ui& ui);
void draw_status_bar(Ui& ui);
/// What is on screen, in one sentence under the menu bar.
void draw_now_in_words(Ui& ui);
/// Whether the window has room for it.
bool has_now_in_words(const Ui& ui);
/// @return the height it would like, pixels
float draw_token_strip(Ui& ui);
void draw_keys_window(Ui& ui);
void draw_about_window(Ui& ui);
void draw_file_dialog(Ui& ui);
/// Examples to look at, each with its picture.
void draw_gallery(Ui& ui);
/// The lessons there are; a click opens one.
void draw_lesson_list(Ui& ui);
/// What this is and where to begin.
void draw_start_page(Ui& ui);
/// What a class answered.
void draw_class_table(Ui& ui);
/// The menu of a right click on a view, and what it opens. After the panels.
void draw_view_menu(Ui& ui);
void draw_explanation(Ui& ui);
void draw_export_sheet(Ui& ui);

}  // namespace regard
