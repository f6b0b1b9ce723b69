// A photograph as a diffusion transformer of pixels takes it.
#pragma once

#include <span>
#include <vector>

#include "core/formats/image.h"

namespace regard {

/// The largest middle part of the picture that has the wanted shape, resized (bicubic, as Pillow 13), in [-1,
/// 1]. Expects sides >= 1.
/// @return [3][height][width]   Thread: any. Cost: as resize_rgb().
std::vector<float> picture_values(const Image& image, int height, int width);

/// How far two pictures are apart: root mean square over pixels and channels, each clamped to [-1, 1], as a
/// share of the whole range: 0 the same, 1 black against white. Expects two of one size.
double picture_rms(std::span<const float> a, std::span<const float> b);

}  // namespace regard
