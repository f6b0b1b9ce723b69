// What draws beside the window: one job at a time, its steps told as they come.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "core/engine/paint.h"

namespace regard {

/// A drawing, and the one it is compared with: the same noise without what is tried.
struct PaintJob {
  PaintRequest request;                // `picture` and `kept` are filled in by the worker
  std::optional<PaintRequest> before;  // nothing is tried: nothing
  std::string picture;                 // file to begin with; empty: noise
  bool operator==(const PaintJob&) const = default;
};

/// Where the worker leaves its newest snapshots. Thread: any.
class PaintFeed {
 public:
  struct News {
    std::shared_ptr<const PaintRun> run, before;  // null: nothing new
  };
  void publish(bool before, std::shared_ptr<const PaintRun> run) {
    std::lock_guard lock(mutex_);
    (before ? news_.before : news_.run).swap(run);
  }
  News take() {
    std::lock_guard lock(mutex_);
    return std::exchange(news_, {});
  }

 private:
  std::mutex mutex_;
  News news_;
};

/// The newest whole drawings: the one to compare with seldom changes. Of the worker's thread alone.
class PaintMemory {
 public:
  /// A finished run that is what `request` asks for and keeps at least as much of it; null without one.
  std::shared_ptr<const PaintRun> find(const PaintRequest& request) const;
  void keep(std::shared_ptr<const PaintRun> run, bool before);

 private:
  std::shared_ptr<const PaintRun> run_, before_;
};

struct PaintAnswer {
  std::shared_ptr<const PaintRun> run, before;  // whole; `before` null when the job has none
  std::string problem;                          // why `run` is null
  std::shared_ptr<const PaintFeed> feed;        // of its job: says which one it answers
};

/// Does a job. @param feed, wake  told after every step
/// @return null when it was stopped
std::shared_ptr<const PaintAnswer> carry_out(const PaintJob& job, PaintMemory& memory,
                                             const std::shared_ptr<PaintFeed>& feed,
                                             const std::function<void()>& wake, std::stop_token stop);

}  // namespace regard
