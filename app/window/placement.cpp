#include "app/window/placement.h"

#include <algorithm>
#include <cmath>

namespace regard {
namespace {

SizePx scaled(SizePx size, double by) {
  return {static_cast<int>(std::lround(size.width * by)), static_cast<int>(std::lround(size.height * by))};
}

// The corner in [low, high], or at `low` when the window is larger than that.
int clamped(int value, int low, int high) { return std::max(low, std::min(value, high)); }

}  // namespace

double shared_area(const Screen& screen, PointPx at, SizePx size) {
  const auto overlap = [](int a, int a_size, int b, int b_size) {
    return std::max(0.0, std::min(1.0 * a + a_size, 1.0 * b + b_size) - std::max(a, b));
  };
  return overlap(screen.at.x, screen.size.width, at.x, size.width) *
         overlap(screen.at.y, screen.size.height, at.y, size.height);
}

Placement place_window(SizePx units, std::optional<PointPx> at, const std::vector<Screen>& screens,
                       const Frame& frame) {
  if (screens.empty()) return {units, std::nullopt};
  const Screen* screen = &screens.front();
  bool is_there = false;
  double most = 0.0;
  for (const Screen& each : screens) {
    const double area = at ? shared_area(each, *at, scaled(units, each.scale)) : 0.0;
    if (area <= most) continue;
    most = area;
    screen = &each;
    is_there = true;
  }
  const SizePx room{std::max(1, screen->size.width - frame.left - frame.right),
                    std::max(1, screen->size.height - frame.top - frame.bottom)};
  const SizePx wanted = scaled(units, screen->scale);
  const SizePx size{std::clamp(wanted.width, 1, room.width), std::clamp(wanted.height, 1, room.height)};
  const PointPx first{screen->at.x + frame.left, screen->at.y + frame.top};
  const PointPx spare{room.width - size.width, room.height - size.height};
  if (!is_there) return {size, PointPx{first.x + spare.x / 2, first.y + spare.y / 2}};
  return {size,
          PointPx{clamped(at->x, first.x, first.x + spare.x), clamped(at->y, first.y, first.y + spare.y)}};
}

SizePx units_of(SizePx size, double scale) { return scale > 0.0 ? scaled(size, 1.0 / scale) : size; }

}  // namespace regard
