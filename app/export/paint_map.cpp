#include "app/export/paint_map.h"

#include <tuple>

#include "app/export/overlay.h"
#include "core/formats/csv.h"
#include "core/formats/json.h"
#include "core/formats/npy.h"

namespace regard {
namespace {

std::string map_csv(const PaintMap& map) {
  CsvWriter csv;
  for (const char* name : {"column", "row", "value"}) csv.cell(name);
  csv.end_row();
  for (std::size_t i = 0; i < map.values.size(); ++i) {
    const int patch = static_cast<int>(i);
    csv.cell(patch % map.run->columns + 1);
    csv.cell(patch / map.run->columns + 1);
    csv.cell(map.values[i]);
    csv.end_row();
  }
  return csv.text();
}

// Counted from 1, as everywhere in files.
std::string map_json(const PaintMap& map) {
  const PaintRun& run = *map.run;
  Json maps = Json::array(), rows = Json::array();
  for (const auto& [block, head] : map.maps) maps.push_back({block + 1, head + 1});
  for (int row = 0; row < run.rows; ++row) {
    const auto from = map.values.begin() + std::ptrdiff_t{row} * run.columns;
    rows.push_back(std::vector<float>(from, from + run.columns));
  }
  const Json out = {{"model", run.request.model->name},
                    {"prompt", run.request.prompt},
                    {"negative", run.request.negative},
                    {"seed", run.request.seed},
                    {"steps", run.steps},
                    {"guidance", run.guidance},
                    {"map", map.title},
                    {"lens", map.lens},
                    {"half", map.half},
                    {"maps", maps},
                    {"from_step", run.first_step + map.span.first + 1},
                    {"to_step", run.first_step + map.span.second + 1},
                    {"rows", run.rows},
                    {"columns", run.columns},
                    {"attention", rows}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Overlay map_overlay(const PaintMap& map) {
  const PaintRun& run = *map.run;
  const auto& picture = run.x0[static_cast<std::size_t>(map.span.second)];
  Overlay out{.rgb = picture_bytes(picture, run.height, run.width),
              .width = run.width,
              .height = run.height,
              .patch = static_cast<double>(run.request.model->mmdit.config().patch),
              .columns = run.columns,
              .rows = run.rows,
              .values = map.values,
              .title = map.title,
              .label = map.lens,
              .caption = {run.request.prompt, run.request.model->name + " · " + map.about}};
  if (map.framed.first >= 0) out.framed = map.framed;
  std::tie(out.low, out.high) = overlay_range(out.values, false);
  return out;
}

}  // namespace

Result<std::string> paint_map_bytes(const PaintMap& map, std::string_view format, const Strings& strings) {
  if (format == ".csv") return map_csv(map);
  if (format == ".json") return map_json(map);
  if (format == ".npy") {
    const std::size_t shape[] = {static_cast<std::size_t>(map.run->rows),
                                 static_cast<std::size_t>(map.run->columns)};
    return npy_bytes(map.values, shape);
  }
  return overlay_bytes(map_overlay(map), format, strings);
}

}  // namespace regard
