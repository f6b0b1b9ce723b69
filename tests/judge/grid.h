// Sizes of the judged pictures: those that the segmenter reads.
#pragma once

#include <array>

#include "core/models/segmenter.h"

namespace regard::judge {

inline constexpr int kSide = Segmenter::kSide, kGrid = Segmenter::kGrid;
inline constexpr int kPatches = kGrid * kGrid;  // N
inline constexpr int kPixels = kSide * kSide;
using Patches = std::array<bool, kPatches>;  // row-major
using Pixels = std::array<bool, kPixels>;    // row-major
using Reading = Segmenter::Reading;

}  // namespace regard::judge
