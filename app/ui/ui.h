// The face: panels that read state and views and emit commands. They compute nothing and change nothing.
// UI thread, inside an ImGui frame.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <imgui.h>

#include "app/i18n/strings.h"
#include "app/state/command.h"
#include "app/ui/theme.h"
#include "app/views/colormap.h"
#include "app/views/compare_views.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"

namespace regard {

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
  ImTextureID paint_overlay = ImTextureID_Invalid,
              paint_words = ImTextureID_Invalid;  // overlay(), word_atlas()
  ImTextureID paint_heads = ImTextureID_Invalid, paint_joint = ImTextureID_Invalid;  // head_atlas(), joint()
};

enum class PanelId {
  kPrompt,
  kMatrix,
  kHeads,
  kWhy,
  kEffect,
  kCompare,
  kPicture,
  kPatchHeads,
  kPatchMatrix,
  kPatchNumbers,
  kCaptions,
  kPaint,
  kPaintWords,
  kPaintHeads,
  kPaintJoint,
  kPaintNumbers,
  kPaintEdits,
  kCount
};

/// What only the screen knows: focus, hover, open windows. Never saved, never undone.
struct UiState {
  // Hover is drawn one frame after it is found, so that every panel agrees on it.
  int hovered_token = -1;                           // of views.live()
  std::optional<std::pair<int, int>> hovered_cell;  // (query, key) of the run
  int next_hovered_token = -1;
  std::optional<std::pair<int, int>> next_hovered_cell;
  std::optional<std::pair<int, int>> compared_cell, next_compared_cell;  // (row, column) of the comparison

  int hovered_patch = -1, next_hovered_patch = -1;  // token of the picture's run
  int cursor_patch = -1;                            // moved by the arrow keys while the picture has the focus
  enum class Drawing { kNone, kRegionA, kRegionB };
  Drawing drawing = Drawing::kNone;   // what a drag over the picture encloses
  std::vector<ImVec2> lasso;          // its path so far, in patches from the grid's corner
  bool matrix_in_sight = false;       // the panel of all patches was drawn
  std::vector<std::string> captions;  // what the fields edit; follow doc.picture.captions

  // The film of a drawing: which step it shows, counted from the first drawn.
  bool film_playing = false;
  float film_time = 0;  // since the step came, seconds
  int film_at = 0;
  int film_frame() const { return film_playing ? film_at : -1; }
  bool film_plays() const { return film_playing; }
  void advance_film(float seconds, int steps);
  bool joint_in_sight = false;  // the panel of the joint map was drawn
  int paint_patch = -1;         // of the drawing, under the pointer or moved to by arrow keys
  int next_paint_patch = -1;
  int cursor_paint_patch = -1;
  std::string paint_negative, paint_before;  // what the fields edit; follow the document
  int timeline_from = -1;                    // where a drag over the steps began

  std::string prompt_buffer;  // what the text field edits; follows doc.prompt when the field is not in use
  bool prompt_active = false;
  bool focus_prompt = false;
  std::pair<std::size_t, std::size_t> prompt_selection;  // bytes; equal: the cursor
  std::string reselect;  // text of the prompt to select again once its weight has been written
  int strip_chunk = 0;   // the chunk that the strip last brought into view
  int gesture = 0;       // number of the newest gesture; see command.h

  bool panel_open[static_cast<int>(PanelId::kCount)] = {true, true, true, true, true, true, true, true, true,
                                                        true, true, true, true, true, true, true, true};
  bool reset_layout = false;
  bool show_keys = false;
  bool show_about = false;

  enum class Dialog { kNone, kOpenModel, kOpenSession, kSaveSession, kExportMap, kOpenImage };
  Dialog dialog = Dialog::kNone;
  std::string dialog_path;
  bool dialog_opened = false;

  long frames = 0;  // drawn since the start, for the status line
};

/// What a panel gets. References live for the frame.
struct Ui {
  const AppState& state;
  const TextViews& views;
  const CompareViews& compare;
  const PictureViews& picture;
  const PaintViews& paint;
  const MapTextures& textures;
  const Strings& tr;
  const Palette& colors;
  const Fonts& fonts;
  UiState& ui;
  std::vector<Command>& out;
  float scale;  // pixels of a unit of the drawings

  float px(float units) const { return units * scale; }
};

/// The whole screen. Emits commands into `ui.out`.
void draw_ui(Ui& ui);

// One function a part; each in the file of its name.
void draw_menu_bar(Ui& ui);
void draw_status_bar(Ui& ui);
void draw_prompt_panel(Ui& ui);
/// @return the height it would like, pixels
float draw_token_strip(Ui& ui);
void draw_matrix_panel(Ui& ui);
void draw_heads_panel(Ui& ui);
void draw_why_panel(Ui& ui);
void draw_effect_panel(Ui& ui);
void draw_compare_panel(Ui& ui);
void draw_picture_panel(Ui& ui);
void draw_patch_heads_panel(Ui& ui);
void draw_patch_matrix_panel(Ui& ui);
void draw_patch_numbers_panel(Ui& ui);
void draw_captions_panel(Ui& ui);
void draw_paint_panel(Ui& ui);
void draw_paint_words_panel(Ui& ui);
void draw_paint_heads_panel(Ui& ui);
void draw_paint_joint_panel(Ui& ui);
void draw_paint_numbers_panel(Ui& ui);
void draw_paint_edits_panel(Ui& ui);
void draw_keys_window(Ui& ui);
void draw_about_window(Ui& ui);
void draw_file_dialog(Ui& ui);
void handle_shortcuts(Ui& ui);

/// ImGui's name of a panel: title in the language in force, identity that never changes.
std::string panel_name(const Ui& ui, PanelId panel);
const char* panel_key(PanelId panel);

}  // namespace regard
