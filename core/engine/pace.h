// How often a run that goes on is told of.
#pragma once

#include <chrono>

namespace regard {

/// What has just begun, or was told of a moment ago, is not told of: a screen shows no more, and a run that
/// is over by then needs none of it. Thread: one.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kEvery{30};

  /// Whether it is time to tell; the next is counted from then on.
  bool due(Clock::time_point now = Clock::now()) {
    if (now - last_ < kEvery) return false;
    last_ = now;
    return true;
  }

 private:
  Clock::time_point last_ = Clock::now();
};

}  // namespace regard
