#include "app/export/maps.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <utility>

#include "app/export/json_parts.h"
#include "core/formats/csv.h"

namespace regard {

NonFinite non_finite_in(const MapSet& set) {
  const AttentionRecord& record = *set.run->output.record;
  NonFinite found;
  for (const Matrix& map : set.maps) {
    for (Eigen::Index t = 0; t < map.rows(); ++t) {
      for (Eigen::Index s = 0; s < map.cols(); ++s) {
        const bool masked = set.request.scores && !record.readable(static_cast<int>(t), static_cast<int>(s));
        if (!masked) found += count_non_finite({&map(t, s), 1});
      }
    }
  }
  return found;
}

MapRequest map_request(const MapChoice& choice, bool scores) {
  if (choice.lens == "rollout") return {.layer = RecordChoice::kRollout};
  const HeadChoice& heads = choice.heads;
  return {.layer = heads.layer.value_or(RecordChoice::kMean),
          .head = heads.head                     ? *heads.head
                  : heads.fusion == Fusion::kMax ? RecordChoice::kMax
                                                 : RecordChoice::kMean,
          .scores = scores};
}

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

MapChoices choices_of(const AttentionShape& shape, const MapRequest& request) {
  MapChoices out{request.all_layers() ? shape.layers : 1, request.all_heads() ? shape.heads : 1, {}};
  for (int l = 0; l < out.layers; ++l) {
    for (int h = 0; h < out.heads; ++h)
      out.all.push_back({request.all_layers() ? l : request.layer, request.all_heads() ? h : request.head});
  }
  return out;
}

NpyArray whole_record(const AttentionRecord& record, bool scores) {
  const AttentionShape& s = record.shape();
  NpyArray out{.shape = {static_cast<std::size_t>(s.layers), static_cast<std::size_t>(s.heads),
                         static_cast<std::size_t>(s.queries), static_cast<std::size_t>(s.keys)},
               .values = {}};
  out.values.reserve(out.shape[0] * out.shape[1] * out.shape[2] * out.shape[3]);
  for (int l = 0; l < s.layers; ++l) {
    for (int h = 0; h < s.heads; ++h) {
      const Matrix map = scores ? record.scores_map(l, h) : record.attention_map(l, h);
      out.values.insert(out.values.end(), map.data(), map.data() + map.size());
    }
  }
  return out;
}

Result<MapSet> collect_maps(std::shared_ptr<const TextRun> run, const MapRequest& request) {
  const AttentionRecord& record = *run->output.record;
  REGARD_TRY_DO(check_request(record.shape(), request));
  const MapChoices choices = choices_of(record.shape(), request);
  MapSet set{.run = {}, .request = request, .layers = choices.layers, .heads = choices.heads, .maps = {}};
  for (const RecordChoice& choice : choices.all) {
    REGARD_TRY(set.maps.emplace_back(), reduce(record, choice, request.scores));
  }
  set.run = std::move(run);
  return set;
}

std::string tokens_json(const std::vector<Token>& tokens, int indent) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string out = "[";
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    fmt::format_to(std::back_inserter(out),
                   R"({}{} {{"id":{},"token":{},"text":{},"start":{},"end":{},"weight":{}}})",
                   i == 0 ? "\n" : ",\n", margin, token.id, json_text(token.text),
                   json_text(token.readable()), token.start, token.end, token.weight);
  }
  return out + "]";
}

std::string maps_json(const MapSet& set) {
  const std::string& model = set.run->request.model->name;
  std::string out =
      fmt::format("{{\"model\":{},\n\"tokens\":{},\n", json_text(model), tokens_json(set.run->tokens, 0));
  fmt::format_to(std::back_inserter(out), "\"layer\":{},\"head\":{},",
                 json_choice(layer_name(set.request.layer)), json_choice(head_name(set.request.head)));
  if (set.request.scores) out += "\"scores\":true,";
  if (set.run->tokens_cut > 0) {
    fmt::format_to(std::back_inserter(out), "\"tokens_cut\":{},", set.run->tokens_cut);
  }
  if (const std::int64_t count = non_finite_in(set).count; count > 0) {
    fmt::format_to(std::back_inserter(out), "\"non_finite\":{},", count);
  }
  fmt::format_to(std::back_inserter(out), "\"rows\":{},\"cols\":{},\n\"attention\":", set.maps.front().rows(),
                 set.maps.front().cols());
  const auto append = [&](std::size_t i) {
    const Matrix& map = set.maps[i];
    const auto row = [&map](int t) {
      return std::span(map.row(t).data(), static_cast<std::size_t>(map.cols()));
    };
    append_grid(static_cast<int>(map.rows()), row, out);
  };
  append_nested(set.layers, set.request.all_layers(), set.heads, set.request.all_heads(), append, out);
  return out + "}\n";
}

namespace {

std::string csv_of_one(const MapSet& set) {
  const std::vector<Token>& tokens = set.run->tokens;
  const Matrix& map = set.maps.front();
  CsvWriter csv;
  csv.cell("token");
  csv.cell("text");
  for (const Token& token : tokens) csv.cell(token.text);
  csv.end_row();
  for (Eigen::Index t = 0; t < map.rows(); ++t) {
    csv.cell(tokens[static_cast<std::size_t>(t)].text);
    csv.cell(tokens[static_cast<std::size_t>(t)].readable());
    for (Eigen::Index s = 0; s < map.cols(); ++s) csv.cell(map(t, s));
    csv.end_row();
  }
  return csv.text();
}

}  // namespace

std::string maps_csv(const MapSet& set) {
  if (!set.request.all_layers() && !set.request.all_heads()) return csv_of_one(set);
  const MapChoices choices = choices_of(set.run->output.record->shape(), set.request);
  const std::vector<Token>& tokens = set.run->tokens;
  CsvWriter csv;
  for (const char* name :
       {"layer", "head", "query", "key", "query_token", "key_token", "query_text", "key_text"})
    csv.cell(name);
  csv.cell(set.request.scores ? "score" : "attention");
  csv.end_row();
  for (std::size_t i = 0; i < set.maps.size(); ++i) {
    const Matrix& map = set.maps[i];
    for (Eigen::Index t = 0; t < map.rows(); ++t) {
      for (Eigen::Index s = 0; s < map.cols(); ++s) {
        csv.cell(layer_name(choices.all[i].layer));
        csv.cell(head_name(choices.all[i].head));
        csv.cell(static_cast<int>(t));
        csv.cell(static_cast<int>(s));
        csv.cell(tokens[static_cast<std::size_t>(t)].text);
        csv.cell(tokens[static_cast<std::size_t>(s)].text);
        csv.cell(tokens[static_cast<std::size_t>(t)].readable());
        csv.cell(tokens[static_cast<std::size_t>(s)].readable());
        csv.cell(map(t, s));
        csv.end_row();
      }
    }
  }
  return csv.text();
}

NpyArray maps_array(const MapSet& set) {
  NpyArray out;
  if (set.request.all_layers()) out.shape.push_back(static_cast<std::size_t>(set.layers));
  if (set.request.all_heads()) out.shape.push_back(static_cast<std::size_t>(set.heads));
  out.shape.push_back(static_cast<std::size_t>(set.maps.front().rows()));
  out.shape.push_back(static_cast<std::size_t>(set.maps.front().cols()));
  for (const Matrix& map : set.maps) out.values.insert(out.values.end(), map.data(), map.data() + map.size());
  return out;
}

}  // namespace regard
