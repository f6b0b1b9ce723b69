#include "core/analysis/islands.h"

#include <algorithm>

#include "core/base/check.h"

namespace regard {

std::vector<int> islands(const RowVector& map, int rows, int columns, float threshold, int least) {
  REGARD_CHECK(map.size() == Eigen::Index{rows} * columns);
  std::vector<int> label(static_cast<std::size_t>(rows * columns), 0);
  int count = 0;
  for (int start = 0; start < rows * columns; ++start) {
    if (label[static_cast<std::size_t>(start)] != 0 || !(map(start) > threshold)) continue;
    std::vector<int> island{start};
    label[static_cast<std::size_t>(start)] = count + 1;
    for (std::size_t i = 0; i < island.size(); ++i) {
      const int row = island[i] / columns, column = island[i] % columns;
      for (int y = std::max(0, row - 1); y <= std::min(rows - 1, row + 1); ++y) {
        for (int x = std::max(0, column - 1); x <= std::min(columns - 1, column + 1); ++x) {
          const int next = y * columns + x;
          if (label[static_cast<std::size_t>(next)] != 0 || !(map(next) > threshold)) continue;
          label[static_cast<std::size_t>(next)] = count + 1;
          island.push_back(next);
        }
      }
    }
    if (std::ssize(island) >= least) {
      ++count;
    } else {
      for (const int patch : island) label[static_cast<std::size_t>(patch)] = -1;  // seen, and too small
    }
  }
  for (int& each : label) each = std::max(each, 0);
  return label;
}

}  // namespace regard
