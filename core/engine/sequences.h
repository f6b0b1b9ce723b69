// From an engine's tokens to the positions of a Trace.
#pragma once

#include <vector>

#include "core/attention/trace.h"
#include "core/engine/text_run.h"

namespace regard {

/// Each token as the whole word it is of: its letters and bytes from the first piece to the last.
std::vector<Token> whole_words(const std::vector<Token>& tokens);

/// One segment "text": BOS, the words' pieces, EOS, chunk after chunk.
Sequence text_sequence(const std::vector<Token>& tokens, const std::vector<Word>& words);

}  // namespace regard
