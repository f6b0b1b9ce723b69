// Vision transformers, keeping every attention map: CLIP's image tower (Hugging Face and OpenCLIP names),
// ViT, DeiT, DINO, DINOv2 with and without registers, and timm's or the authors' own names of the same.
// Source: huggingface/transformers 4.57 modeling_{clip,vit,deit,dinov2,dinov2_with_registers}.py (eager);
// proven by tests/golden.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/attention/intervention.h"
#include "core/attention/record.h"
#include "core/base/result.h"
#include "core/models/activation.h"
#include "core/models/layer_list.h"
#include "core/models/recent_runs.h"
#include "core/tensor/linear.h"
#include "core/tensor/matrix.h"
#include "core/tensor/ops.h"

namespace regard {

/// What differs between families beyond the numbers of a VitConfig: CLIP's norms and sentence vector, and
/// what a processor does by default. A new family takes the one it behaves as.
enum class VitFamily { kClip, kVit, kDeit, kDinov2, kTimm };

/// When a picture of another size than the model's own is taken, and how the positions then follow.
enum class PositionResize {
  kNever,   // only on request: CLIP, ViT, DeiT, DINO
  kAlways,  // DINOv2
};

struct VitConfig {
  VitFamily family = VitFamily::kVit;
  std::string_view name = "ViT";              // of its line in the table of families (families.h)
  int layers = 12;                            // L
  int heads = 12;                             // H
  int width = 768;                            // D
  int mlp_width = 3072;                       // F; of a gated MLP, the width after the gate
  int image_width = 224, image_height = 224;  // pixels, what the position table is for
  int patch = 16;                             // pixels a side
  int channels = 3;
  int registers = 0;         // DINOv2's, after CLS, without a position
  bool distilled = false;    // DeiT's second token, after CLS
  bool pre_norm = false;     // CLIP: a norm between embeddings and first block
  bool pooler = false;       // ViT, DeiT: tanh of a linear layer over CLS
  bool swiglu = false;       // gated MLP
  bool layer_scale = false;  // a gain on what a block adds
  bool qkv_bias = true;
  Activation activation = Activation::kGelu;
  float layer_norm_eps = 1e-12f;
  int projection = 0;  // P of CLIP's projection; 0: none
  PositionResize resize = PositionResize::kNever;
  bool resize_antialias = false;  // the kernel widens when the table shrinks

  int specials() const { return 1 + (distilled ? 1 : 0) + registers; }  ///< tokens before the first patch
  int rows() const { return image_height / patch; }
  int columns() const { return image_width / patch; }
};

struct VitLayer {
  LayerNorm norm1, norm2;
  Linear query, key, value, out;  // [D][D]
  Linear mlp_in, mlp_out;         // [F][D] (gated: [2F][D]), [D][F]
  RowVector scale1, scale2;       // [D], empty without layer scale
};

/// Packs what is not packed yet.
void prepare(VitLayer& layer);

struct VitWeights {
  Linear patch;      // [D][C*p*p], a column by channel, then row, then column
  Matrix specials;   // [specials][D]: CLS, DIST or registers, their positions already added
  Matrix positions;  // [rows*columns][D], row-major
  LayerNorm pre_norm;
  LayerList<VitLayer> layers;
  LayerNorm final_norm;  // CLIP: over CLS alone (post_layernorm)
  Linear pooler;         // [D][D]
  Matrix projection;     // [P][D], empty without
  std::optional<float> logit_scale;
};

struct VitOutput {
  std::shared_ptr<const AttentionRecord> record;
  int columns = 0, rows = 0;  // of patches
  int specials = 0;           // patch (row, column) is token specials + row * columns + column
  /// L+1 of [T][D]: what enters the first block, then each block's output.
  std::shared_ptr<const std::vector<Matrix>> hidden_states;
  Matrix last_hidden;         // [T][D] after the final norm; CLIP: before it, as in transformers
  RowVector pooled;           // [D] CLIP: the normed CLS; with a pooler its answer; else CLS of last_hidden
  RowVector embedding;        // [P] CLIP: pooled, projected, not normalised; empty without projection
  int layers_taken_over = 0;  // from the first on: of an earlier run, instead of computed
};

struct VitRunOptions {
  /// Takes sizes other than the model's even where it does so only on request (`interpolate_pos_encoding`).
  bool any_size = false;
  /// Scores and attention of the run are kept up to this many bytes, else computed on demand.
  double kept_map_bytes = AttentionRecord::kKeptBytes;
  TellLayers tell = {};
};

/// Thread: `run` is const and may be called from any thread. Copies share what they know of runs made before.
class Vit {
 public:
  /// Opens a folder: config.json (clip, clip_vision_model, vit, deit, dinov2, dinov2_with_registers) and
  /// model.safetensors (or its shards), open_clip_config.json and its weights, or model.safetensors with
  /// timm's names (`blocks.0.attn.qkv.weight`), timm's config.json beside it or not.
  /// Errors: io, format, shape (the exact missing tensor and shape), unsupported (another architecture).
  static Result<Vit> open(const std::filesystem::path& folder);

  Vit(VitConfig config, VitWeights weights);

  const VitConfig& config() const { return config_; }
  const VitWeights& weights() const { return weights_; }

  /// "CLS", then "DIST" or "REG1", "REG2", ...
  std::vector<std::string> special_names() const;

  /// ln of what multiplies CLIP's cosines; only for a whole CLIP.
  std::optional<float> logit_scale() const { return weights_.logit_scale; }

  /// One forward pass over a picture of width x height pixels. Pixels beyond the last whole patch are not
  /// looked at, as in the model's own convolution.
  /// Of an earlier run over the same picture, which somebody still holds, the layers below the first in which
  /// something else is tried are taken over; that changes no bit.
  /// @param pixels  [channels][height][width], normalised as the model was trained
  /// @param change  its positions are tokens: specials, then patches
  /// Errors: shape (another number of pixels; a size the model does not take; more than 16384 tokens; a run
  /// beyond 4 GB; what apply_intervention() refuses); unsupported (kept or swapped maps in a run too long to
  /// keep its own); cancelled when `stop` is requested (looked at once a layer). Cost: L*(24*T*D^2 + 4*T^2*D)
  /// flops for F = 4D; DINOv2-S at 518 pixels (T = 1370) 93 GFLOP.
  Result<VitOutput> run(std::span<const float> pixels, int width, int height, const Intervention& change = {},
                        std::stop_token stop = {}, const VitRunOptions& options = {}) const;

 private:
  VitConfig config_;
  VitWeights weights_;
  std::shared_ptr<RecentRuns> recent_ = std::make_shared<RecentRuns>();
};

/// A position table for another grid: torch's bicubic interpolation with half-pixel centres, a = -0.75, or
/// a = -0.5 and a kernel that widens by the scale with `antialias`. The same grid gives the same numbers.
/// @param table  [rows*columns][D]
/// @return       [new_rows*new_columns][D]
/// Source: pytorch aten/native/UpSample.h; tests/vectors/model-numerics.json.
Matrix resize_positions(ConstMatrixRef table, int rows, int columns, int new_rows, int new_columns,
                        bool antialias);

}  // namespace regard
