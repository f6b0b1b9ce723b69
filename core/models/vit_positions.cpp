// Position tables for pictures of another size than the model was trained on.
#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/models/vit.h"

namespace regard {

namespace {

// Keys' cubic convolution kernel. Source: pytorch aten/src/ATen/native/UpSample.h.
float cubic(float x, float a) {
  x = std::abs(x);
  if (x <= 1.0f) return ((a + 2.0f) * x - (a + 3.0f)) * x * x + 1.0f;
  if (x < 2.0f) return (((x - 5.0f) * x + 8.0f) * x - 4.0f) * a;
  return 0.0f;
}

// Four taps around the centre; those beyond the edge fall on it.
void plain_taps(float scale, Eigen::Index o, Eigen::Ref<RowVector> taps) {
  const float center = scale * (static_cast<float>(o) + 0.5f) - 0.5f;
  const float left = std::floor(center);
  for (int tap = -1; tap <= 2; ++tap) {
    const float at = left + static_cast<float>(tap);
    const auto i = std::clamp<Eigen::Index>(static_cast<Eigen::Index>(at), 0, taps.size() - 1);
    taps(i) += cubic(center - at, -0.75f);
  }
}

// As wide as the step from one output to the next when the table shrinks; beyond the edge nothing counts.
void antialias_taps(float scale, Eigen::Index o, Eigen::Ref<RowVector> taps) {
  const float wide = std::max(scale, 1.0f), support = 2.0f * wide;
  const float center = scale * (static_cast<float>(o) + 0.5f);
  // As torch has it: the fraction is cut off, not rounded. NOLINTBEGIN(bugprone-incorrect-roundings)
  const auto first = std::max<Eigen::Index>(static_cast<Eigen::Index>(center - support + 0.5f), 0);
  const auto end = std::min<Eigen::Index>(static_cast<Eigen::Index>(center + support + 0.5f), taps.size());
  // NOLINTEND(bugprone-incorrect-roundings)
  for (Eigen::Index i = first; i < end; ++i)
    taps(i) = cubic((static_cast<float>(i) - center + 0.5f) / wide, -0.5f);
  taps /= taps.sum();
}

// One axis as a matrix: output = taps * input. [out][in]
Matrix axis_taps(int in, int out, bool antialias) {
  const float scale = static_cast<float>(in) / static_cast<float>(out);
  Matrix taps = Matrix::Zero(out, in);
  for (Eigen::Index o = 0; o < out; ++o) {
    if (antialias) {
      antialias_taps(scale, o, taps.row(o));
    } else {
      plain_taps(scale, o, taps.row(o));
    }
  }
  return taps;
}

}  // namespace

Matrix resize_positions(ConstMatrixRef table, int rows, int columns, int new_rows, int new_columns,
                        bool antialias) {
  REGARD_CHECK(table.rows() == Eigen::Index{rows} * columns);
  if (rows == new_rows && columns == new_columns) return table;
  const Eigen::Index width = table.cols();  // D
  const Matrix across = axis_taps(columns, new_columns, antialias);
  Matrix wide(Eigen::Index{rows} * new_columns, width);
  for (Eigen::Index r = 0; r < rows; ++r)
    wide.middleRows(r * new_columns, new_columns) = across * table.middleRows(r * columns, columns);
  // A row of the grid is one long vector, so the other axis is a single product.
  const Matrix down = axis_taps(rows, new_rows, antialias);
  Matrix out(Eigen::Index{new_rows} * new_columns, width);
  MatrixMap(out.data(), new_rows, new_columns * width).noalias() =
      down * MatrixMap(wide.data(), rows, new_columns * width);
  return out;
}

}  // namespace regard
