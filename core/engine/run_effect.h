// What was tried on a run comes to, as numbers: the vector that stands for the whole, before and after, and
// the cell of attention that changed most.
#pragma once

#include <stop_token>
#include <vector>

#include "core/attention/trace.h"
#include "core/base/result.h"
#include "core/models/clip_text.h"
#include "core/models/vit.h"

namespace regard {

struct RunEffect {
  float cosine = 1.0f;  // of the two vectors; NaN where one has no length
  float change = 0.0f;  // after - before, of the cell below; 0: no cell changed
  int layer = 0, head = 0, query = 0, key = 0;
  bool operator==(const RunEffect&) const = default;
};

/// What stands for a whole text or picture: its embedding, else the vector before the projection.
const RowVector& vector_of(const ClipTextOutput& output);
const RowVector& vector_of(const VitOutput& output);

/// Expects runs of the same model over the same positions, of one step each.
/// Errors: shape (other positions), cancelled. Thread: any. Cost: O(L*H*T*S); where maps are not kept, as
/// computing them all twice.
Result<RunEffect> effect_of(const Trace& before, const Trace& after, const RowVector& vector_before,
                            const RowVector& vector_after, std::stop_token stop = {});

/// What a change at one position can reach: later layers that read it, straight or through others.
/// @return  [L+1] of [T]: whether the residual stream behind so many layers can differ. Of the cells that the
/// mask forbids nothing is passed on; heads and blocks that are off still are. Cost: O(L*T^2)
std::vector<std::vector<char>> reach_of(const AttentionRecord& record, int after, int position);

}  // namespace regard
