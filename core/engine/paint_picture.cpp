#include "core/engine/paint_picture.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/formats/resize.h"

namespace regard {

std::vector<float> picture_values(const Image& image, int height, int width) {
  const double scale =
      std::max(static_cast<double>(width) / image.width, static_cast<double>(height) / image.height);
  const int crop_width = std::clamp(static_cast<int>(std::lround(width / scale)), 1, image.width);
  const int crop_height = std::clamp(static_cast<int>(std::lround(height / scale)), 1, image.height);
  const int left = (image.width - crop_width) / 2, top = (image.height - crop_height) / 2;
  std::vector<std::uint8_t> crop;
  crop.reserve(3 * static_cast<std::size_t>(crop_width) * static_cast<std::size_t>(crop_height));
  for (int y = top; y < top + crop_height; ++y) {
    const auto at = image.rgb.begin() + 3 * (std::ptrdiff_t{y} * image.width + left);
    crop.insert(crop.end(), at, at + 3 * std::ptrdiff_t{crop_width});
  }
  const auto rgb = resize_rgb(crop, crop_width, crop_height, width, height, Resample::kBicubic);
  const auto plane = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  std::vector<float> out(3 * plane);
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t c = 0; c < 3; ++c)
      out[c * plane + i] = static_cast<float>(rgb[3 * i + c]) / 127.5f - 1.0f;
  }
  return out;
}

double picture_rms(std::span<const float> a, std::span<const float> b) {
  REGARD_CHECK(a.size() == b.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double apart = static_cast<double>(std::clamp(a[i], -1.0f, 1.0f)) -
                         static_cast<double>(std::clamp(b[i], -1.0f, 1.0f));
    sum += apart * apart / 4.0;
  }
  return a.empty() ? 0.0 : std::sqrt(sum / static_cast<double>(a.size()));
}

}  // namespace regard
