// Maps as cells: NaN stays no data and hides nothing beside it, and a map of zeros is drawn as zero.
#include "app/views/cells.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace regard {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN(),
                kInfinity = std::numeric_limits<float>::infinity();

// A map as its tile, scaled to its own largest value.
std::vector<float> tile_of(std::initializer_list<float> values) {
  const RowVector map = Eigen::Map<const RowVector>(values.begin(), std::ssize(values));
  CellImage image;
  reset_cells(image, static_cast<int>(map.size()), 1);
  place_tile(image, map, image.width, 0, 0, scale_to_one(largest_number(map)));
  return image.cells;
}

TEST(Cells, AMapOfZerosIsZeros) {
  EXPECT_EQ(tile_of({0, 0, 0}), (std::vector<float>{0, 0, 0}));
  EXPECT_EQ(tile_of({0, 1e-45f, 1e-40f}), (std::vector<float>{0, 0, 0})) << "too small to divide by";
  for (const bool logarithmic : {false, true}) {
    for (const float top : {0.0f, 1e-45f, 1e-40f, -1.0f, kNan}) {
      const ColorScale scale = scale_to(top, logarithmic);
      EXPECT_EQ(color_scale_at(scale, 0.0f), 0.0f) << top;
      EXPECT_EQ(color_scale_at(scale, 1.0f), 1.0f) << top;
    }
  }
}

TEST(Cells, NanAndInfinityAreNoDataAndHideNothing) {
  EXPECT_EQ(tile_of({0.5f, kNan, 1, 2}), (std::vector<float>{0.25f, kInvalidValue, 0.5f, 1}));
  EXPECT_EQ(tile_of({kNan, 1, 2}), (std::vector<float>{kInvalidValue, 0.5f, 1}));
  EXPECT_EQ(tile_of({1, kInfinity, -kInfinity}), (std::vector<float>{1, kInvalidValue, kInvalidValue}));
  EXPECT_EQ(tile_of({kNan, kNan}), (std::vector<float>{kInvalidValue, kInvalidValue}));
}

TEST(Cells, ATooltipNeverShowsTheCode) {
  EXPECT_EQ(number_of_cell(0.25f), 0.25f);
  EXPECT_TRUE(std::isnan(number_of_cell(kInvalidValue)));
}

TEST(Cells, TheLargestNumberIsFinite) {
  EXPECT_EQ(largest_number(Matrix::Constant(2, 2, kNan)), 0.0f);
  Matrix map(2, 2);
  map << kInfinity, 3, kNan, -5;
  EXPECT_EQ(largest_number(map), 3.0f);
  EXPECT_EQ(scale_to_one(4.0f), 0.25f);
  EXPECT_EQ(scale_to_one(0.0f), 0.0f);
  EXPECT_EQ(scale_to_one(kNan), 0.0f);
}

// Against the plain formula: for each part, the four cells around its middle.
TEST(Smooth, NumbersAreInterpolatedBetweenTheMiddlesOfCells) {
  const CellImage image{.width = 3, .height = 2, .cells = {0, 4, 8, 1, 0.5f, -2}, .version = 7};
  const CellImage parts = smoothed(image);
  const int steps = smooth_steps(3, 2);
  ASSERT_EQ(steps, 8);
  ASSERT_EQ(parts.width, 24);
  ASSERT_EQ(parts.height, 16);
  EXPECT_EQ(parts.version, 7u);
  const auto at = [&](double column, double row) {
    const auto cell = [&](double c, double r) {
      return static_cast<double>(
          image.cells[static_cast<std::size_t>(3 * std::clamp(r, 0.0, 1.0) + std::clamp(c, 0.0, 2.0))]);
    };
    const double c = std::floor(column), r = std::floor(row), x = column - c, y = row - r;
    return (1 - y) * ((1 - x) * cell(c, r) + x * cell(c + 1, r)) +
           y * ((1 - x) * cell(c, r + 1) + x * cell(c + 1, r + 1));
  };
  for (int row = 0; row < 16; ++row) {
    for (int column = 0; column < 24; ++column) {
      EXPECT_NEAR(parts.cells[24 * static_cast<std::size_t>(row) + static_cast<std::size_t>(column)],
                  at((column + 0.5) / steps - 0.5, (row + 0.5) / steps - 0.5), 1e-5)
          << column << "," << row;
    }
  }
}

// Tiles of an atlas stand apart by a masked cell: none shines into the next.
TEST(Smooth, ACellWithoutANumberStaysAndTakesNoPart) {
  const CellImage image{.width = 3, .height = 1, .cells = {0.25f, kMaskedValue, 0.75f}};
  const CellImage parts = smoothed(image);
  for (int column = 0; column < parts.width; ++column) {
    const float wanted = column < 8 ? 0.25f : column < 16 ? kMaskedValue : 0.75f;
    EXPECT_EQ(parts.cells[static_cast<std::size_t>(column)], wanted) << column;
  }
  const CellImage invalid = smoothed({.width = 2, .height = 1, .cells = {kInvalidValue, 0.5f}});
  EXPECT_EQ(invalid.cells.front(), kInvalidValue);
  EXPECT_EQ(invalid.cells.back(), 0.5f);
}

TEST(Smooth, ALargeMapHasFewerParts) {
  EXPECT_EQ(smooth_steps(64, 64), 8);
  EXPECT_EQ(smooth_steps(1560, 1560), 1);
  EXPECT_GT(smooth_steps(300, 300), 1);
}

}  // namespace
}  // namespace regard
