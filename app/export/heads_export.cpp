#include "app/export/heads_export.h"

#include <algorithm>
#include <cmath>

#include "app/export/figure_parts.h"
#include "app/export/font.h"
#include "core/formats/csv.h"
#include "core/formats/json.h"

namespace regard {
namespace {

using namespace figure;

constexpr double kPlotWidth = 520, kPlotHeight = 380, kPoint = 7;
constexpr std::size_t kMostLabels = 40;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

std::string_view kind_name(RunKind kind) {
  return kind == RunKind::kText ? "text" : kind == RunKind::kPicture ? "picture" : "drawing";
}

// One number of one head, and the same over many inputs.
struct Cell {
  std::optional<double> value;
  std::optional<HeadStatistics> over;
  double rank = 0;  // of the value among them, in [0, 1]
};

Cell cell_of(const HeadsTable& table, std::size_t metric, int layer, int head) {
  Cell out;
  if (metric < table.values.size() && table.values[metric].size() > 0)
    out.value = table.values[metric](layer, head);
  const int at = table.survey ? table.survey->find(table.metrics[metric]) : -1;
  if (at < 0) return out;
  const std::vector<double> numbers = table.survey->numbers(at, layer, head);
  out.over = statistics_of(numbers);
  out.rank = out.value ? rank_share(numbers, *out.value) : std::nan("");
  return out;
}

Json over_json(const Cell& cell) {
  Json out = Json::object();
  if (cell.value) out["value"] = number(*cell.value);
  out["n"] = cell.over->n;
  if (cell.over->n == 0) return out;
  out["mean"] = number(cell.over->mean);
  out["sd"] = number(cell.over->sd);
  out["deciles"] = Json::array();
  for (const double decile : cell.over->deciles) out["deciles"].push_back(number(decile));
  if (cell.value) out["rank"] = number(cell.rank);
  return out;
}

class ScatterFigure {
 public:
  ScatterFigure(const HeadsTable& table, const HeadPlot& plot, const Strings& strings, const FigureLook& look)
      : table_(table), plot_(plot), strings_(strings), look_(look) {}

  Drawing draw() {
    drawing_.ground = look_.inks().panel;
    drawing_.title = strings_.format("heads_plot.figure", metric_name(strings_, plot_.y.name, table_.kind),
                                     metric_name(strings_, plot_.x.name, table_.kind));
    left_ = kMargin + kTextSize + 54;
    top_ = kMargin + kTitleSize + 28;
    drawing_.width = std::max(left_ + kPlotWidth + 64 + kMargin,
                              std::ceil(bold_.width(drawing_.title, kTitleSize) + 2 * kMargin));
    add_text(kMargin, kMargin + kTitleSize, drawing_.title, kTitleSize, look_.inks().text, Anchor::kStart,
             true);
    draw_axes();
    draw_means();
    draw_points();
    std::vector<std::string> caption = {table_.input, table_.model};
    std::erase(caption, "");
    if (plot_.without > 0) caption.push_back(strings_.format("heads_plot.without", plot_.without));
    add_caption(drawing_, top_ + kPlotHeight + 44, std::move(caption), regular_, look_.inks());
    return std::move(drawing_);
  }

 private:
  double x_of(double value) const { return left_ + kPlotWidth * plot_.x.place(value); }
  double y_of(double value) const { return top_ + kPlotHeight * (1.0 - plot_.y.place(value)); }

  void draw_axes() {
    const Rgba &line = look_.inks().empty_cell, &ink = look_.inks().secondary;
    for (const PlotAxis::Tick& tick : plot_.x.ticks) {
      add_rect(x_of(tick.value) - 0.5, top_, 1, kPlotHeight, line);
      add_text(x_of(tick.value), top_ + kPlotHeight + 16, tick.text, kSmallSize, ink, Anchor::kMiddle);
    }
    for (const PlotAxis::Tick& tick : plot_.y.ticks) {
      add_rect(left_, y_of(tick.value) - 0.5, kPlotWidth, 1, line);
      add_text(left_ - 7, y_of(tick.value) + kSmallSize * 0.35, tick.text, kSmallSize, ink, Anchor::kEnd);
    }
    add_rect(left_ - 0.5, top_, 1, kPlotHeight, ink);
    add_rect(left_, top_ + kPlotHeight - 0.5, kPlotWidth, 1, ink);
    add_text(left_ + kPlotWidth / 2, top_ + kPlotHeight + 36, plot_.x.words, kTextSize, look_.inks().text,
             Anchor::kMiddle);
    add_text(kMargin + kTextSize, top_ + kPlotHeight / 2, plot_.y.words, kTextSize, look_.inks().text,
             Anchor::kMiddle, false, -90);
  }

  // The mean of each layer, as a dash across its column.
  void draw_means() {
    const double width = kPlotWidth / std::max(1, plot_.layers) * 0.6;
    for (std::size_t layer = 0; layer < plot_.means.size(); ++layer) {
      if (!std::isfinite(plot_.means[layer])) continue;
      add_rect(x_of(static_cast<double>(layer) + 1.0) - width / 2, y_of(plot_.means[layer]) - 1, width, 2,
               look_.inks().secondary);
    }
  }

