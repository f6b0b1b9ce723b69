#include "app/views/head_plot.h"

#include <algorithm>
#include <cmath>

namespace regard {

std::string metric_number(const Strings& strings, MetricUnit unit, RunKind kind, double value) {
  switch (unit) {
    case MetricUnit::kShare:
      return strings.percent(value);
    case MetricUnit::kDifference:
      return strings.points(value);
    case MetricUnit::kBits:
      return strings.format("metric.bits", strings.number(value, 2));
    case MetricUnit::kSteps:
      return strings.format(kind == RunKind::kText ? "metric.tokens" : "metric.patches",
                            strings.number(value, 2));
    case MetricUnit::kTimes:
      return strings.format("metric.times", strings.number(value, 2));
  }
  return {};
}

std::string metric_name(const Strings& strings, std::string_view name, RunKind kind) {
  if (name == kLayerAxis) return strings(kind == RunKind::kDrawing ? "metric.block" : "metric.layer");
  return strings("metric." + std::string(name));
}

std::string point_label(const Strings& strings, RunKind kind, int layer, int head) {
  return strings.format(kind == RunKind::kDrawing ? "paint.block.short" : "choice.layer.short", layer + 1) +
         "·" + strings.format("choice.head.short", head + 1);
}

std::string heads_in_words(const Strings& strings, RunKind kind, const HeadSet& heads) {
  constexpr std::size_t kMost = 4;
  std::string out;
  for (std::size_t i = 0; i < std::min(heads.size(), kMost); ++i) {
    if (i > 0) out += ", ";
    out += point_label(strings, kind, heads[i].first, heads[i].second);
  }
  return heads.size() > kMost ? out + ", …" : out;
}

float layer_place(int layer, int layers) {
  constexpr float kFrom = 0.35f;
  return layers < 2 ? 1.0f
                    : kFrom + (1.0f - kFrom) * static_cast<float>(layer) / static_cast<float>(layers - 1);
}

namespace {

// Shares and differences of them are written in percent, without the sign: the axis says it.
std::string tick_text(const Strings& strings, MetricUnit unit, double value, double step) {
  const bool percent = unit == MetricUnit::kShare || unit == MetricUnit::kDifference;
  const double shown = percent ? 100.0 * value : value, apart = percent ? 100.0 * step : step;
  return strings.number(shown, std::min(6, tick_decimals(apart)));
}

std::string unit_words(const Strings& strings, MetricUnit unit, RunKind kind) {
  switch (unit) {
    case MetricUnit::kShare:
      return strings("metric.unit.percent");
    case MetricUnit::kDifference:
      return strings("metric.unit.points");
    case MetricUnit::kBits:
      return strings("metric.unit.bits");
    case MetricUnit::kSteps:
      return strings(kind == RunKind::kText ? "metric.unit.tokens" : "metric.unit.patches");
    case MetricUnit::kTimes:
      return strings("metric.unit.times");
  }
  return {};
}

struct AxisValues {
  const HeadMetric* metric = nullptr;  // null: the layer
  const Eigen::MatrixXd* values = nullptr;
  double of(int layer, int head) const { return metric == nullptr ? layer + 1.0 : (*values)(layer, head); }
};

std::optional<AxisValues> values_of(std::span<const HeadMetric* const> metrics,
                                    std::span<const Eigen::MatrixXd> values, std::string_view name) {
  if (name == kLayerAxis) return AxisValues{};
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (metrics[i]->name == name && values[i].size() > 0) return AxisValues{metrics[i], &values[i]};
  }
  return std::nullopt;
}

PlotAxis layer_axis(const Strings& strings, RunKind kind, int layers) {
  PlotAxis axis{.words = metric_name(strings, kLayerAxis, kind)};
  axis.low = 0.5;
  axis.high = layers + 0.5;
  const int every = layers > 16 ? 4 : 1;
  for (int layer = 1; layer <= layers; layer += every)
    axis.ticks.push_back({1.0 * layer, std::to_string(layer)});
  return axis;
}

PlotAxis metric_axis(const Strings& strings, RunKind kind, const HeadMetric& metric,
                     const std::pair<double, double>& range) {
  return axis_between(
      metric_name(strings, metric.name, kind) + " (" + unit_words(strings, metric.unit, kind) + ")",
      range.first, range.second,
      [&](double value, double step) { return tick_text(strings, metric.unit, value, step); });
}

// The mean of each layer; none where a head has no number.
std::vector<std::pair<double, double>> means_of(const Eigen::MatrixXd& values) {
  std::vector<std::pair<double, double>> out;
  for (Eigen::Index layer = 0; layer < values.rows(); ++layer) {
    const double mean = values.row(layer).mean();
    if (std::isfinite(mean)) out.emplace_back(static_cast<double>(layer) + 1.0, mean);
  }
  return out;
}

}  // namespace

std::optional<HeadPlot> head_plot(std::span<const HeadMetric* const> metrics,
                                  std::span<const Eigen::MatrixXd> values, std::string_view x,
                                  std::string_view y, RunKind kind, const Strings& strings, Colormap colors) {
  const auto across = values_of(metrics, values, x), up = values_of(metrics, values, y);
  if (!across || !up || up->metric == nullptr) return std::nullopt;
  HeadPlot out{.layers = static_cast<int>(up->values->rows())};
  ScatterPlot& plot = out.plot;
  for (int layer = 0; layer < out.layers; ++layer) {
    for (int head = 0; head < static_cast<int>(up->values->cols()); ++head) {
      ScatterPoint point{.x = across->of(layer, head), .y = up->of(layer, head)};
      if (!std::isfinite(point.x) || !std::isfinite(point.y)) {
        ++out.without;
        continue;
      }
      point.label = point_label(strings, kind, layer, head);
      point.id = point_id(layer, head);
      point.color = colormap_at(colors, layer_place(layer, out.layers));
      plot.points.push_back(std::move(point));
    }
  }
  plot.x = across->metric == nullptr
               ? layer_axis(strings, kind, out.layers)
               : metric_axis(strings, kind, *across->metric, range_of(plot.points, &ScatterPoint::x));
  plot.y = metric_axis(strings, kind, *up->metric, range_of(plot.points, &ScatterPoint::y));
  if (across->metric == nullptr) plot.line = means_of(*up->values);
  return out;
}

}  // namespace regard
