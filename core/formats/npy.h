// NumPy's .npy: one array a file. Writes float32; reads the number types we are given, as float32.
// Source: numpy/lib/format.py (format versions 1.0 to 3.0).
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace regard {

struct NpyArray {
  std::vector<std::size_t> shape;  // [] is one number
  std::vector<float> values;       // row-major
};

/// What a file may claim before it is refused.
struct NpyLimits {
  std::size_t bytes = std::size_t{1} << 30;
  std::size_t rank = 32;  // numpy's own cap
};

/// The bytes of a version 1.0 file: little-endian float32, C order, header padded to 64 bytes.
/// Expects as many values as `shape` says and at most 32 dimensions. Thread: any. Cost: O(values).
std::string npy_bytes(std::span<const float> values, std::span<const std::size_t> shape);

/// npy_bytes() to a file, whole or not at all. Errors: io. Thread: any.
Result<void> write_npy(const std::filesystem::path& path, std::span<const float> values,
                       std::span<const std::size_t> shape);

/// Versions 1 to 3 in C order. Reads <f4, <f8 (rounded to float32), <i4 and <i8 (above 2^24 rounded too).
/// Errors: format (bytes that contradict themselves; each with its place), unsupported (another type, Fortran
/// order). Thread: any. Cost: O(bytes).
Result<NpyArray> parse_npy(std::string_view bytes, std::string_view label, const NpyLimits& limits = {});

/// Errors: as parse_npy(), and io.
Result<NpyArray> read_npy(const std::filesystem::path& path, const NpyLimits& limits = {});

}  // namespace regard
