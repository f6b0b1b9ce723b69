#include "core/attention/edit_rows.h"

#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include "core/base/check.h"

namespace regard {

namespace {

float& at(std::span<float> row, int key) {
  REGARD_CHECK(0 <= key && key < std::ssize(row));
  return row[static_cast<std::size_t>(key)];
}

float sum_of(const std::vector<int>& keys, std::span<float> row) {
  return std::accumulate(keys.begin(), keys.end(), 0.0f,
                         [row](float sum, int key) { return sum + at(row, key); });
}

// From a sum of `had` to one of `gets`. The share first: a tiny `had` must not overflow.
void share_out(const std::vector<int>& keys, float had, float gets, std::span<float> row) {
  const float even = 1.0f / static_cast<float>(keys.size());
  for (const int key : keys) {
    float& value = at(row, key);
    value = (had > 0 ? value / had : even) * gets;
  }
}

}  // namespace

void keep_row(std::span<const float> from, std::span<const int> key, std::span<float> row) {
  REGARD_CHECK(key.size() == row.size());
  const auto kept = [&](std::size_t i) {
    return key[i] < 0 ? row[i] : from[static_cast<std::size_t>(key[i])];
  };
  float before = 0, after = 0;
  bool replaced = false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    REGARD_CHECK(key[i] < std::ssize(from));
    before += row[i];
    after += kept(i);
    replaced = replaced || key[i] >= 0;
  }
  if (!replaced || !(after > 0)) return;
  if (after == before) {  // nothing to scale: a row of its own stays bit for bit
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = kept(i);
    return;
  }
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = kept(i) / after * before;
}

void swap_keys(const SwappedKeys& keys, std::span<float> row) {
  if (keys.first.empty() || keys.second.empty()) return;
  if (keys.first.size() == 1 && keys.second.size() == 1) {
    std::swap(at(row, keys.first.front()), at(row, keys.second.front()));
    return;
  }
  const float first = sum_of(keys.first, row), second = sum_of(keys.second, row);
  share_out(keys.first, first, second, row);
  share_out(keys.second, second, first, row);
}

}  // namespace regard
