#include "app/export/vision_maps.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <functional>
#include <iterator>
#include <span>
#include <utility>

#include "app/export/figure_parts.h"
#include "app/export/json_parts.h"
#include "app/export/trial_options.h"
#include "app/views/colormap.h"
#include "core/analysis/arrange.h"
#include "core/analysis/lens.h"
#include "core/base/check.h"
#include "core/engine/match.h"
#include "core/formats/csv.h"

namespace regard {
namespace {

constexpr double kMostNpyBytes = 4e9;

/// The token that a map is about.
int subject_of(const VisionMapSet& set) { return set.range.query.subject.front(); }

bool is_incoming(const MapQuery& query) { return query.direction == Direction::kReadBy; }

/// Whether layer, head, token and direction say all of it.
bool is_plain(const MapQuery& query) {
  return (query.lens == "attention" || query.lens == "rollout") && query.subject.size() == 1 &&
         query.minus.empty() && !query.mass && query.discard == 0.0 && query.specials == Specials::kShown &&
         !query.rank;
}

std::span<const float> values_of(const RowVector& row) {
  return {row.data(), static_cast<std::size_t>(row.size())};
}

/// The patches' share of a row, without specials.
std::vector<float> patch_values(const RowVector& row, const VitOutput& grid) {
  return {row.data() + grid.specials, row.data() + row.size()};
}

/// As on screen: "CLS", "patch 3, 5".
std::string shown_token(const VisionRun& run, int token, const Strings& strings) {
  if (token < run.output.specials)
    return run.request.model->encoder.special_names()[static_cast<std::size_t>(token)];
  const int patch = token - run.output.specials;
  return strings.format("picture.patch", patch % run.output.columns + 1, patch / run.output.columns + 1);
}

}  // namespace

std::vector<RowVector> rows_over_positions(const Map& map, int count) {
  std::vector<RowVector> out;
  for (const auto& values : map.values.rowwise()) {
    RowVector& row = out.emplace_back(RowVector::Zero(count));
    for (std::size_t i = 0; i < map.columns.size(); ++i)
      row(map.columns[i]) = values(static_cast<Eigen::Index>(i));
  }
  return out;
}

VisionMapSet shown_vision_map(std::shared_ptr<const VisionRun> run, std::string image, const Map& map) {
  VisionMapSet set{.run = std::move(run),
                   .image = std::move(image),
                   .range = {.query = map.query},
                   .rows = {},
                   .shares = map.shares};
  set.rows = rows_over_positions(map, set.run->tokens());
  return set;
}

Result<VisionMapSet> collect_vision_maps(std::shared_ptr<const VisionRun> run, const MapRange& range,
                                         std::string image, const RowVector& target) {
  REGARD_CHECK(!range.query.subject.empty() && range.query.over == Over::kAll);
  REGARD_TRY_DO(check_range(run->trace, range));
  const MapQueries queries = queries_of(run->trace.shape(), range);
  VisionMapSet set{.run = std::move(run),
                   .image = std::move(image),
                   .range = range,
                   .layers = queries.layers,
                   .heads = queries.heads,
                   .rows = {}};
  for (const MapQuery& query : queries.all) {
    REGARD_TRY(const Map map, evaluate(set.run->trace, query, lens_context(*set.run, target)));
    std::ranges::copy(rows_over_positions(map, set.run->tokens()), std::back_inserter(set.rows));
    set.shares = map.shares;
  }
  return set;
}

std::string vision_token_name(const VisionRun& run, int token) {
  const VitOutput& grid = run.output;
  if (token >= grid.specials) {
    const int patch = token - grid.specials;
    return fmt::format("{},{}", patch % grid.columns + 1, patch / grid.columns + 1);
  }
  std::string name = run.request.model->encoder.special_names()[static_cast<std::size_t>(token)];
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

namespace {

// What a map was made of beside its layer and head, each only when it is not as usual.
std::string query_json(const MapQuery& query, const VisionRun& run) {
  const auto names = [&](const std::vector<int>& tokens) {
    Json list = Json::array();
    for (const int token : tokens) list.push_back(vision_token_name(run, token));
    return list.dump();
  };
  std::string out = fmt::format("\"lens\":{},\n", Json(query.lens).dump());
  if (query.subject.size() > 1) out += fmt::format("\"together\":{},\n", names(query.subject));
  if (!query.minus.empty()) out += fmt::format("\"minus\":{},\n", names(query.minus));
  if (query.mass) out += fmt::format("\"mass\":{:.4g},\n", *query.mass);
  if (query.discard > 0.0) out += fmt::format("\"discard\":{:.4g},\n", query.discard);
  if (!query.caption.empty())
    out += fmt::format("\"caption\":{},\n",
                       Json(query.caption).dump(-1, ' ', false, Json::error_handler_t::replace));
  if (!query.caption_less.empty())
    out += fmt::format("\"less\":{},\n",
                       Json(query.caption_less).dump(-1, ' ', false, Json::error_handler_t::replace));
  if (query.specials != Specials::kShown)
    out += fmt::format("\"special\":\"{}\",\n", specials_name(query.specials));
  if (query.rank) out += "\"rank\":true,\n";
  return out;
}

}  // namespace

NonFinite non_finite_in(const VisionMapSet& set) {
  NonFinite found;
  for (const RowVector& row : set.rows) found += count_non_finite(values_of(row));
  return found;
}

std::string vision_json(const VisionMapSet& set) {
  const VisionRun& run = *set.run;
  const MapQuery& query = set.range.query;
  const Cover& cover = run.picture.cover;
  std::string out = fmt::format(
      "{{\"model\":{},\n\"image\":{},\n\"width\":{},\"height\":{},\n"
      "\"seen\":{{\"x\":{},\"y\":{},\"width\":{},\"height\":{}}},\n\"columns\":{},\"rows\":{},\n\"specials\":"
      "[",
      json_text(run.request.model->name), json_text(set.image), run.request.image->width,
      run.request.image->height, cover.x, cover.y, cover.width, cover.height, run.output.columns,
      run.output.rows);
  for (int i = 0; i < run.output.specials; ++i)
    out += (i > 0 ? ",\"" : "\"") + vision_token_name(run, i) + '"';
  out += fmt::format("],\n\"query\":\"{}\",\n\"layer\":{},\"head\":{},\n",
                     vision_token_name(run, subject_of(set)), json_choice(layer_name(set.range)),
                     json_choice(head_name(set.range)));
  if (!query.heads.set.empty()) out += set_json(query.heads) + "\n";
  if (is_incoming(query)) out += "\"incoming\":true,\n";
  if (!is_plain(query)) out += query_json(query, run);
  if (query.scores) out += "\"scores\":true,\n";
  if (set.changed) out += "\"difference\":true,\n";
  if (const auto trials = trial_options(run); !trials.empty()) {
    std::string list;
    for (const std::string& trial : trials) list += (list.empty() ? "" : ",") + json_text(trial);
    out += "\"trials\":[" + list + "],\n";
  }
  if (const NonFinite found = non_finite_in(set); found.count > 0)
    out += fmt::format("\"non_finite\":{},\n", found.count);
  if (!set.shares.empty()) out += fmt::format("\"variance\":[{:.6g}],\n", fmt::join(set.shares, ","));
  out += "\"row\":";
  const auto nest = [&](const std::function<void(std::size_t)>& append) {
    const int channels = static_cast<int>(set.shares.size());  // a list of them, as of heads
    append_nested(set.layers, set.range.all_layers, channels > 0 ? channels : set.heads,
                  channels > 0 || set.range.all_heads, append, out);
  };
  nest([&](std::size_t i) { append_row(values_of(set.rows[i]), out); });
  out += ",\n\"patches\":";
  nest([&](std::size_t i) {
    const auto columns = static_cast<std::size_t>(run.output.columns);
    const auto patches = values_of(set.rows[i]).subspan(static_cast<std::size_t>(run.output.specials));
    const auto row = [&](int r) { return patches.subspan(static_cast<std::size_t>(r) * columns, columns); };
    append_grid(run.output.rows, row, out);
  });
  return out + "}\n";
}

namespace {

std::string channels_csv(const VisionMapSet& set) {
  const VitOutput& grid = set.run->output;
  CsvWriter csv;
  for (const char* name : {"token", "column", "row"}) csv.cell(name);
  for (std::size_t c = 0; c < set.rows.size(); ++c) csv.cell(fmt::format("pc{}", c + 1));
  csv.end_row();
  for (int patch = 0; patch < grid.columns * grid.rows; ++patch) {
    csv.cell("patch");
    csv.cell(patch % grid.columns + 1);
    csv.cell(patch / grid.columns + 1);
    for (const RowVector& row : set.rows) csv.cell(row(grid.specials + patch));
    csv.end_row();
  }
  return csv.text();
}

}  // namespace

std::string vision_csv(const VisionMapSet& set) {
  if (!set.shares.empty()) return channels_csv(set);
  const VitOutput& grid = set.run->output;
  const MapQueries queries = queries_of(set.run->trace.shape(), set.range);
  CsvWriter csv;
  for (const char* name : {"layer", "head", "token", "column", "row"}) csv.cell(name);
  csv.cell(set.range.query.rank ? "rank" : set.range.query.scores ? "score" : "attention");
  csv.end_row();
  for (std::size_t i = 0; i < set.rows.size(); ++i) {
    for (int token = 0; token < static_cast<int>(set.rows[i].size()); ++token) {
      csv.cell(layer_name(MapRange{queries.all[i]}));
      csv.cell(head_name(MapRange{queries.all[i]}));
      const int patch = token - grid.specials;
      if (patch < 0) {
        csv.cell(vision_token_name(*set.run, token));
        csv.cell("");
        csv.cell("");
      } else {
        csv.cell("patch");
        csv.cell(patch % grid.columns + 1);
        csv.cell(patch / grid.columns + 1);
      }
      csv.cell(set.rows[i](token));
      csv.end_row();
    }
  }
  return csv.text();
}

namespace {

Result<NpyArray> whole_maps(const VisionMapSet& set) {
  const AttentionRecord& record = *set.run->output.record;
  const AttentionShape& s = record.shape();
  const double bytes = 4.0 * s.layers * s.heads * s.queries * s.keys;
  if (bytes > kMostNpyBytes) {
    return fail(ErrorCode::kShape,
                "--layer all --head all: expected maps of at most {:.0f} MB, got {:.0f} MB",
                kMostNpyBytes * 1e-6, bytes * 1e-6);
  }
  MapQuery query = set.range.query;
  query.subject.clear();
  query.minus.clear();
  query.direction = Direction::kReads;
  if (!is_arranged(query) && !query.mass) return whole_record(record, query.scores);
  NpyArray out;
  for (const MapQuery& one : queries_of(s, {.query = query, .all_layers = true, .all_heads = true}).all) {
    REGARD_TRY(const Map map, evaluate(set.run->trace, one));
    out.shape = {static_cast<std::size_t>(s.layers), static_cast<std::size_t>(s.heads), map.rows.size(),
                 map.columns.size()};
    out.values.insert(out.values.end(), map.values.data(), map.values.data() + map.values.size());
  }
  return out;
}

class VisionMaps final : public Exportable {
 public:
  explicit VisionMaps(const VisionMapSet& set) : set_(set) {}
  Result<std::string> json() const override { return vision_json(set_); }
  Result<std::string> csv() const override { return vision_csv(set_); }
  Result<NpyArray> array() const override { return vision_array(set_); }
  Result<Drawing> figure(const Strings& strings, const FigureLook& look) const override {
    return overlay_figure(vision_overlay(set_, strings), strings, look);
  }
  Result<TextPage> page(const Strings& strings) const override {
    if (set_.rows.size() == 1 || !set_.shares.empty())
      return overlay_page(vision_overlay(set_, strings), strings);
    TextPage page{
        .title = strings("page.all_maps"),
        .paragraphs = {std::filesystem::path(set_.image).filename().string(), set_.run->request.model->name},
        .tables = {table_of_csv(vision_csv(set_), strings)}};
    page.tables.front().caption = strings("page.cells");
    return page;
  }
  NonFinite non_finite() const override { return non_finite_in(set_); }

 private:
  const VisionMapSet& set_;
};

}  // namespace

Result<NpyArray> vision_array(const VisionMapSet& set) {
  const bool layers = set.range.all_layers, heads = set.range.all_heads;
  if (layers && heads && set.range.query.lens == "attention") return whole_maps(set);
  const VitOutput& grid = set.run->output;
  NpyArray out;
  if (!set.shares.empty()) {
    out.shape = {static_cast<std::size_t>(grid.rows), static_cast<std::size_t>(grid.columns),
                 set.rows.size()};
    for (int patch = 0; patch < grid.columns * grid.rows; ++patch) {
      for (const RowVector& row : set.rows) out.values.push_back(row(grid.specials + patch));
    }
    return out;
  }
  if (layers) out.shape.push_back(static_cast<std::size_t>(set.layers));
  if (heads) out.shape.push_back(static_cast<std::size_t>(set.heads));
  out.shape.push_back(static_cast<std::size_t>(grid.rows));
  out.shape.push_back(static_cast<std::size_t>(grid.columns));
  for (const RowVector& row : set.rows) {
    const std::vector<float> patches = patch_values(row, grid);
    out.values.insert(out.values.end(), patches.begin(), patches.end());
  }
  return out;
}

namespace {

// Pins by their numbers, regions by their letters; special tokens are not on the picture.
std::vector<Mark> marks_of(const VisionMapSet& set) {
  const VitOutput& grid = set.run->output;
  const auto cell = [&](int token) {
    const int patch = token - grid.specials;
    return patch < 0 ? std::pair(-1, -1) : std::pair(patch % grid.columns, patch / grid.columns);
  };
  std::vector<Mark> marks;
  for (const bool second : {false, true}) {
    Mark region{.kind = Mark::Kind::kRegion, .number = second, .label = second ? "B" : "A", .cells = {}};
    std::ranges::transform(second ? set.region_b : set.region_a, std::back_inserter(region.cells), cell);
    marks.push_back(std::move(region));
  }
  for (std::size_t i = 0; i < std::min(set.pins.size(), kMaxPins); ++i) {
    marks.push_back({.kind = Mark::Kind::kPin,
                     .number = static_cast<int>(i),
                     .label = std::to_string(i + 1),
                     .cells = {cell(set.pins[i])}});
  }
  return marks;
}

// What a figure says of a map that is more than a layer and a head.
void describe(Overlay& out, const VisionMapSet& set, const Strings& strings) {
  const MapQuery& query = set.range.query;
  const VisionRun& run = *set.run;
  if (query.lens == "flow") out.title = strings("choice.layer.flow");
  if (query.mass) out.title += std::string(" · ") + strings("lens.mass");
  if (query.specials != Specials::kShown || query.rank) out.caption.push_back(tokens_line(query));
  if (!query.minus.empty()) out.title += std::string(" · ") + strings("fusion.difference");
  if (query.subject.size() > 1) out.title += std::string(" · ") + strings("fusion.mean");
  const Lens& lens = *find_lens(query.lens);
  if (lens.needs == LensNeeds::kHidden) out.label = strings("lens." + query.lens);
  const bool caption = lens.needs == LensNeeds::kGradients;
  if (query.lens != "norms" && lens.channels == nullptr && !caption) return;
  // Of no one position.
  out.framed.reset();
  out.caption.front() = std::filesystem::path(set.image).filename().string();
  if (query.lens == "norms") out.title = strings("lens.norms");
  if (!query.caption.empty()) out.title = query.caption;
  if (!query.caption_less.empty()) out.title += " − " + query.caption_less;
  out.label = caption ? query.lens : strings("lens." + query.lens);
  if (caption) out.caption.push_back(strings("picture.caption." + query.lens));
  if (set.shares.size() < 3) return;
  // Each component has its own range: no numbers of the colours.
  out.caption.back() = run.request.model->name + " · " +
                       strings.format("picture.patches", run.output.columns, run.output.rows);
  out.caption.push_back(strings.format("picture.pca.figure", strings.percent(set.shares[0]),
                                       strings.percent(set.shares[1]), strings.percent(set.shares[2])));
}

}  // namespace

Overlay vision_overlay(const VisionMapSet& set, const Strings& strings) {
  REGARD_CHECK(set.rows.size() == 1 || !set.shares.empty());
  const VisionRun& run = *set.run;
  const VitOutput& grid = run.output;
  const bool scores = set.range.query.scores;
  const bool centred =
      set.changed || !set.range.query.minus.empty() || find_lens(set.range.query.lens)->is_signed;
  const MapZero zero = scores ? MapZero::kSmallest : centred ? MapZero::kCentre : MapZero::kNothing;
  Overlay out = overlay_on(run, patch_values(set.rows.front(), grid), zero);
  if (set.range.query.rank) out.range = rank_range(out.values);
  out.opacity = set.opacity;
  out.smooth = set.smooth;
  if (!set.shares.empty()) {
    Matrix channels(std::ssize(set.rows), std::ssize(out.values));
    for (std::size_t c = 0; c < set.rows.size(); ++c)
      channels.row(static_cast<Eigen::Index>(c)) = set.rows[c].tail(channels.cols());
    out.colours = component_colours(channels);
  }
  out.marks = marks_of(set);
  out.title = figure::title_of(set.range.query, strings);
  out.label = figure::quantity(set.range.query, strings);
  const int subject = subject_of(set);
  if (subject >= grid.specials) {
    const int patch = subject - grid.specials;
    out.framed = {patch % grid.columns, patch / grid.columns};
  }
  const std::string token = shown_token(run, subject, strings);
  out.caption.push_back(
      std::filesystem::path(set.image).filename().string() + " · " +
      strings.format(is_incoming(set.range.query) ? "patch_heads.incoming" : "patch_heads.outgoing", token));
  out.caption.push_back(run.request.model->name + " · " +
                        strings.format("picture.patches", grid.columns, grid.rows) + " · " +
                        colours_text(out, strings));
  if (!is_plain(set.range.query)) describe(out, set, strings);
  if (set.changed) out.caption.push_back(strings("edit.difference.note"));
  if (std::string trials = trials_line(run); !trials.empty()) out.caption.push_back(std::move(trials));
  return out;
}

std::shared_ptr<const Exportable> exportable(VisionMapSet set) { return owning<VisionMaps>(std::move(set)); }

Result<std::string> vision_map_bytes(const VisionMapSet& set, std::string_view format, const Strings& strings,
                                     NonFinite* non_finite, const FigureLook& look) {
  return map_bytes(VisionMaps(set), format, strings, non_finite, look);
}

}  // namespace regard
