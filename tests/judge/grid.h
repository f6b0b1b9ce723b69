// Sizes of the judged pictures: S pixels and G patches a side, read from the files. P = S * S, N = G * G.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "core/models/segmenter.h"

namespace regard::judge {

using Patches = std::vector<bool>;  // row-major. [N]
using Pixels = std::vector<bool>;   // row-major. [P]
using Reading = Segmenter::Reading;

/// Of so many pixels or patches of a square picture: how many a side.
inline int side_of(std::size_t count) {
  return static_cast<int>(std::lround(std::sqrt(static_cast<double>(count))));
}

}  // namespace regard::judge
