// The colours that the window and exported figures share, one set a theme. What only the window needs is
// ui/theme.h's.
#pragma once

#include <array>

#include "app/state/state.h"
#include "app/views/colormap.h"

namespace regard {

/// Every one has a contrast of 4.5 or more to the panel (the empty cell apart), and so has the panel to it.
struct ThemeColors {
  Rgba panel;  // what maps and figures stand on; zero of a difference
  Rgba text, secondary;
  Rgba empty_cell;                  // masked cells of a matrix
  std::array<Rgba, kMaxPins> pins;  // Okabe and Ito's hues in a fixed order, each always with its letter
  std::array<Rgba, 2> regions;      // A and B, always with their letters; no pin has their hues
  Rgba word;                        // the chosen word of a painting
};

const ThemeColors& theme_colors(Theme theme);

/// The person's colours in a theme: on dark ground what is high is light, on light ground it is dark, be it
/// in a matrix, a thumbnail, over a picture or in the bar beside it.
Colormap colormap_in(Theme theme, MapColors colors);
/// Those of a scale: a centred one has the map of differences.
Colormap colormap_in(Theme theme, MapColors colors, const ColorScale& scale);

}  // namespace regard
