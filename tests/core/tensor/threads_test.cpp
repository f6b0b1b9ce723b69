// Work shared out to threads: every index once, exceptions as without, and the same bits for every number of
// threads in runs of text, pictures and drawings.
#include "core/tensor/threads.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>
#include <set>
#include <span>
#include <thread>
#include <vector>

#include "core/engine/bench.h"
#include "core/engine/paint.h"
#include "core/models/vit.h"
#include "core/tensor/ops.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

class Threads : public ::testing::Test {
 protected:
  void TearDown() override { set_threads(before_); }
  int before_ = threads();
};

// Of bytes: FNV-1a.
class Hash {
 public:
  void add(std::span<const float> values) {
    for (const float value : values) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &value, sizeof bits);
      value_ = (value_ ^ bits) * 1099511628211u;
    }
  }
  void add(const Matrix& m) { add(std::span<const float>(m.data(), static_cast<std::size_t>(m.size()))); }
  void add(const AttentionRecord& record) {
    for (int layer = 0; layer < record.shape().layers; ++layer) {
      for (int head = 0; head < record.shape().heads; ++head) {
        add(record.scores_map(layer, head));
        add(record.attention_map(layer, head));
        add(Matrix(record.value(layer, head)));
      }
    }
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 14695981039346656037u;
};

// A text tower wide enough that products and heads are shared out.
std::uint64_t text_hash() {
  ClipTextConfig config = clip_l_text_config();
  config.layers = 2;
  static const ClipText model = random_clip_text(config, 1);
  std::vector<int> ids(77);
  for (int i = 0; i < 77; ++i) ids[static_cast<std::size_t>(i)] = (37 * i + 1) % 999;
  const auto out = model.run(ids);
  if (!out) return 0;
  Hash hash;
  hash.add(*out->record);
  hash.add(out->last_hidden);
  return hash.value();
}

// 901 tokens, whose maps are kept or computed on demand.
std::uint64_t vision_hash(double kept_bytes) {
  const auto model = Vit::open(golden_path("vision/dinov2"));
  if (!model) return 0;
  const VitConfig& c = model->config();
  const int side = 30 * c.patch;
  std::vector<float> pixels(static_cast<std::size_t>(c.channels * side * side));
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = std::sin(0.37f * static_cast<float>(i % 9973));
  const auto out = model->run(pixels, side, side, {}, {}, {.any_size = true, .kept_map_bytes = kept_bytes});
  if (!out) return 0;
  Hash hash;
  hash.add(*out->record);
  hash.add(out->last_hidden);
  return hash.value();
}

std::uint64_t paint_hash() {
  static const auto model = open_paint_model(REGARD_ASSETS_DIR "/little-world");
  if (!model) return 0;
  const auto run =
      run_paint({.model = *model, .prompt = "un (chat:1.3) rouge", .negative = "chien", .steps = 2});
  if (!run) return 0;
  Hash hash;
  for (const auto& x : (*run)->x) hash.add(x);
  for (const auto* half : {&(*run)->trace.records, &(*run)->trace.negative_records}) {
    for (const auto& record : *half) hash.add(*record);
  }
  return hash.value();
}

TEST_F(Threads, GiveTheSameBitsHoweverManyThereAre) {
  set_threads(1);
  const std::uint64_t text = text_hash(), kept = vision_hash(1e12), computed = vision_hash(0),
                      painted = paint_hash();
  EXPECT_NE(text, 0u);
  EXPECT_NE(kept, 0u);
  EXPECT_NE(computed, 0u);
  EXPECT_NE(painted, 0u);
  for (const int count : {2, 3, 8}) {
    set_threads(count);
    EXPECT_EQ(threads(), count);
    EXPECT_EQ(text_hash(), text) << count;
    EXPECT_EQ(vision_hash(1e12), kept) << count;
    EXPECT_EQ(vision_hash(0), computed) << count;
    EXPECT_EQ(paint_hash(), painted) << count;
  }
}

// Shapes at the edges of tiles: rows and columns that fill none, a single row, columns fewer than a panel.
TEST_F(Threads, ProductsAreTheSameBitsInTiles) {
  for (const auto& [rows, in, out] :
       {std::array{1, 4000, 3001}, {9, 1024, 1500}, {113, 700, 333}, {500, 3000, 7}, {1370, 384, 384}}) {
    const Matrix x = Matrix::Random(rows, in), b = Matrix::Random(in, out);
    const RowVector bias = RowVector::Random(out);
    const PackedMatrix packed = pack(b);
    Matrix alone(rows, out), shared(rows, out);
    set_threads(1);
    multiply(x, packed, bias.data(), alone);
    Matrix active = alone;
    gelu(active);
    for (const int count : {2, 3, 8}) {
      set_threads(count);
      multiply(x, packed, bias.data(), shared);
      EXPECT_EQ(shared, alone) << rows << " x " << in << " x " << out << " on " << count;
      gelu(shared);
      EXPECT_EQ(shared, active);
    }
  }
}

TEST_F(Threads, TakeEveryIndexOnce) {
  for (const int count : {1, 2, 8}) {
    set_threads(count);
    for (const int indices : {0, 1, 7, 1000}) {
      std::vector<std::atomic<int>> seen(static_cast<std::size_t>(indices));
      parallel_for(indices, 3, [&](int begin, int end) {
        for (int i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
      });
      for (const auto& times : seen) EXPECT_EQ(times, 1);
    }
  }
}

TEST_F(Threads, LittleWorkIsNotSharedOut) {
  set_threads(8);
  int calls = 0;
  parallel_for(11, 6, [&](int begin, int end) {
    EXPECT_EQ(begin, 0);
    EXPECT_EQ(end, 11);
    ++calls;
  });
  EXPECT_EQ(calls, 1);
}

TEST_F(Threads, MoreThanOneThreadWorks) {
  set_threads(2);
  std::mutex mutex;
  std::set<std::thread::id> seen;
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  parallel_for(2, 1, [&](int, int) {
    for (bool alone = true; alone && std::chrono::steady_clock::now() < patience; std::this_thread::yield()) {
      const std::lock_guard lock(mutex);
      seen.insert(std::this_thread::get_id());
      alone = seen.size() < 2;
    }
  });
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_TRUE(seen.contains(std::this_thread::get_id())) << "who asks works too";
}

TEST_F(Threads, ManyMayAskAtOnceAndWithinWork) {
  set_threads(3);
  std::vector<int> sums(20);
  {
    std::vector<std::jthread> callers;
    for (int& sum : sums) {
      callers.emplace_back([&sum] {
        std::atomic<int> total = 0;
        parallel_for(8, 1, [&](int begin, int end) {
          for (int i = begin; i < end; ++i)
            parallel_for(100, 10, [&](int from, int to) { total += to - from; });
        });
        sum = total;
      });
    }
  }
  for (const int sum : sums) EXPECT_EQ(sum, 800);
}

TEST_F(Threads, WhatAPieceThrowsComesOut) {
  for (const int count : {1, 2, 8}) {
    set_threads(count);
    const auto work = [](int begin, int end) {
      if (begin <= 50 && 50 < end) throw std::bad_alloc();
    };
    EXPECT_THROW(parallel_for(100, 1, work), std::bad_alloc) << count;
    EXPECT_THROW(parallel_for(4, 1, [&](int, int) { parallel_for(100, 1, work); }), std::bad_alloc) << count;
  }
}

}  // namespace
}  // namespace regard::test
