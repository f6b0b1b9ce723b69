// What a run of the diffusion transformer refuses, word for word.
#pragma once

#include "core/attention/intervention.h"
#include "core/attention/record.h"
#include "core/base/result.h"
#include "core/models/mmdit.h"

namespace regard {

/// Errors: shape.
Result<void> check_mmdit_input(const MmditConfig& config, const MmditInput& in);

/// @param record  of the run, still empty  @param patches  N
/// Errors: shape; unsupported (maps kept or swapped where records do not keep theirs).
Result<void> check_mmdit_change(const Intervention& change, const AttentionRecord& record, int patches);

/// Our own loader's duty, so a bug when broken.
void check_mmdit_weights(const MmditConfig& config, const MmditWeights& weights);

}  // namespace regard
