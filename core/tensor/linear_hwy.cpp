// The product kernel, compiled once for each instruction set (SSSE3, SSE4, AVX2, AVX-512, NEON) and chosen
// when the program runs, so that one baseline binary uses the widest registers of the machine it is on. A
// block of kRows x kWidth results stays in registers while the kernel walks down `in`: for each k, one row of
// the panel is loaded and multiplied with one number of each of the kRows rows of x.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/tensor/linear_hwy.cpp"
// Sizeless vectors cannot be kept in arrays; machines with SVE also have NEON.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#include <hwy/foreach_target.h>
//
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>

#include <hwy/cache_control.h>
#include <hwy/highway.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include "core/base/check.h"
#include "core/tensor/linear.h"
#include "core/tensor/threads.h"

HWY_BEFORE_NAMESPACE();
namespace regard::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

constexpr int kPanel = PackedMatrix::kPanel;

// Rows of x and columns of b in one block: as many sums as the registers hold beside the loaded row of b.
#if HWY_ARCH_X86 && HWY_MAX_BYTES == 64
constexpr int kRows = 14, kWidth = 32;  // 28 of 32 registers
#elif HWY_ARCH_X86 && HWY_MAX_BYTES == 32
constexpr int kRows = 6, kWidth = 16;  // 12 of 16
#elif HWY_ARCH_ARM
constexpr int kRows = 6, kWidth = 16;  // 24 of 32
#else
constexpr int kRows = 2, kWidth = 16;  // 8 of 16
#endif
static_assert(kPanel % kWidth == 0);
using Lanes = hn::CappedTag<float, kWidth>;
using Vec = hn::Vec<Lanes>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(Lanes()));
constexpr int kVecs = kWidth / kLanes;  // registers across a block
constexpr int kChunk = 8 * kRows;       // rows of x that share one sweep over b; they stay in the L2 cache
constexpr int kAhead = 40;              // rows of b fetched ahead of their use: about the time memory needs

struct Strip {
  const float* x;  // [rows][x_stride]
  Eigen::Index x_stride;
  const float* b;  // [in][kPanel], from the first column of the block on
  int in;
  const float* start;  // [kWidth] what the sums start from: the bias
  float* y;            // [rows][y_stride]
  Eigen::Index y_stride;
  int width;  // columns to write; less than kWidth at the right edge
};

// Under AddressSanitizer every number that a block reads would be asked for alone: nine tenths of a drawing's
// time. All that it reads and writes is asked for here, once a block, and the block itself goes without.
#ifdef __SANITIZE_ADDRESS__
#define REGARD_NO_SANITIZE __attribute__((no_sanitize("address", "undefined")))
inline void check_strip(const Strip& s, int rows) {
  const auto check = [](const float* first, std::size_t count) {
    REGARD_CHECK(__asan_region_is_poisoned(const_cast<float*>(first), count * sizeof(float)) == nullptr);
  };
  check(s.start, kWidth);
  if (s.in > 0) check(s.b, static_cast<std::size_t>(s.in - 1) * kPanel + kWidth);
  for (int r = 0; r < rows; ++r) {
    check(s.x + r * s.x_stride, static_cast<std::size_t>(s.in));
    check(s.y + r * s.y_stride, static_cast<std::size_t>(s.width));
  }
}
#else
#define REGARD_NO_SANITIZE
inline void check_strip(const Strip&, int) {}
#endif

// y[r][c] = start[c] + sum over k of x[r][k] * b[k][c], for rows 0..rows.
template <int rows>
HWY_ATTR REGARD_NO_SANITIZE void block(const Strip& s) {
  check_strip(s, rows);
  const Lanes d;
  Vec sum[rows][kVecs];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < kVecs; ++v) sum[r][v] = hn::LoadU(d, s.start + v * kLanes);
  }
  const Eigen::Index stride = s.x_stride;
  for (Eigen::Index k = 0; k < s.in; ++k) {
    Vec b[kVecs];
#pragma GCC unroll 16
    for (int v = 0; v < kVecs; ++v) b[v] = hn::LoadU(d, s.b + k * kPanel + v * kLanes);
    // The last rows fetch the beginning of the next panel, or a little past the end, which a prefetch may.
    for (int line = 0; line < kWidth; line += 16) hwy::Prefetch(s.b + (k + kAhead) * kPanel + line);
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
      // Three rows share a pointer: x86 addresses p, p + stride and p + 2 stride without further arithmetic.
      const float* p = s.x + (r / 3) * 3 * stride + k;
      const Vec a = hn::Set(d, p[(r % 3) * stride]);
#pragma GCC unroll 16
      for (int v = 0; v < kVecs; ++v) sum[r][v] = hn::MulAdd(a, b[v], sum[r][v]);
    }
  }
  if (s.width == kWidth) {
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
      for (int v = 0; v < kVecs; ++v) hn::StoreU(sum[r][v], d, s.y + r * s.y_stride + v * kLanes);
    }
    return;
  }
  float row[kWidth];
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < kVecs; ++v) hn::StoreU(sum[r][v], d, row + v * kLanes);
    std::copy_n(row, s.width, s.y + r * s.y_stride);
  }
}

template <int... rows>
constexpr auto make_blocks(std::integer_sequence<int, rows...>) {
  return std::array{&block<rows + 1>...};
}

// kBlocks[n - 1] computes n rows.
constexpr auto kBlocks = make_blocks(std::make_integer_sequence<int, kRows>{});

