// A scatter plot: points with a mark and a name on two axes with numbers. For anything with two numbers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/ui/ui.h"

namespace regard {

enum class Mark { kCircle, kSquare, kDiamond };

struct ScatterPoint {
  double x = 0, y = 0;
  ImU32 color = 0;
  Mark mark = Mark::kCircle;
  std::string label;  // beside the point where there is room; empty: none
  bool chosen = false;
};

struct ScatterAxis {
  std::string title;
  /// Of a tick. @param decimals  that tell one tick from the next
  std::function<std::string(double value, int decimals)> number;
};

struct ScatterHit {
  int hovered = -1;  // index of the point under the pointer
  bool clicked = false;
};

/// Both axes begin at 0 or below the smallest value, and end at a tick. @param size  pixels
ScatterHit draw_scatter(Ui& ui, const char* id, ImVec2 size, const std::vector<ScatterPoint>& points,
                        const ScatterAxis& x, const ScatterAxis& y);

/// A mark about a centre, `radius` pixels.
void draw_mark(ImDrawList* draw, Mark mark, ImVec2 center, float radius, ImU32 color);

}  // namespace regard
