// Prompts as the transformer reads them: chunks encoded, weighed and laid end to end.
#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/paint.h"
#include "core/tensor/matrix.h"

namespace regard {

/// Words that nobody reads in the encoder.
struct HiddenWords {
  std::vector<std::size_t> bytes;  // one of each word
  bool end = false;                // every chunk's EOS
  bool operator==(const HiddenWords&) const = default;
};

/// @param prompt  read with the request's model, grammar and weighting
/// Errors: as run_text(); shape (too many chunks). Cost: a pass of the encoder a chunk, two with weights.
Result<PaintText> read_paint_text(const PaintRequest& request, const std::string& prompt,
                                  const HiddenWords& hidden = {}, std::stop_token stop = {});

/// Each word of a prompt encoded alone, between BOS and EOS: the mean of its tokens' last hidden states.
/// [W][J], no row without words. Errors: as ClipText::run. Cost: a pass of the encoder a word.
Result<Matrix> encode_words(const TextModel& model, const PaintText& text, std::stop_token stop = {});

}  // namespace regard
