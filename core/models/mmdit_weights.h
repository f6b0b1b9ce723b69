// From a diffusers `transformer` folder to the numbers of an MMDiT: configuration and tensors, checked
// against each other; refuses with the file, the tensor and both shapes. Source:
// huggingface/diffusers 0.38 transformer_sd3.py.
#pragma once

#include <filesystem>
#include <string_view>

#include "core/base/result.h"
#include "core/formats/json.h"
#include "core/models/mmdit.h"

namespace regard {

/// config.json of an SD3Transformer2DModel, class defaults filled in. @param label  the file in messages
/// Errors: format (a value of another type or range, sizes that contradict each other), unsupported (another
/// class, another QK norm).
Result<MmditConfig> read_mmdit_config(const Json& config, std::string_view label);

struct MmditFiles {
  MmditConfig config;
  MmditWeights weights;
};

/// Configuration and tensors, for Mmdit::open. Errors: io, format, shape, unsupported. Cost: reads every
/// weight once.
Result<MmditFiles> read_mmdit(const std::filesystem::path& folder);

}  // namespace regard
