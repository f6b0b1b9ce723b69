// Contrast as the look asks: text never under 4.5 on what it stands on.
#include <array>
#include <cmath>
#include <vector>

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

// Oklab: Bjorn Ottosson, 2020.
std::array<double, 3> oklab(ImU32 color) {
  const double r = channel(color, IM_COL32_R_SHIFT), g = channel(color, IM_COL32_G_SHIFT),
               b = channel(color, IM_COL32_B_SHIFT);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b),
               m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b),
               s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}
double distance(ImU32 a, ImU32 b) {
  const auto x = oklab(a), y = oklab(b);
  return std::hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}

std::vector<ImU32> marks_of(const Palette& colors) {
  std::vector<ImU32> marks(colors.pins.begin(), colors.pins.end());
  marks.insert(marks.end(), colors.regions.begin(), colors.regions.end());
  marks.push_back(colors.word);
  return marks;
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

// What a class reads from the last row, in a room that is not dark.
TEST(ProjectorPalette, EveryTextStandsSevenToOne) {
  const Palette& colors = projector_palette();
  std::vector<ImU32> texts = marks_of(colors);
  for (const ImU32 text :
       {colors.text, colors.secondary, colors.accent, colors.warning, colors.error, colors.neutral_bar})
    texts.push_back(text);
  for (const ImU32 text : texts) {
    for (const ImU32 ground : {colors.background, colors.panel, colors.raised})
      EXPECT_GE(contrast(text, ground), 7.0) << std::hex << text;
  }
}

TEST(ProjectorPalette, MarksAreToldApart) {
  const std::vector<ImU32> marks = marks_of(projector_palette());
  for (std::size_t i = 0; i < marks.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_GT(distance(marks[i], marks[j]), 0.04) << i << ' ' << j;
  }
}

// Pins, regions and the word of a painting. Their letters stand in the panel's colour on plates of these.
TEST_P(PaletteTest, MarksAreReadableAsText) {
  const Palette& colors = palette(GetParam());
  for (const ImU32 mark : marks_of(colors)) {
    for (const ImU32 ground : {colors.background, colors.panel, colors.raised})
      EXPECT_GE(contrast(mark, ground), 4.5);
  }
}

// By their distance in Oklab, where 0.02 is just seen.
TEST_P(PaletteTest, NoMarkHasTheColourOfAnother) {
  const std::vector<ImU32> marks = marks_of(palette(GetParam()));
  ASSERT_EQ(marks.size(), kMaxPins + 2 + 1);
  for (std::size_t i = 0; i < marks.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_GE(distance(marks[i], marks[j]), 0.07) << i << " " << j;
  }
}

TEST_P(PaletteTest, TheWindowHasTheColoursOfTheFigures) {
  const Palette& colors = palette(GetParam());
  const ThemeColors& shared = theme_colors(GetParam());
  EXPECT_EQ(rgba_of(colors.panel), shared.panel);
  EXPECT_EQ(rgba_of(colors.text), shared.text);
  EXPECT_EQ(rgba_of(colors.regions[1]), shared.regions[1]);
  EXPECT_EQ(rgba_of(colors.pins[5]), shared.pins[5]);
}

INSTANTIATE_TEST_SUITE_P(Themes, PaletteTest, ::testing::Values(Theme::kDark, Theme::kLight));

}  // namespace
}  // namespace regard
