#include "core/tensor/threads.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <latch>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#if !defined(__SANITIZE_THREAD__)
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>
#endif

#include "core/base/check.h"

namespace regard {
namespace {

constexpr int kMostThreads = 256;
constexpr double kFlopsPerPiece = 6e6;  // 0.15 ms at 40 GFLOP/s
constexpr int kPiecesPerThread = 4;     // enough for threads that come late or are held up

// As many threads, up to `wanted`, as the system lets live at once. oneTBB ends the program where one of its
// own does not start.
int startable(int wanted) {
  std::latch hold(1);
  std::vector<std::jthread> started;
  try {
    while (static_cast<int>(started.size()) < wanted) started.emplace_back([&hold] { hold.wait(); });
  } catch (const std::system_error&) {  // then those that did
  }
  hold.count_down();
  return static_cast<int>(started.size());
}

#if defined(__SANITIZE_THREAD__)

// The sanitizer does not see into oneTBB's library and takes its hand-overs for races. Threads of our own for
// each call are slow and seen.
class Team {
 public:
  explicit Team(int count) : count_(1 + startable(count - 1)) {}
  static int processors() { return std::max(2, static_cast<int>(std::thread::hardware_concurrency())); }
  int count() const { return count_; }

  void run(int pieces, const std::function<void(int)>& piece) const {
    std::atomic<int> next = 0;
    std::mutex mutex;
    std::exception_ptr thrown;
    const auto work = [&] {
      for (int i = next++; i < pieces; i = next++) {
        try {
          piece(i);
        } catch (...) {
          const std::lock_guard lock(mutex);
          if (!thrown) thrown = std::current_exception();
        }
      }
    };
    {
      std::vector<std::jthread> others;
      for (int i = 1; i < std::min(count_, pieces); ++i) others.emplace_back(work);
      work();
    }
    if (thrown) std::rethrow_exception(thrown);
  }

 private:
  int count_;
};

#else

/// The helping threads, one fewer than count(), shared by every thread that asks.
class Team {
 public:
  explicit Team(int count)
      : count_(1 + startable(count - 1)),
        limit_(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(count_)),
        arena_(count_ - 1 + kCallers, kCallers) {}
  static int processors() { return tbb::info::default_concurrency(); }
  int count() const { return count_; }

  void run(int pieces, const std::function<void(int)>& piece) {
    const auto share = [&] {
      tbb::parallel_for(
          tbb::blocked_range<int>(0, pieces),
          [&piece](const tbb::blocked_range<int>& some) {
            const Inside inside;
            for (int i = some.begin(); i < some.end(); ++i) piece(i);
          },
          tbb::simple_partitioner());
    };
    if (Inside::here) {
      share();
    } else {
      // Isolated: while it waits for its own last piece, a caller takes none of another's, which may be long.
      arena_.execute([&share] { tbb::this_task_arena::isolate(share); });
    }
  }

 private:
  // Threads that may ask at once and work on without waiting for a place: the interface and its workers.
  static constexpr int kCallers = 16;

  // Whether this thread is in a piece: work that a piece shares out is already in the arena.
  struct Inside {
    Inside() : before(std::exchange(here, true)) {}
    ~Inside() { here = before; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    static thread_local bool here;
    bool before;
  };

  int count_;
  tbb::global_control limit_;
  tbb::task_arena arena_;
};

thread_local bool Team::Inside::here = false;

#endif

// The one global of core: the processors are the machine's, not a run's.
std::unique_ptr<Team>& team() {
  static std::unique_ptr<Team> one = std::make_unique<Team>(std::clamp(Team::processors(), 1, kMostThreads));
  return one;
}

}  // namespace

void set_threads(int count) {
  REGARD_CHECK(1 <= count && count <= kMostThreads);
  if (count == threads()) return;
  team().reset();  // first: limits that live side by side are all kept
  team() = std::make_unique<Team>(count);
}

int threads() { return team()->count(); }

void parallel_for(int count, int grain, const std::function<void(int begin, int end)>& piece) {
  if (count <= 0) return;
  const int most = count / std::max(grain, 1);
  const int pieces = most < 2 ? 1 : std::min(most, kPiecesPerThread * threads());
  if (pieces == 1 || threads() == 1) {
    piece(0, count);
    return;
  }
  const auto at = [count, pieces](int i) {
    return static_cast<int>(static_cast<long long>(count) * i / pieces);
  };
  team()->run(pieces, [&](int i) { piece(at(i), at(i + 1)); });
}

int grain_of(double flops) {
  return static_cast<int>(std::clamp(kFlopsPerPiece / std::max(flops, 1.0), 1.0, 1e9));
}

}  // namespace regard
