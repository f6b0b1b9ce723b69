// The image workspace's views: what lies over the picture comes from the record, and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "app/assets.h"
#include "app/export/vision_maps.h"
#include "app/state/command.h"
#include "app/views/picture_views.h"
#include "core/analysis/rollout.h"
#include "core/engine/bench.h"

namespace regard {
namespace {

using ::testing::Each;
using ::testing::Ge;

const std::filesystem::path kScenes = assets_dir() / "images" / "scenes";

class PictureTest : public ::testing::Test {
 protected:
  // The state as the program would have it once the built-in model has seen a sample.
  static AppState seen(const std::string& sample = "scene-2") {
    static const auto model = open_vision_model(assets_dir() / "little-world");
    AppState state;
    state.vision_model = *model;
    state.doc.picture.image = sample;
    state.image_name = sample;
    state.image = std::make_shared<const Image>(*read_image(kScenes / (sample + ".png")));
    state.objects = scene_objects(kScenes, sample);
    state.vision = *run_vision({state.vision_model, state.image, 0});
    return state;
  }
  PictureViews views_;
};

TEST_F(PictureTest, TheReflectionReadsTheRealCat) {
  AppState state = seen();
  ASSERT_EQ(state.objects.size(), 3u);
  show_first_picture(state);
  ASSERT_FALSE(state.doc.picture.region_a.empty());
  ASSERT_FALSE(state.doc.picture.region_b.empty());
  views_.refresh(state, -1);
  const Eigen::MatrixXd& mass = views_.region_mass();
  const MapChoice& choice = views_.choice();
  EXPECT_EQ(mass(*choice.heads.layer, *choice.heads.head), mass.maxCoeff());
  // Evenly spread attention would give B's share of the tokens.
  EXPECT_GT(mass.maxCoeff(), 4.0 * views_.region_chance());
  EXPECT_EQ(views_.subject(), state.doc.picture.pins.back());
}

// A grid that takes longer than a frame is left to a worker; until it is there the former one stays.
TEST_F(PictureTest, TheHeadsOfALargeModelAreComputedElsewhere) {
  VitConfig config;
  config.layers = 9;
  config.heads = 16;
  config.width = 1024;
  config.mlp_width = 16;
  config.patch = 2;
  config.image_width = config.image_height = 64;  // 32 x 32 patches: too many for all maps to be kept
  ImageProcessor processor;
  processor.shortest_edge = processor.width = processor.height = 64;
  processor.crop_width = processor.crop_height = 64;
  AppState state = seen();
  state.vision_model = std::make_shared<const VisionModel>(
      VisionModel{"random weights", {}, processor, random_vit(config, 1)});
  state.vision = *run_vision({state.vision_model, state.image, 0});
  views_.refresh(state, 40);
  ASSERT_TRUE(views_.wanted_heads());
  EXPECT_EQ(views_.wanted_heads()->query.subject, std::vector<int>{40});
  EXPECT_EQ(largest_cell(views_.atlas()), 0.0f);
  const MapAsk ask = *views_.wanted_heads();
  auto maps = evaluate_heads(*ask.trace, ask.query);
  ASSERT_TRUE(maps);
  views_.accept_heads(ask, std::make_shared<const std::vector<Map>>(*maps));
  views_.refresh(state, 40);
  EXPECT_FALSE(views_.wanted_heads());
  EXPECT_EQ(views_.atlas_subject(), 40);
  const CellImage there = views_.atlas();
  EXPECT_EQ(largest_cell(there), 1.0f);
  views_.refresh(state, 41);
  EXPECT_TRUE(views_.wanted_heads());
  EXPECT_EQ(views_.atlas_subject(), 40);
  EXPECT_EQ(views_.atlas().cells, there.cells);
  views_.refresh(state, 40);  // kept
  EXPECT_FALSE(views_.wanted_heads());
}

TEST_F(PictureTest, TheOverlayIsTheRowOfTheChosenHead) {
  AppState state = seen();
  state.doc.picture.choice = map_choice(2, 1);
  state.doc.picture.pins = {40};
  views_.refresh(state, -1);
  const Matrix map = views_.record().attention_map(2, 1);
  const CellImage& overlay = views_.overlay();
  ASSERT_EQ(overlay.width, 12);
  ASSERT_EQ(overlay.height, 12);
  for (int i = 0; i < 144; ++i) EXPECT_EQ(overlay.cells[static_cast<std::size_t>(i)], map(40, 1 + i));
  EXPECT_FLOAT_EQ(views_.shares().specials[0], map(40, 0));
  EXPECT_NEAR(views_.shares().specials[0] + views_.shares().patches, 1.0f, 1e-5f);
  state.view.incoming = true;
  views_.refresh(state, -1);
  for (int i = 0; i < 144; ++i)
    EXPECT_EQ(views_.overlay().cells[static_cast<std::size_t>(i)], map(1 + i, 40));
}

TEST_F(PictureTest, HoverComesBeforePinsAndClsWithoutEither) {
  AppState state = seen();
  views_.refresh(state, -1);
  EXPECT_EQ(views_.subject(), 0) << "CLS";
  state.doc.picture.pins = {7, 9};
  views_.refresh(state, -1);
  EXPECT_EQ(views_.subject(), 9);
  views_.refresh(state, 30);
  EXPECT_EQ(views_.subject(), 30);
  views_.refresh(state, 100'000);
  EXPECT_EQ(views_.subject(), 9);
}

TEST_F(PictureTest, PinsTogetherAreTheirMeanOrTheirDifference) {
  AppState state = seen();
  state.doc.picture.choice = map_choice(1, 1);
  state.doc.picture.pins = {20, 30};
  const Matrix map = state.vision->output.record->attention_map(1, 1);
  state.view.picture.fusion = PinFusion::kMean;
  views_.refresh(state, -1);
  EXPECT_LE((views_.row() - (map.row(20) + map.row(30)) / 2).cwiseAbs().maxCoeff(), 1e-6f);
  EXPECT_FALSE(views_.overlay_signed());
  state.view.picture.fusion = PinFusion::kDifference;
  views_.refresh(state, -1);
  EXPECT_LE((views_.row() - (map.row(30) - map.row(20))).cwiseAbs().maxCoeff(), 1e-6f);
  EXPECT_TRUE(views_.overlay_signed());
  EXPECT_EQ(views_.overlay_range().center, 0.0f);
}

TEST_F(PictureTest, MassKeepsTheSmallestSet) {
  AppState state = seen();
  state.view.picture.lens = PictureLens::kMass;
  state.view.picture.mass = 0.5f;
  state.doc.picture.choice = map_choice(4, 3);
  views_.refresh(state, -1);
  float kept = views_.row()(0), least = 1.0f;
  for (const float value : views_.overlay().cells) {
    if (value == kMaskedValue) continue;
    kept += value;
    least = std::min(least, value);
  }
  EXPECT_GE(kept, 0.5f);
  for (int i = 0; i < 144; ++i) {
    if (views_.overlay().cells[static_cast<std::size_t>(i)] == kMaskedValue) {
      EXPECT_LE(views_.row()(1 + i), least);
    }
  }
}

TEST_F(PictureTest, SlowMapsAreAskedForAndShownWhenTheyCome) {
  AppState state = seen();
  state.doc.picture.choice = lens_choice("rollout");
  views_.refresh(state, 12);
  ASSERT_TRUE(views_.wanted().has_value());
  EXPECT_EQ(views_.wanted()->query.lens, "rollout");
  EXPECT_FALSE(views_.problem().empty());
  const MapAsk ask = *views_.wanted();
  views_.accept(ask, evaluate_ask(ask));
  views_.refresh(state, 12);
  EXPECT_FALSE(views_.wanted().has_value());
  EXPECT_TRUE(views_.problem().empty());
  const RowVector row = *rollout_row(views_.record(), 12);
  EXPECT_LE((views_.row() - row).cwiseAbs().maxCoeff(), 1e-6f);
  views_.refresh(state, 40);
  EXPECT_FALSE(views_.wanted().has_value()) << "every position's row is there";
}

// What a file holds (as program_export.cpp writes it) is what the overlay shows.
TEST_F(PictureTest, WhatIsWrittenIsWhatIsShown) {
  AppState state = seen();
  state.doc.picture.pins = {20, 30};
  state.doc.picture.captions = {"un chat"};
  static const auto text = open_text_model(assets_dir() / "little-world");
  state.matches = match_texts(*state.vision, **text, state.doc.picture.captions).value();
  int compared = 0;
  for (const MapChoice& choice :
       {map_choice(2, 1), map_choice(1, std::nullopt), MapChoice{}, map_choice(3, std::nullopt, Fusion::kMax),
        lens_choice("rollout"), lens_choice("flow")}) {
    for (const PictureLens lens :
         {PictureLens::kAttention, PictureLens::kMass, PictureLens::kNorms, PictureLens::kCaption}) {
      for (const PinFusion fusion : {PinFusion::kNewest, PinFusion::kMean, PinFusion::kDifference}) {
        for (const bool incoming : {false, true}) {
          state.doc.picture.choice = choice;
          state.view.picture.lens = lens;
          state.view.picture.fusion = fusion;
          state.view.picture.discard = 0.25f;
          state.view.incoming = incoming;
          for (int asked = 0; asked < 3; ++asked) {
            views_.refresh(state, -1);
            if (!views_.wanted()) break;
            const MapAsk ask = *views_.wanted();
            views_.accept(ask, evaluate_ask(ask));
          }
          ASSERT_EQ(views_.problem(), "");
          const auto map = evaluate_ask(views_.ask(state));
          ASSERT_TRUE(map) << map.error().message;
          const auto written = vision_array(shown_vision_map(state.vision, "scene-2", **map));
          ASSERT_TRUE(written && written->values.size() == 144);
          for (int i = 0; i < 144; ++i) {
            const float cell = views_.overlay().cells[static_cast<std::size_t>(i)];
            const float value = written->values[static_cast<std::size_t>(i)];
            ASSERT_NEAR(cell == kMaskedValue ? 0.0f : cell, value, 1e-6f + 1e-5f * std::abs(value)) << i;
            ++compared;
          }
        }
      }
    }
  }
  EXPECT_EQ(compared, 6 * 4 * 3 * 2 * 144);
}

TEST_F(PictureTest, NothingIsEvaluatedAgainThatDidNotChange) {
  AppState state = seen();
  state.doc.picture.choice = map_choice(2, 1);
  views_.refresh(state, -1);
  const long before = evaluations();
  state.view.picture.opacity = 0.2f;
  state.view.picture.grid = !state.view.picture.grid;
  state.doc.paint.negative = "un chien";
  views_.refresh(state, -1);
  EXPECT_EQ(evaluations(), before);
  state.view.picture.absolute = true;
  views_.refresh(state, -1);
  EXPECT_EQ(evaluations(), before) << "other colours of the same maps";
  const long after = evaluations();
  state.view.theme = Theme::kLight;
  state.doc.prompt = "un chat";
  views_.refresh(state, -1);
  EXPECT_EQ(evaluations(), after);
}

TEST_F(PictureTest, TheMatrixPutsRegionsFirst) {
  AppState state = seen();
  state.doc.picture.choice = map_choice(3, 0);
  state.doc.picture.region_a = {50, 60};
  state.doc.picture.region_b = {5};
  views_.want_matrix(true);
  views_.refresh(state, -1);
  const std::vector<int>& order = views_.order();
  ASSERT_EQ(order.size(), 145u);
  EXPECT_EQ(order[0], 0);
  EXPECT_EQ(order[1], 50);
  EXPECT_EQ(order[2], 60);
  EXPECT_EQ(order[3], 5);
  EXPECT_EQ(order[4], 1);
  const Matrix map = views_.record().attention_map(3, 0);
  EXPECT_EQ(views_.matrix().cells[1 * 145 + 3], map(50, 5));
  state.doc.picture.choice = map_choice(3, 1);
  views_.refresh(state, -1);
  EXPECT_EQ(views_.matrix().cells[1 * 145 + 3], views_.record().attention_map(3, 1)(50, 5));
}

TEST_F(PictureTest, LargeRegionsAreLeftToAWorker) {
  AppState state = seen();
  VisionRun large = *state.vision;  // the same numbers, asked for as if there were many
  state.vision = std::make_shared<const VisionRun>(std::move(large));
  for (int t = 1; t < 145; ++t) state.doc.picture.region_a.push_back(t);
  state.doc.picture.region_b = {3, 4};
  views_.refresh(state, -1);
  ASSERT_EQ(views_.region_mass().size() > 0, !views_.wanted_regions().has_value());
  RegionKey key{state.vision, state.doc.picture.region_a, state.doc.picture.region_b};
  if (views_.wanted_regions()) {
    EXPECT_EQ(*views_.wanted_regions(), key);
  }
  // An answer to a question of before changes nothing.
  RegionKey old = key;
  old.keys = {9};
  const Eigen::MatrixXd before = views_.region_mass();
  views_.accept(std::make_shared<const RegionMass>(RegionMass{old, Eigen::MatrixXd::Ones(5, 4)}));
  EXPECT_EQ(views_.region_mass(), before);
}

TEST_F(PictureTest, ACommandBeyondThePictureDoesNothing) {
  AppState state = seen();
  const Document before = state.doc;
  apply(state, TogglePatchPin{145});
  apply(state, TogglePatchPin{-1});
  EXPECT_EQ(state.doc, before);
  apply(state, SetRegion{false, {500, 3, 3, -2}, 0});
  EXPECT_EQ(state.doc.picture.region_a, std::vector<int>{3});
  apply(state, OpenImage{"scene-1"});
  EXPECT_TRUE(state.doc.picture.region_a.empty()) << "tokens of one picture mean nothing on another";
  apply(state, Undo{});
  EXPECT_EQ(state.doc.picture.region_a, std::vector<int>{3});
}

TEST_F(PictureTest, SceneObjectsBecomeTokens) {
  const AppState state = seen("scene-1");
  ASSERT_EQ(state.objects.size(), 2u);
  EXPECT_EQ(state.objects[0].noun.at("fr"), "chat");
  EXPECT_EQ(state.objects[0].reflection_of, -1);
  const std::vector<int> cat = tokens_of(state.objects[0], *state.vision);
  EXPECT_GT(cat.size(), 5u);
  EXPECT_THAT(cat, Each(Ge(1)));
  EXPECT_TRUE(scene_objects(kScenes, "no-such-scene").empty());
}

}  // namespace
}  // namespace regard
