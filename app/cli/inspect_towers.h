// Which towers a model folder holds, and whether they can be run here: by opening them.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"
#include "core/formats/json.h"
#include "core/formats/safetensors.h"

namespace regard::cli {

/// Of the tensors' names in a folder's .safetensors files, by the table of families.
struct TowerSigns {
  bool text = false, vision = false, diffusion = false;
};

/// Errors: as Safetensors. Cost: reads headers.
Result<TowerSigns> find_towers(const std::filesystem::path& folder);

/// {"text": {...}, "vision": {...}, "diffusion": {...}}: each tower the folder has tensors of, opened, with
/// its sizes; {"not_run": why} for one of a kind that is not run here. `folder` is that of the weights.
/// Errors: io, format, shape: a tower of a known kind that is not sound. Cost: reads every weight.
Result<Json> inspect_towers(const std::filesystem::path& folder);

}  // namespace regard::cli
