// Where a window is put: as large as it was, in units that do not depend on the screen, on a screen that
// exists.
#pragma once

#include <optional>
#include <vector>

#include "app/window/gl_context.h"

namespace regard {

struct PointPx {
  int x = 0, y = 0;
  friend bool operator==(const PointPx&, const PointPx&) = default;
};

/// The smallest window in which each workspace shows its main thing. Of a screen of scale 1.
inline constexpr SizePx kLeastWindow{640, 480};

/// Of the system's coordinates, without panels and docks. `scale`: screen coordinates of a unit, 1 on an
/// ordinary screen, and where the system scales by itself.
struct Screen {
  PointPx at;
  SizePx size;
  double scale = 1.0;
};

/// What the system draws around a window.
struct Frame {
  int left = 0, top = 0, right = 0, bottom = 0;
};

struct Placement {
  SizePx size;                // of the inside, the system's coordinates
  std::optional<PointPx> at;  // of its upper left corner; nothing: where the system puts it
  friend bool operator==(const Placement&, const Placement&) = default;
};

/// @param units    size of the inside as it was kept: of a screen of scale 1
/// @param at       where it was; nothing: not known
/// @param screens  those there are, the main one first; none: nothing is known, and nothing is clamped
/// The screen is the one that shows most of the window where it was, else the main one. There it is at most
/// as large as the screen with its frame, and whole on it.
Placement place_window(SizePx units, std::optional<PointPx> at, const std::vector<Screen>& screens,
                       const Frame& frame);

/// How much of a window there is on the screen, its coordinates squared.
double shared_area(const Screen& screen, PointPx at, SizePx size);

/// The size to keep of a window of that size on a screen of that scale.
SizePx units_of(SizePx size, double scale);

}  // namespace regard
