#include "app/export/drawing.h"

#include <algorithm>

namespace regard {

ImageShape magnified(const ImageShape& image) {
  constexpr int kLongSide = 768;  // pixels
  const int longest = std::max(image.columns, image.rows), times = (kLongSide + longest - 1) / longest;
  ImageShape out = image;
  out.columns *= times;
  out.rows *= times;
  out.pixels.clear();
  const auto channels = static_cast<std::size_t>(image.channels);
  out.pixels.reserve(static_cast<std::size_t>(out.columns) * static_cast<std::size_t>(out.rows) * channels);
  for (int y = 0; y < out.rows; ++y) {
    const std::size_t row = static_cast<std::size_t>(y / times) * static_cast<std::size_t>(image.columns);
    for (int x = 0; x < out.columns; ++x) {
      const std::uint8_t* from = &image.pixels[(row + static_cast<std::size_t>(x / times)) * channels];
      out.pixels.insert(out.pixels.end(), from, from + image.channels);
    }
  }
  return out;
}

}  // namespace regard
