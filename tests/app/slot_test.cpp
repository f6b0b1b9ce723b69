// What stands between what is wanted and its answer. Also run with -DREGARD_SANITIZE=thread.
#include "app/slot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <latch>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace regard {
namespace {

using namespace std::chrono_literals;
using Numbers = Slot<int, int>;
using Reply = Numbers::Reply;

Reply number(int value) { return std::make_shared<const int>(value); }

// Twice the request, at once.
Reply twice(const int& request, std::stop_token, const Publish<int>&) { return number(2 * request); }

template <class A, class B>
std::optional<typename Slot<A, B>::Reply> wait_for(Slot<A, B>& slot) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (slot.busy() && std::chrono::steady_clock::now() < deadline) {
    if (auto reply = slot.take()) return reply;
    std::this_thread::sleep_for(100us);
  }
  return std::nullopt;
}

template <class A, class B>
std::shared_ptr<const B> wait_for_progress(Slot<A, B>& slot) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (auto so_far = slot.progress()) return so_far;
    std::this_thread::sleep_for(100us);
  }
  return nullptr;
}

// The error line of a slot whose work ends in `thrown`; and it still answers the next request.
template <class Thrown>
std::string line_of(Thrown thrown) {
  Numbers slot("drawing", [thrown](const int& request, std::stop_token, const Publish<int>&) -> Reply {
    if (request == 1) throw thrown;
    return number(request);
  });
  slot.want(1);
  const auto reply = wait_for(slot);
  if (!reply || reply->has_value()) return "no error";
  slot.want(2);
  const auto next = wait_for(slot);
  EXPECT_TRUE(next && next->has_value() && ***next == 2);
  return reply->error().message;
}

