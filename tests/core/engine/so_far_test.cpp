// What is told of a run while it goes on.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/analysis/map_query.h"
#include "core/engine/bench.h"
#include "core/engine/pace.h"
#include "core/engine/vision_run.h"

namespace regard {
namespace {

TEST(Pace, TellsNoMoreOftenThanAScreenShows) {
  using namespace std::chrono_literals;
  const auto start = Pace::Clock::now();
  Pace pace;
  EXPECT_FALSE(pace.due(start + 1ms)) << "a run that is over at once tells nothing";
  EXPECT_TRUE(pace.due(start + 1s));
  EXPECT_FALSE(pace.due(start + 1s + 29ms));
  EXPECT_TRUE(pace.due(start + 1s + 30ms));
}

// 24 layers of 257 tokens: long enough to be told of on any machine.
VisionRequest long_run() {
  VitConfig config;
  config.layers = 24;
  config.heads = 6;
  config.width = 384;
  config.mlp_width = 1536;
  config.patch = 14;
  auto image = std::make_shared<Image>();
  image->width = image->height = 64;
  image->rgb.assign(3 * 64 * 64, 100);
  return {std::make_shared<const VisionModel>(VisionModel{"random", {}, {}, random_vit(config, 3)}), image};
}

TEST(SoFar, APictureIsToldOfLayerByLayer) {
  std::vector<std::shared_ptr<const VisionRun>> told;
  const auto run = run_vision(long_run(), {}, [&](auto so_far) { told.push_back(std::move(so_far)); });
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_TRUE((*run)->whole);
  ASSERT_FALSE(told.empty());
  int before = 0;
  for (const auto& each : told) {
    const AttentionShape shape = each->trace.shape();
    EXPECT_FALSE(each->whole);
    EXPECT_GT(shape.layers, before);
    EXPECT_LT(shape.layers, 24);
    before = shape.layers;
    EXPECT_EQ(each->tokens(), (*run)->tokens());
    EXPECT_EQ(each->trace.prompt.count(), 257);
    EXPECT_EQ(each->trace.hidden_states, nullptr);
    const int last = shape.layers - 1;
    EXPECT_EQ(each->output.record->attention_map(last, 5), (*run)->output.record->attention_map(last, 5));
  }
}

// As the window does it; tests/races has it under ThreadSanitizer.
TEST(SoFar, LayersAreReadWhileTheNextAreComputed) {
  std::vector<std::jthread> readers;
  std::atomic<int> read = 0;
  const auto run = run_vision(long_run(), {}, [&](auto so_far) {
    readers.emplace_back([&read, so_far = std::move(so_far)] {
      read += evaluate(so_far->trace, {.lens = "rollout"}).has_value();
    });
  });
  ASSERT_TRUE(run);
  const auto told = static_cast<int>(readers.size());
  readers.clear();
  EXPECT_GT(told, 0);
  EXPECT_EQ(read, told);
}

TEST(SoFar, AStoppedRunTellsNoMore) {
  std::stop_source stop;
  int told = 0;
  const auto run = run_vision(long_run(), stop.get_token(), [&](const auto&) {
    ++told;
    stop.request_stop();
  });
  EXPECT_EQ(run.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace regard
