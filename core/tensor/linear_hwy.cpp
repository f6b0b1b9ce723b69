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
constexpr int kChunk = 112;             // rows of x that share one sweep over b
constexpr int kDepth = 256;     // rows of b that are gone down at a time: 16 columns of them fit the L1 cache
constexpr int kHot = 32 << 10;  // floats of y that are summed up together: a part of the L2 cache

// What a panel's row becomes in registers: float32, whatever it is kept in.
inline HWY_ATTR Vec widened(Lanes d, const float* from) { return hn::LoadU(d, from); }
inline HWY_ATTR Vec widened(Lanes d, const hwy::float16_t* from) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<hwy::float16_t, Lanes>(), from));
}
inline HWY_ATTR Vec widened(Lanes d, const hwy::bfloat16_t* from) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<hwy::bfloat16_t, Lanes>(), from));
}

// To the L2 cache: what is computed with now keeps its place in the L1. (hwy::Prefetch() only asks for the
// L1.)
inline void fetch_to_l2(const char* from) {
#if defined(__GNUC__)
  __builtin_prefetch(from, 0, 2);
#else
  hwy::Prefetch(from);
#endif
}

template <class Stored>
struct Strip {
  const float* x;  // [rows][x_stride]
  Eigen::Index x_stride;
  const Stored* b;  // [in][kPanel], from the first column of the block on
  int in;
  const float* start;  // [rows][start_stride] what the sums start from: the bias, or what y holds so far
  Eigen::Index start_stride;
  float* y;  // [rows][y_stride]
  Eigen::Index y_stride;
  int width;         // columns to write; less than kWidth at the right edge
  const char* next;  // what is read after this: fetched meanwhile, `next_step` bytes a row of b
  Eigen::Index next_step;
};

// Under AddressSanitizer every number that a block reads would be asked for alone: nine tenths of a drawing's
// time. All that it reads and writes is asked for here, once a block, and the block itself goes without.
#ifdef __SANITIZE_ADDRESS__
#define REGARD_NO_SANITIZE __attribute__((no_sanitize("address", "undefined")))
template <class Stored>
void check_strip(const Strip<Stored>& s, int rows) {
  const auto check = []<class T>(const T* first, std::size_t count) {
    REGARD_CHECK(__asan_region_is_poisoned(const_cast<T*>(first), count * sizeof(T)) == nullptr);
  };
  for (int r = 0; r < rows; ++r) check(s.start + r * s.start_stride, kWidth);
  if (s.in > 0) check(s.b, static_cast<std::size_t>(s.in - 1) * kPanel + kWidth);
  for (int r = 0; r < rows; ++r) {
    check(s.x + r * s.x_stride, static_cast<std::size_t>(s.in));
    check(s.y + r * s.y_stride, static_cast<std::size_t>(s.width));
  }
}
#else
#define REGARD_NO_SANITIZE
template <class Stored>
void check_strip(const Strip<Stored>&, int) {}
#endif

