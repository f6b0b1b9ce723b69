// The map over a drawing that the window shows, as a file.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/export/figure_look.h"
#include "app/export/formats.h"
#include "app/i18n/strings.h"
#include "core/analysis/map_query.h"
#include "core/engine/paint.h"
#include "core/tensor/non_finite.h"

namespace regard {

struct PaintMap {
  std::shared_ptr<const PaintRun> run;
  std::vector<float> values;           // [rows][columns] of the run
  std::pair<int, int> span;            // steps, counted from the first drawn, both inclusive
  HeadSet maps;                        // (block, head), from 0
  Fusion fusion = Fusion::kMean;       // how they became one
  std::string lens, half;              // "attention", "share", "rollout", "output"; "prompt" or "negative"
  std::optional<double> hold = {};     // the values are of the smallest set that holds so much, else 0
  bool rank = false;                   // the values are places from 1, the largest; 0: outside of the set
  std::string title, about;            // as the window says: the direction; maps and steps
  std::pair<int, int> framed{-1, -1};  // column, row of the patch it is about; -1: a word's
  float opacity = kOverlayOpacity;     // of the map over the drawing
  bool smooth = false;                 // its figure is interpolated
};

/// @param format  as map_format() gives it: a table of column, row and value, float32 [rows, columns], all of
/// it as JSON, or the figure. Errors: format (too large).
Result<std::string> paint_map_bytes(const PaintMap& map, std::string_view format, const Strings& strings,
                                    NonFinite* non_finite = nullptr, const FigureLook& look = {});

/// The same as what the formats ask for.
std::shared_ptr<const Exportable> exportable(PaintMap map);

}  // namespace regard
