// The activation between the two products of an MLP, as configurations name it.
#pragma once

#include "core/tensor/matrix.h"
#include "core/tensor/ops.h"

namespace regard {

enum class Activation { kQuickGelu, kGelu, kGeluTanh };

/// In place.
inline void activate(Activation activation, MatrixRef x) {
  if (activation == Activation::kQuickGelu) {
    quick_gelu(x);
  } else if (activation == Activation::kGeluTanh) {
    gelu_tanh(x);
  } else {
    gelu(x);
  }
}

}  // namespace regard
