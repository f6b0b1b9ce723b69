// The ways to look at a run: each a function from a trace to a map, with its formula and source. A new lens
// is a file of its own in core/analysis/lenses/, one line in lenses.cpp, and its words in assets/locale
// ("lens.NAME", "lens.NAME.tip").
#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string_view>

#include "core/analysis/drawn.h"
#include "core/analysis/map_query.h"
#include "core/analysis/tower.h"
#include "core/attention/trace.h"
#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

/// What a lens may need that a trace does not hold (match.h makes it of a run).
struct LensContext {
  std::optional<Tower> tower = {};    // the model of a prompt's or a picture's run, and what it left
  const RowVector* target = nullptr;  // [P] embedding of MapQuery::caption; null: none
  std::vector<DrawnStep> drawn = {};  // of a drawing instead: one of each record asked for
  std::size_t trials = 0;             // on the run: it is then not what the model's weights alone make
  std::stop_token stop = {};
};

/// What a run must have for a lens.
enum class LensNeeds {
  kAttention,         // any run
  kSubject,           // a position to start from, and a run of one step
  kHidden,            // hidden states
  kPatches,           // hidden states of patches
  kWordsBesideImage,  // joint attention
  kConcepts,          // concept maps
  kGradients,         // hidden states, and the model (LensContext::tower or drawn)
  kOutputs,           // output projections of the layers
};

struct LensInput {
  const Trace& trace;
  const MapQuery& query;
  const LensContext& context;
  std::span<const std::shared_ptr<const AttentionRecord>> records;  // of the half and the steps asked for
  const Sequence& sequence;                                         // of the half

  const AttentionRecord& record() const { return *records.front(); }
};

/// Queries by keys; a subject's rows or columns alone when that is cheaper: rows and columns say which.
struct LensTile {
  int row0 = 0, rows = 0, col0 = 0, cols = 0;
};

struct LensChannels {
  Matrix values;               // [C][S]; positions it says nothing about: 0
  std::vector<double> shares;  // [C] of the variance
};

struct Lens {
  std::string_view name;  // on the command line, in sessions, and of its words
  LensNeeds needs = LensNeeds::kAttention;
  bool has_scores = false;   // MapQuery::scores
  bool by_head = true;       // MapQuery::heads chooses; else the lens joins all heads and layers
  bool is_attention = true;  // rows of a whole map sum to 1
  bool is_signed = false;    // 0 is the middle
  bool is_masked = true;     // cells that the mask forbids say nothing
  /// A tile of the whole map, queries by keys, mean over the steps. Null: the lens gives one number a
  /// position.
  Result<Matrix> (*tile)(const LensInput& input, const LensTile& tile) = nullptr;
  /// One number a position of the sequence, for `subject`. [S]; positions it says nothing about: 0.
  Result<RowVector> (*row)(const LensInput& input) = nullptr;
  /// Several numbers a position, of no subject: a row a channel. [C][S] and what each explains, [C].
  Result<LensChannels> (*channels)(const LensInput& input) = nullptr;
  std::string_view formula;  // as it stands on screen
  std::string_view source;   // paper or file
  /// Multiply-adds of a map of this shape, for one row or for all.
  double (*operations)(const AttentionShape& shape, bool whole) = nullptr;
};

/// All of them, in the order of menus.
std::span<const Lens* const> lenses();
/// Null: there is none of that name.
const Lens* find_lens(std::string_view name);
/// Whether numbers of several keys may be added: shares and lengths, not likeness or what may cancel out.
inline bool is_additive(const Lens& lens) { return lens.tile != nullptr && !lens.is_signed; }
/// Whether a run has what a lens needs (a subject may still be missing from the query).
bool has_lens(const Trace& trace, const Lens& lens);

/// The hidden states behind the layer that the query's heads are of; of no layer, behind the last. Of a
/// drawing those of one of the records asked for. [T][D] Errors: shape.
Result<const Matrix*> hidden_of(const LensInput& input, const AttentionRecord& record);

/// Mean over the records of what `one` gives for each.
template <class F>
Result<Matrix> mean_over_records(const LensInput& input, const F& one) {
  Matrix sum;
  for (const auto& record : input.records) {
    Result<Matrix> next = one(*record);
    if (!next || input.records.size() == 1) return next;
    sum = sum.size() == 0 ? std::move(*next) : Matrix(sum + *next);
  }
  sum /= static_cast<float>(input.records.size());
  return sum;
}

/// Tiles of the heads chosen as one: the heads of a layer fused, layers averaged; a set fused all at once.
/// @param one  (layer, head) -> [rows][cols]
template <class F>
Matrix fuse_heads(const AttentionShape& shape, const HeadChoice& heads, const F& one) {
  const auto fused = [&](const HeadSet& set) {
    Matrix map = one(set.front().first, set.front().second);
    for (std::size_t i = 1; i < set.size(); ++i) fuse(heads.fusion, map, one(set[i].first, set[i].second));
    finish_fusion(heads.fusion, map, static_cast<int>(set.size()));
    return map;
  };
  if (!heads.set.empty()) return fused(heads.set);
  const auto of_layer = [&](int layer) {
    if (heads.head) return Matrix(one(layer, *heads.head));
    HeadSet all;
    for (int head = 0; head < shape.heads; ++head) all.emplace_back(layer, head);
    return fused(all);
  };
  if (heads.layer) return of_layer(*heads.layer);
  Matrix map = of_layer(0);
  for (int layer = 1; layer < shape.layers; ++layer) map += of_layer(layer);
  if (shape.layers > 1) map /= static_cast<float>(shape.layers);
  return map;
}

/// Attention or scores of the heads chosen, fused. The tile of one record. [rows][cols]
Matrix heads_tile(const AttentionRecord& record, const HeadChoice& heads, bool scores, const LensTile& tile);

}  // namespace regard
