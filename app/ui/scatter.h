// Draws a ScatterPlot in a panel: hover, click, arrow keys, names beside the points where there is room.
#pragma once

#include <functional>
#include <string>

#include "app/ui/ui.h"
#include "app/views/scatter_plot.h"

namespace regard {

struct ScatterHit {
  int point = -1;        // index of the point under the pointer, or that the arrow keys are at
  bool pressed = false;  // clicked, or Enter or Space on it
  ImVec2 low, high;      // of the rectangle that the points lie in, pixels
};

/// @param size    pixels, with numbers and words of the axes
/// @param cursor  id of the point that the arrow keys are at, kept by the caller; -1: none
/// @param words   what a point says when it is pointed at
/// @param legend  pixels that the caller wants at the upper right, above the points
ScatterHit draw_scatter(Ui& ui, const char* id, ImVec2 size, const ScatterPlot& plot, int& cursor,
                        const std::function<std::string(int point)>& words, float legend = 0);

/// A mark about a centre, `radius` pixels.
void draw_mark(ImDrawList* draw, PlotMark mark, ImVec2 center, float radius, ImU32 color);

/// What draw_scatter() needs above its points, units.
inline constexpr float kScatterHeader = 20;

}  // namespace regard
