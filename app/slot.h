// A slot: what is wanted, what was asked, and the thread that answers. All work that takes longer than a
// frame is one. Whatever is wanted and was not asked is asked; the newest wins.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "core/base/exception.h"
#include "core/base/result.h"

namespace regard {

/// Starts a thread on `body`; may throw std::system_error. Tests inject one that does.
using StartThread = std::function<std::jthread(std::function<void(std::stop_token)> body)>;
std::jthread start_thread(std::function<void(std::stop_token)> body);

/// Where work leaves what it has so far: whole values, each replacing the one before.
template <class Answer>
using Publish = std::function<void(std::shared_ptr<const Answer> so_far)>;

/// What a slot does with a request: runs on the slot's thread, polls the token, answers kCancelled once it is
/// stopped. An answer is never null. May throw: the slot makes one Error of it.
template <class Request, class Answer>
using Work = std::function<Result<std::shared_ptr<const Answer>>(const Request&, std::stop_token,
                                                                 const Publish<Answer>&)>;

/// Of work that is under way when something else is wanted: it stops, or it is done first and its answer is
/// progress.
enum class Before { kStops, kIsDone };

/// Thread: want, take, progress, busy, asked, cancel and forget from one thread, the owner's; the work and
/// `wake` run on the slot's own, which starts with the first request. Destruction stops the work and waits
/// for it. Nothing here throws because of what the work does.
/// @tparam Request  compared by value: holds everything its answer depends on
template <class Request, class Answer>
class Slot {
 public:
  using Reply = Result<std::shared_ptr<const Answer>>;

  /// @param what  what is worked on, as error lines begin: "drawing"
  /// @param wake  called on the slot's thread after each answer and each progress; must not throw
  Slot(std::string what, Work<Request, Answer> work, std::function<void()> wake = {},
       StartThread start = start_thread)
      : what_(std::move(what)), work_(std::move(work)), wake_(std::move(wake)), start_(std::move(start)) {}
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  ~Slot() {
    const std::lock_guard lock(mutex_);
    stop_work();
    waiting_.reset();
    // thread_ goes first of all members, with the lock released: it asks run() to return and joins.
  }

  /// Asks for `wanted` unless it was asked already, whether or not it has been answered; stops whatever else
  /// was asked. Nothing wanted: stops, and forgets what was asked. Returns at once.
  /// @param before  what becomes of work that is under way. While something is dragged, requests come faster
  ///                than answers: if each stopped the one before, none would be seen until the mouse rests
  /// @return  whether that changed what is asked
  bool want(std::optional<Request> wanted, Before before = Before::kStops) {
    if (wanted == asked_) return false;
    asked_ = std::move(wanted);
    waits_ = asked_.has_value();
    if (before == Before::kStops || !asked_) {
      drop_all();
    } else {
      drop_waiting();
    }
    if (asked_) ask();
    return true;
  }

  /// The answer to what is wanted, once; an Error when the work failed. Nothing: not there yet, or cancelled.
  std::optional<Reply> take() {
    std::optional<Reply> done;
    std::shared_ptr<const Answer> older;  // freed without the lock
    {
      const std::lock_guard lock(mutex_);
      if (!done_) return std::nullopt;
      done.swap(done_);
      older.swap(so_far_);
    }
    waits_ = false;
    if (!done->has_value() && done->error().code == ErrorCode::kCancelled) return std::nullopt;
    return done;
  }

  /// What the work published last, or answered to a request before the newest; once, null when nothing is
  /// new.
  std::shared_ptr<const Answer> progress() {
    const std::lock_guard lock(mutex_);
    return std::exchange(so_far_, nullptr);
  }

  /// Something is asked whose answer has not been taken.
  bool busy() const { return waits_; }
  /// What was asked last, answered or not.
  const std::optional<Request>& asked() const { return asked_; }

  /// Stops the work and keeps the request as asked: wanting the same again does nothing (Escape).
  void cancel() {
    waits_ = false;
    drop_all();
  }
  /// Stops the work, and what was asked is asked anew when it is wanted again.
  void forget() { want(std::nullopt); }

 private:
  struct Job {
    Request request;
    std::stop_source stop;
  };

  void drop_all() {
    std::optional<Job> waiting;  // these three are freed without the lock
    std::optional<Reply> done;
    std::shared_ptr<const Answer> so_far;
    const std::lock_guard lock(mutex_);
    stop_work();
    waiting.swap(waiting_);
    done.swap(done_);
    so_far.swap(so_far_);
  }

  // What waits gives way; an answer nobody took yet is one before the newest from now on.
  void drop_waiting() {
    std::optional<Job> waiting;  // these three are freed without the lock
    std::optional<Reply> done;
    std::shared_ptr<const Answer> older;
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
    done.swap(done_);
    if (done && done->has_value()) older = std::exchange(so_far_, **done);
  }

  // With the lock held: of the newest job, and of the one before it that is still worked on.
  void stop_work() {
    current_.request_stop();
    working_.request_stop();
  }

  void ask() {
    try {
      Job job{*asked_, std::stop_source{}};
      if (!thread_.joinable()) thread_ = start_([this](std::stop_token quit) { run(quit); });
      const std::lock_guard lock(mutex_);
      current_ = job.stop;
      waiting_.emplace(std::move(job));
    } catch (...) {
      const std::lock_guard lock(mutex_);
      done_.emplace(std::unexpected(error_of_exception(what_)));
    }
    ready_.notify_one();
    if (wake_ && !thread_.joinable()) wake_();
  }

  void run(std::stop_token quit) {
    for (;;) {
      std::optional<Job> job;
      {
        std::unique_lock lock(mutex_);
        if (!ready_.wait(lock, quit, [this] { return waiting_.has_value(); })) return;
        job.swap(waiting_);
        working_ = job->stop;
      }
      std::optional<Reply> done(answer(*job));
      std::shared_ptr<const Answer> older;  // freed without the lock
      {
        const std::lock_guard lock(mutex_);
        const bool wanted = !job->stop.stop_requested();
        if (wanted && !waiting_) {
          done_.swap(done);
        } else if (wanted && done->has_value()) {
          older = std::exchange(so_far_, **done);
        }
      }
      older.reset();
      done.reset();  // what nobody wants any more may be large: freed without the lock
      job.reset();   // what the request holds on to is released here, not with a later one
      if (wake_) wake_();
    }
  }

  // The one place where work that throws is caught.
  Reply answer(const Job& job) noexcept {
    try {
      return work_(job.request, job.stop.get_token(), [&](std::shared_ptr<const Answer> so_far) {
        {
          const std::lock_guard lock(mutex_);
          if (!job.stop.stop_requested()) so_far_.swap(so_far);
        }
        so_far.reset();
        if (wake_) wake_();
      });
    } catch (...) {
      return std::unexpected(error_of_exception(what_));
    }
  }

  const std::string what_;
  const Work<Request, Answer> work_;
  const std::function<void()> wake_;
  const StartThread start_;
  std::optional<Request> asked_;  // of the owner's thread
  bool waits_ = false;            // of the owner's thread

  std::mutex mutex_;  // of all below but the thread; held only while pointers move
  std::condition_variable_any ready_;
  std::optional<Job> waiting_;
  std::stop_source current_{std::nostopstate};  // of the newest job
  std::stop_source working_{std::nostopstate};  // of the one worked on last
  std::optional<Reply> done_;
  std::shared_ptr<const Answer> so_far_;
  std::jthread thread_;  // last: joins before everything it uses
};

}  // namespace regard
