// A prompt as an encoder gets it: cut into chunks, each between BOS and EOS. Tokens keep their bytes in the
// whole prompt. Encodes nothing.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/engine/text_model.h"
#include "core/engine/text_run.h"
#include "core/prompt/chunks.h"
#include "core/prompt/prompt.h"

namespace regard {

/// The rule of the program whose grammar it is.
ChunkRule chunk_rule_of(Syntax syntax);

struct ChunkedPrompt {
  ParsedPrompt parsed;
  /// At least one. `words` of a chunk are counted from 0 in it, and so is Token::word; a word that a cut
  /// divides is a word in either chunk, each with the whole word's bytes: a weight is written around all of
  /// it.
  std::vector<PromptChunk> chunks;
  PromptParts parts;                    // each cut alone: a chunk is of one part
  std::vector<PromptWarning> warnings;  // the grammar's, and "warning.cut" of a rule that cuts
  int tokens_cut = 0;                   // that no chunk holds
};

/// @param rule  nothing: chunk_rule_of(syntax)
/// @param comma_backtrack  A1111's setting, tokens; 0: off
/// Expects an encoder of at least 3 positions. Thread: any. Cost: O(prompt), no model arithmetic.
ChunkedPrompt tokenize_chunks(const TextModel& model, std::string_view prompt, Syntax syntax,
                              std::optional<ChunkRule> rule = {}, int comma_backtrack = 20);

}  // namespace regard
