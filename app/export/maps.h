// Which maps of a run leave the program, and as what numbers: JSON, CSV, npy. Pictures of them are
// figure.h's. Layers and heads count from 0 here and from 1 in everything that is written.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/analysis/map_query.h"
#include "core/analysis/reduce.h"
#include "core/base/result.h"
#include "core/engine/text_run.h"
#include "core/formats/npy.h"
#include "core/tensor/non_finite.h"

namespace regard {

struct MapRequest {
  static constexpr int kAll = -4;  // layer or head: each of them; else as RecordChoice
  int layer = RecordChoice::kMean;
  int head = RecordChoice::kMean;
  bool scores = false;  // before softmax

  bool all_layers() const { return layer == kAll; }
  bool all_heads() const { return head == kAll; }
};

/// The one map that was chosen.
MapRequest map_request(const MapChoice& choice, bool scores);

struct MapSet {
  std::shared_ptr<const TextRun> run;
  MapRequest request;
  int layers = 1;  // how many are in `maps`
  int heads = 1;
  std::vector<Matrix> maps;  // [layers][heads] of [T][S]
};

/// Whether a record of this shape has the layers and heads `request` asks for, and scores where it wants
/// them. Errors: shape, unsupported; the message begins with the option at fault ("--layer: expected 1 to 4,
/// ...").
Result<void> check_request(const AttentionShape& shape, const MapRequest& request);

/// Each map that `request` asks for, by layers; one layer and one head are one. Expects a sound request.
struct MapChoices {
  int layers = 1, heads = 1;
  std::vector<RecordChoice> all;  // [layers][heads]
};
MapChoices choices_of(const AttentionShape& shape, const MapRequest& request);

/// float32 [L, H, T, S]: the maps of every layer and head.
NpyArray whole_record(const AttentionRecord& record, bool scores);

/// The maps `request` asks for.
/// Errors: shape, unsupported; the message begins with the option at fault ("--layer: expected 1 to 4, ...").
/// Thread: any. Cost: as reduce(), for each map.
Result<MapSet> collect_maps(std::shared_ptr<const TextRun> run, const MapRequest& request);

/// The values that are no numbers; scores that the mask makes -inf are not counted.
NonFinite non_finite_in(const MapSet& set);

/// "2", "mean", "all", ...: a layer or head as it is written on the command line and in files.
std::string layer_name(int layer);
std::string head_name(int head);

/// `[{"id":..,"token":..,"start":..,"end":..,"weight":..}, ...]`, one token a line, indented by `indent`
/// spaces. `token` is the vocabulary's spelling; start and end are bytes of the prompt.
std::string tokens_json(const std::vector<Token>& tokens, int indent);

/// {model, tokens, layer, head, rows, cols, attention}; with scores also "scores": true. `attention` is
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
