#include "app/export/heads_export.h"

#include <algorithm>
#include <cmath>

#include "app/export/scatter_figure.h"
#include "core/formats/csv.h"
#include "core/formats/json.h"

namespace regard {
namespace {

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

Result<TextPage> HeadsExport::page(const Strings& strings) const {
  TextPage page{.title = strings("page.heads"), .paragraphs = {}, .tables = {}};
  for (const std::string& line : {table_.input, table_.model}) {
    if (!line.empty()) page.paragraphs.push_back(line);
  }
  if (table_.survey)
    page.paragraphs.push_back(strings.format("page.survey", table_.survey->inputs.size(), table_.survey_of));
  TextTable table{.caption = strings("page.heads.caption"), .columns = {strings("column.head")}, .rows = {}};
  for (const HeadMetric* metric : table_.metrics) {
    const std::string name = metric_name(strings, metric->name, table_.kind);
    table.columns.push_back(name);
    if (table_.survey) table.columns.push_back(strings.format("page.mean_of", name));
  }
  for (int layer = 0; layer < table_.layers(); ++layer) {
    for (int head = 0; head < table_.heads(); ++head) {
      std::vector<std::string>& row = table.rows.emplace_back();
      row.push_back(strings.format("choice.layer", layer + 1) + " · " +
                    strings.format("choice.head", head + 1));
      for (std::size_t i = 0; i < table_.metrics.size(); ++i) {
        const Cell cell = cell_of(table_, i, layer, head);
        const MetricUnit unit = table_.metrics[i]->unit;
        row.push_back(cell.value ? metric_number(strings, unit, table_.kind, *cell.value) : "–");
        if (table_.survey)
          row.push_back(cell.over && cell.over->n > 0
                            ? metric_number(strings, unit, table_.kind, cell.over->mean)
                            : "–");
      }
    }
  }
  page.tables.push_back(std::move(table));
  return page;
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
  const Colormap colors = look.map(ColorScale{.min = 0.0f, .max = 1.0f});
  auto heads = head_plot(table_.metrics, table_.values, table_.x, table_.y, table_.kind, strings, colors);
  if (!heads) return Exportable::figure(strings, look);
  for (ScatterPoint& point : heads->plot.points) {
    const bool chosen = std::ranges::find(table_.chosen, head_of_point(point.id)) != table_.chosen.end();
    point.chosen = look.marks && chosen;
  }
  ScatterWords words{.title = strings.format("heads_plot.figure", metric_name(strings, table_.y, table_.kind),
                                             metric_name(strings, table_.x, table_.kind))};
  for (const std::string& line : {table_.input, table_.model}) {
    if (!line.empty()) words.caption.push_back(line);
  }
  if (heads->without > 0) words.caption.push_back(strings.format("heads_plot.without", heads->without));
  return scatter_figure(heads->plot, words, look);
}

}  // namespace regard
