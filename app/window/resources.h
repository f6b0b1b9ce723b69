// Whether the machine has what drawing without a screen takes, asked before a driver is started: Mesa waits
// for ever for a thread that cannot start, and falls over where it gets no memory.
#pragma once

#include <cstddef>
#include <string>

#include "app/window/gl_context.h"
#include "core/base/result.h"

namespace regard {

/// Errors: memory, "<what>: memory: expected ..., got ..." or "<what>: threads: ...". Starts a few threads
/// and ends them. Thread: any. Cost: about a millisecond.
Result<void> check_resources(const std::string& what, SizePx picture);

/// Until it goes out of scope, a driver that falls over ends the program with exit status 1 and a line, when
/// memory or threads are short; anything else that crashes does so as always. One at a time.
class DriverGuard {
 public:
  /// @param line  of at most 200 bytes, with its end of line
  explicit DriverGuard(const std::string& line);
  DriverGuard(const DriverGuard&) = delete;
  DriverGuard& operator=(const DriverGuard&) = delete;
  ~DriverGuard();
};

/// Whether 64 MiB more cannot be had. Also inside a signal handler.
bool memory_is_short();

}  // namespace regard
