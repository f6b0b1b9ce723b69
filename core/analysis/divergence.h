// How far apart two runs read: positions aligned by word, and the Jensen-Shannon divergence of what they
// read.
#pragma once

#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "core/attention/trace.h"
#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

/// Which positions of two texts stand for each other: words of the same letters, in order (their longest
/// common subsequence), whatever bytes they stand at; specials by name. Tokens of such a word pair one by
/// one; what one side has more is alone. Pictures: as align(). In the order of the two prompts. Thread: any.
/// Cost: O(words^2).
std::vector<AlignedPosition> align_words(const Sequence& first, const Sequence& second);

/// Jensen-Shannon divergence of two distributions, base 2: 0 when they are the same, 1 bit when they share
/// nothing. Sums other than 1 are scaled to 1. NaN when a number is negative or none, or a sum is 0.
/// Source: Lin 1991, IEEE Trans. Inf. Theory 37(1), eq. 4.1 with weights 1/2.
double jensen_shannon_bits(std::span<const float> p, std::span<const float> q);

/// Of two runs, for every layer and head.
struct Divergence {
  std::vector<AlignedPosition> aligned = {};  // as given
  std::vector<int> rows = {};                 // of `aligned`, those that both runs have
  Matrix by_row = {};                         // [L*H][rows] bits
  Eigen::MatrixXd by_head = {};               // [L][H] mean over the rows, bits; NaN without rows

  /// (layer, head), the furthest apart first; those without a number last.
  std::vector<std::pair<int, int>> order() const;
};

/// Keys that only one run has count as read by it alone.
/// @param half  of a drawing; the first kept step of each is compared
/// Errors: shape (other numbers of layers or heads), unsupported (attention that was not kept), cancelled.
/// Thread: any. Cost: O(L*H*T*S); where maps are not kept, as computing them all twice.
Result<Divergence> diverge(const Trace& first, const Trace& second, std::vector<AlignedPosition> aligned,
                           Half half = Half::kPrompt, std::stop_token stop = {});

}  // namespace regard
