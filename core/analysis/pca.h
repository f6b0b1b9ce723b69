// What varies most among a picture's patches: principal components of their vectors.
#pragma once

#include <array>

#include "core/tensor/matrix.h"

namespace regard {

/// How many components a picture shows, as red, green and blue.
inline constexpr int kShownComponents = 3;

struct PrincipalComponents {
  Matrix coordinates;                             // [3][N] of each row of x along the components, around 0
  std::array<double, kShownComponents> shares{};  // of the whole variance; 0 where there is no such component
};

/// The first three components of N vectors, centred, not scaled. The sign of each is such that its coordinate
/// of largest magnitude (the first one of several) is positive, so that equal input gives equal colours.
/// @param x  [N][D]; not finite: every number of the answer is NaN
/// Thread: any. Cost: O(N D m + m^3), m the smaller of N and D, in double: 0.3 s at N = 1369, D = 384.
PrincipalComponents principal_components(ConstMatrixRef x);

}  // namespace regard
