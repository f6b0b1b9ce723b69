// A transformer tower with what it left behind for one input, whatever it read: what gradients go back
// through. CLIP's text encoder and every vision transformer are towers: blocks of a norm, attention, a norm
// and an MLP, each added to what came in.
#pragma once

#include <vector>

#include "core/attention/record.h"
#include "core/models/clip_text.h"
#include "core/models/vit.h"
#include "core/tensor/linear.h"
#include "core/tensor/matrix.h"
#include "core/tensor/ops.h"

namespace regard {

/// The weights of a block. Not owned.
struct TowerLayer {
  const LayerNorm *norm1 = nullptr, *norm2 = nullptr;
  const Linear *query = nullptr, *key = nullptr, *value = nullptr, *out = nullptr;
  const Linear *mlp_in = nullptr, *mlp_out = nullptr;
  const RowVector *scale1 = nullptr, *scale2 = nullptr;  // a gain on what a block adds; null: none
};

/// Not owned: model and run must outlive it.
struct Tower {
  std::vector<TowerLayer> layers;  // L
  Activation activation = Activation::kGelu;
  bool gated = false;  // SwiGLU: there is no way back through it here
  float eps = 0;       // of every norm
  const LayerNorm* final_norm = nullptr;
  const Matrix* projection = nullptr;  // [P][D]; null: none
  const AttentionRecord* record = nullptr;
  const std::vector<Matrix>* hidden = nullptr;  // L+1 of [T][D]
  int row = 0;                                  // whose vector stands for all: EOS of a text, CLS

  int width() const { return static_cast<int>(hidden->front().cols()); }  ///< D
  int positions() const { return record->shape().queries; }               ///< T
  /// Of the vector that stands for all: P, or D without a projection.
  Eigen::Index vector_width() const { return projection != nullptr ? projection->rows() : width(); }
};

Tower tower_of(const ClipText& model, const ClipTextOutput& run);
Tower tower_of(const Vit& model, const VitOutput& run);

}  // namespace regard
