// Causal ledgers of many prompts taken together: is what is read what matters, as a rule?
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/engine/ledger.h"

namespace regard {

/// Spearman's rank correlation of attention and effect, of one way of taking away.
struct PooledCorrelation {
  Removal removal = Removal::kMute;
  int n = 0;                          // entries of all ledgers that have an effect
  std::optional<double> pooled = {};  // over all of them at once
  int ledgers = 0;                    // with a correlation of their own
  double within = 0, within_sd = 0;   // mean of these, and their standard deviation; NaN without one
};
/// Of every removal there is, in the order of the enum. Cost: O(n log n).
std::vector<PooledCorrelation> pooled_correlations(std::span<const Ledger> ledgers);

/// Heads alone, each with the mean of its attention and of its effect over the ledgers.
struct MeanHead {
  int layer = 0, head = 0, n = 0;
  double attention = 0, effect = 0;
};
/// By layer and head. Expects ledgers of one model.
std::vector<MeanHead> mean_heads(std::span<const Ledger> ledgers);
/// Over the heads. Nothing: fewer than three, or all alike.
std::optional<double> rank_correlation(std::span<const MeanHead> heads);

}  // namespace regard
