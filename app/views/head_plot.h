// Heads as points of a plot with a metric on each axis: what the window and its figures draw. Numbers of
// metrics in words. Draws nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "app/i18n/strings.h"
#include "app/state/state.h"
#include "app/views/scatter_plot.h"
#include "core/analysis/head_metric.h"

namespace regard {

/// An axis that no metric has: the layer.
inline constexpr std::string_view kLayerAxis = "layer";

/// A metric's number: "53 %", "12.3 points", "1.42 bits", "2.1 tokens", "5.2 ×".
std::string metric_number(const Strings& strings, MetricUnit unit, RunKind kind, double value);
/// "previous token"; of the layer axis "layer", or "block".
std::string metric_name(const Strings& strings, std::string_view name, RunKind kind);

/// A head as the id of its point, and back.
constexpr int kHeadsALayer = 4096;
constexpr int point_id(int layer, int head) { return layer * kHeadsALayer + head; }
constexpr std::pair<int, int> head_of_point(int id) { return {id / kHeadsALayer, id % kHeadsALayer}; }

struct HeadPlot {
  ScatterPlot plot = {};        // heads with two numbers, by layers, in the colours of their layers; with the
                                // layer on x the line goes through the mean of each
  int layers = 0, without = 0;  // heads left out: a number that is none
};

/// @param values  [L][H] a metric; empty where it is not there
/// @param colors  of the layers, see layer_place()
/// Nothing: one of the two axes has no numbers.
std::optional<HeadPlot> head_plot(std::span<const HeadMetric* const> metrics,
                                  std::span<const Eigen::MatrixXd> values, std::string_view x,
                                  std::string_view y, RunKind kind, const Strings& strings, Colormap colors);

/// "L2·H4, L3·H1": several heads; of many the first few.
std::string heads_in_words(const Strings& strings, RunKind kind, const HeadSet& heads);

/// "L2·H4": a head beside its point.
std::string point_label(const Strings& strings, RunKind kind, int layer, int head);

/// Where a layer's colour lies in a colour map, in [0, 1]: away from the end that fades into the ground.
float layer_place(int layer, int layers);

}  // namespace regard
