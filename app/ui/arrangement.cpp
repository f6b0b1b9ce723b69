#include "app/ui/arrangement.h"

#include <algorithm>
#include <cmath>

namespace regard {
namespace {

constexpr float kMostTop = 0.55f, kLeastBox = 60.0f, kLeastBelow = 160.0f;

// The first part of `whole` when it is cut in two with a gap between: what was dragged, else `wanted`.
float first_part(float whole, float wanted, float dragged) {
  const float both = std::max(0.0f, whole - kBoxGap);
  const float size = dragged > 0 ? dragged * both : wanted;
  return std::clamp(size, std::min(kLeastBox, both / 2), std::max(both - kLeastBox, both / 2));
}

float dragged(const ArrangeAsk& ask, Split split) { return ask.dragged[static_cast<std::size_t>(split)]; }

Box& at(Boxes& boxes, Place place) { return boxes[static_cast<std::size_t>(place)]; }

// Cuts the lower part off `upper`.
Box cut_below(Box& upper, float share, float by_hand) {
  const float below = first_part(upper.height, share * (upper.height - kBoxGap), by_hand);
  const Box lower{upper.x, upper.bottom() - below, upper.width, below};
  upper.height -= below + kBoxGap;
  return lower;
}

Box cut_top(Box& rest, const Shares& shares, const ArrangeAsk& ask, float most = kMostTop) {
  const float wanted = std::min(ask.top_needs > 0 ? ask.top_needs : shares.top, most * rest.height);
  const float height = first_part(rest.height, wanted, dragged(ask, Split::kTop));
  const Box top{rest.x, rest.y, rest.width, height};
  rest.y += height + kBoxGap;
  rest.height -= height + kBoxGap;
  return top;
}

float main_width(const Shares& shares, const ArrangeAsk& ask, const Box& room) {
  const float useful = (room.height - shares.under) * ask.aspect + shares.beside;
  return first_part(room.width, std::clamp(useful, shares.least * room.width, shares.most * room.width),
                    dragged(ask, Split::kMain));
}

// The columns right of kMain, in `rest`.
void place_columns(const Shares& shares, const ArrangeAsk& ask, Box rest, Boxes& boxes) {
  if (has_place(shares, Place::kMiddle) && has_place(shares, Place::kRight)) {
    const float right =
        first_part(rest.width, shares.right * (rest.width - kBoxGap), dragged(ask, Split::kRight));
    at(boxes, Place::kRight) = {rest.right() - right, rest.y, right, rest.height};
    rest.width -= right + kBoxGap;
    at(boxes, Place::kMiddle) = rest;
  } else {
    at(boxes, has_place(shares, Place::kRight) ? Place::kRight : Place::kMiddle) = rest;
  }
  if (has_place(shares, Place::kRightBelow))
    at(boxes, Place::kRightBelow) =
        cut_below(at(boxes, Place::kRight), shares.right_below, dragged(ask, Split::kRightBelow));
  if (has_place(shares, Place::kMiddleBelow))
    at(boxes, Place::kMiddleBelow) =
        cut_below(at(boxes, Place::kMiddle), shares.middle_below, dragged(ask, Split::kMiddleBelow));
}

Boxes arrange_wide(const Shares& shares, const ArrangeAsk& ask) {
  Boxes boxes;
  Box rest{0, 0, ask.width, ask.height};
  if (has_place(shares, Place::kTop) && !shares.stage) at(boxes, Place::kTop) = cut_top(rest, shares, ask);
  if (shares.least >= 1.0f) {
    at(boxes, Place::kMain) = rest;
    return boxes;
  }
  const float width = main_width(shares, ask, rest);
  at(boxes, Place::kMain) = {rest.x, rest.y, width, rest.height};
  rest.x += width + kBoxGap;
  rest.width -= width + kBoxGap;
  if (has_place(shares, Place::kTop) && shares.stage) at(boxes, Place::kTop) = cut_top(rest, shares, ask);
  place_columns(shares, ask, rest, boxes);
  return boxes;
}

// kMain and beside it the rest, one above the other.
Boxes arrange_small(const Shares& shares, const ArrangeAsk& ask) {
  Boxes boxes;
  const float width = std::floor(shares.small_main * (ask.width - kBoxGap));
  at(boxes, Place::kMain) = {0, 0, width, ask.height};
  Box rest{width + kBoxGap, 0, ask.width - width - kBoxGap, ask.height};
  const bool others = has_place(shares, Place::kRight) || has_place(shares, Place::kMiddle);
  if (has_place(shares, Place::kTop)) {
    ArrangeAsk by_needs = ask;
    by_needs.dragged = {};
    // All of the prompt comes before the panels below, where it fits and those can still be used.
    const float room = rest.height - kBoxGap - kLeastBelow;
    const float most = ask.top_needs <= room ? std::max(kMostTop, room / rest.height) : kMostTop;
    at(boxes, Place::kTop) = others ? cut_top(rest, shares, by_needs, most) : rest;
  }
  if (!others) return boxes;
  for (const Place place : {Place::kRight, Place::kRightBelow, Place::kMiddle, Place::kMiddleBelow})
    at(boxes, place) = rest;
  return boxes;
}

}  // namespace

Room room_of(float width, float height) {
  if (width < 560 || height < 300) return Room::kOne;
  return width < 1150 || height < 540 ? Room::kTabs : Room::kWide;
}

Boxes arrange(const Shares& shares, Room room, const ArrangeAsk& ask) {
  switch (room) {
    case Room::kWide:
      return arrange_wide(shares, ask);
    case Room::kTabs:
      return arrange_small(shares, ask);
    case Room::kOne:
      break;
  }
  Boxes boxes;
  boxes.fill({0, 0, ask.width, ask.height});
  return boxes;
}

Place shown_at(Place place, Room room) {
  if (room == Room::kWide || place == Place::kMain) return place;
  if (room == Room::kOne) return Place::kMain;
  return place == Place::kTop ? place : Place::kRight;
}

}  // namespace regard
