// One prompt read in two ways, on its way out: the first reading, the second, and the difference.
#pragma once

#include <memory>

#include "app/export/grid_figure.h"
#include "core/engine/text_run.h"

namespace regard {

/// Both maps of `query` on one scale, and second - first from purple to orange with 0 in the middle; a cell
/// that a reading lacks is empty. Errors: as compare(). Thread: any. Cost: as evaluate(), twice.
/// @param pinned  tokens of the first reading, marked
Result<GridMaps> compared_maps(const TextRun& first, const TextRun& second, const MapQuery& query,
                               const std::vector<int>& pinned, const Strings& strings);
/// The same of a prompt without its weights and with them: before, now and what changed.
/// @param before  of the same tokens
Result<GridMaps> changed_maps(const TextRun& before, const TextRun& now, const MapQuery& query,
                              const std::vector<int>& pinned, const Strings& strings);

}  // namespace regard
