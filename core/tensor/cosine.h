// How alike the directions of two vectors are.
#pragma once

#include <limits>

#include "core/tensor/matrix.h"

namespace regard {

/// In double precision, in [-1, 1]; NaN where one has no length. Expects equal sizes. Cost: O(n).
inline double cosine(const RowVector& a, const RowVector& b) {
  const Eigen::RowVectorXd x = a.cast<double>(), y = b.cast<double>();
  const double lengths = x.norm() * y.norm();
  return lengths > 0.0 ? x.dot(y) / lengths : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace regard
