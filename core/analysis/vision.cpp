#include "core/analysis/vision.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace regard {

std::vector<bool> mass_mask(const RowVector& row, double fraction) {
  const auto mass = [&](Eigen::Index i) { return row(i) > 0.0f ? static_cast<double>(row(i)) : 0.0; };
  std::vector<Eigen::Index> order(static_cast<std::size_t>(row.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::ranges::stable_sort(order, [&](Eigen::Index a, Eigen::Index b) { return mass(a) > mass(b); });
  double total = 0.0;
  for (const Eigen::Index i : order) total += mass(i);  // largest first, as below: 1 is then reached exactly
  const double wanted = std::clamp(fraction, 0.0, 1.0) * total;
  std::vector<bool> mask(order.size(), false);
  double held = 0.0;
  for (const Eigen::Index i : order) {
    if (held >= wanted) break;
    mask[static_cast<std::size_t>(i)] = true;
    held += mass(i);
  }
  for (const Eigen::Index i : order) {  // what is no number is shown, whatever it is worth
    if (std::isnan(row(i))) mask[static_cast<std::size_t>(i)] = true;
  }
  return mask;
}

TokenNorms token_norms(ConstMatrixRef hidden) {
  TokenNorms out{hidden.rowwise().norm(), 0.0};
  if (out.norms.size() == 0) return out;
  if (!out.norms.allFinite()) {  // they have no order
    out.max_over_median = std::numeric_limits<double>::quiet_NaN();
    return out;
  }
  std::vector<float> sorted(out.norms.begin(), out.norms.end());
  std::ranges::sort(sorted);
  const std::size_t half = sorted.size() / 2;
  const double median = sorted.size() % 2 == 1
                            ? static_cast<double>(sorted[half])
                            : (static_cast<double>(sorted[half - 1]) + static_cast<double>(sorted[half])) / 2;
  if (median > 0.0) out.max_over_median = static_cast<double>(sorted.back()) / median;
  return out;
}

}  // namespace regard
