#include "app/export/maps.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <utility>

#include "app/export/json_parts.h"
#include "app/export/trial_options.h"
#include "app/state/queries.h"
#include "core/analysis/arrange.h"
#include "core/analysis/lens.h"
#include "core/engine/sequences.h"
#include "core/formats/csv.h"

namespace regard {

std::vector<Token> tokens_of(const MapSet& set) {
  if (set.positions.empty()) return set.run->tokens;
  const std::vector<Token> tokens = set.range.query.words ? whole_words(set.run->tokens) : set.run->tokens;
  std::vector<Token> out;
  for (const int position : set.positions) out.push_back(tokens[static_cast<std::size_t>(position)]);
  return out;
}

std::string tokens_line(const MapQuery& query) {
  std::string out;
  const auto add = [&](const std::string& option) { out += (out.empty() ? "" : " ") + option; };
  if (query.words) add("--words");
  if (query.specials != Specials::kShown) add(fmt::format("--special {}", specials_name(query.specials)));
  if (query.mass) add(fmt::format("--hold {:.4g}", *query.mass));
  if (query.rank) add("--rank");
  return out;
}

namespace {

// What a query does to tokens, as members of a file's object.
std::string tokens_members(const MapQuery& query) {
  std::string out;
  if (query.words) out += "\"words\":true,";
  if (query.specials != Specials::kShown)
    out += fmt::format("\"special\":\"{}\",", specials_name(query.specials));
  if (query.mass) out += fmt::format("\"hold\":{:.4g},", *query.mass);
  if (query.rank) out += "\"rank\":true,";
  return out;
}

}  // namespace

NonFinite non_finite_in(const MapSet& set) {
  const AttentionRecord& record = *set.run->output.record;
  const auto position = [&](Eigen::Index line) {
    return set.positions.empty() ? static_cast<int>(line) : set.positions[static_cast<std::size_t>(line)];
  };
  NonFinite found;
  for (const Matrix& map : set.maps) {
    for (Eigen::Index t = 0; t < map.rows(); ++t) {
      for (Eigen::Index s = 0; s < map.cols(); ++s) {
        const bool masked = set.range.query.scores && !record.readable(position(t), position(s));
        if (!masked) found += count_non_finite({&map(t, s), 1});
      }
    }
  }
  return found;
}

Result<void> check_range(const Trace& trace, const MapRange& range) {
  const MapQuery& query = range.query;
  REGARD_TRY_DO(check_heads(trace.shape(query.half), query.heads));
  const Lens* lens = find_lens(query.lens);
  const bool whole = query.subject.empty();
  if (lens == nullptr || !has_lens(trace, *lens) || (whole && lens->tile == nullptr)) {
    std::string names;
    for (const Lens* each : lenses()) {
      if (has_lens(trace, *each) && (!whole || each->tile != nullptr))
        names += (names.empty() ? "" : ", ") + std::string(each->name);
    }
    return fail(ErrorCode::kUnsupported, "--lens: expected one of this run's ({}), got {}", names,
                query.lens);
  }
  if (!lens->by_head && range.all_layers)
    return fail(ErrorCode::kShape, "--layer: expected mean, as {} joins all layers, got all", query.lens);
  if (!lens->by_head && head_name(range) != "mean") {
    return fail(ErrorCode::kShape, "--head: expected mean, of which {} is made, got {}", query.lens,
                head_name(range));
  }
  if (lens->channels != nullptr && (range.all_layers || range.all_heads))
    return fail(ErrorCode::kShape, "{}: expected one layer for {}, got all",
                range.all_layers ? "--layer" : "--head", query.lens);
  if (query.scores && !lens->has_scores)
    return fail(ErrorCode::kUnsupported, "--scores: expected a layer, got {}, which has none", query.lens);
  return {};
}

std::string layer_name(const MapRange& range) {
  const Lens* lens = find_lens(range.query.lens);
  if (lens != nullptr && !lens->by_head) return range.query.lens;
  return range.all_layers ? "all" : layer_name(range.query.heads);
}

std::string head_name(const MapRange& range) {
  return range.all_heads ? "all" : head_name(range.query.heads);
}

MapQueries queries_of(const AttentionShape& shape, const MapRange& range) {
  MapQueries out{range.all_layers ? shape.layers : 1, range.all_heads ? shape.heads : 1, {}};
  for (int layer = 0; layer < out.layers; ++layer) {
    for (int head = 0; head < out.heads; ++head) {
      MapQuery& query = out.all.emplace_back(range.query);
      if (range.all_layers) query.heads.layer = layer;
      if (range.all_heads) query.heads.head = head;
    }
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

Result<MapSet> collect_maps(std::shared_ptr<const TextRun> run, const MapRange& range) {
  REGARD_TRY_DO(check_range(run->trace, range));
  const MapQueries queries = queries_of(run->trace.shape(), range);
  MapSet set{.run = {}, .range = range, .layers = queries.layers, .heads = queries.heads, .maps = {}};
  for (const MapQuery& query : queries.all) {
    REGARD_TRY(Map map, evaluate(run->trace, query));
    set.maps.push_back(std::move(map.values));
    if (is_arranged(query) || query.mass) {
      set.positions = std::move(map.rows);
      set.hidden = std::move(map.hidden);
    }
  }
  set.run = std::move(run);
  return set;
}

std::string set_json(const HeadChoice& heads) {
  std::string out;
  for (const auto& [layer, head] : heads.set)
    fmt::format_to(std::back_inserter(out), "{}[{},{}]", out.empty() ? "\"maps\":[" : ",", layer + 1,
                   head + 1);
  return out.empty() ? out : out + "],";
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
      fmt::format("{{\"model\":{},\n\"tokens\":{},\n", json_text(model), tokens_json(tokens_of(set), 0));
  fmt::format_to(std::back_inserter(out), "\"layer\":{},\"head\":{},", json_choice(layer_name(set.range)),
                 json_choice(head_name(set.range)));
  if (const Lens* lens = find_lens(set.range.query.lens); lens->by_head && lens->name != "attention")
    fmt::format_to(std::back_inserter(out), "\"lens\":{},", json_text(lens->name));
  out += set_json(set.range.query.heads);
  if (set.range.query.scores) out += "\"scores\":true,";
  out += tokens_members(set.range.query);
  if (const auto trials = trial_options(*set.run); !trials.empty()) {
    std::string list;
    for (const std::string& trial : trials) list.append(list.empty() ? "" : ",").append(json_text(trial));
    fmt::format_to(std::back_inserter(out), "\"trials\":[{}],", list);
  }
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
  append_nested(set.layers, set.range.all_layers, set.heads, set.range.all_heads, append, out);
  return out + "}\n";
}

namespace {

std::string csv_of_one(const MapSet& set) {
  const std::vector<Token> tokens = tokens_of(set);
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
  if (!set.range.all_layers && !set.range.all_heads) return csv_of_one(set);
  const MapQueries queries = queries_of(set.run->trace.shape(), set.range);
  const std::vector<Token> tokens = tokens_of(set);
  CsvWriter csv;
  for (const char* name :
       {"layer", "head", "query", "key", "query_token", "key_token", "query_text", "key_text"})
    csv.cell(name);
  const Lens* lens = find_lens(set.range.query.lens);
  csv.cell(set.range.query.rank     ? "rank"
           : set.range.query.scores ? "score"
           : lens->by_head          ? lens->name
                                    : "attention");
  csv.end_row();
  for (std::size_t i = 0; i < set.maps.size(); ++i) {
    const Matrix& map = set.maps[i];
    for (Eigen::Index t = 0; t < map.rows(); ++t) {
      for (Eigen::Index s = 0; s < map.cols(); ++s) {
        csv.cell(layer_name(MapRange{queries.all[i]}));
        csv.cell(head_name(MapRange{queries.all[i]}));
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
  if (set.range.all_layers) out.shape.push_back(static_cast<std::size_t>(set.layers));
  if (set.range.all_heads) out.shape.push_back(static_cast<std::size_t>(set.heads));
  out.shape.push_back(static_cast<std::size_t>(set.maps.front().rows()));
  out.shape.push_back(static_cast<std::size_t>(set.maps.front().cols()));
  for (const Matrix& map : set.maps) out.values.insert(out.values.end(), map.data(), map.data() + map.size());
  return out;
}

}  // namespace regard
