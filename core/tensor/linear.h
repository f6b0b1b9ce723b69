// y = x W^T + b, the product every block is made of. Two ways to compute it that must agree: plain Eigen, the
// oracle of the tests, and panels packed once for a kernel that picks the widest instructions when the
// program runs.
#pragma once

#include <memory>
#include <vector>

#include "core/tensor/huge_pages.h"
#include "core/tensor/matrix.h"

namespace regard {

/// A matrix B [in][out] cut into panels of kPanel columns, each stored row after row, so that a kernel reads
/// it in one forward sweep. The last panel is filled up with zeros.
struct PackedMatrix {
  static constexpr int kPanel = 32;  // columns of a panel: two AVX-512 registers of floats
  int in = 0;
  int out = 0;
  using Panels = std::vector<float, HugePageAllocator<float>>;
  /// [panels][in][kPanel]. Written once, when it is packed; copies share it, so a run can keep a model's
  /// weights.
  std::shared_ptr<Panels> panels;
  bool empty() const { return panels == nullptr || panels->empty(); }
};

/// Packs W^T. @param weight  [out][in], as linear layers are stored. Cost: one pass, one allocation.
PackedMatrix pack_transposed(ConstMatrixRef weight);

/// Packs B itself. @param b  [in][out]
PackedMatrix pack(ConstMatrixRef b);

/// y = x B + bias. Each y[t][o] is summed over `in` in order, whatever T is: a row does not depend on its
/// neighbours, two runs on one machine agree to the bit, NaN and Inf travel as in the plain product.
/// @param x     [T][in]
/// @param bias  [out] floats, or null for none
/// @param y     [T][out], overwritten
/// Thread: any; tiles of y are shared out. Cost: 2*T*in*out flops, one buffer of some 100 rows a thread.
void multiply(ConstMatrixRef x, const PackedMatrix& b, const float* bias, MatrixRef y);

struct Linear {
  Matrix weight;        // [out][in]; given up by `prepare`
  RowVector bias;       // [out]
  PackedMatrix packed;  // what `linear` reads once it is there
};

/// Packs the weight for the fast kernel and frees the plain copy; nothing when that was done before.
void prepare(Linear& layer);

/// x W^T + b by whichever way the layer is prepared for. [T][out]
/// @param x  [T][in]
Matrix linear(ConstMatrixRef x, const Linear& layer);

/// W^T of some inputs: what each of them adds to the outputs, prepared or not. [count][out]. Expects
/// 0 <= first, first + count <= in. Cost: a copy.
Matrix rows_of_inputs(const Linear& layer, int first, int count);

/// The same as linear() by Eigen from `layer.weight`, for tests. [T][out]
Matrix linear_plain(ConstMatrixRef x, const Linear& layer);

}  // namespace regard
