// Small pieces that panels share: panel frame, text in a size, tiles, switches, numbers of the maps.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/ui/ui.h"
#include "app/views/colormap.h"

namespace regard {

/// Sets face and size (em) for its lifetime.
class WithFont {
 public:
  WithFont(ImFont* font, float size) { ImGui::PushFont(font, size * kLineOfEm); }
  ~WithFont() { ImGui::PopFont(); }
  WithFont(const WithFont&) = delete;
  WithFont& operator=(const WithFont&) = delete;
};

/// Begins the panel `ui.panel`: background, border, header with its title, ended in "…" before what
/// header_right() made room for. Always pair with end_panel.
/// @return false when nothing of it can be seen, or is to be seen: a lesson has it covered.
bool begin_panel(Ui& ui, const std::string& title);
void end_panel();

/// Places the cursor so that `width` pixels end at the panel's right edge, on the header line, left of what
/// stands there already.
void header_right(Ui& ui, float width_px);
/// Places the cursor at the left below the header, or where it would be when a tab bar stands for it.
void under_header(Ui& ui);
/// Whether a tab bar stands for the title of the panel that is being drawn: its header holds what is at the
/// right alone.
bool header_is_tab();

/// A small checkbox with its word, the height of secondary text; true when clicked.
bool toggle(Ui& ui, const char* label, bool on, const char* tip);
float toggle_width(Ui& ui, const char* label);
/// Its box alone, 20 units wide and high: what it switches stands beside it.
bool tick_box(Ui& ui, const char* id, bool on, const char* tip);

/// A word that opens a list: "label value ▾". Draws and opens; the caller fills the list when true (then
/// EndPopup).
bool begin_dropdown(Ui& ui, const char* id, const std::string& text);
float dropdown_width(Ui& ui, const std::string& text);

/// A small framed button, in the accent while `chosen`; true when clicked.
bool chip(Ui& ui, const char* label, bool chosen, const char* tip);

/// A panel so low, in units, puts what stands below its list into what scrolls.
inline constexpr float kLowPanel = 170;

float chip_width(Ui& ui, std::string_view label);
/// On how many lines chips stand that are placed with same_line_if_fits().
int chip_rows(Ui& ui, const std::vector<std::string>& labels);
/// Goes on beside the last item when `width` pixels fit there, else on the next line.
void same_line_if_fits(Ui& ui, float width_px);

void tooltip(Ui& ui, const char* text);

/// Begins a sheet in the middle of the window, over everything; what does not fit is scrolled to. Always pair
/// with ImGui::End(). @param width  units  @return false when nothing of it can be seen
bool begin_sheet(Ui& ui, const char* title, bool* open, float width);

/// Begins a window in a fixed place, behind the panels: no title, not docked, not kept. Always pair with
/// ImGui::End(). @param at, size  pixels
void begin_fixed(const char* name, ImVec2 at, ImVec2 size, ImGuiWindowFlags more = 0);

// Lists that stand in more than one menu.
void theme_items(Ui& ui);
void language_items(Ui& ui);
void color_items(Ui& ui);
/// Items of an open menu: what becomes of tokens in every map that has any.
void token_items(Ui& ui);

void text_sized(Ui& ui, float size, ImU32 color, std::string_view text, ImFont* font = nullptr);
/// In as many lines as the room there is takes.
void text_wrapped(Ui& ui, float size, ImU32 color, std::string_view text, ImFont* font = nullptr);
ImVec2 measure(Ui& ui, float size, std::string_view text, ImFont* font = nullptr);
/// `text`, ended in "…" when it is wider than `width_px` in the bold face.
std::string fitted(Ui& ui, std::string text, float size, float width_px);
void draw_text(Ui& ui, ImDrawList* draw, ImVec2 at, float size, ImU32 color, std::string_view text,
               ImFont* font = nullptr);
/// For tests: what the last item, a field, holds and may be seen in. Not of fields that scroll what is typed.
void note_field(const Ui& ui, std::string_view text);
/// Text turned by `angle` (radians, counter-clockwise) about its left baseline end `at`.
void draw_rotated(Ui& ui, ImDrawList* draw, ImVec2 at, float angle, float size, ImU32 color,
                  std::string_view text, ImFont* font = nullptr);

ImU32 with_alpha(ImU32 color, float alpha);

/// A number of a map as it stands everywhere: a share of attention in percent, anything else as it is.
/// @param decimals  of the fraction; two less of the percentage
std::string map_number(const Ui& ui, const ColorScale& range, float value, int decimals);

/// "rouge", or the word for BOS and EOS.
std::string token_label(const Ui& ui, const Token& token);
/// "layer 2 · head 2", "mean of the layers · largest over the heads", "rollout".
std::string choice_label(const Ui& ui, const MapChoice& choice);
/// Other heads of the workspace in sight, of prompts or pictures; what a cell of heads says stays.
void select_map(Ui& ui, const MapChoice& choice);

/// The token everything else is about: hovered, else the newest pin; -1 when there is none. Index into
/// `tokens`.
int subject_token(const Ui& ui, const std::vector<Token>& tokens);
/// The word that `token` reads most (`incoming`: that reads it most), itself, BOS and EOS apart; -1 without
/// one.
int strongest_partner(const TextViews& views, int token, bool incoming);
/// Whether the workspace in force has a map to export.
bool has_map(const Ui& ui);
/// Colour of a token's pin, or 0.
ImU32 pin_color(const Ui& ui, const std::vector<Token>& tokens, int token);

}  // namespace regard
