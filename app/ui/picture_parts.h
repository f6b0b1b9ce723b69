// What the panels of the image workspace share: where patches lie on the screen, what they are called.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/ui/actions.h"
#include "app/ui/ui.h"
#include "core/engine/vision_run.h"

namespace regard {

/// The picture and its patches on the screen, pixels.
struct PatchGrid {
  ImVec2 image_low, image_high;  // the whole picture
  ImVec2 low, cell;              // of the patches; the grid may reach beyond a padded picture
  int columns = 0, rows = 0, specials = 0;

  ImVec2 high() const {
    return {low.x + cell.x * static_cast<float>(columns), low.y + cell.y * static_cast<float>(rows)};
  }
  /// Corners of a patch. Expects a patch's token.
  std::pair<ImVec2, ImVec2> patch(int token) const;
  /// The patch under a point, the nearest when it lies outside.
  int token_at(ImVec2 point) const;
};

/// The picture as large as `room` allows, in the middle of it.
PatchGrid place_picture(const VisionRun& run, ImVec2 at, ImVec2 room);
/// The picture; what the model did not see of it is dimmed.
void draw_photo(Ui& ui, ImDrawList* draw, const PatchGrid& grid, ImTextureID photo);
/// A map over the grid, as clear as `opacity` says.
void draw_map_over(ImDrawList* draw, const PatchGrid& grid, ImTextureID map, float opacity, bool smooth);
void draw_patch_lines(Ui& ui, ImDrawList* draw, const PatchGrid& grid);

/// "CLS", "patch 3, 5" (column, row, from 1).
std::string patch_label(const Ui& ui, int token);
/// Colour of a token's pin, or 0.
ImU32 patch_pin_color(const Ui& ui, int token);
ImU32 region_color(const Ui& ui, bool second);
/// A name, a bar from 0 to `most`, a number. The bars of a high panel are high.
void draw_share_bar(Ui& ui, const std::string& name, float share, float most, ImU32 color);
/// From one of them to the next, units.
float share_pitch(const Ui& ui);

/// What a picture is called: a sample's name in the language in force, else the file's.
std::string picture_name(const Ui& ui, const std::string& image);
/// Items of an open menu: a file of one's own, then the samples. @return the sample that was chosen
/// @param open  opens the dialog for a file
std::optional<std::string> picture_items(Ui& ui, const std::string& chosen, Action open = act::open_image);
/// The samples alone.
std::optional<std::string> sample_items(Ui& ui, const std::string& chosen);
/// The letter of a pin or region at the upper left corner of its patch: in the panel's colour on a plate of
/// its own, which is read on any picture.
void mark_label(Ui& ui, ImDrawList* draw, ImVec2 at, const char* letter, ImU32 color, float type = kSmall);
/// A frame that is seen on any ground: the panel's colour outside, its own inside.
void frame_cell(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high, ImU32 color);
/// Arrow keys move from cell to cell while the last item, `id`, has the keyboard's focus.
/// @param cursor  a cell, row by row; the middle one when it is none
/// @return false without that focus
bool move_over_cells(int columns, int rows, int& cursor, ImGuiID id);

/// A line that says which principal component is which colour, and how much of the variance it explains.
/// @param shares  [3]
void draw_components(Ui& ui, ImDrawList* draw, ImVec2 at, float width, const std::vector<double>& shares);

/// One frame of drawing a region: the path grows while the button is down, and becomes patches when it is let
/// go.
void draw_region(Ui& ui, const PatchGrid& grid, bool active, bool ended);

}  // namespace regard
