// The text workspace's views: the matrix is the map that its MapQuery names, and is computed once.
#include "app/views/text_views.h"

#include <gtest/gtest.h>

#include "app/assets.h"
#include "app/export/maps.h"
#include "app/export/text_numbers.h"

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

TEST_F(TextViewsTest, ALensOfOneNumberATokenHasAttentionBesideIt) {
  AppState state = read();
  show(state);
  const Matrix attention = views_.attention();
  EXPECT_FALSE(views_.shows_numbers());
  RowVector own;
  for (const char* lens : {"flow", "norms", "attnlrp", "chefer", "legrad"}) {
    state.doc.choice = lens_choice(lens);
    show(state);
    ASSERT_TRUE(views_.shows_numbers()) << lens;
    ASSERT_EQ(views_.numbers().size(), views_.attention().cols()) << lens << views_.numbers_problem();
    EXPECT_EQ(views_.choice().lens, lens);
    EXPECT_EQ(views_.query().lens, "attention");
    const auto written = collect_numbers(state.run, views_.numbers_ask().query);
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(written->values, views_.numbers()) << lens;
    if (std::string(lens) == "attnlrp") own = views_.numbers();
  }
  state.doc.choice = lens_choice("attnlrp");
  state.doc.toward = "un poisson vert";
  show(state);
  EXPECT_NE(views_.numbers(), own) << "compared with another text";
  EXPECT_TRUE(views_.numbers_range().center.has_value()) << "signed";
  // A map of features: no cell is hidden, and arcs keep to attention.
  state.doc.choice = {.heads = {.layer = 1}, .lens = "cosine"};
  show(state);
  EXPECT_FALSE(views_.shows_numbers() || views_.shows_shares());
  EXPECT_NEAR(views_.shown()(0, 2), views_.shown()(2, 0), 1e-5f);
  EXPECT_EQ(views_.attention()(0, 2), 0.0f);
  // What a prompt's run has not falls back to attention.
  state.doc.choice = lens_choice("pca");
  show(state);
  EXPECT_EQ(views_.choice().lens, "attention");
}

// Likeness has no sum: words stay apart there, and beside it attention has them as one.
TEST_F(TextViewsTest, TokensAreArrangedAsFarAsALensAddsUp) {
  AppState state = read();
  state.view.tokens = {.words = true, .renormalise = true, .rank = true, .hold = 0.5};
  state.view.hide_special = true;
  for (const char* lens : {"attention", "written", "cosine"}) {
    state.doc.choice = {.heads = {.layer = 1}, .lens = lens};
    show(state);
    const MapQuery& query = views_.query();
    const bool adds_up = std::string(lens) != "cosine";
    EXPECT_EQ(query.lens, lens);
    EXPECT_EQ(query.words, adds_up) << lens;
    EXPECT_EQ(query.mass.has_value(), adds_up) << lens;
    EXPECT_EQ(query.specials == Specials::kRenormalised, std::string(lens) == "attention") << lens;
    EXPECT_TRUE(evaluate(state.run->trace, query).has_value()) << lens;
    EXPECT_GT(views_.matrix_range().min, views_.matrix_range().max) << "ranks of " << lens;
    const MapQuery compared = shares_of(query, state.view);
    EXPECT_TRUE(compared.lens == "attention" && compared.words && !compared.rank && !compared.mass) << lens;
  }
  EXPECT_FALSE(evaluate(state.run->trace, {.lens = "cosine", .words = true}).has_value());
  EXPECT_FALSE(evaluate(state.run->trace, {.lens = "cosine", .mass = 0.5}).has_value());
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