// y[r][c] = start[r][c] + sum over k of x[r][k] * b[k][c], for rows 0..rows.
template <int rows, class Stored>
HWY_ATTR REGARD_NO_SANITIZE void block(const Strip<Stored>& s) {
  check_strip(s, rows);
  const Lanes d;
  Vec sum[rows][kVecs];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < kVecs; ++v) sum[r][v] = hn::LoadU(d, s.start + r * s.start_stride + v * kLanes);
  }
  const Eigen::Index stride = s.x_stride;
  for (Eigen::Index k = 0; k < s.in; ++k) {
    Vec b[kVecs];
#pragma GCC unroll 16
    for (int v = 0; v < kVecs; ++v) b[v] = widened(d, s.b + k * kPanel + v * kLanes);
    for (int line = 0; line < kWidth; line += 16)
      fetch_to_l2(s.next + k * s.next_step + line * Eigen::Index{4});
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

template <class Stored, int... rows>
constexpr auto make_blocks(std::integer_sequence<int, rows...>) {
  return std::array{&block<rows + 1, Stored>...};
}

// kBlocks<Stored>[n - 1] computes n rows.
template <class Stored>
constexpr auto kBlocks = make_blocks<Stored>(std::make_integer_sequence<int, kRows>{});

// Some rows of x against columns of b, from a whole panel on.
template <class Stored>
class Sweep {
 public:
  Sweep(const float* x, Eigen::Index x_stride, int rows, const Stored* b, int in, const float* bias, float* y,
        Eigen::Index y_stride)
      : x_(x), x_stride_(x_stride), rows_(rows), b_(b), in_(in), bias_(bias), y_(y), y_stride_(y_stride) {}

  // Columns [from, to), some panels at a time: as many as leave room for their part of y in the L2 cache
  // while it is summed up in several goes down b. A sum that is put down in y and taken up again is the same
  // bits, so each is made in order.
  void run(int from, int to) const {
    const int group = std::max(kHot / rows_ / kPanel, 1) * kPanel;
    for (int first = from; first < to; first += group) {
      const int last = std::min(first + group, to);
      for (int k = 0; k < pieces_; ++k) {
        for (int column = first; column < last; column += kPanel)
          panel(column, std::min(kPanel, to - column), k, after(first, column, last, k));
      }
    }
  }

 private:
  int depth(int piece) const { return static_cast<int>(static_cast<Eigen::Index>(in_) * piece / pieces_); }
  const Stored* at(int column, int piece) const {
    return b_ + static_cast<Eigen::Index>(column) * in_ + static_cast<Eigen::Index>(depth(piece)) * kPanel;
  }
  // What is read after a piece of a panel in the group [first, last): behind the last it is a place that is
  // never read, which a prefetch may ask for.
  const Stored* after(int first, int column, int last, int piece) const {
    if (column + kPanel < last) return at(column + kPanel, piece);
    return piece + 1 < pieces_ ? at(first, piece + 1) : at(column + kPanel, 0);
  }

  // A piece of a panel: for each part that registers hold, every block of rows. Blocks are of even height: 77
  // rows are 13+13+13+13+13+12, not 5 x 14 and 7.
  void panel(int column, int columns, int piece, const Stored* next) const {
    const int blocks = (rows_ + kRows - 1) / kRows, parts = (columns + kWidth - 1) / kWidth;
    const int from = depth(piece), depth_here = depth(piece + 1) - from;
    const Eigen::Index passes = static_cast<Eigen::Index>(blocks) * parts;
    const Eigen::Index step = (kPanel * static_cast<Eigen::Index>(sizeof(Stored)) + passes - 1) / passes;
    const char* fetch = reinterpret_cast<const char*>(next);
    for (int part = 0; part < columns; part += kWidth) {
      const int width = std::min(kWidth, columns - part);
      float bias[kWidth] = {};
      if (bias_ != nullptr && piece == 0) std::copy_n(bias_ + column + part, width, bias);
      for (int i = 0; i < blocks; ++i) {
        const int first = rows_ * i / blocks, height = rows_ * (i + 1) / blocks - first;
        float* y = y_ + first * y_stride_ + column + part;
        if (width < kWidth) {
          // Sums of less than a block's width are not put down in y: they are made in one go, in the last.
          if (piece + 1 < pieces_) continue;
          float start[kWidth] = {};
          if (bias_ != nullptr) std::copy_n(bias_ + column + part, width, start);
          kBlocks<Stored>[static_cast<std::size_t>(height - 1)]({x_ + first * x_stride_, x_stride_,
                                                                 at(column, 0) + part, in_, start, 0, y,
                                                                 y_stride_, width, fetch, 0});
          continue;
        }
        kBlocks<Stored>[static_cast<std::size_t>(height - 1)](
            {x_ + first * x_stride_ + from, x_stride_, at(column, piece) + part, depth_here,
             piece == 0 ? bias : y, piece == 0 ? 0 : y_stride_, y, y_stride_, width, fetch, step});
        fetch += step * depth_here;
      }
    }
  }

  const float* x_;  // [rows][x_stride]
  Eigen::Index x_stride_;
  int rows_;
  const Stored* b_;  // [panels][in][kPanel]
  int in_;
  int pieces_ = std::max((in_ + kDepth - 1) / kDepth, 1);
  const float* bias_;
  float* y_;
  Eigen::Index y_stride_;
};

// Columns [from, to) of x B + bias, into the same columns of y.
template <class Stored>
void multiply_stored(ConstMatrixRef x, const Stored* b, int in, int from_column, int to, const float* bias,
                     MatrixRef y) {
  // Rows a multiple of 2 KiB apart would all fall into the same few lines of the L1 cache; a copy whose rows
  // are one line longer spreads them.
  constexpr Eigen::Index kApart = 2048 / sizeof(float);
  const int rows = static_cast<int>(x.rows());
  const bool spreads = x.outerStride() % kApart == 0;
  const Eigen::Index stride = spreads ? (in + 15) / 16 * 16 + 16 : x.outerStride();
  const auto spread =
      spreads
          ? std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(std::min(rows, kChunk) * stride))
          : nullptr;
  for (int first = 0; first < rows; first += kChunk) {
    const int height = std::min(kChunk, rows - first);
    const float* from = x.row(first).data();
    if (spreads) {
      for (int r = 0; r < height; ++r) {
        std::memcpy(spread.get() + r * stride, x.row(first + r).data(),
                    sizeof(float) * static_cast<std::size_t>(in));
      }
      from = spread.get();
    }
    Sweep<Stored>(from, stride, height, b, in, bias, y.row(first).data(), y.outerStride())
        .run(from_column, to);
  }
}

