// SIGTERM, SIGHUP and SIGINT as something the loop can look at: logging out must not lose what was typed.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include <signal.h>

namespace regard {

/// Keeps the signals from ending the program, on this thread and on those that are made later. One that was
/// ignored when the program was started (nohup) stays so.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  friend class StopListener;
  sigset_t signals_, before_;
};

/// Waits for them on a thread of its own.
class StopListener {
 public:
  /// @param wake  called on that thread with each signal; must not throw
  StopListener(const StopSignals& signals, std::function<void()> wake);
  ~StopListener();
  StopListener(const StopListener&) = delete;
  StopListener& operator=(const StopListener&) = delete;

  bool asked() const { return asked_; }  ///< whether any has come

 private:
  std::atomic<bool> asked_ = false, ends_ = false;
  std::thread thread_;
};

}  // namespace regard
