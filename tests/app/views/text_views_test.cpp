// The text workspace's views: the matrix is the map that its MapQuery names, and is computed once.
#include "app/views/text_views.h"

#include <gtest/gtest.h>

#include "app/assets.h"
#include "app/export/maps.h"

namespace regard {
namespace {

class TextViewsTest : public ::testing::Test {
 protected:
  static AppState read() {
    static const auto model = *open_text_model(assets_dir() / "little-world");
    AppState state;
    state.model = model;
    state.doc.prompt = "un (chat:0) rouge et une souris";
    state.run = *run_text({.model = model, .prompt = state.doc.prompt});
    return state;
  }
  void show(const AppState& state) {
    for (int asked = 0; asked < 10; ++asked) {
      views_.refresh(state);
      if (!views_.wanted()) return;
      const MapAsk ask = *views_.wanted();
      views_.accept(ask, evaluate_ask(ask));
    }
    FAIL() << "a map is asked for again and again";
  }
  TextViews views_;
};

TEST_F(TextViewsTest, WhatIsWrittenIsWhatIsShown) {
  AppState state = read();
  for (const MapChoice& choice :
       {map_choice(2, 1), map_choice(1, std::nullopt), map_choice(3, std::nullopt, Fusion::kMax),
        map_choice(0, std::nullopt, Fusion::kMin), map_choice(0, std::nullopt, Fusion::kProduct), MapChoice{},
        map_choice(std::nullopt, std::nullopt, Fusion::kMax), lens_choice("rollout"), lens_choice("flow")}) {
    for (const bool scores : {false, true}) {
      state.doc.choice = choice;
      state.view.scores = scores;
      show(state);
      const auto written = collect_maps(state.run, {views_.query()});
      ASSERT_TRUE(written) << written.error().message;
      ASSERT_EQ(written->maps.size(), 1u);
      const Matrix& map = written->maps.front();
      EXPECT_EQ(map, views_.shown());
      for (int q = 0; q < views_.count(); ++q) {
        for (int k = 0; k < views_.count(); ++k) {
          const float cell = views_.matrix().cells[static_cast<std::size_t>(q * views_.count() + k)];
          ASSERT_EQ(cell, views_.masked(q, k) ? kMaskedValue : map(q, k));
        }
      }
    }
  }
}

TEST_F(TextViewsTest, NothingIsEvaluatedAgainThatDidNotChange) {
  AppState state = read();
  show(state);
  const long before = evaluations();
  state.view.log_scale = true;
  show(state);
  state.view.hide_special = true;
  show(state);
  state.view.heads.front().order = "ties";
  show(state);
  state.doc.paint.negative = "un chien";
  show(state);
  EXPECT_EQ(evaluations(), before);
  state.view.scores = true;
  show(state);
  EXPECT_GT(evaluations(), before) << "the count counts";
}

}  // namespace
}  // namespace regard