void multiply_impl(ConstMatrixRef x, const PackedMatrix& b, int from, int to, const float* bias,
                   MatrixRef y) {
  switch (b.kind) {
    case PackedMatrix::Kind::kF32:
      return multiply_stored(x, b.panels->data(), b.in, from, to, bias, y);
    case PackedMatrix::Kind::kF16:
      return multiply_stored(x, reinterpret_cast<const hwy::float16_t*>(b.halves->data()), b.in, from, to,
                             bias, y);
    case PackedMatrix::Kind::kBf16:
      return multiply_stored(x, reinterpret_cast<const hwy::bfloat16_t*>(b.halves->data()), b.in, from, to,
                             bias, y);
  }
}

// Numbers of whole panels in 16 bits. @return whether each of them is the same number there, to the bit
template <class Stored>
HWY_ATTR bool narrow_stored(const float* from, std::size_t count, std::uint16_t* to) {
  const Lanes d;
  const hn::Rebind<Stored, Lanes> half;
  const hn::RebindToUnsigned<Lanes> bits;
  auto differs = hn::Zero(bits);
  for (std::size_t i = 0; i < count; i += kLanes) {
    const auto v = hn::LoadU(d, from + i);
    const auto narrow = hn::DemoteTo(half, v);
    hn::StoreU(narrow, half, reinterpret_cast<Stored*>(to + i));
    differs = hn::Or(differs, hn::Xor(hn::BitCast(bits, hn::PromoteTo(d, narrow)), hn::BitCast(bits, v)));
    if (i % 4096 == 0 && !hn::AllTrue(bits, hn::Eq(differs, hn::Zero(bits)))) return false;
  }
  return hn::AllTrue(bits, hn::Eq(differs, hn::Zero(bits)));
}

// Whether float16 is widened by an instruction. In software it would cost more than memory saves, and
// Highway's does not know every number.
constexpr bool kWidensHalves = !HWY_ARCH_X86 || HWY_TARGET <= HWY_AVX2;

bool narrow_impl(const float* from, std::size_t count, PackedMatrix::Kind kind, std::uint16_t* to) {
  if (kind == PackedMatrix::Kind::kBf16) return narrow_stored<hwy::bfloat16_t>(from, count, to);
  return kWidensHalves && narrow_stored<hwy::float16_t>(from, count, to);
}

