// The conditioning that an image model is given for a prompt: chunks as a program makes them, encoded and
// weighed.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/text_model.h"
#include "core/engine/text_run.h"
#include "core/prompt/chunks.h"
#include "core/prompt/prompt.h"
#include "core/prompt/weighting.h"
#include "core/tensor/matrix.h"

namespace regard {

struct WeighRequest {
  std::shared_ptr<const TextModel> model;
  std::string prompt;
  Syntax syntax = Syntax::kA1111;
  Weighting weighting = Weighting::kA1111;
  TokenNormalisation normalisation = TokenNormalisation::kNone;
  std::optional<ChunkRule> rule = {};  // nothing: the rule of the grammar's program
  int comma_backtrack = 20;
  CompelDown compel_down = CompelDown::kMask;
  int pad_id = -1;                           // after a chunk's EOS; -1: the model's
  std::shared_ptr<const Matrix> empty = {};  // encode_empty() of this model and padding, kept by the caller
};

/// The same prompt, read and weighed in the same way, as what an image model is given of it: all chunks.
WeighRequest weigh_request(const TextRequest& request);

struct Conditioning {
  std::vector<Token>
      tokens;  // one a position, n: BOS, words, EOS, padding (also marked is_eos), chunk after chunk
  std::vector<double> weights;  // [n] after the normalisation
  int chunks = 0;
  int positions = 0;  // of a chunk; n = chunks * positions
  Matrix before;      // [n][D] the encoder's output after its final norm, unweighed; of a blend, summed
  Matrix after;       // [n][D] what the image model is given
  std::vector<VectorChange> changes;  // [n]
  std::vector<double> factors;        // A1111's m(z)/m(y), one a chunk; else empty
  std::vector<PromptWarning> warnings;
  int tokens_cut = 0;  // by a rule that cuts
};

/// The encoder's output for the empty prompt, BOS EOS padding. [positions][D]
/// Errors: cancelled, shape. Thread: any. Cost: one pass. Depends on the model and pad_id alone.
Result<Matrix> encode_empty(const TextModel& model, int pad_id = -1, std::stop_token stop = {});

/// From the prompt to its weighted vectors. Compel's parts are each encoded and weighed alone. `.and()` lays
/// them end to end, e + w (c
/// - e) for a weight w that is not 1 (kNone: 1); `.blend()` is sum w c / sum w, sum w c with no_normalize, of
/// `before` too; its tokens are those of its first part. A swap is what it replaces. A1111's AND and
/// schedules are the caller's. Errors: shape (a prompt whose conditioning would not fit in 2 GB), format (a
/// blend's weights add up to 0), cancelled (looked at between layers). Thread: any. Cost: a pass of
/// `positions` tokens a chunk; twice that inside the encoder (attention, prompt-to-prompt); one more in all
/// for ComfyUI and Compel without `empty`; and the scheme's own (weighting.h).
Result<Conditioning> weigh_prompt(const WeighRequest& request, std::stop_token stop = {});

/// What the schemes share, on tokens already laid out.
struct WeighOptions {
  Weighting weighting = Weighting::kA1111;
  CompelDown compel_down = CompelDown::kMask;
  int pad_id = 0;  // for what Compel's kRemove leaves empty
  const Matrix* empty =
      nullptr;  // [positions][D], of BOS EOS padding; null: encoded here when a scheme needs it
  const Matrix* before = nullptr;  // [n][D], the unweighed output; null: encoded here
};
struct Weighed {
  Matrix before, after;  // [n][D]; `before` stays empty when it was given
  std::vector<double> factors;
};
/// Expects the schemes that act inside the encoder with weights that they can use: attention >= 0.
/// Errors and thread: as weigh_prompt().
Result<Weighed> weigh_tokens(const TextModel& model, const WeightedTokens& tokens,
                             const WeighOptions& options, std::stop_token stop = {});

}  // namespace regard
