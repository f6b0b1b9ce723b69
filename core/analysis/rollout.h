// Attention rollout: what reaches a position through all layers, were attention what is passed on and half of
// each position its own.
#pragma once

#include <stop_token>

#include "core/analysis/fuse.h"
#include "core/attention/record.h"
#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

struct RolloutOptions {
  Fusion fusion = Fusion::kMean;  // of the heads of a layer
  /// Of each fused map this share of the cells, the smallest, counts as 0, in [0, 1). The cell of the first
  /// position reading itself is spared.
  double discard = 0.0;
  int layers = 0;  // how many from the first on; 0: all
};

/// R = A_l ... A_1 with A = (fused + I) / 2, each row brought back to sum 1. [T][T]; rows sum to 1 within
/// 1e-5. Errors: shape (other numbers of keys than queries, layers outside, discard outside [0, 1)),
/// cancelled (looked at once a layer). Thread: any. Cost: O(L*(H*T*S*E + T^3)): 0.9 s at DINOv2-S with 1370
/// tokens; prefer rollout_row there. Source: Abnar and Zuidema 2020, arXiv 2005.00928, section 3; fusion and
/// discard as in jacobgil/vit-explain vit_rollout.py, but rows divided by their own sums (there: by those of
/// other rows).
Result<Matrix> rollout(const AttentionRecord& record, const RolloutOptions& options = {},
                       std::stop_token stop = {});

/// One row of it, from the last layer down. [T]. Errors: as above, and a query outside.
/// Cost: O(L*(H*T*S*E)): 0.4 s at DINOv2-S with 1370 tokens.
Result<RowVector> rollout_row(const AttentionRecord& record, int query, const RolloutOptions& options = {},
                              std::stop_token stop = {});

}  // namespace regard
