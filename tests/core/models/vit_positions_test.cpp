// Position tables for another grid, against torch: every vector of model-numerics.json.
#include <algorithm>

#include "core/formats/json.h"
#include "core/models/vit.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

TEST(VitPositions, RepeatTheVectors) {
  const auto path = std::filesystem::path(REGARD_TEST_DIR) / "vectors/model-numerics.json";
  const Json vectors = read_json(path).value()["pos_embed_resize"];
  const std::vector<float> input = vectors.at("input 4x4").get<std::vector<float>>();
  const Matrix table = ConstMatrixMap(input.data(), 16, 1);
  for (const bool antialias : {false, true}) {
    for (const auto& [rows, columns] : {std::pair{2, 2}, {3, 5}, {8, 8}}) {
      const std::string name = fmt::format("bicubic align_corners=False antialias={} -> {}x{}",
                                           antialias ? "True" : "False", rows, columns);
      const std::vector<float> want = vectors.at(name).get<std::vector<float>>();  // 8x8: two rows of it
      ASSERT_EQ(want.size(), static_cast<std::size_t>(rows == 8 ? 16 : rows * columns));
      const Matrix got = resize_positions(table, 4, 4, rows, columns, antialias);
      ASSERT_EQ(got.rows(), rows * columns);
      report(name, max_difference(got.topRows(std::ssize(want)), want.data()), 1e-5f);
    }
  }
}

// What a table says about one axis alone does not depend on the other, nor on which is which.
TEST(VitPositions, TreatBothAxesAlike) {
  const int side = 7;
  Matrix across(side * side, 2), down(side * side, 2);
  for (int r = 0; r < side; ++r) {
    for (int c = 0; c < side; ++c) {
      across.row(r * side + c) << static_cast<float>(c * c % 5), static_cast<float>(-c);
      down.row(r * side + c) << static_cast<float>(r * r % 5), static_cast<float>(-r);
    }
  }
  for (const bool antialias : {false, true}) {
    const Matrix wide = resize_positions(across, side, side, 3, 11, antialias),
                 tall = resize_positions(down, side, side, 11, 3, antialias);
    for (int i = 0; i < 11; ++i) {
      for (int k = 0; k < 3; ++k) {
        EXPECT_LE((wide.row(k * 11 + i) - tall.row(i * 3 + k)).cwiseAbs().maxCoeff(), 1e-5f);
        EXPECT_LE((wide.row(k * 11 + i) - wide.row(i)).cwiseAbs().maxCoeff(), 1e-5f);
      }
    }
  }
}

}  // namespace
}  // namespace regard::test
