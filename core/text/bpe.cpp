#include "core/text/bpe.h"

#include <queue>

namespace regard::bpe {
namespace {

// A pair that may join.
struct Candidate {
  int rank;
  std::size_t at;  // index of the left symbol
  int joined;
  // std::priority_queue keeps the largest on top: "less" is a later turn.
  bool operator<(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : at > other.at;
  }
};

}  // namespace

char32_t printable_byte(unsigned byte) {
  const auto itself = [](unsigned b) {
    return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
  };
  if (itself(byte)) return byte;
  char32_t shifted = 0x100;
  for (unsigned b = 0; b < byte; ++b) shifted += itself(b) ? 0 : 1;
  return shifted;
}

void Merges::apply(std::vector<Symbol>& word) const {
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
