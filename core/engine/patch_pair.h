// Two pictures, each run through a vision model, patch against patch.
#pragma once

#include "core/analysis/patch_match.h"
#include "core/base/result.h"
#include "core/engine/vision_run.h"

namespace regard {

/// The patches of `to` that are most like a patch of `from`, by the vectors after a layer. The pictures may
/// have different numbers of patches, the models may be two of the same width.
/// @param patch  counted row by row, without special tokens  @param layer  from 1, of both
/// Errors: shape (a layer that one of them has not; as match_patch()). Thread: any. Cost: as match_patch(),
/// some 2 ms for 1370 patches of 384 numbers and five matches.
Result<PatchMatches> match_patch(const VisionRun& from, int patch, const VisionRun& to, int layer, int count);

}  // namespace regard
