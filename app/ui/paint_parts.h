// What the panels of the painting workspace share: pictures with maps over them, names, and how they ask for
// changes.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "app/ui/ui.h"
#include "app/views/colormap.h"

namespace regard {

struct CellImage;
struct PaintWord;
struct PixelSheet;

/// Sends the document of the drawing with one change. `group` as in command.h.
template <class Change>
void set_paint(Ui& ui, Change change, int group = 0) {
  PaintDocument paint = ui.state.doc.paint;
  change(paint);
  ui.out.emplace_back(SetPaint{std::move(paint), group});
}
template <class Change>
void set_paint_view(Ui& ui, Change change) {
  PaintView view = ui.state.view.paint;
  change(view);
  ui.out.emplace_back(SetPaintView{view});
}

PromptWord place_of_token(const Token& token);
/// Shows the map of a word instead of the patch's.
void show_word(Ui& ui, const PromptWord& place);
/// Whether the word of this token is the one whose map is shown.
bool shows_word(const Ui& ui, const Token& token);

/// "chat", "début": a word of the drawing's text.
std::string paint_word_label(const Ui& ui, const PaintWord& word);
/// A word of the prompt by its place; "?" when it is gone.
std::string place_label(const Ui& ui, const PromptWord& place);
/// "patch 8, 9" (column, row, from 1).
std::string paint_patch_label(const Ui& ui, int patch);
/// "block 2 · head 3".
std::string block_head_label(const Ui& ui, int block, int head);
/// The maps in force, in words: "mean of blocks 2 to 6", "block 2 · head 3", "free heads", "5 maps".
std::string maps_label(const Ui& ui);
/// The same over the picture, whose lens may not be made of heads.
std::string shown_maps_label(const Ui& ui);
/// The steps in force: "all steps", "step 3", "steps 3 to 9".
std::string span_label(const Ui& ui);

/// A tile of a sheet of pictures, its pixels square.
void draw_sheet_tile(Ui& ui, ImDrawList* draw, ImTextureID texture, const PixelSheet& sheet, int tile,
                     ImVec2 low, ImVec2 high);
/// A tile of an atlas of maps over it. @param left, top  of the tile, cells
void draw_map_tile(Ui& ui, ImDrawList* draw, ImTextureID texture, const CellImage& atlas, int left, int top,
                   ImVec2 low, ImVec2 high, float alpha);
/// A colour bar that lies, as wide as what it explains: the numbers of its ends and its middle below, and
/// below those what it measures, unless that is empty. @param opacity  as draw_color_bar()
/// @return its height, pixels: flat_bar_height()
float draw_flat_bar(Ui& ui, ImDrawList* draw, ImVec2 low, float width, const ColorScale& range, Colormap map,
                    const std::string& label, std::optional<float> opacity = {});
float flat_bar_height(const Ui& ui, bool labelled);

/// "image → « chat »": the direction, query first.
std::string direction_label(const Ui& ui);

/// That there is nothing to show yet.
void draw_paint_empty(Ui& ui);
/// Why what was asked for could not be drawn, and what to do; nothing when it could.
void draw_paint_problem(Ui& ui);

/// Seed, steps, guidance, negative prompt: in the header of the prompt, or in a line below it when they do
/// not all fit there.
void draw_paint_settings(Ui& ui);
/// Steps as pictures, the film, progress. @param thumbs  with the pictures; else a slider stands for them
/// @return its height, pixels
float timeline_height(const Ui& ui, bool thumbs);
void draw_timeline(Ui& ui, ImVec2 at, float width, bool thumbs);

/// Whether there is another drawing to set beside the picture: something is tried.
bool compares_drawings(const Ui& ui);
/// What stands where the picture is: PaintView::show while there is something to compare.
PaintShow shown_drawing(const Ui& ui);
/// The choice of it.
void draw_show_chips(Ui& ui);
/// The picture, or what is shown instead of it; side by side the newer one.
void draw_compared(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high);
/// Side by side: the older one.
void draw_beside(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high);
/// The line between both, over the picture's own item.
void handle_wipe(Ui& ui, ImVec2 low, ImVec2 high);

}  // namespace regard
