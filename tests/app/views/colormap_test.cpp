// The colour maps without a GPU: what a viewer relies on, and a few entries of the published tables.
#include "app/views/colormap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "app/views/theme_colors.h"

namespace regard {
namespace {

float linear(std::uint8_t channel) {
  const float c = static_cast<float>(channel) / 255.0f;
  return c <= 0.04045f ? c / 12.92f : std::pow((c + 0.055f) / 1.055f, 2.4f);
}

// WCAG relative luminance.
float luminance(Rgba color) {
  return 0.2126f * linear(color.r) + 0.7152f * linear(color.g) + 0.0722f * linear(color.b);
}

Rgba entry(Colormap map, int i) { return colormap_at(map, (static_cast<float>(i) + 0.5f) / 256.0f); }

constexpr Colormap kGround[] = {Colormap::kViridis, Colormap::kCividis, Colormap::kMagma, Colormap::kGrey};

TEST(Colormap, EndsAreThePublishedOnes) {
  EXPECT_EQ(entry(Colormap::kViridis, 0), (Rgba{68, 1, 84, 255}));
  EXPECT_EQ(entry(Colormap::kViridis, 255), (Rgba{253, 231, 37, 255}));
  EXPECT_EQ(entry(Colormap::kMagma, 0), (Rgba{0, 0, 4, 255}));
  EXPECT_EQ(entry(Colormap::kCividis, 0), (Rgba{0, 34, 78, 255}));
  EXPECT_EQ(entry(Colormap::kGrey, 128), (Rgba{128, 128, 128, 255}));
}

TEST(Colormap, LuminanceRisesOnDarkGround) {
  for (const Colormap map : kGround) {
    for (int i = 1; i < 256; ++i) {
      // 8-bit rounding may undo a step by less than one part in a thousand.
      EXPECT_GE(luminance(entry(map, i)), luminance(entry(map, i - 1)) - 1e-3f)
          << static_cast<int>(map) << " at " << i;
    }
    EXPECT_GT(luminance(entry(map, 255)) - luminance(entry(map, 0)), 0.6f);
  }
}

TEST(Colormap, LuminanceFallsFromWhiteOnPaper) {
  for (const Colormap ground : kGround) {
    const Colormap map = on_paper(ground);
    EXPECT_NE(map, ground);
    EXPECT_EQ(entry(map, 0), (Rgba{255, 255, 255, 255}));
    EXPECT_EQ(entry(map, 255), entry(ground, 0));
    for (int i = 1; i < 256; ++i) {
      EXPECT_LE(luminance(entry(map, i)), luminance(entry(map, i - 1)) + 1e-3f)
          << static_cast<int>(map) << " at " << i;
    }
  }
}

TEST(Colormap, ZeroOfADifferenceIsTheGroundsOwnColour) {
  const ColorScale scale{.min = -0.3f, .max = 0.3f, .center = 0.0f};
  for (const Theme theme : {Theme::kDark, Theme::kLight}) {
    const Colormap map = colormap_in(theme, MapColors::kViridis, scale);
    const Rgba panel = theme_colors(theme).panel;
    EXPECT_EQ(color_of(scale, map, 0.0f), panel);
    // Both sides leave it: brighter and brighter on dark ground, darker and darker on paper.
    const float away = theme == Theme::kDark ? 1.0f : -1.0f;
    for (int i = 0; i < 127; ++i) {
      EXPECT_GE(away * (luminance(entry(map, 129 + i)) - luminance(entry(map, 128 + i))), -1e-3f) << i;
      EXPECT_GE(away * (luminance(entry(map, 127 - i)) - luminance(entry(map, 128 - i))), -1e-3f) << i;
    }
    EXPECT_GT(contrast(entry(map, 0), panel), 7.0);
    EXPECT_GT(contrast(entry(map, 255), panel), 7.0);
  }
}

// In a matrix, a thumbnail, over a picture and in a bar: all ask colormap_in().
TEST(Colormap, HighIsLightOnDarkGroundAndDarkOnPaper) {
  for (const MapColors colors :
       {MapColors::kViridis, MapColors::kCividis, MapColors::kMagma, MapColors::kGrey}) {
    const Colormap dark = colormap_in(Theme::kDark, colors), light = colormap_in(Theme::kLight, colors);
    EXPECT_GT(luminance(entry(dark, 255)), luminance(entry(dark, 0)) + 0.5f);
    EXPECT_LT(luminance(entry(light, 255)), luminance(entry(light, 0)) - 0.5f);
    EXPECT_EQ(entry(light, 0), theme_colors(Theme::kLight).panel);
  }
}

// Machado, Oliveira and Fernandes 2009, "A physiologically-based model for simulation of color vision
// deficiency", severity 1: linear RGB in, linear RGB out.
struct Sight {
  const char* name;
  float rows[3][3];
};
constexpr Sight kSights[] = {{"protanopia",
                              {{0.152286f, 1.052583f, -0.204868f},
                               {0.114503f, 0.786281f, 0.099216f},
                               {-0.003882f, -0.048116f, 1.051998f}}},
                             {"deuteranopia",
                              {{0.367322f, 0.860646f, -0.227968f},
                               {0.280085f, 0.672501f, 0.047413f},
                               {-0.011820f, 0.042940f, 0.968881f}}},
                             {"tritanopia",
                              {{1.255528f, -0.076749f, -0.178779f},
                               {-0.078411f, 0.930809f, 0.147602f},
                               {0.004733f, 0.691367f, 0.303900f}}}};

std::array<float, 3> seen_with(const Sight& sight, Rgba color) {
  const float rgb[] = {linear(color.r), linear(color.g), linear(color.b)};
  std::array<float, 3> out{};
  for (std::size_t i = 0; i < 3; ++i)
    out[i] = std::clamp(sight.rows[i][0] * rgb[0] + sight.rows[i][1] * rgb[1] + sight.rows[i][2] * rgb[2],
                        0.0f, 1.0f);
  return out;
}

// CIE L*, [0, 100].
float lightness(const std::array<float, 3>& linear_rgb) {
  const float y = 0.2126f * linear_rgb[0] + 0.7152f * linear_rgb[1] + 0.0722f * linear_rgb[2];
  return y > 216.0f / 24389 ? 116 * std::cbrt(y) - 16 : y * 24389 / 27;
}

// Whoever sees two of three colours still sees what is more: lightness goes one way, and far.
TEST(Colormap, LightnessGoesOneWayForEveryEye) {
  constexpr float kRounding = 0.2f;  // of L*, from 8 bits a channel
  for (const Sight& sight : kSights) {
    for (const Colormap ground : kGround) {
      for (const Colormap map : {ground, on_paper(ground)}) {
        const float up = map == ground ? 1.0f : -1.0f;
        float before = lightness(seen_with(sight, entry(map, 0)));
        const float first = before;
        for (int i = 1; i < 256; ++i) {
          const float now = lightness(seen_with(sight, entry(map, i)));
          EXPECT_GE(up * (now - before), -kRounding)
              << sight.name << " " << static_cast<int>(map) << " at " << i;
          before = now;
        }
        EXPECT_GT(up * (before - first), 70) << sight.name << " " << static_cast<int>(map);
      }
    }
  }
}

// Of differences both ends leave the middle, and are told from each other.
TEST(Colormap, DifferencesHaveTwoSidesForEveryEye) {
  constexpr float kRounding = 0.2f;
  for (const Sight& sight : kSights) {
    for (const Colormap map : {Colormap::kPuOr, on_paper(Colormap::kPuOr)}) {
      const float away = map == Colormap::kPuOr ? 1.0f : -1.0f;
      const auto at = [&](int i) { return lightness(seen_with(sight, entry(map, i))); };
      for (int i = 0; i < 127; ++i) {
        EXPECT_GE(away * (at(129 + i) - at(128 + i)), -kRounding) << sight.name << " at " << 129 + i;
        EXPECT_GE(away * (at(127 - i - 1) - at(127 - i)), -kRounding) << sight.name << " at " << 126 - i;
      }
      EXPECT_GT(away * (at(0) - at(127)), 60);
      EXPECT_GT(away * (at(255) - at(128)), 60);
      const auto low = seen_with(sight, entry(map, 40)), high = seen_with(sight, entry(map, 215));
      float apart = 0;
      for (std::size_t i = 0; i < 3; ++i) apart = std::max(apart, std::abs(low[i] - high[i]));
      EXPECT_GT(apart, 0.08f) << sight.name;
    }
  }
}

TEST(Colormap, TextOnAnyColourIsRead) {
  for (int m = 0; m < kColormapCount; ++m) {
    for (int i = 0; i < 256; ++i) {
      const Rgba ground = entry(static_cast<Colormap>(m), i);
      EXPECT_GE(contrast(ink_on(ground), ground), 4.5) << m << " at " << i;
    }
  }
}

constexpr Rgba kWhite{255, 255, 255, 255};

TEST(Overlay, WhereItSaysNothingThePictureKeepsItsColour) {
  const ColorScale scales[] = {{.min = 0, .max = 0.4f}, {.min = -0.2f, .max = 0.2f, .center = 0.0f}};
  for (const ColorScale& scale : scales) {
    for (int m = 0; m < kColormapCount; ++m) {
      const auto map = static_cast<Colormap>(m);
      EXPECT_EQ(blend(overlay_color_of(scale, map, 0.0f, 1.0f), kWhite), kWhite) << m;
      int before = 0;
      for (const float share : {0.1f, 0.25f, 0.5f, 0.75f, 1.0f}) {  // as opaque as the value is high
        const Rgba color = overlay_color_of(scale, map, share * scale.max, 0.8f);
        EXPECT_NEAR(color.a, 255 * 0.8f * share, 1) << m << " " << share;
        EXPECT_GT(color.a, before);
        before = color.a;
      }
    }
  }
  EXPECT_EQ(overlay_color_of({}, Colormap::kGrey, kMaskedValue).a, 0);
  EXPECT_EQ(overlay_color_of({}, Colormap::kGrey, std::nanf(""), 1.0f), kFlagColor);
}

TEST(Overlay, ItsBarIsAsClearAsTheMap) {
  const ColorScale scale{.min = 0, .max = 2};
  for (const Rgba& ground : kBarGrounds) {
    EXPECT_EQ(ground.r, ground.g);
    EXPECT_EQ(ground.g, ground.b);
    for (const float place : {0.0f, 0.2f, 0.6f, 1.0f}) {
      EXPECT_EQ(bar_color(scale, Colormap::kMagma, place, 0.7f, ground),
                blend(overlay_color_of(scale, Colormap::kMagma, 2 * place, 0.7f), ground));
    }
    EXPECT_EQ(bar_color(scale, Colormap::kMagma, 0.0f, 0.7f, ground), ground);
  }
  EXPECT_EQ(bar_color(scale, Colormap::kMagma, 0.3f, {}), colormap_at(Colormap::kMagma, 0.3f));
}

TEST(Colormap, PackedTableHoldsTheSameColours) {
  const auto packed = colormap_rgba(Colormap::kMagma);
  for (int i = 0; i < 256; ++i) {
    const Rgba color = entry(Colormap::kMagma, i);
    EXPECT_EQ(packed[static_cast<std::size_t>(i)], 0xff000000u | static_cast<std::uint32_t>(color.b) << 16 |
                                                       static_cast<std::uint32_t>(color.g) << 8 | color.r);
  }
}

TEST(ColorScale, LinearLogAndCentred) {
  EXPECT_FLOAT_EQ(color_scale_at({.min = 2, .max = 6}, 3), 0.25f);
  EXPECT_FLOAT_EQ(color_scale_at({.min = 2, .max = 6}, 100), 1.0f);
  EXPECT_FLOAT_EQ(color_scale_at({.min = 1, .max = 1}, 1), 0.0f);
  const ColorScale log{.min = 0, .max = 1, .log10 = true, .floor = 1e-4f};
  EXPECT_NEAR(color_scale_at(log, 1e-2f), 0.5f, 1e-6f);
  EXPECT_FLOAT_EQ(color_scale_at(log, 0.0f), 0.0f);
  const ColorScale centred{.min = -1, .max = 3, .center = 0.0f};
  EXPECT_FLOAT_EQ(color_scale_at(centred, 0), 0.5f);
  EXPECT_FLOAT_EQ(color_scale_at(centred, -1.5f), 0.25f);
  EXPECT_FLOAT_EQ(color_scale_at({.min = 0, .max = 0, .center = 0.0f}, 0), 0.5f);
}

TEST(ColorScale, ThePlaceOfAValueAndBack) {
  const ColorScale scales[] = {{.min = 2, .max = 6},
                               {.min = 1e-4f, .max = 1, .log10 = true, .floor = 1e-4f},
                               {.min = -1, .max = 3, .center = 0.0f}};
  for (const ColorScale& scale : scales) {
    for (const float place : {0.0f, 0.3f, 0.5f, 1.0f})
      EXPECT_NEAR(color_scale_at(scale, color_scale_value(scale, place)), place, 1e-5f);
  }
}

TEST(ColorScale, MaskedIsEmptyAndNotANumberIsFlagged) {
  EXPECT_EQ(color_of({}, Colormap::kGrey, kMaskedValue).a, 0);
  EXPECT_EQ(color_of({}, Colormap::kGrey, -std::numeric_limits<float>::infinity()).a, 0);
  EXPECT_EQ(color_of({}, Colormap::kGrey, upload_value(std::nanf(""))), kFlagColor);
  EXPECT_EQ(color_of({}, Colormap::kGrey, upload_value(std::numeric_limits<float>::infinity())), kFlagColor);
  EXPECT_EQ(color_of({}, Colormap::kGrey, std::nanf("")), kFlagColor);
}

}  // namespace
}  // namespace regard
