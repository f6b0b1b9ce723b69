// Contrast as the look asks: text never under 4.5 on what it stands on.
#include <cmath>

#include <gtest/gtest.h>

#include "app/ui/theme.h"

namespace regard {
namespace {

double channel(ImU32 color, int shift) {
  const double c = ((color >> shift) & 255) / 255.0;
  return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

// WCAG 2.1, relative luminance and contrast ratio.
double luminance(ImU32 color) {
  return 0.2126 * channel(color, IM_COL32_R_SHIFT) + 0.7152 * channel(color, IM_COL32_G_SHIFT) +
         0.0722 * channel(color, IM_COL32_B_SHIFT);
}
double contrast(ImU32 a, ImU32 b) {
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

class PaletteTest : public ::testing::TestWithParam<Theme> {};

TEST_P(PaletteTest, TextIsReadableOnEveryGround) {
  const Palette& colors = palette(GetParam());
  for (const ImU32 ground : {colors.background, colors.panel, colors.raised}) {
    EXPECT_GE(contrast(colors.text, ground), 7.0);
    EXPECT_GE(contrast(colors.secondary, ground), 4.5);
    EXPECT_GE(contrast(colors.accent, ground), 4.5);
    EXPECT_GE(contrast(colors.warning, ground), 4.5);
    EXPECT_GE(contrast(colors.error, ground), 4.5);
  }
}

TEST_P(PaletteTest, PinsAreReadableAsTextAndTellApart) {
  const Palette& colors = palette(GetParam());
  for (std::size_t i = 0; i < colors.pins.size(); ++i) {
    const ImU32 pin = colors.pins[i];
    EXPECT_GE(contrast(pin, colors.panel), 4.5);
    EXPECT_GE(contrast(pin, colors.raised), 4.5);
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(pin, colors.pins[j]);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Themes, PaletteTest, ::testing::Values(Theme::kDark, Theme::kLight));

}  // namespace
}  // namespace regard
