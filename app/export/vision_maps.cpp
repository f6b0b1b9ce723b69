#include "app/export/vision_maps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <tuple>
#include <utility>

#include "app/export/figure_parts.h"
#include "core/analysis/vision.h"
#include "core/base/check.h"
#include "core/formats/csv.h"
#include "core/formats/json.h"
#include "core/formats/npy.h"

namespace regard {
namespace {

constexpr double kMostNpyBytes = 4e9;

Result<RowVector> one_row(const AttentionRecord& record, const VisionMapRequest& r, int layer, int head) {
  if (layer == MapChoice::kRollout) {
    if (!r.incoming) return rollout_row(record, r.query);
    auto map = rollout(record);
    if (!map) return std::unexpected(std::move(map.error()));
    return RowVector(map->col(r.query).transpose());
  }
  return token_row(record, {layer, head}, r.query, r.incoming, r.map.scores);
}

/// The shortest digits that read back as the same float; JSON has no infinity.
void append_number(float value, std::string& out) {
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(out), "{}", value);
  } else {
    out += "null";
  }
}

void append_row(const RowVector& row, std::string& out) {
  out += '[';
  for (Eigen::Index i = 0; i < row.size(); ++i) {
    if (i > 0) out += ',';
    append_number(row(i), out);
  }
  out += ']';
}

void append_patches(const RowVector& row, const VitOutput& grid, std::string& out) {
  for (int r = 0; r < grid.rows; ++r) {
    out += r == 0 ? "[\n " : ",\n ";
    append_row(row.segment(grid.specials + r * grid.columns, grid.columns), out);
  }
  out += ']';
}

/// Every row of the set by `append`, nested as layers and heads are asked for.
template <class Append>
void append_nested(const VisionMapSet& set, std::string& out, const Append& append) {
  const bool layers = set.request.map.layer == MapRequest::kAll,
             heads = set.request.map.head == MapRequest::kAll;
  if (layers) out += '[';
  for (int l = 0; l < set.layers; ++l) {
    if (l > 0) out += ",\n";
    if (heads) out += '[';
    for (int h = 0; h < set.heads; ++h) {
      if (h > 0) out += ",\n";
      append(set.rows[static_cast<std::size_t>(l * set.heads + h)]);
    }
    if (heads) out += ']';
  }
  if (layers) out += ']';
}

std::string text_json(std::string_view text) {
  return Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string choice_json(const std::string& name) {
  return name.find_first_not_of("0123456789") == std::string::npos ? name : '"' + name + '"';
}

/// As on screen: "CLS", "patch 3, 5".
std::string shown_token(const VisionRun& run, int token, const Strings& strings) {
  if (token < run.output.specials)
    return run.request.model->encoder.special_names()[static_cast<std::size_t>(token)];
  const int patch = token - run.output.specials;
  return strings.format("picture.patch", patch % run.output.columns + 1, patch / run.output.columns + 1);
}

}  // namespace

