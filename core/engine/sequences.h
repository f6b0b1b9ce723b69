// From an engine's tokens to the positions of a Trace.
#pragma once

#include <vector>

#include "core/attention/trace.h"
#include "core/engine/text_run.h"

namespace regard {

/// One segment "text": BOS, the words' pieces, EOS, chunk after chunk.
Sequence text_sequence(const std::vector<Token>& tokens, const std::vector<Word>& words);

}  // namespace regard