TEST(Slot, AnswersWhatIsWantedOnceAndWakes) {
  std::atomic<int> woken = 0;
  Numbers slot("numbers", twice, [&woken] { ++woken; });
  EXPECT_FALSE(slot.take());
  EXPECT_FALSE(slot.busy());
  EXPECT_TRUE(slot.want(7));
  EXPECT_TRUE(slot.busy());
  const auto reply = wait_for(slot);
  ASSERT_TRUE(reply && reply->has_value());
  EXPECT_EQ(***reply, 14);
  EXPECT_FALSE(slot.take()) << "each answer once";
  EXPECT_FALSE(slot.busy());
  EXPECT_EQ(slot.asked(), 7);
  for (int i = 0; i < 5000 && woken == 0; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(woken, 1);
}

TEST(Slot, TheSameIsNotAskedAgain) {
  std::atomic<int> asked = 0;
  Numbers slot("numbers", [&](const int& request, std::stop_token, const Publish<int>&) {
    ++asked;
    return number(request);
  });
  EXPECT_TRUE(slot.want(1));
  EXPECT_FALSE(slot.want(1)) << "under way";
  ASSERT_TRUE(wait_for(slot));
  EXPECT_FALSE(slot.want(1)) << "answered";
  EXPECT_FALSE(slot.busy());
  EXPECT_EQ(asked, 1);
  slot.forget();
  EXPECT_TRUE(slot.want(1));
  ASSERT_TRUE(wait_for(slot));
  EXPECT_EQ(asked, 2);
}

// Its first request waits until it may go on; whatever else is asked is answered at once.
struct HeldFirst {
  std::latch started{1}, go_on{1};
  std::atomic<bool> told_to_stop = false;
  std::atomic<int> worked = 0;
  Reply operator()(int request, const std::stop_token& stop) {
    ++worked;
    if (request == 1) {
      started.count_down();
      go_on.wait();
      told_to_stop = stop.stop_requested();
    }
    return number(request);
  }
};

TEST(Slot, TheNewestWinsAndTheLateAnswerIsDropped) {
  HeldFirst work;
  Numbers slot("numbers", [&](const int& request, std::stop_token stop, const Publish<int>&) {
    return work(request, stop);
  });
  slot.want(1);
  work.started.wait();
  slot.want(2);  // never worked on: replaced
  slot.want(3);
  EXPECT_TRUE(slot.busy());
  work.go_on.count_down();
  const auto reply = wait_for(slot);
  ASSERT_TRUE(reply && reply->has_value());
  EXPECT_EQ(***reply, 3);
  EXPECT_TRUE(work.told_to_stop);
  EXPECT_EQ(work.worked, 2);
  std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(slot.take());
}

TEST(Slot, AnAnswerNobodyTookIsNotTheAnswerToSomethingElse) {
  std::atomic<int> woken = 0;
  Numbers slot("numbers", twice, [&woken] { ++woken; });
  slot.want(1);
  while (woken == 0) std::this_thread::sleep_for(100us);
  slot.want(2);
  const auto reply = wait_for(slot);
  ASSERT_TRUE(reply && reply->has_value());
  EXPECT_EQ(***reply, 4);
  slot.want(3);
  while (woken < 3) std::this_thread::sleep_for(100us);
  slot.want(std::nullopt);
  EXPECT_FALSE(slot.take());
  EXPECT_FALSE(slot.busy());
}

// Waits until it is stopped.
Reply until_stopped(std::stop_token stop) {
  while (!stop.stop_requested()) std::this_thread::yield();
  return fail(ErrorCode::kCancelled, "cancelled");
}

TEST(Slot, WorkMayBeDoneFirstAndIsProgressThen) {
  HeldFirst work;
  Numbers slot("numbers", [&](const int& request, std::stop_token stop, const Publish<int>&) {
    return work(request, stop);
  });
  slot.want(1);
  work.started.wait();
  slot.want(2, Before::kIsDone);  // never worked on: replaced
  slot.want(3, Before::kIsDone);
  work.go_on.count_down();
  const std::shared_ptr<const int> passed = wait_for_progress(slot);
  ASSERT_TRUE(passed);
  EXPECT_EQ(*passed, 1) << "of the request before, and no answer";
  const auto reply = wait_for(slot);
  ASSERT_TRUE(reply && reply->has_value());
  EXPECT_EQ(***reply, 3);
  EXPECT_FALSE(work.told_to_stop);
  EXPECT_EQ(work.worked, 2);
  EXPECT_FALSE(slot.busy());
}

TEST(Slot, WorkThatMightBeDoneFirstStopsWithTheNextThatStopsIt) {
  std::latch started(1);
  std::atomic<int> stopped = 0;
  Numbers slot("numbers", [&](const int& request, std::stop_token stop, const Publish<int>&) {
    if (request == 3) return number(request);
    started.count_down();
    Reply reply = until_stopped(stop);
    ++stopped;
    return reply;
  });
  slot.want(1);
  started.wait();
  slot.want(2, Before::kIsDone);
  slot.want(3);
  const auto reply = wait_for(slot);
  ASSERT_TRUE(reply && reply->has_value());
  EXPECT_EQ(***reply, 3);
  EXPECT_EQ(stopped, 1);
  EXPECT_FALSE(slot.progress());
}

TEST(Slot, AnAnswerNobodyTookIsProgressOfWhatIsWantedWhileDragging) {
  std::atomic<int> woken = 0;
  Numbers slot("numbers", twice, [&woken] { ++woken; });
  slot.want(1);
  while (woken == 0) std::this_thread::sleep_for(100us);
  slot.want(2, Before::kIsDone);
  const auto passed = slot.progress();
  ASSERT_TRUE(passed);
  EXPECT_EQ(*passed, 2);
  const auto reply = wait_for(slot);
  ASSERT_TRUE(reply && reply->has_value());
  EXPECT_EQ(***reply, 4);
}

TEST(Slot, CancelLeavesNothingToTakeAndTheSameIsNotAskedAgain) {
  std::atomic<int> worked = 0;
  std::latch started(1);
  Numbers slot("numbers", [&](const int& request, std::stop_token stop, const Publish<int>&) {
    if (++worked > 1) return number(request);
    started.count_down();
    return until_stopped(stop);
  });
  slot.want(1);
  started.wait();
  slot.cancel();
  EXPECT_FALSE(slot.busy());
  EXPECT_FALSE(slot.want(1)) << "stopped by the person: stays so";
  std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(slot.take());
  slot.want(2);
  const auto reply = wait_for(slot);
  ASSERT_TRUE(reply && reply->has_value());
  EXPECT_EQ(***reply, 2);
}

TEST(Slot, NothingWantedStopsTheWork) {
  std::latch started(1), stopped(1);
  Numbers slot("numbers", [&](const int&, std::stop_token stop, const Publish<int>&) {
    started.count_down();
    Reply reply = until_stopped(stop);
    stopped.count_down();
    return reply;
  });
  slot.want(1);
  started.wait();
  EXPECT_TRUE(slot.want(std::nullopt));
  stopped.wait();
  EXPECT_FALSE(slot.busy());
  EXPECT_FALSE(slot.asked());
  EXPECT_FALSE(slot.take());
}

TEST(Slot, WorkThatGivesUpByItselfEndsBeingBusyWithoutAnAnswer) {
  Numbers slot("numbers", [](const int&, std::stop_token, const Publish<int>&) -> Reply {
    return fail(ErrorCode::kCancelled, "cancelled");
  });
  slot.want(1);
  EXPECT_FALSE(wait_for(slot));
  EXPECT_FALSE(slot.busy());
}

TEST(Slot, AnErrorIsAnAnswer) {
  Numbers slot("numbers", [](const int&, std::stop_token, const Publish<int>&) -> Reply {
    return fail(ErrorCode::kFormat, "a.json: expected x, got y");
  });
  slot.want(1);
  const auto reply = wait_for(slot);
  ASSERT_TRUE(reply && !reply->has_value());
  EXPECT_EQ(reply->error().message, "a.json: expected x, got y");
  EXPECT_FALSE(slot.want(1)) << "it would fail again";
}

TEST(Slot, WhatIsThrownBecomesOneLine) {
  EXPECT_EQ(line_of(std::bad_alloc()), "drawing: memory: expected enough, got none");
  EXPECT_EQ(line_of(std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again))),
            "drawing: threads: expected one more, got none (Resource temporarily unavailable)");
  EXPECT_EQ(line_of(std::filesystem::filesystem_error("stat", std::make_error_code(std::errc::io_error))),
            "drawing: expected an answer of the system, got filesystem error: stat: Input/output error");
  EXPECT_EQ(line_of(std::runtime_error("two\nlines")),
            "drawing: expected an answer, got an internal error: two lines");
  EXPECT_EQ(line_of(7), "drawing: expected an answer, got an internal error without a message");
}

