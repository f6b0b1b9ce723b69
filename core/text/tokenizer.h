// CLIP's byte-level BPE: text in, pieces with ids and byte spans out. Knows nothing of weights or of BOS/EOS
// placement. Source: openai/CLIP clip/simple_tokenizer.py; huggingface/tokenizers, as transformers'
// CLIPTokenizerFast sets it up (tokenizer.json).
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace regard {

/// One vocabulary entry found in a text.
struct Piece {
  int id = 0;
  std::size_t start =
      0;  // byte span [start, end) in the text that was given, whatever normalisation did to it
  std::size_t end = 0;
  int word = 0;          // counts the words of this text from 0: pieces of one word share it
  bool special = false;  // one of the files' special tokens, typed by hand: <|endoftext|>
};

/// Thread: const members from any thread.
class ClipTokenizer {
 public:
  /// Reads `tokenizer.json` when there, else `vocab.json` + `merges.txt`, and the special tokens of
  /// `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json`, as transformers does.
  /// Errors: io, format (the file and where in it), unsupported (a tokenizer that is not CLIP's).
  static Result<ClipTokenizer> open(const std::filesystem::path& folder);

  /// From OpenAI's own `bpe_simple_vocab_16e6.txt` contents (already unzipped): vocabulary is implied by the
  /// merges.
  static Result<ClipTokenizer> from_openai_merges(std::string_view merges_txt);

  ClipTokenizer(ClipTokenizer&&) noexcept;
  ClipTokenizer& operator=(ClipTokenizer&&) noexcept;
  ~ClipTokenizer();

  /// Text to pieces, without BOS and EOS. Any bytes are accepted: an invalid UTF-8 byte reads as U+FFFD.
  /// Cost: O(n log n). Spans are monotone and inside the text; whitespace belongs to no piece.
  std::vector<Piece> encode(std::string_view text) const;

  int bos_id() const;
  int eos_id() const;
  /// What fills a text up behind EOS: the files' pad_token, EOS when they name none, 0 for OpenAI's list.
  int pad_id() const;
  int vocab_size() const;  ///< ids are in [0, vocab_size)
  /// Ids an encoder must have at least: of the vocabulary, BOS and EOS. What only a file beside it adds may
  /// lie beyond: a folder with such a token is read, and a text that has it is refused.
  int trained_size() const;

  /// The entry as the vocabulary spells it ("rouge</w>"; bytes above 127 in the GPT-2 printable table).
  /// Expects 0 <= id < vocab_size.
  std::string_view vocab_entry(int id) const;

 private:
  struct Impl;
  explicit ClipTokenizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace regard
