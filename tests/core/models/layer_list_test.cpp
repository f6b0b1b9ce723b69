// Layers that are read when a run comes to them.
#include "core/models/layer_list.h"

#include <unistd.h>

#include <gmock/gmock.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/models/clip_text.h"
#include "core/models/vit.h"
#include "tests/support/checkpoint.h"

namespace regard::test {

struct CountedLayer {
  int number = 0, packed = 0;
};
void prepare(CountedLayer& layer) { ++layer.packed; }

namespace {

TEST(LayerList, EachIsReadOnceWhenItIsAskedForWhoeverAsks) {
  std::atomic<int> reads = 0;
  const auto held = std::make_shared<int>();
  const LayerList<CountedLayer> layers(3, [&reads, held](int layer) -> Result<CountedLayer> {
    ++reads;
    return CountedLayer{.number = layer};
  });
  const LayerList<CountedLayer> copy = layers;
  EXPECT_EQ(layers.size(), 3);
  EXPECT_EQ(reads, 0);
  EXPECT_EQ(layers.get(1).value()->number, 1);
  EXPECT_EQ(reads, 1);
  EXPECT_EQ(held.use_count(), 2);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int layer = 0; layer < 3; ++layer) EXPECT_EQ(copy.get(layer).value()->packed, 1);
    });
  }
  threads.clear();
  EXPECT_EQ(reads, 3) << "the copy shares what was read";
  EXPECT_EQ(&layers.at(2), copy.get(2).value());
  EXPECT_EQ(held.use_count(), 1) << "whoever reads is let go with the last layer";
}

TEST(LayerList, AnErrorIsSaidAndTheLayerReadAgain) {
  int reads = 0;
  const LayerList<CountedLayer> layers(1, [&reads](int layer) -> Result<CountedLayer> {
    if (++reads == 1) return fail(ErrorCode::kIo, "file: expected it as it was opened, got a changed one");
    if (reads == 2) throw std::bad_alloc();
    return CountedLayer{.number = layer + 7};
  });
  EXPECT_EQ(layers.get(0).error().message, "file: expected it as it was opened, got a changed one");
  EXPECT_THAT(layers.get(0).error().message, ::testing::StartsWith("layer 1: expected enough memory"));
  EXPECT_EQ(layers.get(0).value()->number, 7);
  EXPECT_EQ(layers.get(0).value()->number, 7);
  EXPECT_EQ(reads, 3);
}

TEST(LayerList, OnesThatAreThereArePacked) {
  LayerList<CountedLayer> layers;
  EXPECT_EQ(layers.size(), 0);
  layers.push_back({.number = 5});
  EXPECT_EQ(layers.at(0).number, 5);
  EXPECT_EQ(layers.at(0).packed, 1);
}

// A tower's folder, taken apart.
class OnDemand : public ::testing::Test {
 protected:
  static constexpr const char* kSecondLayer = "text_model.encoder.layers.1.mlp.fc2.weight";

  void SetUp() override {
    for (const auto& entry : std::filesystem::directory_iterator(REGARD_ASSETS_DIR "/little-world/clip"))
      std::filesystem::copy(entry, folder_.path());
    tensors_ = load(weights());
  }
  std::filesystem::path weights() const { return folder_.path() / "model.safetensors"; }

  TempFolder folder_;
  Tensors tensors_;
};

TEST_F(OnDemand, WhatIsMissingFromALayerIsSaidWhenTheFolderIsOpened) {
  tensors_.erase(kSecondLayer);
  save(weights(), tensors_);
  const auto opened = ClipText::open(folder_.path());
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, ::testing::AllOf(::testing::HasSubstr(kSecondLayer),
                                                       ::testing::HasSubstr("got no such tensor")));
}

TEST_F(OnDemand, AFileThatIsWrittenOverIsSaidByTheFirstRunAndNotReadAsAMixture) {
  save(weights(), tensors_);
  const auto model = ClipText::open(folder_.path());
  const auto picture = Vit::open(folder_.path());
  ASSERT_TRUE(model && picture);
  const std::vector<int> ids = {1, 5, 2};
  ASSERT_TRUE(model->run(ids)) << "reads all of the text's layers";
  tensors_.erase("logit_scale");
  save(weights(), tensors_);
  EXPECT_TRUE(model->run(std::vector<int>{1, 6, 2}));
  const VitConfig& c = picture->config();
  const std::vector<float> pixels(static_cast<std::size_t>(3 * c.image_width * c.image_height));
  const auto run = picture->run(pixels, c.image_width, c.image_height);
  ASSERT_FALSE(run);
  EXPECT_THAT(run.error().message,
              ::testing::HasSubstr("expected the file as it was opened, got a changed one"));
}

}  // namespace
}  // namespace regard::test