  void draw_points() {
    const ColorScale layers{.min = 0.0f, .max = 1.0f};
    for (const PlotPoint& point : plot_.points) {
      const bool chosen =
          look_.marks &&
          std::ranges::find(table_.chosen, std::pair(point.layer, point.head)) != table_.chosen.end();
      const double side = chosen ? kPoint + 4 : kPoint;
      const Rgba ink = colormap_at(look_.map(layers), layer_place(point.layer, plot_.layers));
      if (chosen)
        add_rect(x_of(point.x) - side / 2 - 2, y_of(point.y) - side / 2 - 2, side + 4, side + 4,
                 look_.inks().text);
      add_rect(x_of(point.x) - side / 2, y_of(point.y) - side / 2, side, side, ink);
      if (plot_.points.size() > kMostLabels && !chosen) continue;
      add_text(x_of(point.x) + side / 2 + 4, y_of(point.y) + kSmallSize * 0.35,
               point_label(strings_, table_.kind, point.layer, point.head), kSmallSize, look_.inks().text,
               Anchor::kStart, chosen);
    }
  }

  void add_rect(double x, double y, double width, double height, const Rgba& fill) {
    drawing_.shapes.emplace_back(RectShape{x, y, width, height, fill});
  }
  void add_text(double x, double y, std::string text, double size, const Rgba& color,
                Anchor anchor = Anchor::kStart, bool bold = false, double degrees = 0) {
    drawing_.shapes.emplace_back(TextShape{x, y, std::move(text), size, bold, color, anchor, degrees});
  }

  const HeadsTable& table_;
  const HeadPlot& plot_;
  const Strings& strings_;
  const FigureLook& look_;
  Font regular_{false}, bold_{true};
  double left_ = 0, top_ = 0;
  Drawing drawing_;
};

}  // namespace

int HeadsTable::layers() const {
  for (const Eigen::MatrixXd& each : values) {
    if (each.size() > 0) return static_cast<int>(each.rows());
  }
  return survey ? survey->layers : 0;
}

int HeadsTable::heads() const {
  for (const Eigen::MatrixXd& each : values) {
    if (each.size() > 0) return static_cast<int>(each.cols());
  }
  return survey ? survey->heads : 0;
}

std::string_view unit_name(MetricUnit unit) {
  switch (unit) {
    case MetricUnit::kShare:
      return "share";
    case MetricUnit::kDifference:
      return "difference";
    case MetricUnit::kBits:
      return "bits";
    case MetricUnit::kSteps:
      return "steps";
    case MetricUnit::kTimes:
      return "times";
  }
  return "";
}

Result<std::string> HeadsExport::json() const {
  Json out{{"model", table_.model}, {"kind", std::string(kind_name(table_.kind))}};
  if (!table_.input.empty()) out["input"] = table_.input;
  if (table_.survey) out["inputs"] = {{"from", table_.survey_of}, {"count", table_.survey->inputs.size()}};
  for (const HeadMetric* metric : table_.metrics)
    out["metrics"].push_back({{"name", std::string(metric->name)},
                              {"unit", std::string(unit_name(metric->unit))},
                              {"formula", std::string(metric->formula)}});
  Json& heads = out["heads"] = Json::array();
  for (int layer = 0; layer < table_.layers(); ++layer) {
    for (int head = 0; head < table_.heads(); ++head) {
      Json one{{"layer", layer + 1}, {"head", head + 1}};
      for (std::size_t i = 0; i < table_.metrics.size(); ++i) {
        const Cell cell = cell_of(table_, i, layer, head);
        const std::string name(table_.metrics[i]->name);
        if (cell.over) {
          one[name] = over_json(cell);
        } else if (cell.value) {
          one[name] = number(*cell.value);
        }
      }
      heads.push_back(std::move(one));
    }
  }
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::string> HeadsExport::csv() const {
  CsvWriter csv;
  for (const char* name : {"layer", "head", "metric", "value"}) csv.cell(name);
  if (table_.survey) {
    for (const char* name : {"n", "mean", "sd"}) csv.cell(name);
    for (int i = 0; i <= 10; ++i) csv.cell("decile_" + std::to_string(i));
    csv.cell("rank");
  }
  csv.end_row();
  for (int layer = 0; layer < table_.layers(); ++layer) {
    for (int head = 0; head < table_.heads(); ++head) {
      for (std::size_t i = 0; i < table_.metrics.size(); ++i) {
        const Cell cell = cell_of(table_, i, layer, head);
        if (!cell.value && !cell.over) continue;
        csv.cell(layer + 1);
        csv.cell(head + 1);
        csv.cell(table_.metrics[i]->name);
        cell.value ? csv.cell(*cell.value) : csv.cell("");
        if (cell.over) {
          csv.cell(cell.over->n);
          csv.cell(cell.over->mean);
          csv.cell(cell.over->sd);
          for (const double decile : cell.over->deciles) csv.cell(decile);
          cell.value ? csv.cell(cell.rank) : csv.cell("");
        }
        csv.end_row();
      }
    }
  }
  return csv.text();
}

Result<NpyArray> HeadsExport::array() const {
  NpyArray out;
  std::size_t count = 0;
  for (const Eigen::MatrixXd& each : table_.values) {
    if (each.size() == 0) continue;
    ++count;
    for (Eigen::Index layer = 0; layer < each.rows(); ++layer) {
      for (Eigen::Index head = 0; head < each.cols(); ++head)
        out.values.push_back(static_cast<float>(each(layer, head)));
    }
  }
  out.shape = {count, static_cast<std::size_t>(table_.layers()), static_cast<std::size_t>(table_.heads())};
  return out;
}

NonFinite HeadsExport::non_finite() const {
  const auto numbers = array();
  return numbers ? count_non_finite(numbers->values) : NonFinite{};
}

Result<Drawing> HeadsExport::figure(const Strings& strings, const FigureLook& look) const {
  const auto plot = head_plot(table_.metrics, table_.values, table_.x, table_.y, table_.kind, strings);
  if (!plot) return Exportable::figure(strings, look);
  return ScatterFigure(table_, *plot, strings, look).draw();
}

}  // namespace regard
