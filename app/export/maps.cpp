#include "app/export/maps.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "core/formats/csv.h"
#include "core/formats/json.h"
#include "core/formats/npy.h"

namespace regard {
namespace {

/// A JSON string, quotes included; bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text) {
  return Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string json_choice(const std::string& name) {
  return name.find_first_not_of("0123456789") == std::string::npos ? name : '"' + name + '"';
}

/// Row-major rows of one map, one a line.
void append_map(const Matrix& map, std::string& out) {
  for (Eigen::Index t = 0; t < map.rows(); ++t) {
    out += t == 0 ? "[\n " : ",\n ";
    for (Eigen::Index s = 0; s < map.cols(); ++s) {
      out += s == 0 ? '[' : ',';
      const float value = map(t, s);
      // JSON has no infinity; fmt writes the shortest digits that read back as the same float.
      if (std::isfinite(value)) {
        fmt::format_to(std::back_inserter(out), "{}", value);
      } else {
        out += "null";
      }
    }
    out += map.cols() == 0 ? "[]" : "]";
  }
  out += map.rows() == 0 ? "[]" : "]";
}

/// Values that are not numbers, without those the mask explains.
std::int64_t unexplained(const MapSet& set) {
  const AttentionRecord& record = *set.run->output.record;
  std::int64_t count = 0;
  for (const Matrix& map : set.maps) {
    for (Eigen::Index t = 0; t < map.rows(); ++t) {
      for (Eigen::Index s = 0; s < map.cols(); ++s) {
        const bool masked = set.request.scores && !record.readable(static_cast<int>(t), static_cast<int>(s));
        count += !std::isfinite(map(t, s)) && !masked;
      }
    }
  }
  return count;
}

}  // namespace

Result<void> check_request(const AttentionShape& shape, const MapRequest& request) {
  const bool layer_known = request.layer == MapRequest::kAll || request.layer == RecordChoice::kMean ||
                           request.layer == RecordChoice::kRollout ||
                           (request.layer >= 0 && request.layer < shape.layers);
  if (!layer_known) {
    return fail(ErrorCode::kShape,
                "--layer: expected 1 to {} (this model's layers), all, mean or rollout, got {}", shape.layers,
                request.layer + 1);
  }
  const bool head_known = request.head == MapRequest::kAll || request.head == RecordChoice::kMean ||
                          request.head == RecordChoice::kMax ||
                          (request.head >= 0 && request.head < shape.heads);
  if (!head_known) {
    return fail(ErrorCode::kShape, "--head: expected 1 to {} (this model's heads), all, mean or max, got {}",
                shape.heads, request.head + 1);
  }
  if (request.layer != RecordChoice::kRollout) return {};
  if (request.head != RecordChoice::kMean) {
    return fail(ErrorCode::kShape, "--head: expected mean, of which rollout is made, got {}",
                head_name(request.head));
  }
  if (request.scores)
    return fail(ErrorCode::kUnsupported, "--scores: expected a layer, got rollout, which has none");
  return {};
}

std::string layer_name(int layer) {
  if (layer == MapRequest::kAll) return "all";
  if (layer == RecordChoice::kMean) return "mean";
  if (layer == RecordChoice::kRollout) return "rollout";
  return fmt::format("{}", layer + 1);
}

std::string head_name(int head) {
  if (head == MapRequest::kAll) return "all";
  if (head == RecordChoice::kMean) return "mean";
  if (head == RecordChoice::kMax) return "max";
  return fmt::format("{}", head + 1);
}

Result<MapSet> collect_maps(std::shared_ptr<const TextRun> run, const MapRequest& request) {
  const AttentionRecord& record = *run->output.record;
  if (auto sound = check_request(record.shape(), request); !sound)
    return std::unexpected(std::move(sound.error()));
  MapSet set;
  set.request = request;
  set.layers = request.layer == MapRequest::kAll ? record.shape().layers : 1;
  set.heads = request.head == MapRequest::kAll ? record.shape().heads : 1;
  for (int l = 0; l < set.layers; ++l) {
    for (int h = 0; h < set.heads; ++h) {
      const RecordChoice choice{request.layer == MapRequest::kAll ? l : request.layer,
                             request.head == MapRequest::kAll ? h : request.head};
      Result<Matrix> map = reduce(record, choice, request.scores);
      if (!map) return std::unexpected(std::move(map.error()));
      set.maps.push_back(std::move(*map));
    }
  }
  set.run = std::move(run);
  return set;
}

std::string tokens_json(const std::vector<Token>& tokens, int indent) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string out = "[";
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    fmt::format_to(std::back_inserter(out), R"({}{} {{"id":{},"token":{},"start":{},"end":{},"weight":{}}})",
                   i == 0 ? "\n" : ",\n", margin, token.id, json_string(token.text), token.start, token.end,
                   token.weight);
  }
  return out + "]";
}

