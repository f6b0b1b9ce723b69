// From the joint attention of a diffusion transformer to maps over its picture. Pure functions. Tokens are
// counted as in the record: N patches row-major, then T text tokens. A direction is always named
// query -> key: image -> text is how much patches look at words.
#pragma once

#include <vector>

#include "core/analysis/fuse.h"
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

/// Rows and columns of a joint map.
struct JointTile {
  int row0 = 0, rows = 0, col0 = 0, cols = 0;
};

/// Mean of a tile over `maps`. [rows][cols]; zero without maps. Expects a tile and maps inside the record.
/// Thread: any. Cost: O(|maps| * rows * cols), of a record that computes times E.
Matrix joint_mean(const AttentionRecord& record, const HeadSet& maps, const JointTile& tile);

/// Patches of one map that hang together: a label a patch from 1, in the order of their first patch; 0 below
/// the threshold, and for islands of fewer than `least` patches. Neighbours touch at a side or corner.
/// @param map  [rows * columns]   @param threshold  in the map's own units
std::vector<int> islands(const RowVector& map, int rows, int columns, float threshold, int least);

/// How much a patch reads of other patches, a head each: [L][H], share of what it reads of the picture, over
/// the keys' share of the picture's area; 1 is chance. Zero without keys.
/// @param query  a patch   @param keys  patches
/// Thread: any. Cost: O(L*H*N), of a record that computes times E.
Matrix patch_ratio(const AttentionRecord& record, int patches, int query, const std::vector<int>& keys);

}  // namespace regard
