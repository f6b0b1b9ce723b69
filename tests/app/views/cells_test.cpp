// Maps as cells: NaN stays no data and hides nothing beside it, and a map of zeros is drawn as zero.
#include "app/views/cells.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace regard
