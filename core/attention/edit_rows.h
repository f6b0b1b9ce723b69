// The arithmetic of kept maps and swaps on one row of attention, after its softmax.
#pragma once

#include <span>

#include "core/attention/intervention.h"

namespace regard {

/// What an intervention does to rows after softmax, in this order.
struct RowEdits {
  const KeptMaps* kept = nullptr;
  std::span<const SwappedKeys> swaps = {};

  bool empty() const { return kept == nullptr && swaps.empty(); }
};

/// Keys with a counterpart take its attention, then the whole row is scaled to the sum it had. Stays as it is
/// when nothing has a counterpart, or when what came in sums to zero or less.
/// @param from  the same query's row in the other run  @param key  of each key of `row`, its key in `from`;
/// -1: none  @param row  in place
void keep_row(std::span<const float> from, std::span<const int> key, std::span<float> row);

/// The two sets trade their sums; within a set every key keeps its share, or all get the same where they had
/// nothing. Sets of one key each trade bit for bit. @param row  in place
void swap_keys(const SwappedKeys& keys, std::span<float> row);

}  // namespace regard
