// A transformer tower with what it left behind for one input, whatever it read: what gradients go back
// through. CLIP's text encoder and every vision transformer are towers: blocks of a norm, attention, a norm
// and an MLP, each added to what came in. So is one step of a diffusion transformer, whose patches and words
// have weights of their own and meet in one attention.
#pragma once

#include <memory>
#include <vector>

#include "core/attention/record.h"
#include "core/models/clip_text.h"
#include "core/models/mmdit.h"
#include "core/models/vit.h"
#include "core/tensor/linear.h"
#include "core/tensor/matrix.h"
#include "core/tensor/ops.h"

namespace regard {

/// The weights of a block. Not owned. Where a stream ends (the words behind the last block of a diffusion
/// transformer) there are no second norm, output and MLP.
struct TowerLayer {
  const LayerNorm *norm1 = nullptr, *norm2 = nullptr;
  const Linear *query = nullptr, *key = nullptr, *value = nullptr, *out = nullptr;
  const Linear *mlp_in = nullptr, *mlp_out = nullptr;
  const RowVector *scale1 = nullptr, *scale2 = nullptr;        // a gain on what a block adds; null: none
  const RowVector *query_norm = nullptr, *key_norm = nullptr;  // RMS norms, a head at a time; null: none
};

/// Positions that go through the same weights.
struct TowerPart {
  int first = 0, count = 0;
  std::vector<TowerLayer> layers;  // L
};

/// Not owned: model and run must outlive it.
struct Tower {
  std::vector<TowerPart> parts;  // in the order of the positions, all of them
  Activation activation = Activation::kGelu;
  bool gated = false;             // SwiGLU: there is no way back through it here
  bool second_attention = false;  // beside the one recorded: none through that either
  float eps = 0;                  // of every norm
  const LayerNorm* final_norm = nullptr;
  const Matrix* projection = nullptr;  // [P][D]; null: none
  const AttentionRecord* record = nullptr;
  std::vector<const Matrix*> hidden;  // L+1 of [T][D]
  int row = 0;                        // whose vector stands for all: EOS of a text, CLS
  std::shared_ptr<const void> owned;  // norms and gains that were made for this run

  int width() const { return static_cast<int>(hidden.front()->cols()); }  ///< D
  int positions() const { return record->shape().queries; }               ///< T
  /// Of the vector that stands for all: P, or D without a projection.
  Eigen::Index vector_width() const { return projection != nullptr ? projection->rows() : width(); }
};

Tower tower_of(const ClipText& model, const ClipTextOutput& run);
Tower tower_of(const Vit& model, const VitOutput& run);
/// One pass of a diffusion transformer, whose modulation (the gains, shifts and gates that the time and the
/// pooled text make) is held as it was. Its final norm is that of the patches; there is no projection, and no
/// row that stands for all.
/// @param record     of that pass, with its streams
/// @param condition  [1][D], as Mmdit::condition() gives it for the pass
Tower tower_of(const Mmdit& model, const AttentionRecord& record, const Matrix& condition);

}  // namespace regard
