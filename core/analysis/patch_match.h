// Which patches of one picture are like a patch of another: the cosine of their vectors. Pure functions.
#pragma once

#include <vector>

#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

/// The patches most like one patch.
struct PatchMatches {
  struct Match {
    int patch = -1;
    float cosine = 0.0f;
    bool operator==(const Match&) const = default;
  };
  RowVector cosines;  // [N] to every patch of the other picture, in [-1, 1]; NaN: a vector has no length
  std::vector<Match> best;  // the largest first, of equals the earlier patch; those without a number never
  double mean = 0.0;        // of all that have a number; NaN without one
  std::vector<Match> back;  // of each of `best`: the patch of the first picture that is most like it
};

/// Cosine of one vector with every row. NaN where either has no length or a number that is none.
/// @param from  [D]  @param to  [N][D]. Cost: O(N*D).
RowVector cosines_to(const RowVector& from, ConstMatrixRef to);

/// @param from  [N1][D] patches of one picture, `patch` one of them  @param to  [N2][D] of the other; the
/// pictures may have different numbers of patches
/// @param count  how many matches are asked for; fewer when there are not so many patches
/// Errors: shape (another width, a patch that is not there, a count below 1). Thread: any.
/// Cost: O(N2*D + count*N1*D).
Result<PatchMatches> match_patch(ConstMatrixRef from, int patch, ConstMatrixRef to, int count);

}  // namespace regard
