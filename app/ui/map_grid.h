// A square map with its labels, colour bar and pointer: what the attention panel and the comparison share.
// Draws what it is given; knows no model.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/ui/ui.h"
#include "app/views/colormap.h"

namespace regard {

struct CellImage;

/// One a row, and the same a column.
struct MapLabels {
  std::vector<std::string> text;
  std::vector<ImU32> color;       // 0: the text colour; else a pin's
  std::vector<bool> row, column;  // marked: drawn bold, and when others make way
  int count() const { return static_cast<int>(text.size()); }
};

/// Where a map lies, in pixels.
struct MapGrid {
  ImVec2 low;      // upper left of cell (0, 0)
  float cell = 0;  // side of a cell
  int count = 0;
  float label_size = kBody;  // units
  ImVec2 cell_low(int query, int key) const {
    return {low.x + cell * static_cast<float>(key), low.y + cell * static_cast<float>(query)};
  }
  float side() const { return cell * static_cast<float>(count); }
};

/// What stands around a map.
struct MapRoom {
  bool rows = true;  // labels of the rows
  bool bar = true;   // the colour bar
};

/// Several maps of the same labels in a line, as large as `room` allows and all of one size.
/// @param around  of each map, from left to right
std::vector<MapGrid> fit_maps(Ui& ui, const MapLabels& labels, ImVec2 at, ImVec2 room,
                              const std::vector<MapRoom>& around);

/// The largest square in `room` at `at` that leaves space for labels, axis words and the colour bar.
MapGrid fit_map(Ui& ui, const MapLabels& labels, ImVec2 at, ImVec2 room);

/// Cells, and a cross where a value is no number.
void draw_map_cells(Ui& ui, ImDrawList* draw, const MapGrid& grid, ImTextureID texture,
                    const CellImage& cells);

/// One line where a map of `count` cells a side has only `side` pixels: what a pixel shows. Else nothing.
void draw_shrink_note(Ui& ui, int count, float side);

void draw_map_labels(Ui& ui, ImDrawList* draw, const MapGrid& grid, const MapLabels& labels,
                     bool with_rows = true);
/// "key →" below, "query →" turned at `left`.
void draw_map_axes(Ui& ui, ImDrawList* draw, const MapGrid& grid, float left);
void draw_map_bar(Ui& ui, ImDrawList* draw, const MapGrid& grid, const ColorScale& range, Colormap map);
/// The bar alone, upper left at `low`, as long as what it explains, numbers at its right. Pixels.
/// @param opacity  of a map over a picture: the bar is as clear as the map, over squares of grey
void draw_color_bar(Ui& ui, ImDrawList* draw, ImVec2 low, float height, const ColorScale& range, Colormap map,
                    std::optional<float> opacity = {});
/// The colours of a bar from the least to the most, upwards or to the right.
void fill_bar(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high, const ColorScale& range, Colormap map,
              std::optional<float> opacity);
/// Left edge of the colour bar, and its width. Pixels.
float map_bar_left(const Ui& ui, const MapGrid& grid);
float map_bar_width(const Ui& ui);

/// Makes the cells an item. @return the (row, column) under the pointer.
std::optional<std::pair<int, int>> point_at_map(const MapGrid& grid, const char* id);
void draw_map_crosshair(Ui& ui, ImDrawList* draw, const MapGrid& grid, int row, int column);

/// A number of a colour bar.
std::string tick_text(const Ui& ui, const ColorScale& range, float value);

}  // namespace regard
