// One prompt in, one run out: parse, tokenize, weigh, encode.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/text_model.h"
#include "core/prompt/prompt.h"
#include "core/prompt/weighting.h"

namespace regard {

/// One position of the sequence.
struct Token {
  int id = 0;
  std::string text;  // as the vocabulary spells it
  std::string
      shown;  // as a person reads it: the prompt's own letters ("C3": a byte of one); empty for BOS, EOS
  std::size_t start = 0;  // byte span in the prompt
  std::size_t end = 0;
  double weight = 1.0;
  int word = -1;      // tokens of one word share it; -1: BOS or EOS
  int fragment = -1;  // index in ParsedPrompt::fragments; -1: BOS or EOS
  bool is_bos = false;
  bool is_eos = false;
};

/// A word of the prompt: what a slider moves.
struct Word {
  int first_token = 0;
  int last_token = 0;     // inclusive
  std::size_t start = 0;  // byte span in the prompt, escapes included
  std::size_t end = 0;
  double weight = 1.0;
};

struct TextRequest {
  std::shared_ptr<const TextModel> model;
  std::string prompt;
  Syntax syntax = Syntax::kA1111;
  Weighting weighting = Weighting::kAttention;
  TokenNormalisation normalisation = TokenNormalisation::kNone;
};

/// Where the scheme acts on the encoder's output, the maps, `output` and its sentence vector are those of the
/// prompt without weights, and what the scheme makes of the output stands beside it (weigh_prompt() for whole
/// prompts).
struct TextRun {
  TextRequest request;
  ParsedPrompt parsed;
  std::vector<Token> tokens;  // T, with BOS first and EOS last
  std::vector<Word> words;
  std::vector<PromptWarning>
      warnings;        // the grammar's, then the weighting's ("warning.negative", "warning.cut")
  int tokens_cut = 0;  // tokens past the model's length, not read
  ClipTextOutput output;
  std::optional<Matrix>
      conditioning;     // [T][D] output.last_hidden as the scheme weighs it; only of schemes that act on it
  double factor = 1.0;  // what A1111 rescales this chunk with, padded to the model's length
  std::vector<VectorChange> changes;  // [T] from output.last_hidden to conditioning; empty without one
  double elapsed_ms = 0.0;            // parse to last layer, wall time
};

/// Prompt to tokens with weights, words and spans. No model arithmetic.
/// Errors: none today; a Result because grammars to come may refuse.
struct TokenizedPrompt {
  ParsedPrompt parsed;
  std::vector<Token> tokens;
  std::vector<Word> words;
  std::vector<PromptWarning> warnings;
  int tokens_cut = 0;
  std::vector<std::size_t> breaks;  // BREAK stands before this token, in order; its end: before EOS
};
TokenizedPrompt tokenize_prompt(const TextModel& model, std::string_view prompt, Syntax syntax);
/// The same, longer than the model reads: for chunks. Neither a cut nor a BREAK is warned of.
TokenizedPrompt tokenize_whole_prompt(const TextModel& model, std::string_view prompt, Syntax syntax);

/// The key bias of the *attention* weighting: ln(weight) a token, -inf at weight 0. A negative weight counts
/// as 1 and adds "warning.negative" at its bytes. Scale-free: rows of attention still sum to 1. Source:
/// specs/prompt-weights.md 9, logit bias.
std::vector<float> attention_bias(const std::vector<Token>& tokens, std::vector<PromptWarning>& warnings);

/// The whole road. Errors: shape, cancelled. Thread: any. Cost: one forward pass, and those of a scheme that
/// acts on the output (none for scale; one of the model's length for a1111; as in weighting.h for the rest).
Result<std::shared_ptr<const TextRun>> run_text(const TextRequest& request, std::stop_token stop = {});

}  // namespace regard
