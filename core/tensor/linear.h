// y = x W^T + b, the product every block is made of. Two ways to compute it that must agree: plain Eigen, the
// oracle of the tests, and panels packed once for a kernel that picks the widest instructions when the
// program runs.
#pragma once

#include <cstdint>
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
  /// How the numbers lie in memory. They are widened in registers and computed with as float32, so that the
  /// same numbers give the same bits whatever they are kept in.
  enum class Kind : std::uint8_t { kF32, kF16, kBf16 };
  Kind kind = Kind::kF32;
  using Panels = std::vector<float, HugePageAllocator<float>>;
  using Halves = std::vector<std::uint16_t, HugePageAllocator<std::uint16_t>>;
  /// [panels][in][kPanel], one of the two. Written once, when it is packed; copies share it, so a run can
  /// keep a model's weights.
  std::shared_ptr<Panels> panels;  // kF32
  std::shared_ptr<Halves> halves;  // kF16, kBf16
  bool empty() const {
    return (panels == nullptr || panels->empty()) && (halves == nullptr || halves->empty());
  }
  double bytes() const;  ///< held
};

/// Packs W^T. @param weight  [out][in], as linear layers are stored. Cost: one pass, one allocation.
PackedMatrix pack_transposed(ConstMatrixRef weight);

/// Packs B itself. @param b  [in][out]
PackedMatrix pack(ConstMatrixRef b);

/// The same numbers in 16 bits where each of them has an exact bfloat16 or float16, as those of a checkpoint
/// in half precision have (float16 only where the processor widens it); otherwise `b` as it is. Bits of
/// products do not change, only what is read of memory: half. Cost: one pass.
PackedMatrix narrowed(PackedMatrix b);

/// Columns first.. of B as they lie in their panel, [in][up to kPanel]. @param first  a multiple of kPanel
/// @param scratch  holds them where they are kept in 16 bits
Eigen::Map<const Matrix, 0, Eigen::OuterStride<>> panel_of(const PackedMatrix& b, Eigen::Index first,
                                                           PackedMatrix::Panels& scratch);

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

/// Packs the weight for the fast kernel, in 16 bits where nothing is lost by it (narrowed()), and frees the
/// plain copy; nothing when that was done before.
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
