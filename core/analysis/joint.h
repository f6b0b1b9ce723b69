// From the joint attention of a diffusion transformer to maps over its picture. Pure functions. Tokens are
// counted as in the record: N patches row-major, then T text tokens.
#pragma once

#include "core/attention/record.h"
#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

/// image -> text: how much each patch looks at each text token, mean over the heads of the layers from
/// `first_layer` on. [T][N], each in [0, 1] when rows sum to 1.
/// @param patches      N
/// @param first_layer  from 0; 1 leaves out the first block, which has not yet read the words
/// Errors: shape (N or first_layer outside the record). Thread: any. Cost: O(L*H*N*T), of a record that
/// computes O(L*H*N*T*E).
/// Source: what the built-in model's judge measures (assets/little-world/training/judge.py, maps()).
Result<Matrix> image_to_text(const AttentionRecord& record, int patches, int first_layer);

}  // namespace regard