std::string maps_json(const MapSet& set) {
  const std::string& model = set.run->request.model->name;
  std::string out =
      fmt::format("{{\"model\":{},\n\"tokens\":{},\n", json_string(model), tokens_json(set.run->tokens, 0));
  fmt::format_to(std::back_inserter(out), "\"layer\":{},\"head\":{},",
                 json_choice(layer_name(set.request.layer)), json_choice(head_name(set.request.head)));
  if (set.request.scores) out += "\"scores\":true,";
  if (const std::int64_t count = unexplained(set); count > 0) {
    fmt::format_to(std::back_inserter(out), "\"non_finite\":{},", count);
  }
  fmt::format_to(std::back_inserter(out), "\"rows\":{},\"cols\":{},\n\"attention\":", set.maps.front().rows(),
                 set.maps.front().cols());
  const bool nest_layers = set.request.layer == MapRequest::kAll;
  const bool nest_heads = set.request.head == MapRequest::kAll;
  if (nest_layers) out += '[';
  for (int l = 0; l < set.layers; ++l) {
    if (l > 0) out += ",\n";
    if (nest_heads) out += '[';
    for (int h = 0; h < set.heads; ++h) {
      if (h > 0) out += ",\n";
      append_map(set.maps[static_cast<std::size_t>(l * set.heads + h)], out);
    }
    if (nest_heads) out += ']';
  }
  if (nest_layers) out += ']';
  return out + "}\n";
}

namespace {

std::string csv_of_one(const MapSet& set) {
  const std::vector<Token>& tokens = set.run->tokens;
  const Matrix& map = set.maps.front();
  CsvWriter csv;
  csv.cell("token");
  for (const Token& token : tokens) csv.cell(token.text);
  csv.end_row();
  for (Eigen::Index t = 0; t < map.rows(); ++t) {
    csv.cell(tokens[static_cast<std::size_t>(t)].text);
    for (Eigen::Index s = 0; s < map.cols(); ++s) csv.cell(map(t, s));
    csv.end_row();
  }
  return csv.text();
}

}  // namespace

std::string maps_csv(const MapSet& set) {
  const bool all_layers = set.request.layer == MapRequest::kAll,
             all_heads = set.request.head == MapRequest::kAll;
  if (!all_layers && !all_heads) return csv_of_one(set);
  const std::vector<Token>& tokens = set.run->tokens;
  CsvWriter csv;
  for (const char* name : {"layer", "head", "query", "key", "query_token", "key_token"}) csv.cell(name);
  csv.cell(set.request.scores ? "score" : "attention");
  csv.end_row();
  for (std::size_t i = 0; i < set.maps.size(); ++i) {
    const Matrix& map = set.maps[i];
    const int layer = static_cast<int>(i) / set.heads, head = static_cast<int>(i) % set.heads;
    for (Eigen::Index t = 0; t < map.rows(); ++t) {
      for (Eigen::Index s = 0; s < map.cols(); ++s) {
        csv.cell(layer_name(all_layers ? layer : set.request.layer));
        csv.cell(head_name(all_heads ? head : set.request.head));
        csv.cell(static_cast<int>(t));
        csv.cell(static_cast<int>(s));
        csv.cell(tokens[static_cast<std::size_t>(t)].text);
        csv.cell(tokens[static_cast<std::size_t>(s)].text);
        csv.cell(map(t, s));
        csv.end_row();
      }
    }
  }
  return csv.text();
}

std::string maps_npy(const MapSet& set) {
  std::vector<std::size_t> shape;
  if (set.request.layer == MapRequest::kAll) shape.push_back(static_cast<std::size_t>(set.layers));
  if (set.request.head == MapRequest::kAll) shape.push_back(static_cast<std::size_t>(set.heads));
  shape.push_back(static_cast<std::size_t>(set.maps.front().rows()));
  shape.push_back(static_cast<std::size_t>(set.maps.front().cols()));
  std::vector<float> values;
  for (const Matrix& map : set.maps) values.insert(values.end(), map.data(), map.data() + map.size());
  return npy_bytes(values, shape);
}

}  // namespace regard
