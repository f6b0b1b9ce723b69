// A map over a picture as a figure for a page: the picture as the model saw it, a translucent cell a patch, a
// colour bar with numbers, and a caption that says what it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/export/drawing.h"
#include "app/export/formats.h"
#include "app/i18n/strings.h"
#include "core/engine/paint.h"
#include "core/engine/vision_run.h"

namespace regard {

struct Overlay {
  std::vector<std::uint8_t> rgb;                   // [height][width][3]
  int width = 0, height = 0;                       // pixels of the picture
  double patch = 0;                                // pixels a side of a cell
  int columns = 0, rows = 0;                       // of cells, from the picture's upper left corner on
  std::vector<float> values;                       // [rows][columns]
  double low = 0, high = 1;                        // of the colours, viridis
  std::optional<std::pair<int, int>> framed = {};  // column and row, from 0, of the patch it is about
  std::string title;                               // "Attention · layer 2 · head 3"
  std::string label;                               // over the colour bar
  std::vector<std::string> caption;                // a paragraph each
};

/// `low` and `high` for these values: from 0, or with `from_smallest` from the least of them, to the largest;
/// values that are no numbers are left out; never an empty range.
std::pair<double, double> overlay_range(const std::vector<float>& values, bool from_smallest);

/// The figure on white. Its picture is at least 768 pixels long on its longer side once to_png() draws two
/// pixels a point; pictures of up to 96 pixels keep their pixels as cells, larger ones are smoothed. Values
/// that are no numbers are hatched and counted in the caption, in the strings' language. Expects as many
/// values as cells and a picture with a pixel. Thread: any. Cost: O(pixels + cells).
Drawing overlay_figure(const Overlay& overlay, const Strings& strings);

/// A map over a picture on the way out: its figure, and float32 [rows, columns].
class OverlayMap final : public Exportable {
 public:
  explicit OverlayMap(Overlay overlay) : overlay_(std::move(overlay)) {}
  Result<NpyArray> array() const override;
  Result<Drawing> figure(const Strings& strings) const override { return overlay_figure(overlay_, strings); }

 private:
  Overlay overlay_;
};

/// What is common to maps over what a model saw or drew: the picture, its patches, the values and their range
/// (as overlay_range()). @param values  [rows][columns]
Overlay overlay_on(const VisionRun& run, std::vector<float> values, bool from_smallest = false);
/// @param picture  [3][height][width] as PaintRun holds them
Overlay overlay_on(const PaintRun& run, const std::vector<float>& picture, std::vector<float> values);

/// "colours from 0 to 0.0631" in the strings' language.
std::string colours_text(const Overlay& overlay, const Strings& strings);

}  // namespace regard
