// Where a token of a vision model looks, or who looks at it, as what leaves the program: JSON, CSV, npy, a
// figure. Layers, heads, columns and rows count from 0 here and from 1 in everything that is written.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/export/maps.h"
#include "app/export/overlay.h"
#include "core/base/result.h"
#include "core/engine/vision_run.h"

namespace regard {

struct VisionMapSet {
  std::shared_ptr<const VisionRun> run;
  std::string image;  // what the picture is called
  /// Its subject is the token that the map is about: specials first, then patches.
  MapRange range;
  int layers = 1;  // how many are in `rows`
  int heads = 1;
  std::vector<RowVector> rows;      // [layers][heads] of [S]; of a lens of channels: one a channel
  std::vector<double> shares = {};  // of channels: what each explains of the variance
  bool changed = false;             // they are what the run's trials changed
  // What a figure shows beside it.
  float opacity = kOverlayOpacity;
  bool smooth = false;
  std::vector<int> pins = {}, region_a = {}, region_b = {};  // tokens
};

/// The rows of a map over all `count` positions: those that it leaves out are 0.
std::vector<RowVector> rows_over_positions(const Map& map, int count);

/// What the window shows over a picture. @param map  of one row, over all positions
VisionMapSet shown_vision_map(std::shared_ptr<const VisionRun> run, std::string image, const Map& map);

/// Expects a range with a subject, over all positions. Errors: as check_range(), and of evaluate(). Thread:
/// any. Cost: a row of a head for each; incoming rollout O(L*T^3).
/// @param target  [P] embedding of the query's caption; empty: it has none
Result<VisionMapSet> collect_vision_maps(std::shared_ptr<const VisionRun> run, const MapRange& range,
                                         std::string image, const RowVector& target = {});

/// "cls", "dist", "reg1", or a patch as "3,5", its column and row from 1.
std::string vision_token_name(const VisionRun& run, int token);

/// {model, image, width, height, seen, columns, rows, specials, query, layer, head, row, patches}: `row` one
/// number a token, `patches` [rows][columns] of the same; with all layers and/or heads nested one deeper for
/// each. `seen` is the part of the picture that the model saw, {x, y, width, height} in its pixels.
/// Of channels `row` and `patches` hold a list for each, and "variance" what each explains.
/// "incoming": true and "scores": true when asked for; "lens", "together", "minus", "mass", "discard" and
/// "caption" when the map was made of more than a layer and a head. What is no number is null, and
/// "non_finite" counts those of `row`.
std::string vision_json(const VisionMapSet& set);

/// The values of the rows that are no numbers.
NonFinite non_finite_in(const VisionMapSet& set);

/// A line a token: layer, head, token, column, row, attention (or score, or rank); specials have no column
/// and row. Of channels: token, column, row, pc1, pc2, pc3.
std::string vision_csv(const VisionMapSet& set);

/// [rows, columns]; of channels [rows, columns, channels]; with all layers or all heads [L or H, rows,
/// columns]; with both the whole maps [L, H, T, S], arranged as the query asks (arrange.h; hidden cells 0),
/// and without special tokens where those are left out. Errors: shape (whole maps beyond 4 GB).
Result<NpyArray> vision_array(const VisionMapSet& set);

/// Expects exactly one row.
Overlay vision_overlay(const VisionMapSet& set, const Strings& strings);

/// One row as what the formats ask for.
std::shared_ptr<const Exportable> exportable(VisionMapSet set);

/// @param format  as map_format() gives it. Expects exactly one row for a picture.
/// Errors: shape (as vision_array()), format (a picture too large). @param non_finite  as map_bytes()
Result<std::string> vision_map_bytes(const VisionMapSet& set, std::string_view format, const Strings& strings,
                                     NonFinite* non_finite = nullptr, const FigureLook& look = {});

}  // namespace regard