TEST(Slot, AThreadThatCannotStartIsAnErrorAndTheNextRequestTriesAgain) {
  int refused = 0, woken = 0;
  Numbers slot(
      "drawing", twice, [&woken] { ++woken; },
      [&](std::function<void(std::stop_token)> body) {
        if (refused++ < 2)
          throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
        return start_thread(std::move(body));
      });
  for (const int request : {1, 2}) {
    slot.want(request);
    EXPECT_TRUE(slot.busy());
    EXPECT_EQ(woken, request);
    const auto reply = slot.take();
    ASSERT_TRUE(reply && !reply->has_value());
    EXPECT_EQ(reply->error().code, ErrorCode::kMemory);
    EXPECT_FALSE(slot.busy());
  }
  slot.want(3);
  const auto reply = wait_for(slot);
  ASSERT_TRUE(reply && reply->has_value());
  EXPECT_EQ(***reply, 6);
}

TEST(Slot, ProgressIsSeenBeforeTheAnswer) {
  std::latch go_on(1);
  Numbers slot("numbers", [&](const int& request, std::stop_token, const Publish<int>& publish) {
    publish(std::make_shared<const int>(request));
    publish(std::make_shared<const int>(request + 1));
    go_on.wait();
    return number(request + 2);
  });
  EXPECT_EQ(slot.progress(), nullptr);
  slot.want(10);
  int seen = 0;
  while (seen < 11) {
    if (const auto so_far = slot.progress()) {
      EXPECT_GT(*so_far, seen);
      seen = *so_far;
    }
  }
  EXPECT_EQ(seen, 11);
  EXPECT_EQ(slot.progress(), nullptr) << "each once";
  EXPECT_TRUE(slot.busy());
  go_on.count_down();
  const auto reply = wait_for(slot);
  ASSERT_TRUE(reply && reply->has_value());
  EXPECT_EQ(***reply, 12);
}

