// Which heads are looked at together, and how their maps become one. A value that is no number wins over any
// number, so that it stays visible.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/tensor/matrix.h"

namespace regard {

/// (layer, head) pairs looked at together, from 0.
using HeadSet = std::vector<std::pair<int, int>>;

/// Of heads: arithmetic mean, largest, smallest, product.
enum class Fusion { kMean, kMax, kMin, kProduct };

/// ReLU; NaN stays.
inline float positive_part(float value) { return value < 0.0f ? 0.0f : value; }

/// Adds one more map to what was fused before. A mean is a sum until `finish_fusion`.
/// @param into  the first map, or what earlier calls left  @param next  of the same size
template <class A, class B>
void fuse(Fusion fusion, A& into, const B& next) {
  const auto larger = [](float a, float b) { return b > a || std::isnan(b) ? b : a; };
  const auto smaller = [](float a, float b) { return b < a || std::isnan(b) ? b : a; };
  switch (fusion) {
    case Fusion::kMean:
      into += next;
      break;
    case Fusion::kMax:
      into = into.binaryExpr(next, larger).eval();
      break;
    case Fusion::kMin:
      into = into.binaryExpr(next, smaller).eval();
      break;
    case Fusion::kProduct:
      into = into.cwiseProduct(next).eval();
      break;
  }
}

/// @param count  how many maps were fused
template <class A>
void finish_fusion(Fusion fusion, A& into, int count) {
  if (fusion == Fusion::kMean && count > 1) into /= static_cast<float>(count);
}

/// Entropy in bits of what a row shares out: of its positive values over their sum. 0 without any; NaN where
/// the row has one.
inline float entropy_bits(const RowVector& row) {
  float sum = 0.0f, bits = 0.0f;
  for (const float value : row) sum += value <= 0.0f ? 0.0f : value;
  if (sum == 0.0f || std::isnan(sum)) return sum;
  for (const float value : row) {
    if (value > 0.0f) bits -= value / sum * std::log2(value / sum);
  }
  return bits;
}

}  // namespace regard
