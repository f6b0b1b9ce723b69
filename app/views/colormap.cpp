#include "app/views/colormap.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

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
  return scale.max != scale.min ? (value - scale.min) / (scale.max - scale.min) : 0.0f;
}

// WCAG 2.1, relative luminance.
double luminance(const Rgba& color) {
  const auto linear = [](std::uint8_t channel) {
    const double c = channel / 255.0;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b);
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
    case Colormap::kPuOr:
      return Colormap::kPaperPuOr;
    default:
      return map;
  }
}

float upload_value(float value) { return std::isfinite(value) ? value : kInvalidValue; }

float color_scale_at(const ColorScale& scale, float value) {
  const float t = scale.log10 ? log_at(scale, value) : linear_at(scale, value);
  return std::clamp(t, 0.0f, 1.0f);
}

float color_scale_value(const ColorScale& scale, float place) {
  if (scale.log10) {
    const float low = std::log10(std::max(scale.min, scale.floor));
    const float high = std::log10(std::max(scale.max, scale.floor));
    return std::pow(10.0f, low + (high - low) * place);
  }
  if (!scale.center) return scale.min + (scale.max - scale.min) * place;
  const float reach = std::max(std::abs(scale.max - *scale.center), std::abs(scale.min - *scale.center));
  return *scale.center + (2.0f * place - 1.0f) * reach;
}

Rgba color_of(const ColorScale& scale, Colormap map, float value) {
  if (value <= kMaskedValue) return kMaskedColor;
  if (!(value < kInvalidValue)) return kFlagColor;
  return colormap_at(map, color_scale_at(scale, value));
}

float strength_at(const ColorScale& scale, float place) {
  return scale.center ? std::min(1.0f, 2.0f * std::abs(place - 0.5f)) : place;
}

Rgba overlay_color_of(const ColorScale& scale, Colormap map, float value, float opacity) {
  Rgba color = color_of(scale, map, value);
  const bool is_number = value > kMaskedValue && value < kInvalidValue;
  const float strength = is_number ? strength_at(scale, color_scale_at(scale, value)) : 1.0f;
  color.a = static_cast<std::uint8_t>(std::lround(static_cast<float>(color.a) * strength * opacity));
  return color;
}

std::vector<Rgba> component_colours(ConstMatrixRef channels) {
  std::vector<Rgba> out(static_cast<std::size_t>(channels.cols()));
  std::uint8_t Rgba::* const parts[] = {&Rgba::r, &Rgba::g, &Rgba::b};
  for (Eigen::Index c = 0; c < 3; ++c) {
    float low = std::numeric_limits<float>::infinity(), high = -low;
    for (const float value : channels.row(c)) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
    for (Eigen::Index i = 0; i < channels.cols(); ++i) {
      const float place = high > low ? (channels(c, i) - low) / (high - low) : 0.5f;
      out[static_cast<std::size_t>(i)].*parts[c] = static_cast<std::uint8_t>(
          std::lround(255.0f * std::clamp(std::isfinite(place) ? place : 0.0f, 0.0f, 1.0f)));
    }
  }
  for (Eigen::Index i = 0; i < channels.cols(); ++i) {
    if (!channels.col(i).allFinite()) out[static_cast<std::size_t>(i)] = kFlagColor;
  }
  return out;
}

Rgba blend(const Rgba& color, const Rgba& ground) {
  const int a = color.a;
  const auto mix = [a](int over, int under) {
    return static_cast<std::uint8_t>((over * a + under * (255 - a) + 127) / 255);
  };
  return {mix(color.r, ground.r), mix(color.g, ground.g), mix(color.b, ground.b), 255};
}

Rgba bar_color(const ColorScale& scale, Colormap map, float place, std::optional<float> opacity,
               const Rgba& ground) {
  Rgba color = colormap_at(map, place);
  if (!opacity) return color;
  color.a = static_cast<std::uint8_t>(std::lround(255.0f * strength_at(scale, place) * *opacity));
  return blend(color, ground);
}

double contrast(const Rgba& a, const Rgba& b) {
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

Rgba ink_on(const Rgba& ground) {
  constexpr Rgba kBlack{0, 0, 0, 255}, kWhite{255, 255, 255, 255};
  return contrast(kBlack, ground) > contrast(kWhite, ground) ? kBlack : kWhite;
}

}  // namespace regard
