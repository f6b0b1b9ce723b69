// How long a folder that was never opened takes to its first map, and to all of them.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace regard {

/// Milliseconds of wall time, each from the beginning.
struct OpeningRow {
  bool picture = false;    // else a text
  bool from_disk = false;  // the files were not in memory, as far as the system lets go of them when asked
  double file_mb = 0;      // 1e6 bytes of the files that the tower is read from, with what else is in them
  int tokens = 0, layers = 0;
  double opened_ms = 0;  // the model can be asked
  double first_ms = 0;   // the first map that was told of, of a layer's heads
  double whole_ms = 0;   // the last layer
};

/// The text tower and the picture tower of a folder, each opened for a run of its own: from the disk, then
/// from memory. A folder without one of them has no rows of it.
/// Errors: as open_text_model() and open_vision_model(), when neither is there; of a run that fails.
/// Cost: four runs, and reading the file twice. Thread: any.
Result<std::vector<OpeningRow>> measure_opening(const std::filesystem::path& folder, std::string_view prompt);

}  // namespace regard
