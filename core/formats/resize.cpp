#include "core/formats/resize.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "core/base/check.h"

namespace regard {
namespace {

constexpr std::size_t kChannels = 3;
constexpr int kPrecisionBits = 32 - 8 - 2;

double triangle(double x) {
  x = std::abs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
  return 0.0;
}

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double lanczos(double x) { return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

struct Kernel {
  double (*value)(double);
  double support;  // pixels of the finer of the two pictures
};

Kernel kernel_of(Resample filter) {
  if (filter == Resample::kLanczos) return {lanczos, 3.0};
  if (filter == Resample::kBilinear) return {triangle, 1.0};
  return {cubic, 2.0};
}

// What one output pixel reads along an axis: `count` input pixels from `first`, weights from `weights`.
struct Taps {
  std::size_t first = 0, count = 0, weights = 0;
};

struct Axis {
  std::vector<Taps> taps;    // [out]
  std::vector<int> weights;  // fixed point, 22 bits
};

int fixed(double weight) {
  const double scaled = weight * (1 << kPrecisionBits);
  return static_cast<int>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

// Pillow's precompute_coeffs and normalize_coeffs_8bpc.
Axis axis_of(int in, int out, const Kernel& kernel) {
  const double scale = static_cast<double>(in) / out;
  const double wide = std::max(scale, 1.0), support = kernel.support * wide, narrow = 1.0 / wide;
  Axis axis;
  std::vector<double> values;
  for (int o = 0; o < out; ++o) {
    const double center = (o + 0.5) * scale;
    // As Pillow has it: the fraction is cut off, not rounded. NOLINTBEGIN(bugprone-incorrect-roundings)
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int end = std::min(static_cast<int>(center + support + 0.5), in);
    // NOLINTEND(bugprone-incorrect-roundings)
    values.clear();
    double sum = 0.0;
    for (int i = 0; i < end - first; ++i) {
      values.push_back(kernel.value((i + first - center + 0.5) * narrow));
      sum += values.back();
    }
    axis.taps.push_back({static_cast<std::size_t>(first), values.size(), axis.weights.size()});
    for (const double value : values) axis.weights.push_back(fixed(sum != 0.0 ? value / sum : value));
  }
  return axis;
}

std::uint8_t byte_of(int sum) { return static_cast<std::uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255)); }

// in: [height][width][3]; out: [height][taps][3]
std::vector<std::uint8_t> across(std::span<const std::uint8_t> in, std::size_t width, std::size_t height,
                                 const Axis& axis) {
  std::vector<std::uint8_t> out(height * axis.taps.size() * kChannels);
  std::uint8_t* to = out.data();
  for (std::size_t y = 0; y < height; ++y) {
    const std::uint8_t* row = in.data() + y * width * kChannels;
    for (const Taps& taps : axis.taps) {
      const std::uint8_t* from = row + taps.first * kChannels;
      const int* weight = axis.weights.data() + taps.weights;
      int r = 1 << (kPrecisionBits - 1), g = r, b = r;  // one half
      for (std::size_t i = 0; i < taps.count; ++i, from += kChannels) {
        r += from[0] * weight[i];
        g += from[1] * weight[i];
        b += from[2] * weight[i];
      }
      *to++ = byte_of(r);
      *to++ = byte_of(g);
      *to++ = byte_of(b);
    }
  }
  return out;
}

// in: [height][width][3]; out: [taps][width][3]
std::vector<std::uint8_t> down(std::span<const std::uint8_t> in, std::size_t width, const Axis& axis) {
  const std::size_t row = width * kChannels;
  std::vector<std::uint8_t> out(axis.taps.size() * row);
  std::vector<int> sums(row);
  std::uint8_t* to = out.data();
  for (const Taps& taps : axis.taps) {
    std::ranges::fill(sums, 1 << (kPrecisionBits - 1));
    for (std::size_t i = 0; i < taps.count; ++i) {
      const std::uint8_t* from = in.data() + (taps.first + i) * row;
      const int weight = axis.weights[taps.weights + i];
      for (std::size_t x = 0; x < row; ++x) sums[x] += from[x] * weight;
    }
    to = std::ranges::transform(sums, to, byte_of).out;
  }
  return out;
}

// Pillow's ImagingScaleAffine: where each output pixel reads, the position summed up step by step as there.
// Beyond the last pixel (a sum that drifted): `in`, which is painted black.
std::vector<std::size_t> nearest_of(int in, int out) {
  const double step = static_cast<double>(in) / out;
  double at = step * 0.5;
  std::vector<std::size_t> from;
  for (int o = 0; o < out; ++o, at += step)
    from.push_back(static_cast<std::size_t>(std::min(static_cast<int>(at), in)));
  return from;
}

std::vector<std::uint8_t> nearest(std::span<const std::uint8_t> rgb, int old_width, int old_height, int width,
                                  int height) {
  const auto columns = nearest_of(old_width, width), rows = nearest_of(old_height, height);
  const auto in_width = static_cast<std::size_t>(old_width), in_height = static_cast<std::size_t>(old_height);
  std::vector<std::uint8_t> out(columns.size() * rows.size() * kChannels);
  std::uint8_t* to = out.data();
  for (const std::size_t y : rows) {
    for (const std::size_t x : columns) {
      if (x < in_width && y < in_height)
        std::copy_n(rgb.data() + (y * in_width + x) * kChannels, kChannels, to);
      to += kChannels;
    }
  }
  return out;
}

// Since Pillow 13: the second pass then has fewer pixels to read.
bool is_vertical_first(int old_width, int old_height, int width, int height) {
  const std::int64_t rows_lost = std::int64_t{old_height} - height,
                     columns_lost = std::int64_t{old_width} - width;
  return rows_lost > 0 && rows_lost > 2 * columns_lost;
}

}  // namespace

std::vector<std::uint8_t> resize_rgb(std::span<const std::uint8_t> rgb, int old_width, int old_height,
                                     int width, int height, Resample filter, PassOrder order) {
  REGARD_CHECK(old_width >= 1 && old_height >= 1 && width >= 1 && height >= 1);
  const auto in_width = static_cast<std::size_t>(old_width), in_height = static_cast<std::size_t>(old_height);
  REGARD_CHECK(rgb.size() == in_width * in_height * kChannels);
  if (width == old_width && height == old_height) return {rgb.begin(), rgb.end()};
  if (filter == Resample::kNearest) return nearest(rgb, old_width, old_height, width, height);
  const Kernel kernel = kernel_of(filter);
  if (width == old_width) return down(rgb, in_width, axis_of(old_height, height, kernel));
  if (height == old_height) return across(rgb, in_width, in_height, axis_of(old_width, width, kernel));
  const Axis columns = axis_of(old_width, width, kernel), rows = axis_of(old_height, height, kernel);
  if (order == PassOrder::kPillow13 && is_vertical_first(old_width, old_height, width, height)) {
    const std::vector<std::uint8_t> flat = down(rgb, in_width, rows);
    return across(flat, in_width, static_cast<std::size_t>(height), columns);
  }
  return down(across(rgb, in_width, in_height, columns), static_cast<std::size_t>(width), rows);
}

}  // namespace regard
