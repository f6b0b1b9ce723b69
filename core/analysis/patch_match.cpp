#include "core/analysis/patch_match.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace regard {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

// The `count` largest, of equals the earlier; without those that are no numbers.
std::vector<PatchMatches::Match> largest(const RowVector& cosines, int count) {
  std::vector<int> order;
  for (int i = 0; i < static_cast<int>(cosines.size()); ++i) {
    if (std::isfinite(cosines(i))) order.push_back(i);
  }
  const auto some = std::min(order.size(), static_cast<std::size_t>(count));
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(some), [&](int a, int b) {
    return cosines(a) != cosines(b) ? cosines(a) > cosines(b) : a < b;
  });
  std::vector<PatchMatches::Match> out;
  for (std::size_t i = 0; i < some; ++i) out.push_back({order[i], cosines(order[i])});
  return out;
}

double mean_of(const RowVector& cosines) {
  double sum = 0.0;
  int count = 0;
  for (const float cosine : cosines) {
    if (!std::isfinite(cosine)) continue;
    sum += static_cast<double>(cosine);
    ++count;
  }
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

RowVector cosines_to(const RowVector& from, ConstMatrixRef to) {
  // In double: squares of what a float holds may be more than a float holds.
  const Eigen::RowVectorXd query = from.cast<double>();
  const double length = query.norm();
  RowVector out(to.rows());
  for (Eigen::Index i = 0; i < to.rows(); ++i) {
    const double dot = to.row(i).cast<double>().dot(query);
    const double cosine = dot / (length * to.row(i).cast<double>().norm());
    out(i) = std::isfinite(cosine) ? static_cast<float>(std::clamp(cosine, -1.0, 1.0)) : kNone;
  }
  return out;
}

Result<PatchMatches> match_patch(ConstMatrixRef from, int patch, ConstMatrixRef to, int count) {
  if (from.cols() != to.cols()) {
    return fail(ErrorCode::kShape, "patches: expected vectors of {} numbers in both pictures, got {}",
                from.cols(), to.cols());
  }
  if (patch < 0 || patch >= from.rows())
    return fail(ErrorCode::kShape, "patch: expected 1 to {}, got {}", from.rows(), patch + 1);
  if (count < 1) return fail(ErrorCode::kShape, "matches: expected 1 or more, got {}", count);
  PatchMatches out;
  out.cosines = cosines_to(from.row(patch), to);
  out.best = largest(out.cosines, count);
  out.mean = mean_of(out.cosines);
  for (const PatchMatches::Match& match : out.best) {
    const std::vector<PatchMatches::Match> own = largest(cosines_to(to.row(match.patch), from), 1);
    out.back.push_back(own.empty() ? PatchMatches::Match{} : own.front());
  }
  return out;
}

}  // namespace regard