Result<VisionMapSet> collect_vision_maps(std::shared_ptr<const VisionRun> run,
                                         const VisionMapRequest& request, std::string image) {
  REGARD_CHECK(request.query >= 0 && request.query < run->tokens());
  const AttentionRecord& record = *run->output.record;
  if (auto sound = check_request(record.shape(), request.map); !sound)
    return std::unexpected(std::move(sound.error()));
  VisionMapSet set{.run = std::move(run), .image = std::move(image), .request = request, .rows = {}};
  const bool all_layers = request.map.layer == MapRequest::kAll,
             all_heads = request.map.head == MapRequest::kAll;
  if (all_layers) set.layers = record.shape().layers;
  if (all_heads) set.heads = record.shape().heads;
  for (int l = 0; l < set.layers; ++l) {
    for (int h = 0; h < set.heads; ++h) {
      auto row =
          one_row(record, request, all_layers ? l : request.map.layer, all_heads ? h : request.map.head);
      if (!row) return std::unexpected(std::move(row.error()));
      set.rows.push_back(std::move(*row));
    }
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

std::string vision_json(const VisionMapSet& set) {
  const VisionRun& run = *set.run;
  const MapRequest& map = set.request.map;
  const Cover& cover = run.picture.cover;
  std::string out = fmt::format(
      "{{\"model\":{},\n\"image\":{},\n\"width\":{},\"height\":{},\n"
      "\"seen\":{{\"x\":{},\"y\":{},\"width\":{},\"height\":{}}},\n\"columns\":{},\"rows\":{},\n\"specials\":"
      "[",
      text_json(run.request.model->name), text_json(set.image), run.request.image->width,
      run.request.image->height, cover.x, cover.y, cover.width, cover.height, run.output.columns,
      run.output.rows);
  for (int i = 0; i < run.output.specials; ++i)
    out += (i > 0 ? ",\"" : "\"") + vision_token_name(run, i) + '"';
  out += fmt::format("],\n\"query\":\"{}\",\n\"layer\":{},\"head\":{},\n",
                     vision_token_name(run, set.request.query), choice_json(layer_name(map.layer)),
                     choice_json(head_name(map.head)));
  if (set.request.incoming) out += "\"incoming\":true,\n";
  if (map.scores) out += "\"scores\":true,\n";
  out += "\"row\":";
  append_nested(set, out, [&out](const RowVector& row) { append_row(row, out); });
  out += ",\n\"patches\":";
  append_nested(set, out, [&](const RowVector& row) { append_patches(row, run.output, out); });
  return out + "}\n";
}

std::string vision_csv(const VisionMapSet& set) {
  const VitOutput& grid = set.run->output;
  const MapRequest& map = set.request.map;
  CsvWriter csv;
  for (const char* name : {"layer", "head", "token", "column", "row"}) csv.cell(name);
  csv.cell(map.scores ? "score" : "attention");
  csv.end_row();
  for (std::size_t i = 0; i < set.rows.size(); ++i) {
    const int layer = static_cast<int>(i) / set.heads, head = static_cast<int>(i) % set.heads;
    for (int token = 0; token < static_cast<int>(set.rows[i].size()); ++token) {
      csv.cell(layer_name(map.layer == MapRequest::kAll ? layer : map.layer));
      csv.cell(head_name(map.head == MapRequest::kAll ? head : map.head));
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

Result<std::string> whole_maps(const VisionMapSet& set) {
  const AttentionRecord& record = *set.run->output.record;
  const AttentionShape& s = record.shape();
  const double bytes = 4.0 * s.layers * s.heads * s.queries * s.keys;
  if (bytes > kMostNpyBytes) {
    return fail(ErrorCode::kShape,
                "--layer all --head all: expected maps of at most {:.0f} MB, got {:.0f} MB",
                kMostNpyBytes * 1e-6, bytes * 1e-6);
  }
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(bytes / 4.0));
  for (int l = 0; l < s.layers; ++l) {
    for (int h = 0; h < s.heads; ++h) {
      const Matrix map = set.request.map.scores ? record.scores_map(l, h) : record.attention_map(l, h);
      values.insert(values.end(), map.data(), map.data() + map.size());
    }
  }
  const std::size_t shape[] = {static_cast<std::size_t>(s.layers), static_cast<std::size_t>(s.heads),
                               static_cast<std::size_t>(s.queries), static_cast<std::size_t>(s.keys)};
  return npy_bytes(values, shape);
}

}  // namespace

Result<std::string> vision_npy(const VisionMapSet& set) {
  const bool layers = set.request.map.layer == MapRequest::kAll,
             heads = set.request.map.head == MapRequest::kAll;
  if (layers && heads) return whole_maps(set);
  const VitOutput& grid = set.run->output;
  std::vector<std::size_t> shape;
  if (layers || heads) shape.push_back(set.rows.size());
  shape.push_back(static_cast<std::size_t>(grid.rows));
  shape.push_back(static_cast<std::size_t>(grid.columns));
  std::vector<float> values;
  for (const RowVector& row : set.rows)
    values.insert(values.end(), row.data() + grid.specials, row.data() + row.size());
  return npy_bytes(values, shape);
}

Overlay vision_overlay(const VisionMapSet& set, const Strings& strings) {
  REGARD_CHECK(set.rows.size() == 1);
  const VisionRun& run = *set.run;
  const VitOutput& grid = run.output;
  const RowVector& row = set.rows.front();
  const bool french = strings.language() == "fr", scores = set.request.map.scores;
  Overlay out{.rgb = run.picture.rgb,
              .width = run.picture.width,
              .height = run.picture.height,
              .patch = static_cast<double>(run.request.model->encoder.config().patch),
              .columns = grid.columns,
              .rows = grid.rows,
              .values = {row.data() + grid.specials, row.data() + row.size()},
              .title = figure::title_of(set.request.map, strings),
              .label = scores ? "score" : "attention",
              .caption = {}};
  std::tie(out.low, out.high) = overlay_range(out.values, scores);
  if (set.request.query >= grid.specials) {
    const int patch = set.request.query - grid.specials;
    out.framed = {patch % grid.columns, patch / grid.columns};
  }
  const std::string token = shown_token(run, set.request.query, strings);
  out.caption.push_back(
      std::filesystem::path(set.image).filename().string() + " · " +
      strings.format(set.request.incoming ? "patch_heads.incoming" : "patch_heads.outgoing", token));
  out.caption.push_back(fmt::format(
      "{} · {} · {}", run.request.model->name, strings.format("picture.patches", grid.columns, grid.rows),
      fmt::format(fmt::runtime(french ? "couleurs de {:.3g} à {:.3g}" : "colours from {:.3g} to {:.3g}"),
                  out.low, out.high)));
  return out;
}

}  // namespace regard