// One chunk of x against columns [from, to) of b, from a whole panel on. Blocks are of even height: 77 rows
// are 13+13+13+13+13+12, not 5 x 14 and 7.
void multiply_chunk(const float* x, Eigen::Index x_stride, int rows, const PackedMatrix& b, int from, int to,
                    const float* bias, float* y, Eigen::Index y_stride) {
  const int blocks = (rows + kRows - 1) / kRows;
  for (int column = from; column < to; column += kWidth) {
    const int width = std::min(kWidth, to - column);
    float start[kWidth] = {};
    if (bias != nullptr) std::copy_n(bias + column, width, start);
    const float* panel =
        b.panels->data() + static_cast<Eigen::Index>(column / kPanel) * kPanel * b.in + column % kPanel;
    for (int i = 0; i < blocks; ++i) {
      const int first = rows * i / blocks;
      const int height = rows * (i + 1) / blocks - first;
      kBlocks[static_cast<std::size_t>(height - 1)]({x + first * x_stride, x_stride, panel, b.in, start,
                                                     y + first * y_stride + column, y_stride, width});
    }
  }
}

// Columns [from, to) of x B + bias, into the same columns of y.
void multiply_impl(ConstMatrixRef x, const PackedMatrix& b, int from, int to, const float* bias,
                   MatrixRef y) {
  // Rows a multiple of 4 KiB apart would all fall into the same few lines of the L1 cache; a copy whose rows
  // are one line longer spreads them.
  const Eigen::Index stride = (b.in + 15) / 16 * 16 + 16;
  const int rows = static_cast<int>(x.rows());
  const auto spread =
      std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(std::min(rows, kChunk) * stride));
  for (int first = 0; first < rows; first += kChunk) {
    const int height = std::min(kChunk, rows - first);
    for (int r = 0; r < height; ++r) {
      std::memcpy(spread.get() + r * stride, x.row(first + r).data(),
                  sizeof(float) * static_cast<std::size_t>(b.in));
    }
    multiply_chunk(spread.get(), stride, height, b, from, to, bias, y.row(first).data(), y.outerStride());
  }
}

}  // namespace regard::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard {

namespace {

PackedMatrix make_panels(Eigen::Index in, Eigen::Index out) {
  constexpr Eigen::Index kPanel = PackedMatrix::kPanel;
  PackedMatrix p{static_cast<int>(in), static_cast<int>(out), std::make_shared<PackedMatrix::Panels>()};
  p.panels->resize(static_cast<std::size_t>((out + kPanel - 1) / kPanel * kPanel * in));
  if (out % kPanel != 0) std::fill(p.panels->begin() + out / kPanel * kPanel * in, p.panels->end(), 0.0f);
  return p;
}

}  // namespace

PackedMatrix pack_transposed(ConstMatrixRef weight) {
  constexpr int kPanel = PackedMatrix::kPanel;
  PackedMatrix p = make_panels(weight.cols(), weight.rows());
  for (int o = 0; o < p.out; ++o) {
    const float* row = weight.row(o).data();
    float* panel = p.panels->data() + static_cast<Eigen::Index>(o / kPanel) * kPanel * p.in + o % kPanel;
    for (Eigen::Index k = 0; k < p.in; ++k) panel[k * kPanel] = row[k];
  }
  return p;
}

PackedMatrix pack(ConstMatrixRef b) {
  constexpr int kPanel = PackedMatrix::kPanel;
  PackedMatrix p = make_panels(b.rows(), b.cols());
  for (int first = 0; first < p.out; first += kPanel) {
    const int width = std::min(kPanel, p.out - first);
    float* panel = p.panels->data() + static_cast<Eigen::Index>(first) * p.in;
    for (Eigen::Index k = 0; k < p.in; ++k) std::copy_n(b.row(k).data() + first, width, panel + k * kPanel);
  }
  return p;
}

HWY_EXPORT(multiply_impl);

namespace {

void multiply_columns(ConstMatrixRef x, const PackedMatrix& b, int from, int to, const float* bias,
                      MatrixRef y) {
  HWY_DYNAMIC_DISPATCH(multiply_impl)(x, b, from, to, bias, y);
}

// Shared out as tiles of y: as many rows as sweep over b together, and where those are few, groups of panels.
void multiply_tiles(ConstMatrixRef x, const PackedMatrix& b, const float* bias, MatrixRef y) {
  constexpr int kPanel = PackedMatrix::kPanel;
  constexpr int kTileRows = 112;  // 8 blocks of the highest kernel
  const int rows = static_cast<int>(x.rows()), panels = (b.out + kPanel - 1) / kPanel;
  const int row_tiles = (rows + kTileRows - 1) / kTileRows;
  const int groups = std::min(panels, (4 * threads() + row_tiles - 1) / row_tiles);
  const double flops = 2.0 * rows * b.in * b.out / (row_tiles * groups);
  parallel_for(row_tiles * groups, grain_of(flops), [&](int begin, int end) {
    for (int tile = begin; tile < end;) {
      const int row = tile / groups * kTileRows, group = tile % groups;
      const int group_end = std::min(groups, group + end - tile);  // neighbours in one sweep
      const int from = panels * group / groups * kPanel;
      const int to = std::min(panels * group_end / groups * kPanel, b.out);
      const int height = std::min(kTileRows, rows - row);
      multiply_columns(x.middleRows(row, height), b, from, to, bias, y.middleRows(row, height));
      tile += group_end - group;
    }
  });
}

}  // namespace

void multiply(ConstMatrixRef x, const PackedMatrix& b, const float* bias, MatrixRef y) {
  REGARD_CHECK(x.cols() == b.in && y.rows() == x.rows() && y.cols() == b.out);
  const double flops = 2.0 * static_cast<double>(x.rows()) * b.in * b.out;
  if (grain_of(flops / 2) > 1) {  // not worth two pieces
    multiply_columns(x, b, 0, b.out, bias, y);
  } else {
    multiply_tiles(x, b, bias, y);
  }
}

}  // namespace regard
#endif  // HWY_ONCE
