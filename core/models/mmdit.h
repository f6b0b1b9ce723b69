// The diffusion transformer of Stable Diffusion 3 and 3.5 (MMDiT, MMDiT-X), diffusers' names, keeping every
// attention map. Image patches and text tokens keep streams and weights of their own and meet in one
// attention. Source: Esser et al. 2024 (arXiv 2403.03206), figure 2; huggingface/diffusers 0.38
// transformer_sd3.py, attention.py JointTransformerBlock; proven by tests/golden.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "core/attention/intervention.h"
#include "core/attention/record.h"
#include "core/base/result.h"
#include "core/tensor/linear.h"
#include "core/tensor/matrix.h"
#include "core/tensor/ops.h"

namespace regard {

struct MmditConfig {
  int layers = 18;               // L, blocks
  int heads = 18;                // H
  int head_width = 64;           // E
  int patch = 2;                 // p, latent pixels a side
  int channels = 16;             // C, of what comes in
  int out_channels = 16;         // C', of what goes out
  int text_width = 4096;         // J, of a text state
  int pooled_width = 2048;       // P, of the pooled text
  int position_side = 96;        // M: the position table is M x M patches, a picture takes its middle
  int sample_side = 128;         // latent pixels a side it was trained on
  bool qk_norm = false;          // SD3.5: queries and keys are RMS-normed, a head at a time
  std::vector<int> dual_layers;  // blocks with a second, image-only attention; ascending

  int width() const { return heads * head_width; }  ///< D
  bool is_dual(int layer) const;
};

/// What one attention makes its queries, keys and values of.
struct MmditQkv {
  Linear query, key, value;        // [D][D]
  RowVector query_norm, key_norm;  // [E], empty without QK norm
};

/// One of the two streams through a block.
struct MmditStream {
  Linear modulation;  // adaLN: [6D][D]; with a second attention [9D][D]; [2D][D] where the stream ends
  MmditQkv qkv;
  Linear out;              // [D][D]; empty where the stream ends
  Linear mlp_in, mlp_out;  // [4D][D], [D][4D]; empty where the stream ends
};

struct MmditDual {
  MmditQkv qkv;
  Linear out;  // [D][D]
};

struct MmditBlock {
  MmditStream image, text;
  std::optional<MmditDual> dual;
};

struct MmditWeights {
  Linear patch;                                     // [D][C*p*p], a column by channel, then row, then column
  Matrix positions;                                 // [M*M][D], row-major
  Linear time_in, time_out, pooled_in, pooled_out;  // [D][256], [D][D], [D][P], [D][D]
  Linear text_in;                                   // [D][J]
  std::vector<MmditBlock> blocks;
  Linear final_modulation;  // [2D][D]
  Linear final_out;         // [p*p*C'][D], a row by row, column, channel
};

/// What the time and the pooled text make of a block for one of its streams.
struct BlockModulation {
  LayerNorm norm1, norm2;  // gain 1 + scale, bias shift; `norm2` is empty where the stream ends
  RowVector gate1, gate2;  // [D] of what attention and MLP add; empty where the stream ends
};
enum class MmditPart { kImage, kText };

struct MmditInput {
  std::span<const float> latent;  // [C][height][width]
  int height = 0, width = 0;      // multiples of the patch
  ConstMatrixRef text;            // [T][J] states of the text encoder
  std::span<const float> pooled;  // [P], or empty: zeros
  float timestep = 0;             // 0 picture .. 1000 noise
  /// Concepts to look for, [C][J] states of the text encoder; empty: none. They run through the text stream's
  /// weights beside it and are read by nobody, so that the prediction is the same bits without them.
  const Matrix* concepts = nullptr;
  bool keep_states = false;  // also give MmditOutput::hidden_states
};

struct MmditOutput {
  std::vector<float> predicted;  // [C'][height][width]: velocity, or the picture: the schedule says which
  /// Joint attention, S = N + T: patch (row, column) is token row * columns + column, then the text.
  std::shared_ptr<const AttentionRecord> record;
  /// The second attention of `dual_layers`, N x N, its layer i that of dual_layers[i]; null without any.
  std::shared_ptr<const AttentionRecord> dual;
  int rows = 0, columns = 0;  // of patches, N = rows * columns
  /// L+1 of [N+T][D], when asked for: what enters the first block, then what each gives. The last block has
  /// no text stream: what entered it stays there.
  std::vector<Matrix> hidden_states;
  /// Of MmditInput::concepts, a block each: softmax over the concepts of <o_x, o_c / |o_c|>, o what attention
  /// gives before its output projection, all heads joined; a concept reads the concepts and the image. [L] of
  /// [C][N], each patch's column sums to 1. Source: ConceptAttention (arXiv 2502.04320), its SD3 variant.
  std::vector<Matrix> concept_maps;
};

/// Thread: `run` is const and may be called from any thread: guidance runs it twice, side by side if wished.
class Mmdit {
 public:
  static constexpr float kEps = 1e-6f;  // of every norm in this model

  /// Opens a diffusers `transformer` folder: config.json (SD3Transformer2DModel) and
  /// diffusion_pytorch_model.safetensors, its shards, or their fp16 variants.
  /// Errors: io, format, shape (the exact missing tensor and shape), unsupported (another class or QK norm).
  static Result<Mmdit> open(const std::filesystem::path& folder);

  Mmdit(MmditConfig config, MmditWeights weights);

  const MmditConfig& config() const { return config_; }
  const MmditWeights& weights() const { return weights_; }

  /// What time and pooled text come to, as every block reads it. @param pooled  [P], or empty: zeros
  /// @param timestep  0..1000   @return [1][D]
  Matrix condition(std::span<const float> pooled, float timestep) const;
  /// Cost: a row through one linear layer. @param condition  of condition()
  BlockModulation modulation(const Matrix& condition, int layer, MmditPart part) const;
  LayerNorm final_norm(const Matrix& condition) const;

  /// One prediction of one picture.
  /// @param change  one entry a token of the joint order [N + T]. Acts in every block and head of the joint
  ///   attention, on what image queries read alone: bias 0 on patches and ln(weight) on a word's tokens
  ///   weighs the word, -inf cuts its column (as the model card's trials do). The record's changed_queries()
  ///   is N. Kept and swapped maps act on image queries too; heads and blocks that are off, on both streams
  ///   and the concepts (a second attention goes with its block, not with a head); cut edges and patched
  ///   states, on any position of the joint order.
  /// Errors: shape (sizes that do not fit the model, an intervention of another length or with NaN in it, a
  ///   key, head or block that is not there, a run beyond 4 GB); unsupported (kept or swapped maps where the
  ///   record, or the one they are from, does not keep them); cancelled when `stop` is requested (looked at
  ///   once a block).
  /// Cost: L*(24*S*D^2 + 4*S^2*D) flops; the built-in model (S = 153) 0.9 GFLOP.
  Result<MmditOutput> run(const MmditInput& input, const Intervention& change = {},
                          std::stop_token stop = {}) const;

 private:
  MmditConfig config_;
  MmditWeights weights_;
};

/// The time as a vector: 128 cosines, then 128 sines, of t times 1 down to 1/10000, evenly spaced in the
/// logarithm. @param timestep  0..1000
RowVector timestep_embedding(float timestep);

}  // namespace regard
