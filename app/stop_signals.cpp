#include "app/stop_signals.h"

#include <utility>

namespace regard {
namespace {

// Tells the listener that it is not needed any more.
constexpr int kEndSignals = SIGUSR2;

}  // namespace

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, kEndSignals);
  for (const int signal : {SIGTERM, SIGHUP, SIGINT}) {
    struct sigaction now{};
    if (sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) sigaddset(&signals_, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

StopSignals::~StopSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

StopListener::StopListener(const StopSignals& signals, std::function<void()> wake)
    : thread_([this, signals = signals.signals_, wake = std::move(wake)] {
        int signal = 0;
        while (sigwait(&signals, &signal) == 0 && !ends_) {
          if (signal == kEndSignals) continue;
          asked_ = true;
          wake();
        }
      }) {}

StopListener::~StopListener() {
  ends_ = true;
  pthread_kill(thread_.native_handle(), kEndSignals);
  thread_.join();
}

}  // namespace regard
