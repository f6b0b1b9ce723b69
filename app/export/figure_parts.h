// What all figures share: inks, sizes, the title of a choice of layer and head, the colour bar.
#pragma once

#include <string>

#include "app/export/drawing.h"
#include "app/i18n/strings.h"
#include "core/analysis/map_query.h"

namespace regard::figure {

inline constexpr Rgba kInk{0x16, 0x19, 0x1D, 255};
inline constexpr Rgba kSecondary{0x51, 0x5B, 0x68, 255};
inline constexpr double kMargin = 20;
inline constexpr double kTitleSize = 16, kTextSize = 12, kSmallSize = 11;
inline constexpr double kMinimalWidth = 420;
inline constexpr double kBarWidth = 14;
inline constexpr double kBarRoom = kBarWidth + 8 + 44;  // with its numbers

struct Range {
  double low = 0, high = 1;
};

/// "Attention · layer 2 · head 3" in the strings' language.
std::string title_of(const MapQuery& query, const Strings& strings);

/// "attention" or "score": what a colour bar measures.
std::string quantity(bool scores, const Strings& strings);

/// Viridis from `range.low` (below) to `range.high` with round numbers beside it and `label` above it. Its
/// upper left corner lies at (x, y), in points. Expects high > low. Decimals have a point in every language.
void add_bar(Drawing& drawing, double x, double y, double height, const Range& range, std::string label);

}  // namespace regard::figure
