// What may be changed in a run. Empty members change nothing.
#pragma once

#include <vector>

namespace regard {

struct Intervention {
  /// Added to every score of a key column, in every layer and head, before softmax: ln(weight) of the token's
  /// word. -infinity hides the key. Empty, or one entry a key. [S]
  std::vector<float> key_bias = {};
  /// Multiplies every row's attention to a key column, in every layer and head, after softmax, before the
  /// values are summed: prompt-to-prompt's reweighting. Not renormalised, so rows no longer sum to 1;
  /// negative numbers turn the value around. Empty, or one finite number a key. [S]
  std::vector<float> key_factor = {};
};

}  // namespace regard
