// The worker between typing and answers. Also run with -DREGARD_SANITIZE=thread.
#include "core/engine/latest_worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <random>
#include <thread>
#include <vector>

namespace regard {
namespace {

using namespace std::chrono_literals;
using Worker = LatestWorker<int>;

std::shared_ptr<const int> wait_for(Worker& worker) {
  for (int i = 0; i < 5000; ++i) {
    if (auto answer = worker.take()) return answer;
    std::this_thread::sleep_for(1ms);
  }
  return nullptr;
}

TEST(LatestWorker, AnswersOnceAndWakes) {
  std::atomic<int> woken = 0;
  Worker worker([&woken] { ++woken; });
  EXPECT_EQ(worker.take(), nullptr);
  EXPECT_FALSE(worker.busy());
  worker.submit([](std::stop_token) { return std::make_shared<const int>(7); });
  const auto answer = wait_for(worker);
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(*answer, 7);
  EXPECT_EQ(worker.take(), nullptr) << "each answer once";
  for (int i = 0; i < 5000 && woken == 0; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(woken, 1);
}

TEST(LatestWorker, TheNewestWinsAndTheLateAnswerIsDropped) {
  Worker worker;
  std::latch started(1), go_on(1);
  std::atomic<bool> told_to_stop = false;
  worker.submit([&](std::stop_token stop) {
    started.count_down();
    go_on.wait();
    told_to_stop = stop.stop_requested();
    return std::make_shared<const int>(1);  // late
  });
  started.wait();
  worker.submit([](std::stop_token) { return std::make_shared<const int>(2); });  // never runs: replaced
  worker.submit([](std::stop_token) { return std::make_shared<const int>(3); });
  EXPECT_TRUE(worker.busy());
  go_on.count_down();
  const auto answer = wait_for(worker);
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(*answer, 3);
  EXPECT_TRUE(told_to_stop);
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(worker.take(), nullptr);
}

TEST(LatestWorker, CancelLeavesNothingToTake) {
  Worker worker;
  std::latch started(1);
  worker.submit([&](std::stop_token stop) {
    started.count_down();
    while (!stop.stop_requested()) std::this_thread::yield();
    return std::make_shared<const int>(1);
  });
  started.wait();
  worker.cancel();
  for (int i = 0; i < 5000 && worker.busy(); ++i) std::this_thread::sleep_for(1ms);
  EXPECT_FALSE(worker.busy());
  EXPECT_EQ(worker.take(), nullptr);
}

TEST(LatestWorker, ANullAnswerReplacesNothing) {
  Worker worker;
  worker.submit([](std::stop_token) { return std::make_shared<const int>(1); });
  for (int i = 0; i < 5000 && worker.busy(); ++i) std::this_thread::sleep_for(1ms);
  worker.submit([](std::stop_token) { return std::shared_ptr<const int>(); });
  for (int i = 0; i < 5000 && worker.busy(); ++i) std::this_thread::sleep_for(1ms);
  const auto answer = worker.take();
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(*answer, 1);
}

TEST(LatestWorker, DestructionStopsARunningJob) {
  std::latch started(1);
  const auto begin = std::chrono::steady_clock::now();
  {
    Worker worker;
    worker.submit([&](std::stop_token stop) {
      started.count_down();
      while (!stop.stop_requested()) std::this_thread::yield();
      return std::shared_ptr<const int>();
    });
    started.wait();
    worker.submit([](std::stop_token) { return std::make_shared<const int>(2); });
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

// Many threads ask, one takes: the numbers taken only grow, and the last one asked for arrives.
TEST(LatestWorker, Stress) {
  constexpr int kRequests = 4000;
  std::atomic<int> woken = 0;
  for (int round = 0; round < 3; ++round) {
    Worker worker([&woken] { ++woken; });
    std::mutex order;  // a number is drawn and submitted as one step
    int next = 0;
    const auto ask = [&] {
      bool pause = false;
      for (;;) {
        {
          std::lock_guard lock(order);
          if (next == kRequests) return;
          const int mine = ++next;
          pause = mine % 7 == 0;
          worker.submit([mine](std::stop_token stop) {
            for (int i = 0; i < mine % 200 && !stop.stop_requested(); ++i) std::this_thread::yield();
            return std::make_shared<const int>(mine);
          });
        }
        if (pause) std::this_thread::sleep_for(50us);
      }
    };
    std::vector<std::jthread> askers;
    for (int i = 0; i < 3; ++i) askers.emplace_back(ask);
    int last = 0;
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (last < kRequests && std::chrono::steady_clock::now() < deadline) {
      if (const auto answer = worker.take()) {
        ASSERT_GT(*answer, last);
        last = *answer;
      }
      if (worker.busy()) std::this_thread::yield();
    }
    EXPECT_EQ(last, kRequests);
  }
  EXPECT_GT(woken, 0);
}

}  // namespace
}  // namespace regard
