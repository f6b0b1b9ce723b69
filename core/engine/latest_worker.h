// One thread that works on the newest request only: what the interface hands its runs to so that no frame
// waits. Knows nothing of what is computed. Locks only move pointers; nobody computes while holding one.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace regard {

/// The newest request wins: an older one is told to stop, and what it still answers is dropped.
/// Thread: every member from any thread; the job runs on the worker's own. Destruction stops the job and
/// waits for it.
template <class Out>
class LatestWorker {
 public:
  /// Must not throw. Polls the token and may return null once it is stopped; a null answer is never
  /// delivered.
  using Job = std::function<std::shared_ptr<const Out>(std::stop_token)>;

  /// @param wake  called on the worker's thread, without a lock, after a job ends (also one whose answer was
  /// dropped);
  ///              must not throw. The app passes glfwPostEmptyEvent.
  explicit LatestWorker(std::function<void()> wake = {})
      : wake_(std::move(wake)), thread_([this](std::stop_token quit) { run(std::move(quit)); }) {}

  LatestWorker(const LatestWorker&) = delete;
  LatestWorker& operator=(const LatestWorker&) = delete;

  ~LatestWorker() {
    std::lock_guard lock(mutex_);
    waiting_.reset();
    current_.request_stop();
    // thread_ goes first of all members, with the lock released: it asks run() to return and joins.
  }

  /// Replaces whatever waits or runs. Returns at once. An answer already there stays until it is taken or
  /// replaced.
  void submit(Job job) {
    {
      std::lock_guard lock(mutex_);
      current_.request_stop();
      waiting_ = std::move(job);
    }
    ready_.notify_one();
  }

  /// Stops what waits or runs, without asking for anything new: Esc.
  void cancel() {
    std::lock_guard lock(mutex_);
    current_.request_stop();
    waiting_.reset();
  }

  /// The newest answer, once; null when there is none yet.
  std::shared_ptr<const Out> take() {
    std::lock_guard lock(mutex_);
    return std::exchange(done_, nullptr);
  }

  /// Whether a request waits or runs. An answer that can be taken is not counted.
  bool busy() const {
    std::lock_guard lock(mutex_);
    return waiting_.has_value() || running_;
  }

 private:
  void run(std::stop_token quit) {
    for (;;) {
      Job job;
      std::stop_token cancel;
      {
        std::unique_lock lock(mutex_);
        if (!ready_.wait(lock, quit, [this] { return waiting_.has_value(); })) return;
        job = std::move(*std::exchange(waiting_, std::nullopt));
        current_ = std::stop_source{};
        cancel = current_.get_token();
        running_ = true;
      }
      std::shared_ptr<const Out> out = job(cancel);  // unlocked
      job = nullptr;  // what the job holds on to is released here, not with a later request
      {
        std::lock_guard lock(mutex_);
        running_ = false;
        if (out != nullptr && !cancel.stop_requested()) done_.swap(out);
      }
      out.reset();  // the answer it replaced may be large: freed without the lock
      if (wake_) wake_();
    }
  }

  std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable_any ready_;
  std::optional<Job> waiting_;
  std::stop_source current_;  // of the running job; the first one belongs to nobody
  bool running_ = false;
  std::shared_ptr<const Out> done_;
  std::jthread thread_;  // last: starts after, and joins before, everything it uses
};

}  // namespace regard
