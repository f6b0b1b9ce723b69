// One prompt in, one drawing out: weigh and encode the words, then walk the noise down, keeping every
// attention map. What the built-in model's trainer does (assets/little-world/training/reference.py): no
// padding, the last hidden states after the final norm; pooled text where the pipeline has it
// (paint_pooled.h); proven by tests/golden.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/attention/record.h"
#include "core/attention/trace.h"
#include "core/base/result.h"
#include "core/diffusion/sampler.h"
#include "core/engine/paint_model.h"
#include "core/engine/run_edit.h"
#include "core/engine/text_run.h"
#include "core/tensor/matrix.h"

namespace regard {

/// Where a weighting that acts inside attention (attention, prompt-to-prompt) does so. Others act on the
/// vectors that the encoder gives, whatever stands here. A word hidden from the picture alone is mostly drawn
/// all the same, since later words have read it in the encoder: hidden in both it goes (the model card's
/// trials).
enum class WeightPlace {
  kPicture,  // on what the picture's patches read of the words
  kEncoder,  // on what the words read of each other
  kBoth,
};
/// Where nobody says: as the built-in model was taught (the model card).
inline constexpr WeightPlace kUsualWeightPlace = WeightPlace::kBoth;
/// "picture", "encoder", "both".
std::string_view weight_place_name(WeightPlace place);

/// Which steps' attention stays in a run. A step of the built-in model is 6.3 MB a half.
enum class KeepRecords { kNone, kConditional, kBoth };

struct PaintRun;

struct PaintRequest {
  std::shared_ptr<const PaintModel> model;
  std::string prompt;
  std::string negative;  // what guidance leads away from; empty: from no words at all
  Syntax syntax = Syntax::kA1111;
  Weighting weighting = Weighting::kAttention;
  TokenNormalisation normalisation = TokenNormalisation::kNone;
  WeightPlace place = kUsualWeightPlace;
  std::uint64_t seed = 1;
  std::vector<float> noise = {};        // [C][height][width] to start from; empty: gaussian_noise(seed)
  int height = 0, width = 0;            // of `noise`, multiples of the patch; 0: the model's own side
  int steps = 0;                        // 0: the model's own
  std::optional<double> guidance = {};  // nothing: the model's own; 1: none, and `negative` is not looked at
  KeepRecords keep = KeepRecords::kBoth;
  std::vector<PaintEdit> edits = {};  // of the half with the prompt, heads and blocks off of both
  /// What KeepMaps and FreezeMaps take their maps from and PatchState its activations: the same model and
  /// sizes, the conditional half kept at every step it is asked for.
  std::shared_ptr<const PaintRun> kept = {};
  /// A picture to begin with, [C][height][width] in [-1, 1]: its steps before `first_step` are not drawn, it
  /// is brought to that step's time with the noise: (1 - t) picture + t noise. Empty: pure noise. As
  /// ConceptAttention and SDEdit (arXiv 2108.01073) do.
  std::vector<float> picture = {};
  int first_step = 0;
  bool output_space = false;  // also compute Trace::concept_maps
  bool operator==(const PaintRequest&) const = default;
};

/// A prompt as the transformer reads it: chunk after chunk, each BOS, words, EOS; nothing padded.
struct PaintText {
  std::vector<Token> tokens;  // [T]
  std::vector<Word> words;    // their tokens counted in `tokens`
  Matrix states;              // [T][J]
  std::vector<float> pooled;  // [P], see paint_pooled.h; empty: zeros
  /// What a weighting that acts inside attention weighs these keys with in the picture; empty: nothing. [T]
  std::vector<double> picture_weights;
  std::vector<PromptWarning> warnings;
  int tokens_cut = 0;
};

struct PaintRun {
  PaintRequest request;
  PaintText prompt, negative;  // `negative` has no token when guidance is 1
  int steps = 0;
  double guidance = 1.0;
  int channels = 3, height = 0, width = 0;  // of x
  int rows = 0, columns = 0;                // of patches, N = rows * columns
  std::vector<float> times;                 // [steps + 1], 1 noise .. 0 picture
  std::vector<std::vector<float>> x;        // [drawn + 1] of [C][height][width]; first what it began with
  std::vector<std::vector<float>> x0;       // [drawn]: the picture each step was heading for, guided
  /// [drawn]: what the transformer said at each step, before guidance; two pictures a step.
  std::vector<StepPrediction> predictions;
  /// Joint attention of N patches, then T tokens of the prompt or negative: a record a step and half, as far
  /// as `keep` says. Concept maps, when asked for: ConceptAttention of each word of the prompt, encoded alone
  /// (PaintText::words, [W]), each patch's softmax over the words.
  Trace trace;
  int first_step = 0;  // steps before it were not drawn: x[i], x0[i], records[i] are of step first_step + i
  double elapsed_ms = 0.0;  // words to picture, wall time

  int patches() const { return rows * columns; }
  int drawn() const { return static_cast<int>(x0.size()); }  ///< steps that are here: steps - first_step
};

/// What is told after each step, on the caller's thread; spans and references hold during the call.
struct PaintStep {
  int step = 0;                  // from 0
  float time = 0;                // where the step began
  std::span<const float> x, x0;  // where the drawing stands now, and the picture it was heading for
  const PaintRun& run;           // so far: words, sizes, times and what is kept
  std::shared_ptr<const AttentionRecord> conditional, unconditional;  // of this step; null without guidance
};
using PaintSeen = std::function<void(const PaintStep&)>;

/// From the prompt to the picture. The same request gives the same numbers.
/// Errors: shape (noise or picture of another size, steps outside [1, kMostPaintSteps], a first step outside
/// them, guidance that is not finite, an edit of a word, block or head that is not there, KeepMaps without a
/// run that fits, more than 8 chunks of words, records to keep beyond 4 GB), unsupported (swapped or kept
/// maps where records do not keep theirs, a word muted under Compel, ComfyUI++ or down-weight with weights
/// other than 1), cancelled (looked at once a block).
/// Thread: any; the two halves of a step are shared out, and what is large in them. Cost: two passes of
/// the transformer a step: 48 x 0.9 GFLOP for 24 steps of the built-in model.
Result<std::shared_ptr<const PaintRun>> run_paint(const PaintRequest& request, const PaintSeen& seen = {},
                                                  std::stop_token stop = {});

/// A picture in [-1, 1] as bytes: round(127.5 (x + 1)), clamped; NaN is 0: bytes have no
/// other, so whoever shows them counts those of `x` and says so (non_finite.h).
/// @param x  [3][height][width]   @return [height][width][3]
std::vector<std::uint8_t> picture_bytes(std::span<const float> x, int height, int width);

}  // namespace regard
