// One row of a head's attention, step by step: what softmax makes of the scores. Numbers of the record, at
// its precision; what lies between them (exponentials and their sum) in double. Pure functions.
#pragma once

#include <utility>
#include <vector>

#include "core/attention/record.h"

namespace regard {

/// One key of the row, in the order of the calculation.
struct SoftmaxKey {
  float dot = 0;     // q.k
  float scaled = 0;  // q.k / sqrt(E)
  float bias = 0;    // ln of its word's weight, -inf when hidden; 0 where nothing acts
  bool readable = true;
  float score = 0;   // scaled + bias; -inf where it cannot be read
  double exp = 0;    // e^(score - largest)
  float factor = 1;  // what attention is multiplied with after softmax
  float share = 0;   // the attention
};

struct SoftmaxRow {
  std::vector<SoftmaxKey> keys;  // [S]
  float largest = 0;             // score of the row
  double sum = 0;                // of all exp
  int readable = 0;
};

/// Expects indices within the record's shape. Thread: any. Cost: O(S*E), a frame has room for it.
SoftmaxRow softmax_row(const AttentionRecord& record, int layer, int head, int query);

/// The (layer, head) that gives this cell most: what to look at when several are shown.
/// Cost: O(L*H*S*E).
std::pair<int, int> strongest_head(const AttentionRecord& record, int query, int key);

}  // namespace regard
