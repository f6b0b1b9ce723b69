#include "core/models/image_processor.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "core/base/check.h"

namespace regard {
namespace {

constexpr std::int64_t kMaxPictureSide = 16'384;  // pixels

struct Size {
  std::int64_t width = 0, height = 0;
};

// transformers' get_resize_output_image_size: the longer side is cut off to a whole number.
Size resized_size(const Image& image, const ImageProcessor& p) {
  if (!p.resize) return {image.width, image.height};
  if (p.shortest_edge == 0) return {p.width, p.height};
  const std::int64_t shorter = std::min(image.width, image.height),
                     longer = std::max(image.width, image.height);
  const auto grown =
      static_cast<std::int64_t>(static_cast<double>(p.shortest_edge * longer) / static_cast<double>(shorter));
  return image.width <= image.height ? Size{p.shortest_edge, grown} : Size{grown, p.shortest_edge};
}

// Where a crop of `inside` begins along a side of `whole` pixels; below 0 where it reaches beyond.
std::int64_t crop_begin(std::int64_t whole, std::int64_t inside, bool to_even) {
  const std::int64_t rest = whole - inside;
  if (to_even) return static_cast<std::int64_t>(std::nearbyint(static_cast<double>(rest) / 2.0));
  return rest >= 0 ? rest / 2 : -((1 - rest) / 2);
}

// width x height bytes from (left, top) of a picture of `whole`; black outside.
std::vector<std::uint8_t> cropped(const std::vector<std::uint8_t>& rgb, Size whole, std::int64_t left,
                                  std::int64_t top, Size size) {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(3 * size.width * size.height));
  const std::int64_t first = std::max<std::int64_t>(left, 0);
  const std::int64_t end = std::min(left + size.width, whole.width);
  for (std::int64_t y = 0; y < size.height; ++y) {
    const std::int64_t from = y + top;
    if (from < 0 || from >= whole.height || end <= first) continue;
    std::copy_n(rgb.data() + 3 * (from * whole.width + first), 3 * (end - first),
                out.data() + 3 * (y * size.width + first - left));
  }
  return out;
}

// In double and back at each step, as transformers does: the numbers differ by less than one rounding.
std::vector<float> normalised(const std::vector<std::uint8_t>& rgb, const ImageProcessor& p) {
  const std::size_t count = rgb.size() / 3;
  std::vector<float> out(rgb.size());
  for (std::size_t c = 0; c < 3; ++c) {
    std::array<float, 256> levels{};
    const auto mean = static_cast<float>(p.mean[c]), deviation = static_cast<float>(p.std[c]);
    for (int level = 0; level < 256; ++level) {
      float value = p.rescale != 0.0 ? static_cast<float>(level * p.rescale) : static_cast<float>(level);
      if (p.normalise) value = (value - mean) / deviation;
      levels[static_cast<std::size_t>(level)] = value;
    }
    for (std::size_t i = 0; i < count; ++i) out[c * count + i] = levels[rgb[3 * i + c]];
  }
  return out;
}

Result<void> check_image(const Image& image) {
  const bool sound =
      image.width >= 1 && image.height >= 1 &&
      image.rgb.size() == 3 * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
  if (sound) return {};
  return fail(ErrorCode::kShape, "image: expected at least one pixel, got {} bytes for {}x{} pixels",
              image.rgb.size(), image.width, image.height);
}

Result<void> check_side(const char* what, Size size) {
  if (size.width >= 1 && size.height >= 1 && size.width <= kMaxPictureSide && size.height <= kMaxPictureSide)
    return {};
  return fail(ErrorCode::kShape, "image: expected sides of 1 to {} pixels after {}, got {}x{}",
              kMaxPictureSide, what, size.width, size.height);
}

}  // namespace

Result<PreparedImage> prepare(const Image& image, const ImageProcessor& processor) {
  REGARD_TRY_DO(check_image(image));
  const Size whole = resized_size(image, processor);
  REGARD_TRY_DO(check_side("the resize", whole));
  PreparedImage out;
  out.rgb = resize_rgb(image.rgb, image.width, image.height, static_cast<int>(whole.width),
                       static_cast<int>(whole.height), processor.resample, processor.passes);
  Size size = whole;
  std::int64_t left = 0, top = 0;
  if (processor.crop) {
    size = {processor.crop_width, processor.crop_height};
    REGARD_TRY_DO(check_side("the crop", size));
    left = crop_begin(whole.width, size.width, processor.crop_to_even);
    top = crop_begin(whole.height, size.height, processor.crop_to_even);
    out.rgb = cropped(out.rgb, whole, left, top, size);
  }
  out.width = static_cast<int>(size.width);
  out.height = static_cast<int>(size.height);
  out.pixels = normalised(out.rgb, processor);
  const double across = static_cast<double>(image.width) / static_cast<double>(whole.width),
               down = static_cast<double>(image.height) / static_cast<double>(whole.height);
  out.cover = {static_cast<double>(left) * across, static_cast<double>(top) * down,
               static_cast<double>(size.width) * across, static_cast<double>(size.height) * down};
  return out;
}

Result<PreparedImage> prepare_fitted(const Image& image, const ImageProcessor& processor, int patch,
                                     int columns, int rows) {
  const Size size{std::int64_t{patch} * columns, std::int64_t{patch} * rows};
  REGARD_TRY_DO(check_side("the resize", size));
  ImageProcessor exact = processor;
  exact.resize = true;
  exact.shortest_edge = 0;
  exact.width = static_cast<int>(size.width);
  exact.height = static_cast<int>(size.height);
  exact.crop = false;
  return prepare(image, exact);
}

std::pair<int, int> fitted_grid(int width, int height, int long_side) {
  REGARD_CHECK(width >= 1 && height >= 1 && long_side >= 1);
  const double ratio = static_cast<double>(std::min(width, height)) / std::max(width, height);
  const int short_side = std::max(1, static_cast<int>(std::lround(long_side * ratio)));
  return width >= height ? std::pair{long_side, short_side} : std::pair{short_side, long_side};
}

}  // namespace regard
