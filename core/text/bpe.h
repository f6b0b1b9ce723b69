// Byte-pair encoding of one word whose symbols are the bytes of the GPT-2 table, the last one with "</w>".
// Private to core/text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace regard::bpe {

inline constexpr std::string_view kEndOfWord = "</w>";

/// The code point that stands for `byte`: printable Latin-1 is itself, the other 68 are U+0100, U+0101, ...
/// Source: openai/gpt-2 encoder.py, bytes_to_unicode.
char32_t printable_byte(unsigned byte);

/// One symbol of a word: `id` of its vocabulary entry, bytes [begin, end) of the original text.
struct Symbol {
  int id = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Which pairs join, and into what. Thread: const members from any thread.
class Merges {
 public:
  /// A later rank for the same pair replaces the earlier one, as in the reference. Expects ids >= 0.
  void add(int left, int right, int rank, int joined) { joins_[key(left, right)] = {rank, joined}; }
  void reserve(std::size_t count) { joins_.reserve(count); }

  /// Joins the pair of lowest rank, the leftmost of equals, until none is left. Symbols stay in order.
  /// Cost: O(n log n) for n symbols.
  /// Source: huggingface/tokenizers, tokenizers/src/models/bpe/word.rs, merge_all (the same queue order).
  void apply(std::vector<Symbol>& word) const;

 private:
  struct Join {
    int rank;
    int joined;
  };

  static std::uint64_t key(int left, int right) {
    return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) |
           static_cast<std::uint32_t>(right);
  }
  const Join* find(int left, int right) const {
    const auto at = joins_.find(key(left, right));
    return at == joins_.end() ? nullptr : &at->second;
  }

  std::unordered_map<std::uint64_t, Join> joins_;
};

}  // namespace regard::bpe
