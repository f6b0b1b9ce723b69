// The calculation of one cell as JSON: every stage from q and k to the residual stream, of a drawing also the
// arithmetic of guidance and of one Euler step.
#pragma once

#include <optional>
#include <string>

#include "core/analysis/contribution.h"
#include "core/analysis/word_cell.h"
#include "core/attention/trace.h"
#include "core/engine/context_changes.h"
#include "core/engine/paint_step.h"

namespace regard {

/// A position in one piece: "rouge", "BOS", "3,5" (a patch: column, row, from 1).
std::string position_name(const Position& position);

struct CellFile {
  std::string model;
  const Sequence* sequence = nullptr;  // of the record's positions
  CellCalculation cell;
  std::optional<WordCell> word = {};    // where the tokens of a word are one: the pair's two words
  std::optional<int> step = {};         // of a drawing, from 0
  std::optional<PatchStep> patch = {};  // of a drawing whose query is a patch
  /// Of a drawing whose key, or else query, is a token of the text: what weights did to it.
  std::optional<ContextChanges> context = {};
  int context_token = 0;  // which token of the text
};

/// {model, layer, head, step, query, key, word {queries, keys, shares, left, sums, attention}, shapes, q, k,
/// products, dot, scaled, bias, scores, row, attention, v, weighted, output, written, key_written,
/// bias_written, added, stream, lengths, cosines, guidance, euler, context}. Layers, heads and steps count
/// from 1, positions from 0 as in every file. Floats by the digits that read back as the same; -inf (what the
/// mask forbids) is null. What a run has not is left out: written and what follows it where nothing is added
/// to the query.
std::string cell_json(const CellFile& file);

}  // namespace regard
