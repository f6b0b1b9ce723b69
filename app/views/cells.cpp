#include "app/views/cells.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace regard {
namespace {

// Smallest attention that still has a colour of its own on the logarithmic scale.
constexpr float kLogFloor = 1e-4f;

constexpr int kMostSteps = 8, kMostParts = 1 << 21;

// Between which two cells the middle of a part lies, and how near it is to the second.
struct Between {
  int first, second;
  float share;
};

std::vector<Between> parts_between(int cells, int steps) {
  std::vector<Between> out;
  for (int part = 0; part < cells * steps; ++part) {
    const float place = (static_cast<float>(part) + 0.5f) / static_cast<float>(steps) - 0.5f;
    const int first = static_cast<int>(std::floor(place));
    out.push_back({std::max(first, 0), std::min(first + 1, cells - 1), place - static_cast<float>(first)});
  }
  return out;
}

}  // namespace

int smooth_steps(int width, int height) {
  int steps = kMostSteps;
  while (steps > 1 && std::int64_t{width} * height * steps * steps > kMostParts) --steps;
  return steps;
}

CellImage smoothed(const CellImage& image) {
  const int steps = smooth_steps(image.width, image.height);
  CellImage out{
      .width = image.width * steps, .height = image.height * steps, .cells = {}, .version = image.version};
  out.cells.reserve(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height));
  const auto cell = [&](int column, int row) {
    return image.cells[static_cast<std::size_t>(row) * static_cast<std::size_t>(image.width) +
                       static_cast<std::size_t>(column)];
  };
  const std::vector<Between> across = parts_between(image.width, steps),
                             down = parts_between(image.height, steps);
  for (int y = 0; y < out.height; ++y) {
    const Between& v = down[static_cast<std::size_t>(y)];
    for (int x = 0; x < out.width; ++x) {
      const Between& h = across[static_cast<std::size_t>(x)];
      const float own = cell(x / steps, y / steps);
      float sum = 0, weights = 0;
      const auto add = [&](float value, float weight) {
        if (!has_number(value)) return;
        sum += weight * value;
        weights += weight;
      };
      add(cell(h.first, v.first), (1 - h.share) * (1 - v.share));
      add(cell(h.second, v.first), h.share * (1 - v.share));
      add(cell(h.first, v.second), (1 - h.share) * v.share);
      add(cell(h.second, v.second), h.share * v.share);
      out.cells.push_back(has_number(own) ? sum / weights : own);
    }
  }
  return out;
}

bool has_number(float cell) { return cell != kMaskedValue && cell < kInvalidValue; }

float number_of_cell(float cell) { return has_number(cell) ? cell : std::numeric_limits<float>::quiet_NaN(); }

void reset_cells(CellImage& image, int width, int height) {
  image.width = width;
  image.height = height;
  image.cells.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), kMaskedValue);
  ++image.version;
}

void place_tile(CellImage& atlas, const RowVector& map, int columns, int left, int top, float scale) {
  for (int i = 0; i < static_cast<int>(map.size()); ++i) {
    const auto at = static_cast<std::size_t>(top + i / columns) * static_cast<std::size_t>(atlas.width) +
                    static_cast<std::size_t>(left + i % columns);
    atlas.cells[at] = upload_value(map(i) * scale);
  }
}

float largest_number(ConstMatrixRef map) {
  float top = 0.0f;
  for (const float value : map.reshaped()) {
    if (std::isfinite(value)) top = std::max(top, value);
  }
  return top;
}

float scale_to_one(float top) {
  const float scale = 1.0f / top;
  return top > 0.0f && std::isfinite(scale) ? scale : 0.0f;
}

float largest_cell(const CellImage& image) {
  float top = 0.0f;
  for (const float value : image.cells) {
    if (has_number(value)) top = std::max(top, value);
  }
  return top;
}

ColorScale scale_to(float top, bool logarithmic) {
  if (!(top > std::numeric_limits<float>::min())) top = 1.0f;  // a tenth of it is still a number
  if (!logarithmic) return {.min = 0.0f, .max = top};
  const float floor = std::min(kLogFloor, top * 0.1f);
  return {.min = floor, .max = top, .log10 = true, .floor = floor};
}

ColorScale share_scale_to(float top, bool logarithmic) {
  ColorScale scale = scale_to(top, logarithmic);
  scale.share = true;
  return scale;
}

ColorScale signed_scale(float reach) {
  if (!(reach > 0.0f)) reach = 1.0f;
  return {.min = -reach, .max = reach, .center = 0.0f};
}

ColorScale scale_of_scores(const CellImage& image) {
  float low = INFINITY, high = -INFINITY;
  for (const float value : image.cells) {
    if (!has_number(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (!(low <= high)) return {};
  return {.min = low, .max = high > low ? high : low + 1.0f};
}

ColorScale rank_scale(const CellImage& image) {
  return {.min = std::max(2.0f, largest_cell(image)), .max = 1.0f};
}

}  // namespace regard
