#include "app/export/paint_map.h"

#include "app/export/overlay.h"
#include "core/formats/csv.h"
#include "core/formats/json.h"

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
  Json out = {{"model", run.request.model->name},
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
  if (map.hold) out["hold"] = *map.hold;
  if (map.rank) out["rank"] = true;
  if (map.fusion != Fusion::kMean) out["fusion"] = fusion_name(map.fusion);
  if (const NonFinite found = count_non_finite(map.values); found.count > 0) out["non_finite"] = found.count;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Overlay map_overlay(const PaintMap& map, const Strings& strings) {
  const PaintRun& run = *map.run;
  Overlay out = overlay_on(run, run.x0[static_cast<std::size_t>(map.span.second)], map.values);
  out.opacity = map.opacity;
  out.smooth = map.smooth;
  out.title = map.title;
  out.label = map.rank ? std::string(strings("tokens.rank")) : map.lens;
  if (map.rank) out.range = rank_range(out.values);
  out.caption = {run.request.prompt, run.request.model->name + " · " + map.about};
  if (map.framed.first >= 0) out.framed = map.framed;
  return out;
}

class DrawnMap final : public Exportable {
 public:
  explicit DrawnMap(PaintMap map) : map_(std::move(map)) {}
  Result<std::string> json() const override { return map_json(map_); }
  Result<std::string> csv() const override { return map_csv(map_); }
  Result<NpyArray> array() const override {
    return NpyArray{
        .shape = {static_cast<std::size_t>(map_.run->rows), static_cast<std::size_t>(map_.run->columns)},
        .values = map_.values};
  }
  Result<Drawing> figure(const Strings& strings, const FigureLook& look) const override {
    return overlay_figure(map_overlay(map_, strings), strings, look);
  }
  Result<TextPage> page(const Strings& strings) const override {
    return overlay_page(map_overlay(map_, strings), strings);
  }

 private:
  PaintMap map_;
};

}  // namespace

std::shared_ptr<const Exportable> exportable(PaintMap map) {
  return std::make_shared<const DrawnMap>(std::move(map));
}

Result<std::string> paint_map_bytes(const PaintMap& map, std::string_view format, const Strings& strings,
                                    NonFinite* non_finite, const FigureLook& look) {
  return map_bytes(DrawnMap(map), format, strings, non_finite, look);
}

}  // namespace regard
