#include "app/views/theme_colors.h"

namespace regard {
namespace {

constexpr Rgba hex_rgb(std::uint32_t hex) {
  return {static_cast<std::uint8_t>(hex >> 16 & 255), static_cast<std::uint8_t>(hex >> 8 & 255),
          static_cast<std::uint8_t>(hex & 255), 255};
}

constexpr ThemeColors kDarkColors{
    .panel = hex_rgb(0x1A1D22),
    .text = hex_rgb(0xECEEF1),
    .secondary = hex_rgb(0xA9B1BD),
    .empty_cell = hex_rgb(0x24282F),
    .pins = {hex_rgb(0xE69F00), hex_rgb(0x3CC79A), hex_rgb(0xDE94BE), hex_rgb(0xF0E442), hex_rgb(0xF07838),
             hex_rgb(0x56B4E9)},
    .regions = {hex_rgb(0xE28CFF), hex_rgb(0x2FE0D8)},
    .word = hex_rgb(0x9CDB4E),
};

constexpr ThemeColors kLightColors{
    .panel = hex_rgb(0xFFFFFF),
    .text = hex_rgb(0x16191D),
    .secondary = hex_rgb(0x515B68),
    .empty_cell = hex_rgb(0xF5F6F8),
    .pins = {hex_rgb(0xB34E00), hex_rgb(0x00694B), hex_rgb(0x8F3F71), hex_rgb(0x665C00), hex_rgb(0x9C2B00),
             hex_rgb(0x1B5E8C)},
    .regions = {hex_rgb(0x9A00B8), hex_rgb(0x00777F)},
    .word = hex_rgb(0x007A00),
};

Colormap on_dark(MapColors colors) {
  switch (colors) {
    case MapColors::kViridis:
      return Colormap::kViridis;
    case MapColors::kCividis:
      return Colormap::kCividis;
    case MapColors::kMagma:
      return Colormap::kMagma;
    default:
      return Colormap::kGrey;
  }
}

}  // namespace

const ThemeColors& theme_colors(Theme theme) { return theme == Theme::kDark ? kDarkColors : kLightColors; }

Colormap colormap_in(Theme theme, MapColors colors) {
  const Colormap map = on_dark(colors);
  return theme == Theme::kLight ? on_paper(map) : map;
}

Colormap colormap_in(Theme theme, MapColors colors, const ColorScale& scale) {
  if (!scale.center) return colormap_in(theme, colors);
  return theme == Theme::kLight ? on_paper(Colormap::kPuOr) : Colormap::kPuOr;
}

}  // namespace regard
