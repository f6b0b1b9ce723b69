#include "core/models/mmdit_check.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/attention/record.h"
#include "core/base/check.h"

namespace regard {

namespace {

constexpr double kMaxDrawingBytes = 4e9;  // q, k, v, residual streams, kept maps and pictures of a run

Result<void> check_side(const MmditConfig& c, const char* what, int side) {
  if (side >= c.patch && side % c.patch == 0 && side / c.patch <= c.position_side) return {};
  return fail(ErrorCode::kShape, "picture: expected a {} of {} to {}, a multiple of {}, got {}", what,
              c.patch, c.patch * c.position_side, c.patch, side);
}

Result<void> check_concepts(const MmditConfig& c, const MmditInput& in) {
  if (in.concepts == nullptr) return {};
  if (in.concepts->rows() >= 1 && in.concepts->cols() == c.text_width) return {};
  return fail(ErrorCode::kShape, "concepts: expected at least one of width {}, got {} of width {}",
              c.text_width, in.concepts->rows(), in.concepts->cols());
}

}  // namespace

Result<void> check_mmdit_input(const MmditConfig& c, const MmditInput& in) {
  REGARD_TRY_DO(check_side(c, "height", in.height));
  REGARD_TRY_DO(check_side(c, "width", in.width));
  const std::size_t numbers = static_cast<std::size_t>(c.channels) * static_cast<std::size_t>(in.height) *
                              static_cast<std::size_t>(in.width);
  if (in.latent.size() != numbers) {
    return fail(ErrorCode::kShape, "picture: expected {} numbers for {} channels of {} x {}, got {}", numbers,
                c.channels, in.width, in.height, in.latent.size());
  }
  if (in.text.rows() < 1 || in.text.cols() != c.text_width) {
    return fail(ErrorCode::kShape, "text: expected at least one token of width {}, got {} of width {}",
                c.text_width, in.text.rows(), in.text.cols());
  }
  if (!in.pooled.empty() && in.pooled.size() != static_cast<std::size_t>(c.pooled_width)) {
    return fail(ErrorCode::kShape, "pooled text: expected {} numbers, got {}", c.pooled_width,
                in.pooled.size());
  }
  if (!std::isfinite(in.timestep))
    return fail(ErrorCode::kShape, "timestep: expected a number, got {}", in.timestep);
  REGARD_TRY_DO(check_concepts(c, in));
  const double concepts = in.concepts == nullptr ? 0.0 : static_cast<double>(in.concepts->rows());
  const int rows = in.height / c.patch, columns = in.width / c.patch;
  const double patches = static_cast<double>(rows) * columns;
  const double tokens = in.text.rows() + patches;
  const double bytes = sizeof(float) * tokens * c.width() *
                           (4.0 * c.layers + 3.0 * static_cast<double>(std::ssize(c.dual_layers))) +
                       2.0 * AttentionRecord::kKeptBytes +
                       3.0 * sizeof(float) * static_cast<double>(numbers) +
                       sizeof(float) * concepts * patches * c.layers;
  if (bytes > kMaxDrawingBytes) {
    return fail(ErrorCode::kShape,
                "picture: expected a run of at most {:.0f} MB, got {:.0f} MB for {} tokens",
                kMaxDrawingBytes * 1e-6, bytes * 1e-6, tokens);
  }
  return {};
}

void check_mmdit_weights(const MmditConfig& c, const MmditWeights& w) {
  REGARD_CHECK(c.layers > 0 && c.heads > 0 && c.head_width > 0 && c.patch > 0);
  REGARD_CHECK(std::ranges::is_sorted(c.dual_layers, std::less_equal<>()) || c.dual_layers.size() < 2);
  REGARD_CHECK(w.blocks.size() == static_cast<std::size_t>(c.layers));
  REGARD_CHECK(w.positions.rows() == Eigen::Index{c.position_side} * c.position_side);
  for (int i = 0; i < c.layers; ++i)
    REGARD_CHECK(w.blocks[static_cast<std::size_t>(i)].dual.has_value() == c.is_dual(i));
}

}  // namespace regard
