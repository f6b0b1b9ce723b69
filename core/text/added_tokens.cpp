#include "core/text/added_tokens.h"

namespace regard {
namespace {

std::uint64_t edge(int node, char32_t c) { return (static_cast<std::uint64_t>(node) << 32) | c; }

}  // namespace

void AddedTokenMatcher::add(const SourceText& spelling, int token, const AddedToken& rules) {
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

int AddedTokenMatcher::longest_at(std::span<const SourceChar> text, std::size_t at, std::size_t& end) const {
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

std::vector<AddedTokenMatcher::Stretch> AddedTokenMatcher::split(std::span<const SourceChar> text) const {
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
