// The one rule for numbers that are none (NaN, the infinities): they are never replaced and never silent.
// Whoever writes or shows values counts them here and says the count.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace regard {

/// How many values there are, and how many of them are NaN or an infinity. Those that a mask explains (-inf
/// among scores) are the caller's to leave out.
struct NonFinite {
  std::int64_t count = 0, of = 0;
  NonFinite& operator+=(const NonFinite& other) {
    count += other.count;
    of += other.of;
    return *this;
  }
  bool operator==(const NonFinite&) const = default;
};

/// Thread: any. Cost: O(n).
inline NonFinite count_non_finite(std::span<const float> values) {
  return {std::ranges::count_if(values, [](float v) { return !std::isfinite(v); }), std::ssize(values)};
}

}  // namespace regard
