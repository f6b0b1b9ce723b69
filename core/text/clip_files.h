// The files of a CLIP tokenizer, read and checked: tokenizer.json, or vocab.json and merges.txt, or OpenAI's
// list of merges. Private to core/text. Errors of all: io, format (the file and where in it), unsupported (a
// tokenizer that is not CLIP's). Cost: O(file).
#pragma once

#include <filesystem>
#include <string_view>

#include "core/base/result.h"
#include "core/text/clip_vocabulary.h"

namespace regard::clip_files {

/// tokenizer.json says everything but which token opens and closes a text.
Result<Vocabulary> read_tokenizer_json(const std::filesystem::path& folder);

/// vocab.json and merges.txt, as the slow tokenizer saves them.
Result<Vocabulary> read_vocab_and_merges(const std::filesystem::path& folder);

/// OpenAI's file lists merges only: 256 byte symbols, the same with </w>, one entry a merge, two specials.
/// Source: openai/CLIP, clip/simple_tokenizer.py, SimpleTokenizer.__init__.
Result<Vocabulary> read_openai_merges(std::string_view text);

}  // namespace regard::clip_files
