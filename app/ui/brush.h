// A drag over cells of a grid: which it has touched, however far the pointer has jumped between two frames.
#pragma once

#include <utility>
#include <vector>

#include <imgui.h>

namespace regard {

/// Square cells, one every `pitch`. Pixels.
struct CellGrid {
  ImVec2 low;  // upper left of the first
  float side = 0;
  ImVec2 pitch;
  int columns = 0, rows = 0;
};

/// The cells (column, row) that the way from one point to another crosses, in its order, each once; what lies
/// between cells is none. Cost: O(cells on the way).
std::vector<std::pair<int, int>> cells_between(const CellGrid& grid, ImVec2 from, ImVec2 to);

/// What the drag that began on the last item has touched in this frame; empty without one. The last item is
/// one of the cells.
std::vector<std::pair<int, int>> brushed_cells(const CellGrid& grid);

}  // namespace regard
