// Tokens matched as they are written, before a text is split into words: <|endoftext|> typed by hand, and
// what a fine-tuned tokenizer added. Private to core/text. Source: huggingface/tokenizers,
// tokenizers/src/tokenizer/added_vocabulary.rs (find_matches).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/text/unicode.h"

namespace regard {

struct AddedToken {
  std::string content;
  int id = -1;
  bool single_word = false;  // only between characters that are no word characters
  bool lstrip = false;       // takes the whitespace before it along
  bool rstrip = false;       // and behind it
  bool normalized = false;   // sought in the normalised text, itself normalised
  bool special = false;
};

/// Finds a set of tokens in a text: leftmost first, the longest of those that start together.
/// Thread: const members from any thread.
class AddedTokenMatcher {
 public:
  /// A stretch [begin, end) of the searched text; `token` is an index from add(), -1 for text in between.
  struct Stretch {
    std::size_t begin = 0;
    std::size_t end = 0;
    int token = -1;
  };

  /// Expects a spelling that is not empty. The first of two equal spellings stays.
  void add(const SourceText& spelling, int token, const AddedToken& rules);

  /// Cuts the whole text into stretches. Cost: O(n * longest spelling).
  std::vector<Stretch> split(std::span<const SourceChar> text) const;

 private:
  struct Rules {
    int token;
    bool single_word, lstrip, rstrip;
  };

  /// Index into rules_ of the longest spelling at `at`, and where it ends.
  int longest_at(std::span<const SourceChar> text, std::size_t at, std::size_t& end) const;

  std::vector<int> nodes_ = {-1};                 // index into rules_, -1: no spelling ends here
  std::unordered_map<std::uint64_t, int> edges_;  // (node, code point) -> node
  std::vector<Rules> rules_;
};

}  // namespace regard
