// How a figure looks, whatever map it shows.
#pragma once

#include "app/state/state.h"
#include "app/views/theme_colors.h"

namespace regard {

/// A figure has the colours of a theme, as the window has: on white what is high is dark, else light.
struct FigureLook {
  Theme theme = Theme::kLight;
  MapColors colors = MapColors::kViridis;
  bool marks = true;   // pins and regions over a picture; the patch that a map is about is always framed
  double scale = 2.0;  // pixels a point of a .png, above 0; two are sharp in print

  bool operator==(const FigureLook&) const = default;
  const ThemeColors& inks() const { return theme_colors(theme); }
  Colormap map(const ColorScale& range) const { return colormap_in(theme, colors, range); }
};

}  // namespace regard
