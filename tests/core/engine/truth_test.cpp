// What a map ought to point at, and how it is measured.
#include <gmock/gmock.h>

#include <algorithm>
#include <memory>

#include "core/engine/truth.h"
#include "core/formats/image.h"
#include "tests/support/built_in.h"

namespace regard::test {
namespace {

int count(const std::vector<bool>& mask) { return static_cast<int>(std::ranges::count(mask, true)); }

TEST(Truth, AMapIsMeasuredAgainstAMask) {
  // Half of the largest is 2: the map holds cells 1, 2, 3; the mask 2, 3, 5.
  const std::vector<float> map{0, 2, 4, 3, 1, 0};
  const MapScore score = score_map(map, {false, false, true, true, false, true}).value();
  EXPECT_TRUE(score.points);
  EXPECT_DOUBLE_EQ(score.iou, 2.0 / 4.0);
  EXPECT_DOUBLE_EQ(score.share, 0.7);
  EXPECT_DOUBLE_EQ(score.chance, 0.5);
  EXPECT_FALSE(score_map(map, {true, true, false, false, false, false}).value().points);
  EXPECT_FALSE(score_map(map, {true, false}).has_value());
  EXPECT_FALSE(score_map(std::vector<float>{-1, 1}, {true, false}).has_value());
  EXPECT_FALSE(score_map(std::vector<float>{0, 0}, {true, false}).has_value());
}

// A picture of three columns of patches: a red thing on the left, the same kind on the right, glass between.
TEST(Truth, OfADrawingIsWhatTheSegmenterSees) {
  const auto model = built_in_paint_model();
  ASSERT_NE(model->segmenter, nullptr);
  const Segmenter& segmenter = *model->segmenter;
  PaintRun run;
  run.request.model = model;
  run.rows = run.columns = segmenter.grid();
  Segmenter::Reading reading;
  reading.kind.assign(static_cast<std::size_t>(run.patches()), 0);
  reading.colour.assign(static_cast<std::size_t>(run.patches()), 0);
  const int cat = segmenter.kind("cat"), red = segmenter.colour("red");
  ASSERT_GT(cat, 0);
  ASSERT_GT(red, 0);
  for (const std::size_t patch : {13u, 14u, 25u, 20u, 21u}) {
    reading.kind[patch] = cat;
    reading.colour[patch] = red;
  }
  reading.kind[17] = segmenter.glass();
  for (const char* word : {"chat", "Chat", "cat", "rouge", "red"}) {
    const auto truth = truth_of_word(run, segmenter, reading, word);
    ASSERT_TRUE(truth.has_value()) << word;
    EXPECT_EQ(count(truth->mask), 5) << word;
  }
  EXPECT_EQ(count(truth_of_word(run, segmenter, reading, "miroir")->mask), 1);
  EXPECT_FALSE(truth_of_word(run, segmenter, reading, "bleue").has_value());
  EXPECT_FALSE(truth_of_word(run, segmenter, reading, "poursuit").has_value());
  const auto truths = truths_of_patch(run, reading, 14);
  ASSERT_EQ(truths.size(), 2u);
  EXPECT_EQ(count(truths[0].mask), 3);
  EXPECT_EQ(truths[1].what, Truth::What::kTwin);
  EXPECT_TRUE(truths[1].mask[20] && truths[1].mask[21]);
  EXPECT_TRUE(truths_of_patch(run, reading, 0).empty());
}

// Glass on the right: what is there shows what stands on the left.
TEST(Truth, AMirrorIsFoundWithWhatItShows) {
  const auto model = built_in_paint_model();
  const Segmenter& segmenter = *model->segmenter;
  PaintRun run;
  run.request.model = model;
  run.request.prompt = "un chat rouge devant un miroir";
  run.prompt.words = {{.first_token = 2, .last_token = 2, .start = 3, .end = 7},
                      {.first_token = 3, .last_token = 3, .start = 8, .end = 13}};
  run.rows = run.columns = segmenter.grid();
  Segmenter::Reading reading;
  reading.kind.assign(static_cast<std::size_t>(run.patches()), 0);
  reading.colour.assign(static_cast<std::size_t>(run.patches()), 0);
  const int cat = segmenter.kind("cat");
  for (const std::size_t patch : {14u, 15u, 26u, 20u, 21u, 32u}) {
    reading.kind[patch] = cat;
    reading.colour[patch] = segmenter.colour("red");
  }
  reading.colour[32] = segmenter.colour("blue");  // is no reflection of a red one
  EXPECT_TRUE(mirror_in(run, segmenter, reading).object.empty()) << "no glass";
  for (const std::size_t patch : {43u, 44u, 45u, 46u, 55u, 56u, 57u}) reading.kind[patch] = segmenter.glass();
  const MirrorPatches mirror = mirror_in(run, segmenter, reading);
  EXPECT_EQ(mirror.object, (std::vector{14, 15, 26}));
  EXPECT_EQ(mirror.reflection, (std::vector{20, 21}));
  run.request.prompt = "un chien roux devant un miroir";
  EXPECT_TRUE(mirror_in(run, segmenter, reading).object.empty()) << "another thing";
}

TEST(Truth, OfASceneIsItsMasks) {
  const std::filesystem::path scenes = REGARD_ASSETS_DIR "/images/scenes";
  const auto model = open_vision_model(REGARD_ASSETS_DIR "/little-world").value();
  const auto image = std::make_shared<const Image>(read_image(scenes / "scene-2.png").value());
  const auto run = run_vision({.model = model, .image = image}).value();
  const auto objects = scene_objects(scenes, "scene-2");
  ASSERT_EQ(objects.size(), 3u);  // a blue cat, its reflection, the mirror
  const std::vector<int> cat = tokens_of(objects[0], *run), twin = tokens_of(objects[1], *run);
  const auto truths = truths_of_patch(*run, objects, twin.front(), "fr");
  ASSERT_EQ(truths.size(), 2u);
  EXPECT_EQ(truths[0].name, "chat");
  EXPECT_EQ(count(truths[0].mask), std::ssize(twin));
  EXPECT_EQ(truths[1].what, Truth::What::kTwin);
  EXPECT_EQ(count(truths[1].mask), std::ssize(cat));
  const auto named = truths_of_caption(*run, objects, "Un CHAT bleu");
  ASSERT_EQ(named.size(), 1u);
  EXPECT_EQ(count(named[0].mask), std::ssize(cat) + std::ssize(twin));
  EXPECT_TRUE(truths_of_caption(*run, objects, "un château").empty());
}

}  // namespace
}  // namespace regard::test
