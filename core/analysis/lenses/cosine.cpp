// How alike what two positions carry is: the angle between their vectors behind a layer.
#include "core/analysis/lens.h"
#include "core/tensor/linear.h"

namespace regard {
namespace {

// Vectors of length 1; a vector of 0 stays, and is like nothing.
Matrix unit_rows(ConstMatrixRef x) {
  Matrix out = x;
  for (Eigen::Index t = 0; t < out.rows(); ++t) {
    const float length = out.row(t).norm();
    if (length != 0.0f) out.row(t) /= length;
  }
  return out;
}

Result<Matrix> tile(const LensInput& input, const LensTile& tile) {
  return mean_over_records(input, [&](const AttentionRecord& record) -> Result<Matrix> {
    REGARD_TRY(const Matrix* hidden, hidden_of(input, record));
    Matrix out(tile.rows, tile.cols);
    multiply(unit_rows(hidden->middleRows(tile.row0, tile.rows)),
             pack_transposed(unit_rows(hidden->middleRows(tile.col0, tile.cols))), nullptr, out);
    return out;
  });
}

// Of vectors of some 400 numbers: a map's shape does not say how wide they are.
double operations(const AttentionShape& s, bool whole) { return 400.0 * (whole ? s.queries : 1) * s.keys; }

}  // namespace

extern const Lens cosine_lens = {
    .name = "cosine",
    .needs = LensNeeds::kHidden,
    .is_attention = false,
    .is_signed = true,
    .is_masked = false,
    .tile = tile,
    .formula = "⟨x_i, x_j⟩ / (‖x_i‖ ‖x_j‖), x behind layer l",
    .source = "Amir et al. 2021, arXiv 2112.05814, section 3",
    .operations = operations,
};

}  // namespace regard
