// What is read of one row of attention over a picture, and of the vectors behind it. Pure functions.
#pragma once

#include <vector>

#include "core/tensor/matrix.h"

namespace regard {

/// The smallest set of columns that holds at least `fraction` of a row's mass; of equals the first. Negative
/// numbers (a key factor) hold none; NaN holds none and is in the set, so that it is shown.
/// @param row       [S], need not sum to 1
/// @param fraction  clamped to [0, 1]; 0 gives the empty set
/// Source: facebookresearch/dino visualize_attention.py (threshold). Cost: O(S log S).
std::vector<bool> mass_mask(const RowVector& row, double fraction);

/// The length of each token's vector: tokens far above the median are where a model without registers keeps
/// what is not about their patch (Darcet et al. 2024, arXiv 2309.16588, section 2).
struct TokenNorms {
  Vector norms;                  // [T]
  double max_over_median = 0.0;  // 0 without tokens or with a median of 0
};
/// @param hidden  [T][D]. Cost: O(T*D).
TokenNorms token_norms(ConstMatrixRef hidden);

}  // namespace regard
