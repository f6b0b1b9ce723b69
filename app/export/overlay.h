// A map over a picture as a figure for a page: the picture as the model saw it, over it a cell a patch as
// clear as the window draws it, a colour bar with numbers, and a caption that says what it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/export/drawing.h"
#include "app/export/figure_look.h"
#include "app/export/formats.h"
#include "app/i18n/strings.h"
#include "core/engine/paint.h"
#include "core/engine/vision_run.h"

namespace regard {

/// A pin or a region, drawn over the map with its letter.
struct Mark {
  enum class Kind { kPin, kRegion, kMatch };  // kMatch: by rank, the best in a colour of its own
  Kind kind = Kind::kPin;
  int number = 0;                          // from 0: its colour in ThemeColors
  std::string label;                       // "1", "A"
  std::vector<std::pair<int, int>> cells;  // column and row, from 0; outside the grid: not drawn
};

struct Overlay {
  std::vector<std::uint8_t> rgb;    // [height][width][3]
  int width = 0, height = 0;        // pixels of the picture
  double patch = 0;                 // pixels a side of a cell
  int columns = 0, rows = 0;        // of cells, from the picture's upper left corner on
  std::vector<float> values;        // [rows][columns]
  std::vector<Rgba> colours = {};   // [rows][columns] instead of the values', and no bar
  ColorScale range;                 // of the colours; linear; of ranks max < min, else max > min
  float opacity = kOverlayOpacity;  // where the map is strongest
  bool smooth = false;              // interpolated as smoothed(), not cells
  bool bar = true;                  // the colours are explained beside it
  std::optional<std::pair<int, int>> framed = {};  // column and row, from 0, of the patch it is about
  std::vector<Mark> marks = {};                    // drawn when the look asks for marks
  std::string title;                               // "Attention · layer 2 · head 3"
  std::string label;                               // over the colour bar
  std::vector<std::string> caption;                // a paragraph each
};

/// What the smallest value of a map stands for.
enum class MapZero {
  kNothing,   // 0 says nothing: from 0 to the largest, or centred on 0 when a value is below it
  kCentre,    // a difference: centred on 0 whatever the values are
  kSmallest,  // scores: from the least to the largest
};

/// The range of the colours of these values; those that are no numbers are left out; never an empty range.
ColorScale overlay_range(const std::vector<float>& values, MapZero zero);

/// The same of places in a row: the first has the colour of the most.
ColorScale rank_range(const std::vector<float>& values);

/// The figure on the look's ground. Its picture is at least 768 pixels long on its longer side once to_png()
/// draws two pixels a point, each of its pixels a square of whole pixels then. Where the map says nothing the
/// picture has its own colours. Values that are no numbers are hatched and counted in the caption, in the
/// strings' language. Expects as many values as cells and a picture with a pixel. Thread: any.
/// Cost: O(pixels + cells).
Drawing overlay_figure(const Overlay& overlay, const Strings& strings, const FigureLook& look = {});

/// It in words: title, caption, the patch with most, and a table of the patches.
TextPage overlay_page(const Overlay& overlay, const Strings& strings);

/// A map over a picture on the way out: its figure, and float32 [rows, columns].
class OverlayMap final : public Exportable {
 public:
  explicit OverlayMap(Overlay overlay) : overlay_(std::move(overlay)) {}
  Result<NpyArray> array() const override;
  Result<Drawing> figure(const Strings& strings, const FigureLook& look) const override {
    return overlay_figure(overlay_, strings, look);
  }
  Result<TextPage> page(const Strings& strings) const override { return overlay_page(overlay_, strings); }

 private:
  Overlay overlay_;
};

/// What is common to maps over what a model saw or drew: the picture, its patches, the values and their range
/// (as overlay_range()). @param values  [rows][columns]
Overlay overlay_on(const VisionRun& run, std::vector<float> values, MapZero zero = MapZero::kNothing);
/// @param picture  [3][height][width] as PaintRun holds them
Overlay overlay_on(const PaintRun& run, const std::vector<float>& picture, std::vector<float> values);

/// "colours from 0 to 0.0631" in the strings' language.
std::string colours_text(const Overlay& overlay, const Strings& strings);

}  // namespace regard
