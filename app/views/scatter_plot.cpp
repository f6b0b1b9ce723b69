#include "app/views/scatter_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace regard {
namespace {

constexpr int kAxisTicks = 5;
constexpr std::size_t kMostLabels = 40;
constexpr double kLabelGap = 3;  // between a mark and its name

struct Box {
  double left, top, right, bottom;
  bool meets(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

}  // namespace

std::vector<double> round_ticks(double low, double high, int about) {
  if (!(high > low)) return {low};
  const double rough = (high - low) / std::max(1, about);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double step = rough / power <= 1.0   ? power
                      : rough / power <= 2.0 ? 2 * power
                      : rough / power <= 5.0 ? 5 * power
                                             : 10 * power;
  std::vector<double> out;
  for (double at = std::ceil(low / step - 1e-9) * step; at <= high + step * 1e-9; at += step)
    out.push_back(std::abs(at) < step * 1e-9 ? 0.0 : at);
  return out;
}

int tick_decimals(double step) {
  return step > 0.0 ? std::clamp(-static_cast<int>(std::floor(std::log10(step) + 1e-9)), 0, 9) : 2;
}

PlotAxis axis_between(std::string words, double low, double high,
                      const std::function<std::string(double value, double step)>& number) {
  PlotAxis axis{.words = std::move(words)};
  axis.low = std::min(0.0, low);
  axis.high = std::max(high, axis.low + 1e-6);
  const double span = axis.high - axis.low;
  if (axis.low < 0.0) axis.low -= 0.06 * span;
  axis.high += 0.06 * span;
  const std::vector<double> at = round_ticks(axis.low, axis.high, kAxisTicks);
  const double step = at.size() > 1 ? at[1] - at[0] : 0.0;
  for (const double value : at) axis.ticks.push_back({value, number(value, step)});
  return axis;
}

std::pair<double, double> range_of(const std::vector<ScatterPoint>& points, double ScatterPoint::* number) {
  if (points.empty()) return {0.0, 0.0};
  const auto [low, high] =
      std::ranges::minmax_element(points, {}, [number](const ScatterPoint& point) { return point.*number; });
  return {(*low).*number, (*high).*number};
}

std::vector<PlacedLabel> place_labels(const ScatterPlot& plot, const PlotRoom& room, double reach, int first,
                                      const std::function<std::pair<double, double>(int point)>& size) {
  const std::vector<ScatterPoint>& points = plot.points;
  std::vector<Box> taken;
  for (const ScatterPoint& point : points) {
    const double x = room.x(plot.x, point.x), y = room.y(plot.y, point.y);
    taken.push_back({x - reach, y - reach, x + reach, y + reach});
  }
  std::vector<int> order(points.size());
  std::iota(order.begin(), order.end(), 0);
  const auto rank = [&](int i) {
    const ScatterPoint& point = points[static_cast<std::size_t>(i)];
    return std::pair(i == first ? 0 : point.chosen ? 1 : 2, -point.y);
  };
  std::ranges::stable_sort(order, {}, rank);
  std::vector<PlacedLabel> out;
  for (std::size_t n = 0; n < std::min(order.size(), kMostLabels); ++n) {
    const auto i = static_cast<std::size_t>(order[n]);
    if (points[i].label.empty()) continue;
    const auto [width, height] = size(order[n]);
    const double x = room.x(plot.x, points[i].x), y = room.y(plot.y, points[i].y), off = reach + kLabelGap;
    const std::array<std::pair<double, double>, 4> places{{{x + off, y - height / 2},
                                                           {x - off - width, y - height / 2},
                                                           {x - width / 2, y - off - height},
                                                           {x - width / 2, y + off}}};
    for (const auto& [left, top] : places) {
      const Box box{left, top, left + width, top + height};
      const bool inside = box.left >= room.left && box.right <= room.left + room.width &&
                          box.top >= room.top && box.bottom <= room.top + room.height;
      if (!inside || std::ranges::any_of(taken, [&](const Box& other) { return box.meets(other); })) continue;
      taken.push_back(box);
      out.push_back({order[n], left, top});
      break;
    }
  }
  return out;
}

}  // namespace regard
