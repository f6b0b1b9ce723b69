// From a vision transformer's record to maps over a picture and numbers about its regions. Pure functions;
// they work alike on records that keep their maps and on those that compute them. Tokens are counted as in
// the record: specials (CLS first), then patches row-major.
//
// Attention flow, the other answer of Abnar and Zuidema 2020 to many layers: core/analysis/flow.h.
#pragma once

#include <span>
#include <vector>

#include "core/analysis/reduce.h"
#include "core/analysis/rollout.h"
#include "core/attention/record.h"
#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

/// What a token looks at: its row of the map `choice` names, every key; `incoming`: who looks at it, its
/// column. A NaN stays visible, also in a maximum over heads.
/// @param choice  within the record; no rollout, no flow
/// @param scores  before softmax instead of attention
/// @return        [S], incoming [T]
/// Thread: any. Cost: a row or a column a head.
RowVector token_row(const AttentionRecord& record, const RecordChoice& choice, int token, bool incoming = false,
                    bool scores = false);

/// What a token looks at among the patches: its row of the map `choice` names (a head, mean or maximum over
/// heads, mean over layers, rollout), less the columns of the special tokens. Query 0 is the CLS map.
/// @param specials  columns left out in front
/// @return          [S - specials], as attention: not normalised again
/// Errors: shape when layer, head, query or specials is outside the record; rollout of a record with more
/// keys than queries.
/// Thread: any. Cost: a row a head (0.06 ms at S = 1370); rollout as rollout_row.
Result<RowVector> token_map(const AttentionRecord& record, const RecordChoice& choice, int query, int specials);

/// The smallest set of columns that holds at least `fraction` of a row's mass; of equals the first. Negative
/// numbers (a key factor) and NaN hold none.
/// @param row       [S], need not sum to 1
/// @param fraction  clamped to [0, 1]; 0 gives the empty set
/// Source: facebookresearch/dino visualize_attention.py (threshold). Cost: O(S log S).
std::vector<bool> mass_mask(const RowVector& row, double fraction);

/// How much of the attention of `queries` goes to `keys`: mean over the queries of the sum over the keys, for
/// every layer and head. [L][H], each in [0, 1] when rows sum to 1. Empty sets give 0; an index twice counts
/// once.
/// Errors: shape when an index is outside the record.
/// Thread: any. Cost: a row a query, or a map where that is less, for each layer and head: at most 0.4 s at
/// DINOv2-S with 1370 tokens.
Result<Eigen::MatrixXd> region_mass(const AttentionRecord& record, std::span<const int> queries,
                                    std::span<const int> keys);

/// The length of each token's vector: tokens far above the median are where a model without registers keeps
/// what is not about their patch (Darcet et al. 2024, arXiv 2309.16588, section 2).
struct TokenNorms {
  Vector norms;                  // [T]
  double max_over_median = 0.0;  // 0 without tokens or with a median of 0
};
/// @param hidden  [T][D]. Cost: O(T*D).
TokenNorms token_norms(ConstMatrixRef hidden);

}  // namespace regard
