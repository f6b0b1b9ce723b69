// CLIP's text encoder, Hugging Face and OpenCLIP names, keeping every attention map.
// Source: huggingface/transformers modeling_clip.py (eager); proven by tests/golden.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
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

struct ClipTextConfig {
  int layers = 12;       // L
  int heads = 8;         // H
  int width = 512;       // D
  int mlp_width = 2048;  // F
  int vocab = 49408;
  int positions = 77;
  int projection = 512;  // P; 0: the checkpoint has no projection
  int eos_id = 49407;    // as in the file; 2 means "the largest id", see pooled_position
  int pad_id = -1;       // what OpenCLIP fills a text up with; -1: the tokenizer's files say
  Activation activation = Activation::kQuickGelu;
  float layer_norm_eps = 1e-5f;
};

struct ClipTextLayer {
  LayerNorm norm1, norm2;
  Linear query, key, value, out;  // [D][D]
  Linear mlp_in, mlp_out;         // [F][D], [D][F]
};

/// Packs what is not packed yet.
void prepare(ClipTextLayer& layer);

struct ClipTextWeights {
  Matrix token_embedding;     // [vocab][D]
  Matrix position_embedding;  // [positions][D]
  LayerList<ClipTextLayer> layers;
  LayerNorm final_norm;
  Matrix projection;  // [P][D], empty without projection
};

struct ClipTextOutput {
  std::shared_ptr<const AttentionRecord> record;
  /// L+1 of [T][D]: embeddings, then each layer's output, before the final norm.
  std::shared_ptr<const std::vector<Matrix>> hidden_states;
  Matrix last_hidden;   // [T][D] after the final norm
  RowVector pooled;     // [D] last_hidden at the end token
  int pooled_row = 0;   // its position
  RowVector embedding;  // [P] pooled, projected; not normalised; empty without projection
  // From the first on: of an earlier run, instead of computed.
  int rows_taken_over = 0, layers_taken_over = 0;
};

/// Thread: `run` is const and may be called from any thread. Copies share what they know of runs made before.
class ClipText {
 public:
  /// Opens a folder: config.json (clip, clip_text_model) + model.safetensors (or sharded index), or
  /// open_clip_config.json + open_clip_model.safetensors.
  /// Errors: io, format, shape (the exact missing tensor and shape), unsupported (another architecture).
  static Result<ClipText> open(const std::filesystem::path& folder);

  ClipText(ClipTextConfig config, ClipTextWeights weights);

  const ClipTextConfig& config() const { return config_; }
  const ClipTextWeights& weights() const { return weights_; }

  /// One forward pass over ids[T], causal, nothing padded. `change` as its members say; with key_factor or
  /// kept maps the record holds the rows that were used, and says when they sum to something else.
  /// Rows that an earlier run of this model has, which somebody still holds, are taken over: up to the first
  /// token, bias or factor that is another; where these are the same, the layers below the first in which
  /// something else is tried. That changes no bit; a run that was made before is given again.
  /// Errors:
  /// shape (no token, T > positions, maps beyond 2 GB, an id outside the vocabulary, what
  /// apply_intervention() refuses); unsupported (swapped keys); cancelled when `stop` is requested (looked at
  /// once a layer).
  Result<ClipTextOutput> run(std::span<const int> ids, const Intervention& change = {},
                             std::stop_token stop = {}, const TellLayers& tell = {}) const;

 private:
  Result<ClipTextOutput> compute(std::span<const int> ids, const Intervention& change,
                                 const SharedPart& before, std::stop_token stop,
                                 const TellLayers& tell) const;

  ClipTextConfig config_;
  ClipTextWeights weights_;
  std::shared_ptr<RecentRuns> recent_ = std::make_shared<RecentRuns>();
};

/// Where the sentence vector is read: the first largest id when the file says eos 2 (CLIP's first releases),
/// else the first `eos_id`, else the last position.
int pooled_position(std::span<const int> ids, int eos_id);

}  // namespace regard
