#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <string>

namespace regard::testing {

/// Seconds of processor time that the work takes; other work on the machine does not count.
inline double processor_s(const std::function<void()>& work) {
  const std::clock_t begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

/// Asserts that eight times the text costs some eight times the time, not the 64 times of a quadratic parser.
/// Holds on slow machines and under sanitizers, since no absolute time is asserted. A miss is measured again:
/// caches and allocators may blur a single look.
/// @param text makes a text of about that many bytes.
inline void expect_linear(const std::function<std::string(std::size_t)>& text,
                          const std::function<void(const std::string&)>& work, const std::string& name) {
  constexpr std::size_t kSmall = 1u << 15;
  constexpr double kTimes = 8, kSlack = 3, kFloor_s = 0.01;
  const std::string small = text(kSmall), large = text(kSmall * static_cast<std::size_t>(kTimes));
  double small_s = 0, large_s = HUGE_VAL;
  for (int attempt = 0; attempt < 3 && large_s > kTimes * kSlack * small_s + kFloor_s; ++attempt) {
    small_s = std::max(small_s, processor_s([&] { work(small); }));
    large_s = std::min(large_s, processor_s([&] { work(large); }));
  }
  EXPECT_LE(large_s, kTimes * kSlack * small_s + kFloor_s) << name;
}

/// The unit again and again, up to at least that many bytes.
inline std::string repeated(const std::string& unit, std::size_t size) {
  std::string text;
  while (text.size() < size) text += unit;
  return text;
}

}  // namespace regard::testing
