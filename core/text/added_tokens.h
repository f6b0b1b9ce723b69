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
  void add(const SourceText& spelling, int token, const AddedToken& rules) {
    int node = 0;
    for (const SourceChar& c : spelling) {
      const auto [at, fresh] = edges_.try_emplace(edge(node, c.value), static_cast<int>(nodes_.size()));
      if (fresh) nodes_.push_back(-1);
      node = at->second;
    }
    int& end = nodes_[static_cast<std::size_t>(node)];
    if (end < 0) {
      end = static_cast<int>(rules_.size());
      rules_.push_back({token, rules.single_word, rules.lstrip, rules.rstrip});
    }
  }

  /// Cuts the whole text into stretches. Cost: O(n * longest spelling).
  std::vector<Stretch> split(std::span<const SourceChar> text) const;

 private:
  struct Rules {
    int token;
    bool single_word, lstrip, rstrip;
  };

  static std::uint64_t edge(int node, char32_t c) { return (static_cast<std::uint64_t>(node) << 32) | c; }

  /// Index into rules_ of the longest spelling at `at`, and where it ends.
  int longest_at(std::span<const SourceChar> text, std::size_t at, std::size_t& end) const {
    int found = -1;
    int node = 0;
    for (std::size_t i = at; i < text.size(); ++i) {
      const auto next = edges_.find(edge(node, text[i].value));
      if (next == edges_.end()) break;
      node = next->second;
      if (const int rules = nodes_[static_cast<std::size_t>(node)]; rules >= 0) {
        found = rules;
        end = i + 1;
      }
    }
    return found;
  }

  std::vector<int> nodes_ = {-1};                 // index into rules_, -1: no spelling ends here
  std::unordered_map<std::uint64_t, int> edges_;  // (node, code point) -> node
  std::vector<Rules> rules_;
};

inline std::vector<AddedTokenMatcher::Stretch> AddedTokenMatcher::split(
    std::span<const SourceChar> text) const {
  std::vector<Stretch> out;
  std::size_t done = 0;  // everything before is in a stretch
  for (std::size_t at = 0; at < text.size() && !rules_.empty();) {
    std::size_t end = at;
    const int found = longest_at(text, at, end);
    if (found < 0) {
      ++at;
      continue;
    }
    const Rules& rules = rules_[static_cast<std::size_t>(found)];
    std::size_t begin = at;
    at = end;
    const bool joins_left = begin > 0 && is_word_char(text[begin - 1].value);
    const bool joins_right = end < text.size() && is_word_char(text[end].value);
    if (rules.single_word && (joins_left || joins_right)) continue;
    while (rules.lstrip && begin > done && is_space(text[begin - 1].value)) --begin;
    while (rules.rstrip && end < text.size() && is_space(text[end].value)) ++end;
    at = end;
    if (done < begin) out.push_back({done, begin, -1});
    out.push_back({begin, end, rules.token});
    done = end;
  }
  if (done < text.size()) out.push_back({done, text.size(), -1});
  return out;
}

}  // namespace regard
