#include "app/ui/brush.h"

#include <algorithm>
#include <cmath>

namespace regard {

std::vector<std::pair<int, int>> cells_between(const CellGrid& grid, ImVec2 from, ImVec2 to) {
  constexpr int kMostSteps = 4096;  // a pointer far outside is not followed cell by cell
  std::vector<std::pair<int, int>> cells;
  if (grid.pitch.x <= 0 || grid.pitch.y <= 0) return cells;
  // A quarter of a pitch: no cell that is crossed at more than a corner is missed.
  const float length = std::hypot(to.x - from.x, to.y - from.y);
  const int steps = std::clamp(
      static_cast<int>(std::ceil(length / (std::min(grid.pitch.x, grid.pitch.y) / 4))), 1, kMostSteps);
  for (int i = 0; i <= steps; ++i) {
    const float t = static_cast<float>(i) / static_cast<float>(steps);
    const float x = from.x + (to.x - from.x) * t - grid.low.x, y = from.y + (to.y - from.y) * t - grid.low.y;
    const int column = static_cast<int>(std::floor(x / grid.pitch.x)),
              row = static_cast<int>(std::floor(y / grid.pitch.y));
    if (column < 0 || row < 0 || column >= grid.columns || row >= grid.rows) continue;
    if (x - grid.pitch.x * static_cast<float>(column) > grid.side ||
        y - grid.pitch.y * static_cast<float>(row) > grid.side)
      continue;
    const std::pair cell(column, row);
    if (std::ranges::find(cells, cell) == cells.end()) cells.push_back(cell);
  }
  return cells;
}

std::vector<std::pair<int, int>> brushed_cells(const CellGrid& grid) {
  const ImGuiIO& io = ImGui::GetIO();
  // The last stretch may come in one frame with the button's release.
  if (!ImGui::IsItemActive() && !ImGui::IsItemDeactivated()) return {};
  const ImVec2 began = io.MouseClickedPos[0];
  const float far = std::max(std::hypot(io.MousePos.x - began.x, io.MousePos.y - began.y),
                             std::sqrt(io.MouseDragMaxDistanceSqr[0]));
  if (!ImGui::IsMousePosValid() || far < io.MouseDragThreshold) return {};
  return cells_between(grid, ImGui::IsMousePosValid(&io.MousePosPrev) ? io.MousePosPrev : io.MousePos,
                       io.MousePos);
}

}  // namespace regard
