// Weights of a layer that was read from a file, which lie packed: for tests that look at them or change them.
#pragma once

#include "core/tensor/linear.h"

namespace regard::test {

/// [out][in]; what was packed goes, and the model that is made of the layer packs it again. Empty: there is
/// no such layer.
inline Matrix& plain_weight(Linear& layer) {
  if (!layer.packed.empty()) {
    layer.weight = rows_of_inputs(layer, 0, layer.packed.in).transpose();
    layer.packed = {};
  }
  return layer.weight;
}

}  // namespace regard::test