TEST(Slot, ProgressOfWhatIsNoLongerWantedIsNotSeen) {
  std::latch started(1), cancelled(1), published(1);
  Numbers slot("numbers", [&](const int& request, std::stop_token, const Publish<int>& publish) {
    publish(std::make_shared<const int>(1));
    started.count_down();
    cancelled.wait();
    publish(std::make_shared<const int>(2));
    published.count_down();
    return number(request);
  });
  slot.want(1);
  started.wait();
  slot.cancel();
  EXPECT_EQ(slot.progress(), nullptr);
  cancelled.count_down();
  published.wait();
  EXPECT_EQ(slot.progress(), nullptr);
}

TEST(Slot, DestructionStopsTheWorkAndWaitsForIt) {
  const auto begin = std::chrono::steady_clock::now();
  std::latch started(1);
  std::atomic<bool> ended = false;
  {
    Numbers slot("numbers", [&](const int&, std::stop_token stop, const Publish<int>& publish) {
      started.count_down();
      Reply reply = until_stopped(stop);
      publish(std::make_shared<const int>(1));
      ended = true;
      return reply;
    });
    slot.want(1);
    started.wait();
    slot.want(2);
  }
  EXPECT_TRUE(ended);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST(Slot, WhatTheRequestHoldsIsReleasedWithItsAnswer) {
  std::atomic<int> woken = 0;
  Slot<std::shared_ptr<int>, int> slot(
      "numbers",
      [](const std::shared_ptr<int>& p, std::stop_token, const Publish<int>&) { return number(*p); },
      [&woken] { ++woken; });
  auto held = std::make_shared<int>(3);
  slot.want(held);
  while (woken == 0) std::this_thread::sleep_for(100us);
  ASSERT_TRUE(wait_for(slot));
  EXPECT_EQ(held.use_count(), 2) << "here and in asked()";
  slot.forget();
  EXPECT_EQ(held.use_count(), 1);
}

// A storm of requests, progress and cancels: what is taken only grows, and the last one asked for arrives.
TEST(Slot, Stress) {
  constexpr int kRequests = 4000;
  std::atomic<int> woken = 0;
  for (int round = 0; round < 3; ++round) {
    Numbers slot(
        "numbers",
        [](const int& request, std::stop_token stop, const Publish<int>& publish) {
          for (int i = 0; i < request % 200 && !stop.stop_requested(); ++i) {
            if (i % 50 == 0) publish(std::make_shared<const int>(request));
            std::this_thread::yield();
          }
          if (request % 13 == 0 && request != kRequests) throw std::bad_alloc();
          return number(request);
        },
        [&woken] { ++woken; });
    int last = 0;
    for (int request = 1; request <= kRequests; ++request) {
      slot.want(request);
      if (request % 7 == 0) std::this_thread::sleep_for(50us);
      if (request % 31 == 0 && request != kRequests) slot.cancel();
      if (const auto so_far = slot.progress()) {
        EXPECT_EQ(*so_far, request);
      }
      if (const auto reply = slot.take(); reply && reply->has_value()) {
        EXPECT_EQ(***reply, request);
        last = request;
      }
    }
    if (last != kRequests) {
      const auto reply = wait_for(slot);
      ASSERT_TRUE(reply && reply->has_value());
      EXPECT_EQ(***reply, kRequests);
    }
  }
  EXPECT_GT(woken, 0);
}

}  // namespace
}  // namespace regard
