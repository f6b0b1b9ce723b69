// Heads as points of a plot with a metric on each axis: what the window and its figures draw. Numbers of
// metrics in words. Draws nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/i18n/strings.h"
#include "app/state/state.h"
#include "core/analysis/head_metric.h"

namespace regard {

/// An axis that no metric has: the layer.
inline constexpr std::string_view kLayerAxis = "layer";

/// A metric's number: "53 %", "12.3 points", "1.42 bits", "2.1 tokens", "5.2 ×".
std::string metric_number(const Strings& strings, MetricUnit unit, RunKind kind, double value);
/// "previous token"; of the layer axis "layer", or "block".
std::string metric_name(const Strings& strings, std::string_view name, RunKind kind);

struct PlotAxis {
  std::string name = {};   // as in HeadMetric::name, or kLayerAxis
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

struct PlotPoint {
  int layer = 0, head = 0;
  double x = 0, y = 0;
};

struct HeadPlot {
  PlotAxis x, y;
  std::vector<PlotPoint> points;  // those with two numbers, by layers
  int layers = 0, without = 0;    // heads left out: a number that is none
  std::vector<double> means;      // [layers] of y; with the layer on x, else empty
};

/// @param values  [L][H] a metric; empty where it is not there
/// Nothing: one of the two axes has no numbers.
std::optional<HeadPlot> head_plot(std::span<const HeadMetric* const> metrics,
                                  std::span<const Eigen::MatrixXd> values, std::string_view x,
                                  std::string_view y, RunKind kind, const Strings& strings);

/// "L2·H4, L3·H1": several heads; of many the first few.
std::string heads_in_words(const Strings& strings, RunKind kind, const HeadSet& heads);

/// "L2·H4": a head beside its point.
std::string point_label(const Strings& strings, RunKind kind, int layer, int head);

/// Where a layer's colour lies in a colour map, in [0, 1]: away from the end that fades into the ground.
float layer_place(int layer, int layers);

/// Round numbers from `low` to `high`, some `about` of them; one where both are the same. Expects finite
/// ones.
std::vector<double> round_ticks(double low, double high, int about);

}  // namespace regard
