#include "core/tensor/linear.h"

#include "core/base/check.h"

namespace regard {

void prepare(Linear& layer) {
  if (!layer.packed.empty()) return;
  REGARD_CHECK(layer.bias.size() == layer.weight.rows());
  layer.packed = narrowed(pack_transposed(layer.weight));
  layer.weight.resize(0, 0);
}

Matrix linear(ConstMatrixRef x, const Linear& layer) {
  if (layer.packed.empty()) return linear_plain(x, layer);
  REGARD_CHECK(x.cols() == layer.packed.in);
  Matrix y(x.rows(), layer.packed.out);  // [T][out]
  multiply(x, layer.packed, layer.bias.data(), y);
  return y;
}

Matrix rows_of_inputs(const Linear& layer, int first, int count) {
  if (layer.packed.empty()) return layer.weight.middleCols(first, count).transpose();
  const PackedMatrix& b = layer.packed;
  REGARD_CHECK(0 <= first && 0 <= count && count <= b.in - first);
  Matrix out(count, b.out);
  PackedMatrix::Panels scratch;
  for (Eigen::Index column = 0; column < b.out; column += PackedMatrix::kPanel) {
    const auto panel = panel_of(b, column, scratch);
    out.middleCols(column, panel.cols()) = panel.middleRows(first, count);
  }
  return out;
}

Matrix linear_plain(ConstMatrixRef x, const Linear& layer) {
  REGARD_CHECK(x.cols() == layer.weight.cols());
  Matrix y = x * layer.weight.transpose();  // [T][out]
  y.rowwise() += layer.bias;
  return y;
}

}  // namespace regard
