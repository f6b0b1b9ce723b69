// Byte-pair encoding of one word whose symbols are the bytes of the GPT-2 table, the last one with "</w>".
// Private to core/text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/formats/utf8.h"

namespace regard::bpe {

inline constexpr std::string_view kEndOfWord = "</w>";

/// The code point that stands for `byte`: printable Latin-1 is itself, the other 68 are U+0100, U+0101, ...
/// Source: openai/gpt-2 encoder.py, bytes_to_unicode.
inline char32_t printable_byte(unsigned byte) {
  const auto itself = [](unsigned b) {
    return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
  };
  if (itself(byte)) return byte;
  char32_t shifted = 0x100;
  for (unsigned b = 0; b < byte; ++b) shifted += itself(b) ? 0 : 1;
  return shifted;
}

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
  struct Candidate {
    int rank;
    std::size_t at;  // index of the left symbol
    int joined;
    // std::priority_queue keeps the largest on top: "less" is a later turn.
    bool operator<(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : at > other.at;
    }
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

inline void Merges::apply(std::vector<Symbol>& word) const {
  constexpr int kGone = -1;
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  const std::size_t count = word.size();
  if (count < 2) return;
  std::vector<std::size_t> before(count), after(count);  // a linked list of the symbols still there
  for (std::size_t i = 0; i < count; ++i) {
    before[i] = i == 0 ? kNone : i - 1;
    after[i] = i + 1 == count ? kNone : i + 1;
  }
  std::priority_queue<Candidate> queue;
  const auto offer = [&](std::size_t left, std::size_t right) {
    if (const Join* join = find(word[left].id, word[right].id)) queue.push({join->rank, left, join->joined});
  };
  for (std::size_t i = 0; i + 1 < count; ++i) offer(i, i + 1);

  while (!queue.empty()) {
    const Candidate next = queue.top();
    queue.pop();
    const std::size_t left = next.at;
    const std::size_t right = after[left];
    if (word[left].id == kGone || right == kNone) continue;
    const Join* join = find(word[left].id, word[right].id);
    if (join == nullptr || join->joined != next.joined)
      continue;  // one of the two has changed since it was offered
    word[left].id = next.joined;
    word[left].end = word[right].end;
    word[right].id = kGone;
    after[left] = after[right];
    if (after[left] != kNone) {
      before[after[left]] = left;
      offer(left, after[left]);
    }
    if (before[left] != kNone) offer(before[left], left);
  }
  std::erase_if(word, [](const Symbol& symbol) { return symbol.id == kGone; });
}

}  // namespace regard::bpe
