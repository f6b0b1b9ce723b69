// One prompt in, one run out: parse, tokenize, weigh, encode.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/attention/trace.h"
#include "core/base/result.h"
#include "core/engine/run_edit.h"
#include "core/engine/text_model.h"
#include "core/prompt/chunks.h"
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

  /// For a file that a person reads: `shown`, and the vocabulary's spelling of BOS, EOS and padding.
  const std::string& readable() const { return shown.empty() ? text : shown; }
};

/// Whether some token has a weight other than 1.
bool any_weighed(std::span<const Token> tokens);

/// A word of the prompt: what a slider moves.
struct Word {
  int first_token = 0;
  int last_token = 0;     // inclusive
  std::size_t start = 0;  // byte span in the prompt, escapes included
  std::size_t end = 0;
  double weight = 1.0;

  bool holds(std::size_t byte) const { return start <= byte && byte < end; }
};

/// Several prompts in one: Compel's .and() lays them end to end, .blend() adds them up. Each is encoded
/// alone. A prompt of any other grammar is one part of weight 1.
struct PromptParts {
  enum class Kind { kOne, kAnd, kBlend } kind = Kind::kOne;
  bool normalize = true;  // of a blend: weights are divided by their sum
  struct Part {
    double weight =
        1.0;  // .and(): as ComfyUI's formula has it, from the empty prompt's vectors; .blend(): its share
    int first_chunk = 0;  // of the prompt's chunks
    int chunks = 1;
  };
  std::vector<Part> parts;  // at least one
};

struct TextRun;

struct TextRequest {
  std::shared_ptr<const TextModel> model;
  std::string prompt;
  Syntax syntax = Syntax::kA1111;
  Weighting weighting = Weighting::kAttention;
  TokenNormalisation normalisation = TokenNormalisation::kNone;
  std::optional<ChunkRule> rule = {};  // nothing: the rule of the grammar's program
  int chunk = 0;                       // which chunk of the prompt; beyond the last: the last
  /// No token reads these words, in every layer and head, whatever their weight: any byte of each. A byte of
  /// no word of the chunk hides nothing.
  std::vector<std::size_t> hidden_words = {};
  bool hidden_end = false;  // EOS likewise: only EOS itself could read it
  /// What is changed in the run (interventions.h). Those of words of another chunk change nothing.
  std::vector<RunEdit> edits = {};
  /// What frozen maps and patched activations are taken from: a run of the same model.
  std::shared_ptr<const TextRun> from = {};
  bool operator==(const TextRequest&) const = default;
};

/// One chunk of a prompt, encoded. Where the scheme acts on the encoder's output, the maps, `output` and its
/// sentence vector are those of the prompt without weights, and what the scheme makes of the output stands
/// beside it (weigh_prompt() for whole prompts).
struct TextRun {
  TextRequest request;
  ParsedPrompt parsed;  // of the whole prompt
  int chunk = 0;        // the chunk that was run, of `chunks`
  int chunks = 1;
  PromptParts parts;          // which chunks belong together
  std::vector<Token> tokens;  // T, with BOS first and EOS last: of that chunk, and so is all below
  std::vector<Word> words;
  std::vector<PromptWarning> warnings;  // the grammar's, then the weighting's ("warning.negative")
  int tokens_cut = 0;  // tokens that a rule which cuts leaves out of every chunk ("warning.cut")
  ClipTextOutput output;
  Trace trace;  // of this chunk: its record and hidden states are those of `output`
  /// [T][D] output.last_hidden as the scheme weighs it, of schemes that act on it; of a blend, the sum of its
  /// parts at these positions.
  std::optional<Matrix> conditioning;
  double factor = 1.0;  // what A1111 rescales this chunk with, padded to the model's length
  /// [T] from the vectors without weights to what an image model is given; empty with Weighting::kNone.
  std::vector<VectorChange> changes;
  /// The sentence vector of the prompt without weights, projected; empty without a projection, or when it is
  /// output.embedding itself. [P]
  RowVector plain_embedding;
  /// That run, where there was one: while a weight is dragged it is asked for again at every step and given
  /// without another pass (ClipText::run).
  std::optional<ClipTextOutput> plain;
  double elapsed_ms = 0.0;  // parse to last layer, wall time
  /// False: the run goes on, and only the first layers are there, in `trace` and the record of `output`;
  /// nothing else of `output`, and nothing that is made of it.
  bool whole = true;

  /// What an image model is given for this chunk. [T][D]
  const Matrix& given() const { return conditioning ? *conditioning : output.last_hidden; }
};

/// A weight group that holds several words of a chunk. Groups around the same words count as one.
struct WordGroup {
  int first_word = 0;
  int last_word = 0;
  std::size_t start = 0;  // bytes of its content, without outer whitespace
  std::size_t end = 0;
  double weight = 1.0;  // of text directly in it, outer groups included
  int depth = 0;        // 0: no other group of several words inside it
};

/// One chunk's tokens: BOS, tokens, EOS.
struct PromptChunk {
  std::vector<Token> tokens;
  std::vector<Word> words;
  std::vector<WordGroup> groups;  // by depth, then in the order of the prompt; no more than 64
};

/// A whole prompt as one sequence, however long: BOS, tokens, EOS.
struct TokenizedPrompt {
  ParsedPrompt parsed;
  std::vector<Token> tokens;
  std::vector<Word> words;
  std::vector<PromptWarning> warnings;
  std::vector<std::size_t> breaks;     // BREAK stands before this token, in order; its end: before EOS
  PromptParts parts;                   // `first_chunk` and `chunks` not counted yet
  std::vector<std::size_t> part_ends;  // one past the last token of each part; the last: EOS
};

/// Prompt to tokens with weights, words and spans. A swap is read as what it replaces ("warning.swap"): what
/// it puts there acts while an image model draws. No model arithmetic. Thread: any.
TokenizedPrompt tokenize_whole_prompt(const TextModel& model, std::string_view prompt, Syntax syntax);

/// The positions that the run of a request will have: those of its chunk. No model arithmetic.
/// Errors: shape (an encoder of fewer than 3 positions).
Result<Sequence> sequence_of(const TextRequest& request);

/// Told now and then what there is of a run (TextRun::whole), on its thread.
using TellText = std::function<void(std::shared_ptr<const TextRun> so_far)>;

/// From the prompt to its record. Errors: shape, cancelled, unsupported (hidden words or edits under Compel,
/// ComfyUI++ or down-weight with weights other than 1: these encode the prompt again in versions of their
/// own; edits under a1111 with weights other than 1: its mean is of another run; either with a blend or a
/// weighted part); format (a blend whose weights add up to 0). Thread: any. Cost: one forward pass, from the
/// first token on that differs from a run still held; one more when a weight acts inside the encoder; else
/// those of a scheme that acts on the output (none for scale; one of the model's length for a1111; as in
/// weighting.h for the rest).
Result<std::shared_ptr<const TextRun>> run_text(const TextRequest& request, std::stop_token stop = {},
                                                const TellText& tell = {});

}  // namespace regard
