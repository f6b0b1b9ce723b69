// How the number of two words comes from those of their tokens: what a query's tokens give to a key's tokens
// is added up, and the mean of that is taken over the query's tokens. The same that evaluate() does with a
// map whose words are one (arrange.h), written out.
#pragma once

#include "core/analysis/arrange.h"
#include "core/analysis/map_query.h"
#include "core/attention/record.h"
#include "core/attention/trace.h"
#include "core/tensor/matrix.h"

namespace regard {

/// The neighbours that belong to the same word as a position; the position alone where it is of none.
PositionGroup word_around(const Sequence& sequence, int position);

struct WordCell {
  PositionGroup queries, keys;
  Matrix shares;  // [query's tokens][key's tokens] attention
  /// [query's tokens] what a row gives to positions that are not special, by which it is divided; all 1
  /// unless they are renormalised. 0: the row gives them nothing, and counts as 0.
  Vector left;
  Vector sums;    // [query's tokens] of `shares`, divided by `left`
  float value{};  // their mean
};

/// Expects groups within the record, of one sequence. Thread: any. Cost: a few rows of the map.
WordCell word_cell(const AttentionRecord& record, const Sequence& sequence, int layer, int head,
                   const PositionGroup& queries, const PositionGroup& keys, Specials specials);

}  // namespace regard
