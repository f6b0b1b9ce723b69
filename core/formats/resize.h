// Pillow's resize of 8-bit RGB pictures, bit for bit: that of Pillow 13, and of the versions before it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace regard {

/// Pillow's numbers: what preprocessor_config.json writes as `resample`.
enum class Resample { kNearest = 0, kLanczos = 1, kBilinear = 2, kBicubic = 3 };

/// Which pass comes first. Bytes are rounded between the two, so that tall pictures differ by a few levels.
enum class PassOrder {
  kPillow13,        // vertical first where the height loses more than twice as many rows as the width columns
  kBeforePillow13,  // always horizontal first; for goldens made by Pillow 12
};

/// A picture resized to width x height pixels: separable filter with antialiasing (the support grows by the
/// scale when it shrinks), fixed-point coefficients of 22 bits, one pass along each axis, rounded to bytes
/// after each. Expects pixels of old_width x old_height x 3, all sides >= 1.
/// @param rgb  [old_height][old_width][3]
/// @return     [height][width][3]
/// Source: python-pillow/Pillow src/libImaging/Resample.c (ImagingResample, 8 bits per channel) and
/// Geometry.c (nearest). Thread: any. Cost: O(width * old_height * support + width * height * support).
std::vector<std::uint8_t> resize_rgb(std::span<const std::uint8_t> rgb, int old_width, int old_height,
                                     int width, int height, Resample filter,
                                     PassOrder order = PassOrder::kPillow13);

}  // namespace regard
