#include "app/export/patch_pair.h"

#include <algorithm>
#include <filesystem>
#include <span>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "app/export/json_parts.h"
#include "core/formats/csv.h"

namespace regard {
namespace {

std::string place_json(const VisionRun& run, int patch) {
  return fmt::format("[{},{}]", patch % run.output.columns + 1, patch / run.output.columns + 1);
}

std::string picture_json(const VisionRun& run, const std::string& image) {
  return fmt::format("{{\"model\": {}, \"image\": {}, \"columns\": {}, \"rows\": {}}}",
                     json_text(run.request.model->name), json_text(image), run.output.columns,
                     run.output.rows);
}

std::string number_json(float value) {
  std::string out;
  append_row({&value, 1}, out);
  return out.substr(1, out.size() - 2);
}

std::string place_words(const VisionRun& run, int patch, const Strings& strings) {
  return strings.format("picture.patch", patch % run.output.columns + 1, patch / run.output.columns + 1);
}

std::string short_name(const std::string& image) { return std::filesystem::path(image).filename().string(); }

void move_right(PolygonShape& shape, double by) {
  for (auto& [x, y] : shape.corners) x += by;
}
void move_right(auto& shape, double by) { shape.x += by; }

// `right` stands at the right of `left`.
Drawing beside(Drawing left, const Drawing& right) {
  for (auto shape : right.shapes) {
    std::visit([&](auto& each) { move_right(each, left.width); }, shape);
    left.shapes.push_back(std::move(shape));
  }
  left.width += right.width;
  left.height = std::max(left.height, right.height);
  left.description += " · " + right.description;
  return left;
}

}  // namespace

Result<std::string> PatchPairExport::json() const {
  std::string out = fmt::format(
      "{{\"first\": {},\n \"second\": {},\n \"from\": \"{}\",\n \"layer\": {},\n \"patch\": {},\n "
      "\"matches\": [",
      picture_json(*pair_.first, pair_.first_image), picture_json(*pair_.second, pair_.second_image),
      pair_.from_second ? "second" : "first", pair_.layer, place_json(pair_.from(), pair_.patch));
  for (std::size_t i = 0; i < pair_.found.best.size(); ++i) {
    const PatchMatches::Match& match = pair_.found.best[i];
    out += fmt::format("{}\n  {{\"rank\": {}, \"patch\": {}, \"cosine\": {}, \"back\": {}}}",
                       i == 0 ? "" : ",", i + 1, place_json(pair_.to(), match.patch),
                       number_json(match.cosine), place_json(pair_.from(), pair_.found.back[i].patch));
  }
  out += "],\n \"mean\": " + number_json(static_cast<float>(pair_.found.mean)) + ",\n \"cosines\": ";
  const auto columns = static_cast<std::size_t>(pair_.to().output.columns);
  const std::span<const float> all(pair_.found.cosines.data(),
                                   static_cast<std::size_t>(pair_.found.cosines.size()));
  append_grid(
      pair_.to().output.rows,
      [&](int row) { return all.subspan(static_cast<std::size_t>(row) * columns, columns); }, out);
  return out + "}\n";
}

Result<std::string> PatchPairExport::csv() const {
  CsvWriter csv;
  for (const char* name : {"column", "row", "cosine", "rank"}) csv.cell(name);
  csv.end_row();
  const int columns = pair_.to().output.columns;
  for (int patch = 0; patch < static_cast<int>(pair_.found.cosines.size()); ++patch) {
    csv.cell(patch % columns + 1);
    csv.cell(patch / columns + 1);
    csv.cell(pair_.found.cosines(patch));
    const auto match = std::ranges::find(pair_.found.best, patch, &PatchMatches::Match::patch);
    if (match == pair_.found.best.end()) {
      csv.cell("");
    } else {
      csv.cell(static_cast<int>(match - pair_.found.best.begin()) + 1);
    }
    csv.end_row();
  }
  return csv.text();
}

Result<NpyArray> PatchPairExport::array() const {
  const VitOutput& grid = pair_.to().output;
  return NpyArray{{static_cast<std::size_t>(grid.rows), static_cast<std::size_t>(grid.columns)},
                  {pair_.found.cosines.data(), pair_.found.cosines.data() + pair_.found.cosines.size()}};
}

Result<Drawing> PatchPairExport::figure(const Strings& strings, const FigureLook& look) const {
  const auto overlay_of = [&](bool second) {
    const VisionRun& run = second ? *pair_.second : *pair_.first;
    const bool asked = second == pair_.from_second;
    const auto cells = static_cast<std::size_t>(run.patches());
    std::vector<float> values(cells, 0.0f);
    if (!asked)
      values.assign(pair_.found.cosines.data(), pair_.found.cosines.data() + pair_.found.cosines.size());
    Overlay out = overlay_on(run, std::move(values), MapZero::kSmallest);
    out.opacity = pair_.opacity;
    out.smooth = pair_.smooth;
    out.bar = !asked;
    const std::string name = short_name(second ? pair_.second_image : pair_.first_image);
    out.title = std::string(second ? "B · " : "A · ") + name;
    out.label = strings("pair.cosine");
    out.caption.push_back(asked ? strings.format("pair.list", place_words(run, pair_.patch, strings))
                                : strings.format("pair.list.note", pair_.layer));
    out.caption.push_back(run.request.model->name + " · " +
                          strings.format("picture.patches", run.output.columns, run.output.rows));
    if (asked) {
      out.framed = {pair_.patch % run.output.columns, pair_.patch / run.output.columns};
      return out;
    }
    for (std::size_t i = pair_.found.best.size(); i-- > 0;) {  // the best lies on top
      const int patch = pair_.found.best[i].patch;
      out.marks.push_back({.kind = Mark::Kind::kMatch,
                           .number = static_cast<int>(i),
                           .label = std::to_string(i + 1),
                           .cells = {{patch % run.output.columns, patch / run.output.columns}}});
    }
    std::string numbers;
    for (std::size_t i = 0; i < std::min<std::size_t>(pair_.found.best.size(), 5); ++i)
      numbers += fmt::format("{}{}: {:.3f}", i == 0 ? "" : ", ", i + 1, pair_.found.best[i].cosine);
    out.caption.push_back(numbers + fmt::format(" · {}: {:.3f}", strings("pair.mean"), pair_.found.mean));
    return out;
  };
  FigureLook marked = look;
  marked.marks = true;  // what the figure is about
  return beside(overlay_figure(overlay_of(false), strings, marked),
                overlay_figure(overlay_of(true), strings, marked));
}

}  // namespace regard
