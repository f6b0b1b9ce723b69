#include "app/export/compared_runs.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "app/export/compare_maps.h"
#include "app/export/grid_figure.h"
#include "app/export/json_parts.h"
#include "app/export/maps.h"
#include "core/analysis/arrange.h"
#include "core/engine/sequences.h"
#include "core/formats/csv.h"

namespace regard {
namespace {

std::string words_json(const RunInWords& run) {
  std::string out;
  const std::pair<const char*, const std::string*> parts[] = {{"model", &run.model},
                                                              {"prompt", &run.prompt},
                                                              {"syntax", &run.syntax},
                                                              {"weighting", &run.weighting},
                                                              {"image", &run.image}};
  for (const auto& [name, value] : parts) {
    if (!value->empty()) out += fmt::format("{}\"{}\": {}", out.empty() ? "" : ", ", name, json_text(*value));
  }
  return "{" + out + "}";
}

std::string positions_json(const std::vector<AlignedPosition>& aligned,
                           const std::vector<std::string>& names) {
  const auto index = [](int position) {
    return position < 0 ? std::string("null") : std::to_string(position);
  };
  std::string out = "[";
  for (std::size_t i = 0; i < names.size(); ++i) {
    const AlignedPosition& at = aligned[i];
    out += fmt::format("{}\n  {{\"first\": {}, \"second\": {}, \"token\": {}}}", i == 0 ? "" : ",",
                       index(at.first), index(at.second), json_text(names[i]));
  }
  return out + "]";
}

// What the rows and columns of the maps are, where those are not all positions: words that are one by their
// letters and the first of their tokens.
std::string map_positions_json(const ComparedRuns& runs) {
  if (!is_arranged(runs.query)) return {};
  const auto joined = [&](const TextRun& run) {
    return runs.query.words ? whole_words(run.tokens) : run.tokens;
  };
  const std::vector<Token> first = joined(*runs.first), second = joined(*runs.second);
  std::vector<std::string> names;
  for (const AlignedPosition& at : runs.map->rows) {
    const bool of_first = at.first >= 0;
    names.push_back(
        (of_first ? first : second)[static_cast<std::size_t>(of_first ? at.first : at.second)].readable());
  }
  return ",\n \"map_positions\": " + positions_json(runs.map->rows, names);
}

// As they go out.
std::vector<std::pair<int, int>> order_of(const ComparedRuns& runs) {
  if (!runs.by_number) return runs.divergence.order();
  std::vector<std::pair<int, int>> out;
  const Eigen::MatrixXd& bits = runs.divergence.by_head;
  for (int layer = 0; layer < static_cast<int>(bits.rows()); ++layer) {
    for (int head = 0; head < static_cast<int>(bits.cols()); ++head) out.emplace_back(layer, head);
  }
  return out;
}

std::span<const float> rows_of(const Divergence& divergence, int layer, int head) {
  const Eigen::Index map = Eigen::Index{layer} * divergence.by_head.cols() + head;
  return {divergence.by_row.data() + map * divergence.by_row.cols(),
          static_cast<std::size_t>(divergence.by_row.cols())};
}

std::string heads_json(const ComparedRuns& runs) {
  std::string out = "[";
  for (const auto& [layer, head] : order_of(runs)) {
    const auto bits = static_cast<float>(runs.divergence.by_head(layer, head));
    out += fmt::format("{}\n  {{\"layer\": {}, \"head\": {}, \"bits\": ", out.size() == 1 ? "" : ",",
                       layer + 1, head + 1);
    std::string one;
    append_row({&bits, 1}, one);
    out += one.substr(1, one.size() - 2) + ", \"rows\": ";
    append_row(rows_of(runs.divergence, layer, head), out);
    out += "}";
  }
  return out + "]";
}

// A cell that a run lacks is null.
void append_map(const Matrix& values, const std::vector<char>& hidden, std::string& out) {
  Matrix shown = values;
  for (Eigen::Index i = 0; i < shown.size(); ++i) {
    if (hidden[static_cast<std::size_t>(i)] != 0) shown.data()[i] = NAN;
  }
  append_grid(
      static_cast<int>(shown.rows()),
      [&](int row) {
        return std::span<const float>(shown.data() + row * shown.cols(),
                                      static_cast<std::size_t>(shown.cols()));
      },
      out);
}

std::string maps_json(const ComparedRuns& runs) {
  const MapDifference& map = *runs.map;
  std::vector<char> either = map.first_hidden;
  for (std::size_t i = 0; i < either.size(); ++i) either[i] = either[i] != 0 || map.second_hidden[i] != 0;
  const MapRange range{.query = runs.query};
  std::string out =
      fmt::format(",\n \"layer\": {}, \"head\": {}{},\n \"first_map\": ", json_choice(layer_name(range)),
                  json_choice(head_name(range)), map_positions_json(runs));
  append_map(map.first, map.first_hidden, out);
  out += ",\n \"second_map\": ";
  append_map(map.second, map.second_hidden, out);
  out += ",\n \"difference\": ";
  append_map(map.difference, either, out);
  return out;
}

}  // namespace

Result<std::string> ComparedRunsExport::json() const {
  std::string out = fmt::format("{{\"first\": {},\n \"second\": {},\n \"positions\": {},\n \"rows\": [",
                                words_json(runs_.first_words), words_json(runs_.second_words),
                                positions_json(runs_.divergence.aligned, runs_.names));
  const std::vector<int>& rows = runs_.divergence.rows;
  for (std::size_t i = 0; i < rows.size(); ++i) out += fmt::format("{}{}", i == 0 ? "" : ",", rows[i]);
  out += "],\n \"heads\": " + heads_json(runs_);
  if (runs_.map) out += maps_json(runs_);
  return out + "}\n";
}

Result<std::string> ComparedRunsExport::csv() const {
  CsvWriter out;
  for (const char* name : {"layer", "head", "bits"}) out.cell(name);
  for (const int row : runs_.divergence.rows) out.cell(runs_.names[static_cast<std::size_t>(row)]);
  out.end_row();
  for (const auto& [layer, head] : order_of(runs_)) {
    out.cell(layer + 1);
    out.cell(head + 1);
    out.cell(static_cast<float>(runs_.divergence.by_head(layer, head)));
    for (const float bits : rows_of(runs_.divergence, layer, head)) out.cell(bits);
    out.end_row();
  }
  return out.text();
}

Result<NpyArray> ComparedRunsExport::array() const {
  const Matrix& bits = runs_.divergence.by_row;
  const Eigen::MatrixXd& heads = runs_.divergence.by_head;
  return NpyArray{{static_cast<std::size_t>(heads.rows()), static_cast<std::size_t>(heads.cols()),
                   static_cast<std::size_t>(bits.cols())},
                  {bits.data(), bits.data() + bits.size()}};
}

Result<Drawing> ComparedRunsExport::figure(const Strings& strings, const FigureLook& look) const {
  if (!runs_.first || !runs_.second) {
    return fail(ErrorCode::kUnsupported, "--out: expected {} for two pictures, got the ending of a figure",
                endings({FormatKind::kDescribed, FormatKind::kNumbers}, " or "));
  }
  REGARD_TRY(const GridMaps maps, compared_maps(*runs_.first, *runs_.second, runs_.query, {}, strings));
  return grid_figure(maps, strings, look);
}

Result<TextPage> ComparedRunsExport::page(const Strings& strings) const {
  TextPage page{
      .title = strings("page.compared"), .paragraphs = {strings("page.compared.note")}, .tables = {}};
  for (const auto& [letter, run] :
       {std::pair("A", &runs_.first_words), std::pair("B", &runs_.second_words)}) {
    std::string line = std::string(letter) + ":";
    for (const std::string* part : {&run->prompt, &run->image, &run->syntax, &run->weighting, &run->model}) {
      if (!part->empty()) line += (line.size() > 2 ? " · " : " ") + *part;
    }
    page.paragraphs.push_back(std::move(line));
  }
  if (runs_.first && runs_.second) {
    REGARD_TRY(const GridMaps maps, compared_maps(*runs_.first, *runs_.second, runs_.query, {}, strings));
    REGARD_TRY(TextPage both, GridExport(maps).page(strings));
    page.paragraphs.push_back(both.title);
    page.tables = std::move(both.tables);
  }
  REGARD_TRY(const std::string table, csv());
  page.tables.push_back(table_of_csv(table, strings));
  page.tables.back().caption = strings("page.compared.heads");
  return page;
}

NonFinite ComparedRunsExport::non_finite() const {
  const Matrix& bits = runs_.divergence.by_row;
  return count_non_finite({bits.data(), static_cast<std::size_t>(bits.size())});
}

}  // namespace regard
