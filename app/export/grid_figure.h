// Square maps side by side as a figure for a page: cells, labels, a colour bar each. What it is of, it is
// told.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/export/formats.h"
#include "app/views/colormap.h"

namespace regard {

/// Each position by each other.
struct GridMap {
  std::string title = {}, note = {};  // over it: "A", "A1111"
  std::vector<float> values = {};     // [count][count]; masked and not finite as in colormap.h
  ColorScale range = {};
  bool bar = true;  // beside it
};

struct GridMaps {
  std::string title = {};                 // "Attention · layer 2 · head 3"
  std::vector<std::string> caption = {};  // a paragraph each
  std::vector<std::string> names = {};    // of the positions
  std::vector<bool> marked = {};          // held on to: in bold; empty: none
  std::vector<GridMap> maps = {};         // from left to right, of one size
  std::optional<int> border = {};         // a line before this position: where one segment ends
  std::string query = {}, key = {};       // what rows and columns are
  int count() const { return static_cast<int>(names.size()); }
};

/// The figure on the look's ground. Up to 64 positions have their names beside them and a cell each, more are
/// one picture. Expects a map, and values for every position. Thread: any. Cost: O(maps * count^2).
Drawing grid_figure(const GridMaps& maps, const Strings& strings, const FigureLook& look = {});

/// One map: a table with the names, float32 [count][count], {names, values}. Several: lines of query, key and
/// a number each; [maps][count][count].
class GridExport final : public Exportable {
 public:
  explicit GridExport(GridMaps maps) : maps_(std::move(maps)) {}
  Result<std::string> json() const override;
  Result<std::string> csv() const override;
  Result<NpyArray> array() const override;
  Result<Drawing> figure(const Strings& strings, const FigureLook& look) const override {
    return grid_figure(maps_, strings, look);
  }
  /// A table each.
  Result<TextPage> page(const Strings& strings) const override;
  NonFinite non_finite() const override;

 private:
  GridMaps maps_;
};

}  // namespace regard
