// What all figures share: sizes, the title of a choice of layer and head, the colour bar.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/export/drawing.h"
#include "app/export/figure_look.h"
#include "app/export/font.h"
#include "app/i18n/strings.h"
#include "core/analysis/map_query.h"

namespace regard::figure {

inline constexpr double kMargin = 20;
inline constexpr double kTitleSize = 16, kTextSize = 12, kSmallSize = 11;
inline constexpr double kMinimalWidth = 420;
inline constexpr double kBarWidth = 14;
inline constexpr double kBarRoom = kBarWidth + 8 + 44;  // with its numbers

/// "Attention · layer 2 · head 3" in the strings' language.
std::string title_of(const MapQuery& query, const Strings& strings);

/// "attention" or "score": what a colour bar measures.
std::string quantity(const MapQuery& query, const Strings& strings);

/// A figure under way: what it is made of so far, and the fonts that its text is set in.
class FigureBase {
 protected:
  /// @param x, y  where `anchor` of the baseline lies, points
  void add_text(double x, double y, std::string text, double size, const Rgba& color,
                Anchor anchor = Anchor::kStart, bool bold = false, double degrees = 0);
  void add_rect(double x, double y, double width, double height, const Rgba& fill);

  Font regular_{false}, bold_{true};
  Drawing drawing_;
};

/// What a colour bar explains.
struct Bar {
  ColorScale range;                   // linear
  std::string label;                  // above it
  std::optional<float> opacity = {};  // of a map over a picture: the bar is as clear as the map
};

/// The colours from the least (below) to the most with the numbers of both and of the middle beside them. The
/// upper left corner lies at (x, y), in points. Expects max > min, but of ranks. Decimals have a point in
/// every language.
void add_bar(Drawing& drawing, double x, double y, double height, const Bar& bar, const FigureLook& look);

/// A paragraph each below `y`, broken to the drawing's width, the first in the colour of text; also into its
/// description. The drawing ends a margin below the last line.
void add_caption(Drawing& drawing, double y, std::vector<std::string> paragraphs, Font& font,
                 const ThemeColors& inks);

}  // namespace regard::figure
