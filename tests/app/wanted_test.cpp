// What the state wants computed, without a thread.
#include "app/wanted.h"

#include <gtest/gtest.h>

#include "app/assets.h"
#include "app/state/command.h"
#include "app/views/map_cache.h"

namespace regard {
namespace {

class WantedTest : public ::testing::Test {
 protected:
  WantedTest() {
    static const auto text = open_text_model(assets_dir() / "little-world");
    static const auto vision = open_vision_model(assets_dir() / "little-world");
    static const auto paint = open_paint_model(assets_dir() / "little-world", *text);
    state_.model = *text;
    state_.vision_model = *vision;
    state_.paint_model = *paint;
    state_.doc.prompt = "un chat rouge";
  }
  // The answers, as the program would put them there; their numbers do not matter here.
  void answer_text() {
    auto run = std::make_shared<TextRun>();
    run->request = text_request(state_).value();
    state_.run = run;
  }
  void answer_image() {
    const ImageRequest request = image_request(state_).value();
    state_.image = std::make_shared<const Image>();
    state_.image_name = request.name;
    state_.image_read = request.reading;
  }
  void answer_vision() {
    auto run = std::make_shared<VisionRun>();
    run->request = vision_request(state_).value();
    state_.vision = run;
  }
  AppState state_;
};

TEST_F(WantedTest, APromptIsRunOnlyWhenItIsAnother) {
  EXPECT_EQ(text_request(state_)->prompt, "un chat rouge");
  answer_text();
  EXPECT_FALSE(text_request(state_));
  apply(state_, SetPrompt{"un chat rouge"});
  EXPECT_FALSE(text_request(state_));
  apply(state_, SetPrompt{"un chat bleu"});
  EXPECT_EQ(text_request(state_)->prompt, "un chat bleu");
  apply(state_, Undo{});
  EXPECT_FALSE(text_request(state_)) << "its run is there";
}

TEST_F(WantedTest, WhatThePromptIsReadWithIsPartOfIt) {
  answer_text();
  for (const Command& command :
       {Command(SetSyntax{Syntax::kCompel}), Command(SetWeighting{Weighting::kScale}),
        Command(SetNormalisation{TokenNormalisation::kMean}), Command(SetChunkRule{ChunkRule::kComfyUI}),
        Command(SelectChunk{1}), Command(SetWordWeight{3, 7, 1.3})}) {
    apply(state_, command);
    EXPECT_TRUE(text_request(state_)) << command.index();
    apply(state_, Undo{});
    EXPECT_FALSE(text_request(state_)) << command.index();
  }
}

TEST_F(WantedTest, HowItIsLookedAtWantsNothing) {
  answer_text();
  answer_image();
  answer_vision();
  PaintDocument negative = state_.doc.paint;
  negative.negative = "une souris";
  for (const Command& command :
       {Command(SetTheme{Theme::kLight}), Command(SetLanguage{"fr"}), Command(SetLogScale{true}),
        Command(SetScores{true}), Command(SetHideSpecial{true}), Command(SetIncoming{true}),
        Command(SelectMap{{1, 1}}), Command(SelectPictureMap{{1, 1}}), Command(TogglePin{{}}),
        Command(SetPictureView{{.opacity = 0.1f}}), Command(SetPaintView{{.opacity = 0.1f}}),
        Command(SetZoom{2.0f}), Command(SetPaint{negative}), Command(SetWorkspace{Workspace::kImage}),
        Command(SetWorkspace{Workspace::kPainting}), Command(SetWorkspace{Workspace::kText})}) {
    apply(state_, command);
    EXPECT_FALSE(text_request(state_)) << command.index();
    EXPECT_FALSE(other_request(state_)) << command.index();
    EXPECT_FALSE(image_request(state_)) << command.index();
    EXPECT_FALSE(vision_request(state_)) << command.index();
    EXPECT_FALSE(match_request(state_)) << command.index();
  }
}

TEST_F(WantedTest, TheOtherReadingIsRunWhereItIsCompared) {
  answer_text();
  EXPECT_FALSE(other_request(state_));
  apply(state_, SetWorkspace{Workspace::kCompare});
  ASSERT_TRUE(other_request(state_));
  EXPECT_EQ(other_request(state_)->weighting, state_.doc.other.weighting);
  EXPECT_FALSE(text_request(state_));
  auto run = std::make_shared<TextRun>();
  run->request = *other_request(state_);
  state_.other_run = run;
  apply(state_, SetWorkspace{Workspace::kText});
  apply(state_, SetWorkspace{Workspace::kCompare});
  EXPECT_FALSE(other_request(state_)) << "still there";
  apply(state_, SetOther{{Syntax::kCompel, Weighting::kScale}});
  EXPECT_TRUE(other_request(state_));
}

TEST_F(WantedTest, APictureIsReadThenRun) {
  EXPECT_EQ(image_request(state_)->name, "scene-2");
  EXPECT_FALSE(vision_request(state_)) << "there is no picture";
  answer_image();
  EXPECT_FALSE(image_request(state_));
  EXPECT_TRUE(vision_request(state_));
  answer_vision();
  EXPECT_FALSE(vision_request(state_));
  apply(state_, SetLongSide{20});
  EXPECT_EQ(vision_request(state_)->long_side, 20);
  EXPECT_FALSE(image_request(state_));
}

TEST_F(WantedTest, TheSameFileOpenedAgainIsReadAgain) {
  answer_image();
  answer_vision();
  apply(state_, OpenImage{"scene-2"});
  EXPECT_TRUE(image_request(state_)) << "it may have changed";
  EXPECT_FALSE(vision_request(state_)) << "of what is about to be replaced";
  answer_image();
  EXPECT_FALSE(image_request(state_));
  EXPECT_TRUE(vision_request(state_));
}

TEST_F(WantedTest, ASessionWaitsForItsModels) {
  state_.opening = true;
  answer_image();
  state_.view.workspace = Workspace::kCompare;
  EXPECT_FALSE(text_request(state_));
  EXPECT_FALSE(other_request(state_));
  EXPECT_FALSE(vision_request(state_));
  state_.view.workspace = Workspace::kPainting;
  EXPECT_FALSE(wanted_painting(state_));
  state_.opening = false;
  EXPECT_TRUE(text_request(state_));
  EXPECT_TRUE(vision_request(state_));
  EXPECT_TRUE(wanted_painting(state_));
  // A model opened by hand: typing goes on with the one in use.
  answer_text();
  state_.opening = true;
  apply(state_, SetPrompt{"un chien"});
  EXPECT_TRUE(text_request(state_));
}

TEST_F(WantedTest, CaptionsAreComparedWithTheRunThatIsThere) {
  apply(state_, SetCaptions{{"un chat"}});
  EXPECT_FALSE(match_request(state_));
  answer_image();
  answer_vision();
  ASSERT_TRUE(match_request(state_));
  const MatchRequest one = *match_request(state_);
  apply(state_, SetCaptions{{"un chat"}, 0});
  EXPECT_EQ(*match_request(state_), one);
  apply(state_, SetCaptions{{"un chat", "un chien"}, 1});
  EXPECT_NE(*match_request(state_), one);
  apply(state_, SetCaptions{{}});
  EXPECT_FALSE(match_request(state_));
}

TEST_F(WantedTest, AMapOfACaptionHoldsItsVector) {
  const MapAsk before{
      .trace = {}, .query = {.lens = "chefer", .caption = "un chat"}, .caption = RowVector::Ones(4)};
  MapAsk ask = before;
  EXPECT_TRUE(ask == before);
  ask.caption *= 2.0f;
  EXPECT_FALSE(ask == before);
  ask.caption = RowVector::Ones(3);
  EXPECT_FALSE(ask == before) << "vectors of other sizes";
  ask = before;
  ask.query.caption = "un chien";
  EXPECT_FALSE(ask == before);
}

TEST_F(WantedTest, ADrawingIsWantedInItsWorkspaceAndComparedOnlyWhenSomethingIsTried) {
  EXPECT_FALSE(wanted_painting(state_));
  state_.view.workspace = Workspace::kPainting;
  const WantedPainting plain = wanted_painting(state_).value();
  EXPECT_EQ(plain.job.request.prompt, "un chat rouge");
  EXPECT_FALSE(plain.job.before);
  apply(state_, SetWordWeight{3, 7, 1.5});
  const WantedPainting weighed = wanted_painting(state_).value();
  ASSERT_TRUE(weighed.job.before);
  EXPECT_EQ(weighed.job.before->prompt, "un chat rouge");
  EXPECT_EQ(weighed.job.before->seed, weighed.job.request.seed);
  apply(state_, Undo{});
  EXPECT_EQ(wanted_painting(state_)->job, plain.job);
  state_.doc.paint.before = "un chien rouge";
  EXPECT_EQ(wanted_painting(state_)->job.before->prompt, "un chien rouge");
  state_.doc.paint.before.reset();
  apply(state_, SetPaintView{{.opacity = 0.2f}});
  state_.doc.paint.patch = 7;
  EXPECT_EQ(wanted_painting(state_)->job, plain.job) << "looking changes no drawing";
}

TEST_F(WantedTest, WhatATrialIsAboutHasToBeThere) {
  state_.view.workspace = Workspace::kPainting;
  const PromptWord here{PromptWord::Kind::kWord, 3}, beyond{PromptWord::Kind::kWord, 100};
  state_.doc.paint.edits = {{.what = CutWord{here}},  {.what = CutWord{beyond}},
                            {.what = BlockOff{1}},    {.what = BlockOff{99}},
                            {.what = HeadOff{0, 99}}, {.what = SwapWords{here, beyond}}};
  const WantedPainting wanted = wanted_painting(state_).value();
  EXPECT_EQ(wanted.lost_edits, (std::vector<std::size_t>{1, 3, 4, 5}));
  EXPECT_EQ(wanted.job.request.edits.size(), 2u);
  ASSERT_TRUE(wanted.job.before);
  EXPECT_TRUE(wanted.job.before->edits.empty());
}

TEST_F(WantedTest, APictureToBeginWithIsNamedAndItsStepIsWithinTheDrawing) {
  state_.view.workspace = Workspace::kPainting;
  state_.doc.paint.picture = "scene-1";
  state_.doc.paint.steps = 8;
  state_.doc.paint.picture_step = 30;
  EXPECT_EQ(wanted_painting(state_)->job.picture, "scene-1");
  EXPECT_EQ(wanted_painting(state_)->job.request.first_step, 7);
}

}  // namespace
}  // namespace regard