template <class Stored>
HWY_ATTR void widen_stored(const std::uint16_t* from, std::size_t count, float* to) {
  const Lanes d;
  for (std::size_t i = 0; i < count; i += kLanes)
    hn::StoreU(widened(d, reinterpret_cast<const Stored*>(from + i)), d, to + i);
}

void widen_impl(const std::uint16_t* from, std::size_t count, PackedMatrix::Kind kind, float* to) {
  kind == PackedMatrix::Kind::kF16 ? widen_stored<hwy::float16_t>(from, count, to)
                                   : widen_stored<hwy::bfloat16_t>(from, count, to);
}

}  // namespace regard::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard {

namespace {

PackedMatrix make_panels(Eigen::Index in, Eigen::Index out) {
  constexpr Eigen::Index kPanel = PackedMatrix::kPanel;
  PackedMatrix p;
  p.in = static_cast<int>(in);
  p.out = static_cast<int>(out);
  p.panels = std::make_shared<PackedMatrix::Panels>();
  p.panels->resize(static_cast<std::size_t>((out + kPanel - 1) / kPanel * kPanel * in));
  if (out % kPanel != 0) std::fill(p.panels->begin() + out / kPanel * kPanel * in, p.panels->end(), 0.0f);
  return p;
}

}  // namespace

PackedMatrix pack_transposed(ConstMatrixRef weight) {
  constexpr int kPanel = PackedMatrix::kPanel;
  PackedMatrix p = make_panels(weight.cols(), weight.rows());
  const int panels = (p.out + kPanel - 1) / kPanel;
  parallel_for(panels, grain_of(8.0 * kPanel * p.in), [&](int begin, int end) {
    for (int at = begin; at < end; ++at) {
      const int first = at * kPanel, width = std::min(kPanel, p.out - first);
      float* to = p.panels->data() + static_cast<Eigen::Index>(first) * p.in;
      for (Eigen::Index k = 0; k < p.in; ++k, to += kPanel)
        for (int o = 0; o < width; ++o) to[o] = weight(first + o, k);
    }
  });
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
HWY_EXPORT(narrow_impl);
HWY_EXPORT(widen_impl);

double PackedMatrix::bytes() const {
  return (panels != nullptr ? 4.0 * static_cast<double>(panels->size()) : 0.0) +
         (halves != nullptr ? 2.0 * static_cast<double>(halves->size()) : 0.0);
}

PackedMatrix narrowed(PackedMatrix b) {
  using Kind = PackedMatrix::Kind;
  if (b.kind != Kind::kF32 || b.empty()) return b;
  const std::size_t count = b.panels->size();  // whole panels
  auto halves = std::make_shared<PackedMatrix::Halves>(count);
  for (const Kind kind : {Kind::kBf16, Kind::kF16}) {
    if (!HWY_DYNAMIC_DISPATCH(narrow_impl)(b.panels->data(), count, kind, halves->data())) continue;
    b.kind = kind;
    b.halves = std::move(halves);
    b.panels.reset();
    break;
  }
  return b;
}

Eigen::Map<const Matrix, 0, Eigen::OuterStride<>> panel_of(const PackedMatrix& b, Eigen::Index first,
                                                           PackedMatrix::Panels& scratch) {
  constexpr Eigen::Index kPanel = PackedMatrix::kPanel;
  REGARD_CHECK(0 <= first && first < b.out && first % kPanel == 0);
  const float* from = nullptr;
  if (b.kind == PackedMatrix::Kind::kF32) {
    from = b.panels->data() + first * b.in;
  } else {
    scratch.resize(static_cast<std::size_t>(b.in * kPanel));
    HWY_DYNAMIC_DISPATCH(widen_impl)(b.halves->data() + first * b.in, scratch.size(), b.kind, scratch.data());
    from = scratch.data();
  }
  return {from, b.in, std::min(kPanel, b.out - first), Eigen::OuterStride<>(kPanel)};
}

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
