// Where each place of a workspace lies in the window: arithmetic from the table (workspaces.h), the size, and
// what the person dragged. Units of the drawings; knows no ImGui.
#pragma once

#include <array>
#include <cstddef>
#include <iterator>

#include "app/state/state.h"

namespace regard {

inline constexpr std::size_t kWorkspaceCount = std::size(kAllWorkspaces);

/// Where a panel stands in the default layout; how much each place gets says the workspace (workspaces.h).
/// From left to right kMain, the middle column, the right one. Panels at one place are tabs.
enum class Place { kTop, kRight, kRightBelow, kMiddle, kMiddleBelow, kMain };
inline constexpr int kPlaces = 6;

/// The lines between places that can be dragged.
enum class Split {
  kTop,          // under kTop
  kMain,         // right of kMain
  kRight,        // between the middle and the right column
  kRightBelow,   // in the right column
  kMiddleBelow,  // in the middle one
};
inline constexpr int kSplits = 5;
/// By Split: the share of the place it is named after in what both sides have. 0: nobody dragged it.
using Proportions = std::array<float, kSplits>;

/// How a workspace shares out the window. A place without anything is not there.
struct Shares {
  bool stage = false;  // kMain has the whole height and kTop stands beside it; else kTop is over all
  float top = 0;       // height until its panel has said what it needs
  /// kMain is as wide as what it shows can use at its height: (height - under) * aspect + beside, within
  /// [least, most] of the width.
  float under = 0, beside = 0, least = 1, most = 1;
  float right = 0;                          // of what kMain leaves; 0: no right column, 1: no middle one
  float right_below = 0, middle_below = 0;  // of their column's height
  float small_main = 0.55f;                 // in a small window: kMain's share of the width
};

constexpr bool has_place(const Shares& shares, Place place) {
  const bool columns = shares.least < 1.0f;
  switch (place) {
    case Place::kTop:
      return shares.top > 0;
    case Place::kRight:
      return columns && shares.right > 0;
    case Place::kRightBelow:
      return columns && shares.right > 0 && shares.right_below > 0;
    case Place::kMiddle:
      return columns && shares.right < 1;
    case Place::kMiddleBelow:
      return columns && shares.right < 1 && shares.middle_below > 0;
    case Place::kMain:
      return true;
  }
  return false;
}

struct Box {
  float x = 0, y = 0, width = 0, height = 0;
  float right() const { return x + width; }
  float bottom() const { return y + height; }
};

/// How much can stand side by side.
enum class Room {
  kWide,  // every place has its own box
  kTabs,  // kMain at the left, kTop at the right, the others behind tabs below it
  kOne,   // one panel at a time
};
/// @param width, height  of the room for panels
Room room_of(float width, float height);

struct ArrangeAsk {
  float width = 0, height = 0;
  float top_needs = 0;  // what the panel at kTop would like; 0: not known yet
  float aspect = 1;     // width over height of what kMain shows
  Proportions dragged{};
};

/// By Place. Places that are not there have no size. In a small window those that share a box have the same
/// one: kTabs kRight's, kOne kMain's.
using Boxes = std::array<Box, kPlaces>;
Boxes arrange(const Shares& shares, Room room, const ArrangeAsk& ask);
/// Where the panels of a place are shown in a room.
Place shown_at(Place place, Room room);

/// Between two boxes.
inline constexpr float kBoxGap = 12.0f;

}  // namespace regard
