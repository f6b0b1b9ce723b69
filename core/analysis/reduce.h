// From a record to one map: a head, the mean or maximum over heads, the mean over layers, rollout.
// Pure functions; nothing is cached here (views cache).
#pragma once

#include "core/analysis/rollout.h"
#include "core/attention/record.h"
#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

/// Which map of a record. `layer` and `head` count from 0, or are one of the constants.
struct RecordChoice {
  static constexpr int kMean = -1;  // layer or head: arithmetic mean
  static constexpr int kMax = -2;   // head only: largest over heads
  static constexpr int kRollout =
      -3;  // layer only: attention rollout over all layers; the head is not looked at
  static constexpr int kFlow = -4;  // layer only: attention flow of one token (flow.h); no map of all of them
  int layer = 0;
  int head = 0;
  bool operator==(const RecordChoice&) const = default;
};

/// The map a choice names, attention or scores. [T][S]
/// Attention: each row sums to 1 within 1e-5, except under kMax. Scores: -inf where the mask forbids.
/// Errors: shape when layer or head is outside the record; unsupported for rollout of scores.
/// Thread: any. Cost: O(L*H*T*S) at most; rollout O(L*T^3).
Result<Matrix> reduce(const AttentionRecord& record, const RecordChoice& choice, bool scores = false);

/// How much of a head's attention goes from words to other words: mean over the rows [1, T-1) of the sum over
/// the columns [1, T-1) but the row's own. In [0, 1]; 0 when there are fewer than two words. It tells heads
/// that tie words together from those that rest on the start token or on themselves.
float word_to_word(ConstMatrixRef attention);

}  // namespace regard
