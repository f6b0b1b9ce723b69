// A scatter plot as data: two axes with their ticks, points with a mark, a colour and a name. The window
// (ui/scatter) and figures (export/scatter_figure) draw the same one. Draws nothing.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "app/views/colormap.h"

namespace regard {

enum class PlotMark { kCircle, kSquare, kDiamond };

struct PlotAxis {
  std::string words = {};  // beside it
  double low = 0, high = 1;
  struct Tick {
    double value;
    std::string text;
  };
  std::vector<Tick> ticks = {};
  /// 0 at low, 1 at high.
  double place(double value) const { return high > low ? (value - low) / (high - low) : 0.5; }
};

struct ScatterPoint {
  double x = 0, y = 0;     // finite
  std::string label = {};  // beside the point where there is room; empty: none
  int id = 0;              // of what it stands for, as the caller counts; no two alike
  Rgba color = {};
  PlotMark mark = PlotMark::kCircle;
  bool chosen = false;
  bool dim = false;
};

struct ScatterPlot {
  PlotAxis x = {}, y = {};
  std::vector<ScatterPoint> points = {};
  std::vector<std::pair<double, double>> line = {};  // through these values of x and y, from one to the next
};

/// Round numbers from `low` to `high`, some `about` of them; one where both are the same. Expects finite
/// ones.
std::vector<double> round_ticks(double low, double high, int about);
/// Decimals that tell a number from the next, `step` away. @param step  0: two
int tick_decimals(double step);

/// From zero, or from the smallest where one is below zero, to a little beyond the largest.
/// @param number  of a tick, `step` from the next; 0: it is alone
PlotAxis axis_between(std::string words, double low, double high,
                      const std::function<std::string(double value, double step)>& number);

/// The smallest and largest of one number of all points; 0 and 0 without any.
std::pair<double, double> range_of(const std::vector<ScatterPoint>& points, double ScatterPoint::* number);

/// Where a plot lies on a page or a screen, whose y grows downwards.
struct PlotRoom {
  double left = 0, top = 0, width = 0, height = 0;
  double x(const PlotAxis& axis, double value) const { return left + width * axis.place(value); }
  double y(const PlotAxis& axis, double value) const { return top + height * (1.0 - axis.place(value)); }
};

/// The upper left corner of a name, in units of the room.
struct PlacedLabel {
  int point = 0;  // index
  double x = 0, y = 0;
};

/// Names beside their points where neither a point nor another name is: first the point `first` (-1: none)
/// and those that are chosen, then from the highest down, 40 at most.
/// @param reach  half the side of a mark  @param size  of a name: width and height
/// Cost: O(labels * points).
std::vector<PlacedLabel> place_labels(const ScatterPlot& plot, const PlotRoom& room, double reach, int first,
                                      const std::function<std::pair<double, double>(int point)>& size);

}  // namespace regard
