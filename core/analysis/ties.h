// How a head ties words together: what makes one link stand out from the reading that every word does.
// Positions 0 and T-1 are BOS and EOS; words are what lies between.
#pragma once

#include "core/attention/record.h"

namespace regard {

/// How particular the strongest link of one word is: the largest, over the other words k it can read, of
///   A[query][k] - mean over the other words r that can read k of A[r][k].
/// A key that every row reads (a sink) ties nobody; "rouge" reading "chat" while "grise" does not, does.
/// @param query  a position; anything but a word gives 0
/// @return       in [-1, 1]; 0 when no other word can be read
/// Thread: any. Cost: O(T*S).
float tie_of_word(const AttentionRecord& record, int layer, int head, int query);

/// The same for one link: A[query][key] - mean over the other words that can read `key`. 0 when it cannot be
/// read.
float tie_between(const AttentionRecord& record, int layer, int head, int query, int key);

/// Mean over the words that can read another one of max(0, tie_of_word). In [0, 1]. Cost: O(T^2*S).
float tie_of_head(const AttentionRecord& record, int layer, int head);
/// The same of a map that is at hand. @param attention  [T][S], of a head of `record`
float tie_of_map(const AttentionRecord& record, ConstMatrixRef attention);

}  // namespace regard
