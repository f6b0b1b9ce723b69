// The longest common subsequence of two lists: what of two prompts is the same.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace regard {

/// Pairs (a, b) of places of the two lists that match, ascending. Of several as long, the one that is found
/// from the front, where the first list's element is left out rather than the second's.
/// @param same  whether element a of the first list equals element b of the second
/// Cost: O(first * second) time and memory.
template <class Same>
std::vector<std::pair<int, int>> common_subsequence(std::size_t first, std::size_t second, Same same) {
  const std::size_t columns = second + 1;
  std::vector<int> lengths((first + 1) * columns, 0);  // of the longest from here on
  const auto length = [&](std::size_t a, std::size_t b) -> int& { return lengths[a * columns + b]; };
  for (std::size_t a = first; a-- > 0;) {
    for (std::size_t b = second; b-- > 0;)
      length(a, b) = same(a, b) ? length(a + 1, b + 1) + 1 : std::max(length(a + 1, b), length(a, b + 1));
  }
  std::vector<std::pair<int, int>> out;
  for (std::size_t a = 0, b = 0; a < first && b < second;) {
    if (same(a, b)) {
      out.emplace_back(a++, b++);
    } else {
      ++(length(a + 1, b) >= length(a, b + 1) ? a : b);
    }
  }
  return out;
}

}  // namespace regard
