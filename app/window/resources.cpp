#include "app/window/resources.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

namespace regard {
namespace {

// Measured with Mesa 22.3 and LLVM 15 on 2 processors: drawing begins with 0.7 GB of addresses and its
// threads' stacks; below, the driver dies in one of several ways.
constexpr std::uint64_t kDriverBytes = std::uint64_t{860} << 20;
constexpr std::uint64_t kThreadBytes = std::uint64_t{8} << 20;  // a stack
constexpr std::uint64_t kBytesAPixel = 40;                      // drawn, read back, turned, compressed
constexpr std::size_t kProbeBytes = std::size_t{64} << 20;
constexpr unsigned kOwnThreads = 4, kMostDriverThreads = 16;

unsigned threads_wanted() {
  return kOwnThreads + std::clamp(std::thread::hardware_concurrency(), 1u, kMostDriverThreads);
}

/// Bytes of addresses this process has taken; 0 when the system does not say.
std::uint64_t addresses_taken() {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  unsigned long long pages = 0;
  const bool read = std::fscanf(file, "%llu", &pages) == 1;
  std::fclose(file);
  return read ? pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

/// How many threads can stand side by side, up to `wanted`.
unsigned threads_that_start(unsigned wanted) {
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  threads.reserve(wanted);
  try {
    while (threads.size() < wanted) threads.emplace_back([&done] { done.wait(false); });
  } catch (const std::system_error&) {  // how many there are is the answer
  }
  done = true;
  done.notify_all();
  for (std::thread& thread : threads) thread.join();
  return static_cast<unsigned>(threads.size());
}

constexpr std::array kSignals = {SIGSEGV, SIGABRT, SIGBUS};
std::array<char, 201> guard_line{};
std::array<struct sigaction, kSignals.size()> before;

// Only what may be called in a handler.
void on_crash(int) {
  if (!memory_is_short()) return;  // SA_RESETHAND: what crashed crashes again, as always
  const ssize_t ignored = ::write(STDERR_FILENO, guard_line.data(), std::strlen(guard_line.data()));
  (void)ignored;
  ::_exit(1);
}

}  // namespace

Result<void> check_resources(const std::string& what, SizePx picture) {
  const std::uint64_t pixels =
      static_cast<std::uint64_t>(picture.width) * static_cast<std::uint64_t>(picture.height);
  const std::uint64_t wanted = kDriverBytes + kThreadBytes * threads_wanted() + kBytesAPixel * pixels;
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    const std::uint64_t taken = addresses_taken();
    const std::uint64_t left = limit.rlim_cur > taken ? limit.rlim_cur - taken : 0;
    if (left < wanted) {
      return fail(ErrorCode::kMemory,
                  "{}: memory: expected at least {} MiB for OpenGL and a picture of {}x{} pixels, got {} MiB "
                  "(ulimit -v)",
                  what, wanted >> 20, picture.width, picture.height, left >> 20);
    }
  }
  const unsigned started = threads_that_start(threads_wanted());
  if (started < threads_wanted()) {
    return fail(ErrorCode::kMemory,
                "{}: threads: expected at least {} more for OpenGL and the model, got {} (ulimit -u)", what,
                threads_wanted(), started);
  }
  return {};
}

DriverGuard::DriverGuard(const std::string& line) {
  guard_line = {};
  std::memcpy(guard_line.data(), line.data(), std::min(line.size(), guard_line.size() - 1));
  struct sigaction action{};
  action.sa_handler = on_crash;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &action, &before[i]);
}

DriverGuard::~DriverGuard() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before[i], nullptr);
}

bool memory_is_short() {
  void* const probe =
      ::mmap(nullptr, kProbeBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (probe == MAP_FAILED) return true;
  ::munmap(probe, kProbeBytes);
  return false;
}

}  // namespace regard
