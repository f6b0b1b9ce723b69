#include "app/views/colormap.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "core/base/check.h"

namespace regard {
namespace {

using Table = std::array<std::uint8_t, 256 * 3>;
#include "app/views/colormap_tables.inc"  // kTables[kColormapCount], in the order of the enum

static_assert(std::endian::native == std::endian::little, "colours are packed as R, G, B, A bytes");

using Packed = std::array<std::uint32_t, 256>;

constexpr std::array<Packed, kColormapCount> pack_tables() {
  std::array<Packed, kColormapCount> packed{};
  for (std::size_t map = 0; map < packed.size(); ++map) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint8_t* rgb = &kTables[map][3 * i];
      packed[map][i] = 0xff000000u | static_cast<std::uint32_t>(rgb[2]) << 16 |
                       static_cast<std::uint32_t>(rgb[1]) << 8 | rgb[0];
    }
  }
  return packed;
}

constexpr std::array<Packed, kColormapCount> kPacked = pack_tables();

std::size_t index_of(Colormap map) {
  const auto index = static_cast<std::size_t>(map);
  REGARD_CHECK(index < kPacked.size());
  return index;
}

// 256 equal bins, as matplotlib cuts them.
std::size_t bin_of(float t) {
  if (!(t > 0.0f)) return 0;  // NaN, too
  return std::min<std::size_t>(255, static_cast<std::size_t>(std::min(t, 1.0f) * 256.0f));
}

float log_at(const ColorScale& scale, float value) {
  const float low = std::log10(std::max(scale.min, scale.floor));
  const float high = std::log10(std::max(scale.max, scale.floor));
  if (!(high > low)) return 0.0f;
  return (std::log10(std::max(value, scale.floor)) - low) / (high - low);
}

float linear_at(const ColorScale& scale, float value) {
  if (scale.center) {
    float reach = std::max(std::abs(scale.max - *scale.center), std::abs(scale.min - *scale.center));
    if (!(reach > 0.0f)) reach = 1.0f;  // nothing differs: the middle
    return 0.5f + 0.5f * (value - *scale.center) / reach;
  }
  return scale.max > scale.min ? (value - scale.min) / (scale.max - scale.min) : 0.0f;
}

}  // namespace

std::span<const std::uint32_t, 256> colormap_rgba(Colormap map) { return kPacked[index_of(map)]; }

Rgba colormap_at(Colormap map, float t) {
  const std::uint32_t packed = kPacked[index_of(map)][bin_of(t)];
  return {static_cast<std::uint8_t>(packed & 0xff), static_cast<std::uint8_t>(packed >> 8 & 0xff),
          static_cast<std::uint8_t>(packed >> 16 & 0xff), 255};
}

Colormap on_paper(Colormap map) {
  switch (map) {
    case Colormap::kViridis:
      return Colormap::kPaperViridis;
    case Colormap::kCividis:
      return Colormap::kPaperCividis;
    case Colormap::kMagma:
      return Colormap::kPaperMagma;
    case Colormap::kGrey:
      return Colormap::kPaperGrey;
    default:
      return map;
  }
}

float upload_value(float value) { return std::isfinite(value) ? value : kInvalidValue; }

float color_scale_at(const ColorScale& scale, float value) {
  const float t = scale.log10 ? log_at(scale, value) : linear_at(scale, value);
  return std::clamp(t, 0.0f, 1.0f);
}

Rgba color_of(const ColorScale& scale, Colormap map, float value) {
  if (value <= kMaskedValue) return kMaskedColor;
  if (!(value < kInvalidValue)) return kFlagColor;
  return colormap_at(map, color_scale_at(scale, value));
}

}  // namespace regard
