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

namespace {

constexpr int kTicks = 5;

// Shares and differences of them are written in percent, without the sign: the axis says it.
std::string tick_text(const Strings& strings, MetricUnit unit, double value, double step) {
  const bool percent = unit == MetricUnit::kShare || unit == MetricUnit::kDifference;
  const double shown = percent ? 100.0 * value : value, apart = percent ? 100.0 * step : step;
  const int decimals =
      apart > 0.0 ? std::clamp(-static_cast<int>(std::floor(std::log10(apart) + 1e-9)), 0, 6) : 2;
  return strings.number(shown, decimals);
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
  PlotAxis axis{.name = std::string(kLayerAxis), .words = metric_name(strings, kLayerAxis, kind)};
  axis.low = 0.5;
  axis.high = layers + 0.5;
  const int every = layers > 16 ? 4 : 1;
  for (int layer = 1; layer <= layers; layer += every)
    axis.ticks.push_back({1.0 * layer, std::to_string(layer)});
  return axis;
}

// From zero where every number is above it, with a little room at the far end.
PlotAxis metric_axis(const Strings& strings, RunKind kind, const HeadMetric& metric, double low,
                     double high) {
  PlotAxis axis{.name = std::string(metric.name)};
  axis.words = metric_name(strings, metric.name, kind) + " (" + unit_words(strings, metric.unit, kind) + ")";
  axis.low = std::min(0.0, low);
  axis.high = std::max(high, axis.low + 1e-6);
  const double span = axis.high - axis.low;
  if (axis.low < 0.0) axis.low -= 0.06 * span;
  axis.high += 0.06 * span;
  const std::vector<double> at = round_ticks(axis.low, axis.high, kTicks);
  const double step = at.size() > 1 ? at[1] - at[0] : 0.0;
  for (const double value : at) axis.ticks.push_back({value, tick_text(strings, metric.unit, value, step)});
  return axis;
}

}  // namespace

std::optional<HeadPlot> head_plot(std::span<const HeadMetric* const> metrics,
                                  std::span<const Eigen::MatrixXd> values, std::string_view x,
                                  std::string_view y, RunKind kind, const Strings& strings) {
  const auto across = values_of(metrics, values, x), up = values_of(metrics, values, y);
  if (!across || !up || up->metric == nullptr) return std::nullopt;
  HeadPlot out;
  out.layers = static_cast<int>(up->values->rows());
  double low_x = 0, high_x = 0, low_y = 0, high_y = 0;
  for (int layer = 0; layer < out.layers; ++layer) {
    for (int head = 0; head < static_cast<int>(up->values->cols()); ++head) {
      const PlotPoint point{layer, head, across->of(layer, head), up->of(layer, head)};
      if (!std::isfinite(point.x) || !std::isfinite(point.y)) {
        ++out.without;
        continue;
      }
      const bool first = out.points.empty();
      low_x = first ? point.x : std::min(low_x, point.x);
      high_x = first ? point.x : std::max(high_x, point.x);
      low_y = first ? point.y : std::min(low_y, point.y);
      high_y = first ? point.y : std::max(high_y, point.y);
      out.points.push_back(point);
    }
  }
  out.x = across->metric == nullptr ? layer_axis(strings, kind, out.layers)
                                    : metric_axis(strings, kind, *across->metric, low_x, high_x);
  out.y = metric_axis(strings, kind, *up->metric, low_y, high_y);
  if (across->metric != nullptr) return out;
  for (int layer = 0; layer < out.layers; ++layer) out.means.push_back(up->values->row(layer).mean());
  return out;
}

}  // namespace regard
