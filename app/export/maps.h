// Which maps of a run leave the program, and as what numbers: JSON, CSV, npy. Pictures of them are
// figure.h's. Layers and heads count from 0 here and from 1 in everything that is written.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/analysis/map_query.h"
#include "core/base/result.h"
#include "core/engine/text_run.h"
#include "core/formats/npy.h"
#include "core/tensor/non_finite.h"

namespace regard {

/// Which maps leave the program: a query, or the same for each layer and/or each head instead of its own.
struct MapRange {
  MapQuery query = {};
  bool all_layers = false, all_heads = false;
};

/// Whether a run has the layers, heads and lens that `range` asks for, and scores where it wants them.
/// Errors: shape, unsupported; the message begins with the option at fault ("--layer: expected 1 to 4, ...").
Result<void> check_range(const Trace& trace, const MapRange& range);

/// Each query that `range` stands for, by layers; one layer and one head are one. Expects a sound range.
struct MapQueries {
  int layers = 1, heads = 1;
  std::vector<MapQuery> all;  // [layers][heads]
};
MapQueries queries_of(const AttentionShape& shape, const MapRange& range);

/// A position that a figure marks.
struct FigurePin {
  int position = 0;
  std::size_t number = 0;  // from 0: its colour in ThemeColors, and its letter
};

struct MapSet {
  std::shared_ptr<const TextRun> run;
  MapRange range;
  int layers = 1;  // how many are in `maps`
  int heads = 1;
  std::vector<Matrix> maps;          // [layers][heads] of [T][S]
  std::vector<int> positions = {};   // of rows and columns, as Map::rows; empty: every token
  std::vector<char> hidden = {};     // [T*S] of the last map; empty: nothing is
  std::vector<FigurePin> pins = {};  // of a figure
};

/// float32 [L, H, T, S]: the maps of every layer and head.
NpyArray whole_record(const AttentionRecord& record, bool scores);

/// What rows and columns stand for: tokens, or whole words where they are one.
std::vector<Token> tokens_of(const MapSet& set);
/// What a query does to tokens, as the options that ask for it: "--words --special hide"; empty: nothing.
std::string tokens_line(const MapQuery& query);

/// The maps `range` asks for. Errors: as check_range(), and of evaluate(). Thread: any. Cost: as evaluate(),
/// for each map.
Result<MapSet> collect_maps(std::shared_ptr<const TextRun> run, const MapRange& range);

/// The values that are no numbers; scores that the mask makes -inf are not counted.
NonFinite non_finite_in(const MapSet& set);

/// "2", "mean", "all", "rollout", ...: a layer or head as it is written on the command line and in files.
/// Where a lens joins all layers, its name stands for them.
std::string layer_name(const MapRange& range);
std::string head_name(const MapRange& range);

/// `[{"id":..,"token":..,"start":..,"end":..,"weight":..}, ...]`, one token a line, indented by `indent`
/// spaces. `token` is the vocabulary's spelling; start and end are bytes of the prompt.
/// `"maps":[[2,3],[2,4]],` of several heads, from 1; nothing without a set.
std::string set_json(const HeadChoice& heads);
std::string tokens_json(const std::vector<Token>& tokens, int indent);

/// {model, tokens, layer, head, rows, cols, attention}; with scores also "scores": true, of another lens of
/// heads its name: "lens": "written". `attention` is
/// [T][S], with all layers and/or heads [L][H][T][S], [L][T][S] or [H][T][S]. Numbers read back as the same
/// float32; -inf, inf and NaN are null, and when a value is not a number for another reason than the mask,
/// "non_finite" counts them.
std::string maps_json(const MapSet& set);

/// One map: a header row of tokens, a first column of tokens. Several: rows of layer, head, query, key,
/// query_token, key_token, attention (or score); query and key are positions from 0, as in the JSON's tokens.
std::string maps_csv(const MapSet& set);

/// Shaped as in maps_json().
NpyArray maps_array(const MapSet& set);

}  // namespace regard
