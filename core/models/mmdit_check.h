// What a run of the diffusion transformer refuses in its input, word for word.
#pragma once

#include "core/base/result.h"
#include "core/models/mmdit.h"

namespace regard {

/// Errors: shape.
Result<void> check_mmdit_input(const MmditConfig& config, const MmditInput& in);

/// Our own loader's duty, so a bug when broken.
void check_mmdit_weights(const MmditConfig& config, const MmditWeights& weights);

}  // namespace regard
