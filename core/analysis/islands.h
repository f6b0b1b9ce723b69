// Where a map over a picture is high. Pure functions.
#pragma once

#include <vector>

#include "core/tensor/matrix.h"

namespace regard {

/// Patches of one map that hang together: a label a patch from 1, in the order of their first patch; 0 below
/// the threshold, and for islands of fewer than `least` patches. Neighbours touch at a side or corner.
/// @param map  [rows * columns]   @param threshold  in the map's own units
std::vector<int> islands(const RowVector& map, int rows, int columns, float threshold, int least);

}  // namespace regard
