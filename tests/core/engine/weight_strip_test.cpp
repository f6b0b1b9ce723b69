// One word's weight and nothing else: what is drawn, and the numbers beside it.
#include <gmock/gmock.h>

#include <algorithm>
#include <stop_token>

#include "core/engine/paint_picture.h"
#include "core/engine/weight_strip.h"
#include "tests/support/built_in.h"

namespace regard::test {
namespace {

using ::testing::ElementsAre;

PaintRequest drawing_of_prompt(const std::string& prompt) {
  PaintRequest out{.model = built_in_paint_model(), .prompt = prompt, .negative = ""};
  out.seed = 3;
  out.steps = 2;
  out.keep = KeepRecords::kNone;
  return out;
}

std::vector<float> drawn(const PaintRequest& request) {
  const auto run = run_paint(request);
  if (!run) ADD_FAILURE() << run.error().message;
  return run ? (*run)->x.back() : std::vector<float>{};
}

TEST(WeightStrip, TheFrameAtThePromptsOwnWeightIsThePlainDrawing) {
  const PaintRequest drawing = drawing_of_prompt("un (chat:1.5) rouge");
  int told = 0;
  const auto strip = draw_weight_strip({.drawing = drawing, .byte = 5, .weights = {0.5, 1.5, 1.0}},
                                       [&](const WeightStrip& so_far) { EXPECT_EQ(so_far.done(), ++told); });
  ASSERT_TRUE(strip.has_value()) << strip.error().message;
  EXPECT_EQ(told, 3);
  ASSERT_EQ(strip->frames.size(), 3u);
  EXPECT_EQ(strip->letters(), "chat");
  EXPECT_EQ(strip->word.weight, 1.5);
  EXPECT_EQ(strip->frames[1].x, drawn(drawing)) << "bit for bit";
  const std::vector<float> half = drawn(drawing_of_prompt("un (chat:0.5) rouge")),
                           plain = drawn(drawing_of_prompt("un chat rouge"));
  EXPECT_EQ(strip->frames[0].x, half);
  EXPECT_EQ(strip->frames[2].x, plain);
  EXPECT_EQ(strip->plain, plain);
  EXPECT_EQ(strip->frames[0].change, picture_rms(half, plain));
  EXPECT_GT(*strip->frames[0].change, 0.0);
  EXPECT_EQ(strip->frames[2].change, 0.0);
}

// The reference is drawn where it is not among them, and not shown.
TEST(WeightStrip, ChangesAreMeasuredFromWeightOne) {
  const auto strip =
      draw_weight_strip({.drawing = drawing_of_prompt("un chat rouge"), .byte = 3, .weights = {2.0}});
  ASSERT_TRUE(strip.has_value());
  ASSERT_EQ(strip->frames.size(), 1u);
  const std::vector<float> plain = drawn(drawing_of_prompt("un chat rouge"));
  EXPECT_EQ(strip->plain, plain);
  EXPECT_EQ(strip->frames[0].change, picture_rms(strip->frames[0].x, plain));
  ASSERT_TRUE(strip->frames[0].drawn.has_value()) << "a cat is known";
  const MmditConfig& config = built_in_paint_model()->mmdit.config();
  EXPECT_EQ(strip->frames[0].drawn->patches,
            (config.sample_side / config.patch) * (config.sample_side / config.patch));
  EXPECT_FALSE(strip->frames[0].drawn->vividness.has_value()) << "it is no colour";
}

TEST(WeightStrip, TrialsFollowTheirWords) {
  PaintRequest drawing = drawing_of_prompt("un chat rouge");
  drawing.edits = {{.what = MuteWord{{PromptWord::Kind::kWord, 8}}},
                   {.what = CutWord{{PromptWord::Kind::kWord, 4}}}};
  const auto word = word_at(drawing, 4);
  ASSERT_TRUE(word.has_value());
  const auto weighed = weighed_drawing(drawing, *word, 2.0);
  ASSERT_TRUE(weighed.has_value());
  EXPECT_EQ(weighed->prompt, "un (chat:2) rouge");
  EXPECT_EQ(std::get<MuteWord>(weighed->edits[0].what).word.byte, weighed->prompt.find("rouge"));
  EXPECT_EQ(std::get<CutWord>(weighed->edits[1].what).word.byte, weighed->prompt.find("hat"));
  EXPECT_EQ(*weighed_drawing(drawing, *word, 1.0), drawing);
}

TEST(WeightStrip, WhatCannotBeDrawnIsRefusedBeforeAnythingIs) {
  const auto refusal = [](WeightStripRequest request) {
    const auto strip =
        draw_weight_strip(request, [](const WeightStrip&) { ADD_FAILURE() << "something was drawn"; });
    return strip ? std::string("drawn") : strip.error().message;
  };
  const PaintRequest drawing = drawing_of_prompt("un chat rouge");
  EXPECT_EQ(refusal({.drawing = drawing, .byte = 2}),
            "strip: expected a word of the prompt, got byte 2, where none stands");
  EXPECT_EQ(refusal({.drawing = drawing, .byte = 3, .weights = {}}), "strip: expected 1 to 9 weights, got 0");
  EXPECT_EQ(refusal({.drawing = drawing, .byte = 3, .weights = {1.0, 11.0}}),
            "strip: expected weights from -10 to 10, got 11");
  PaintRequest compel = drawing;
  compel.syntax = Syntax::kCompel;
  EXPECT_EQ(refusal({.drawing = compel, .byte = 3, .weights = {1.0, -1.0}}),
            "strip: expected a weight that compel can write at 'chat', got -1");
}

TEST(WeightStrip, EscapeStopsIt) {
  std::stop_source source;
  int told = 0;
  const auto strip = draw_weight_strip(
      {.drawing = drawing_of_prompt("un chat rouge"), .byte = 3},
      [&](const WeightStrip&) {
        ++told;
        source.request_stop();
      },
      source.get_token());
  ASSERT_FALSE(strip.has_value());
  EXPECT_EQ(strip.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(told, 1);
}

TEST(WeightStrip, WeightsAreReadFromText) {
  EXPECT_THAT(read_strip_weights("0,0.5,1").value(), ElementsAre(0.0, 0.5, 1.0));
  EXPECT_THAT(read_strip_weights(" 2 ; -1  2,1").value(), ElementsAre(2.0, -1.0, 1.0)) << "each once";
  EXPECT_THAT(read_strip_weights("0,5 1 1,5", ',').value(), ElementsAre(0.5, 1.0, 1.5));
  const auto refusal = [](std::string_view text) {
    const auto read = read_strip_weights(text);
    return read ? std::string("read") : read.error().message;
  };
  EXPECT_EQ(refusal("1,x"), "expected 1 to 9 numbers from -10 to 10, got 'x'");
  EXPECT_EQ(refusal("11"), "expected 1 to 9 numbers from -10 to 10, got '11'");
  EXPECT_EQ(refusal("nan"), "expected 1 to 9 numbers from -10 to 10, got 'nan'");
  EXPECT_EQ(refusal(""), "expected 1 to 9 numbers from -10 to 10, got ''");
  EXPECT_EQ(refusal("1 2 3 4 5 6 7 8 9 10"),
            "expected 1 to 9 numbers from -10 to 10, got '1 2 3 4 5 6 7 8 9 10'");
}

// Two patches of a red cat, one of a blue one: red (1, 0.25, 0.25) and (0.5, 0.5, 0.5) in [0, 1].
TEST(WeightStrip, TheWordIsMeasuredWhereItIsSeen) {
  const PaintModel& model = *built_in_paint_model();
  const Segmenter& segmenter = *model.segmenter;
  const int side = model.mmdit.config().sample_side, patch_side = model.mmdit.config().patch,
            columns = side / patch_side;
  const std::size_t plane = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
  const auto patches = static_cast<std::size_t>(columns) * static_cast<std::size_t>(columns);
  Segmenter::Reading seen;
  seen.kind.assign(patches, 0);
  seen.colour.assign(patches, 0);
  for (const std::size_t patch : {13u, 14u, 20u}) {
    seen.kind[patch] = segmenter.kind("cat");
    seen.colour[patch] = segmenter.colour(patch == 20 ? "blue" : "red");
  }
  seen.kind[30] = segmenter.glass();
  seen.colour[30] = segmenter.colour("red");  // glass has no colour of its own
  std::vector<float> x(3 * plane, 0.0f);      // mid grey
  const int top = 13 / columns * patch_side, left = 13 % columns * patch_side;
  for (int y = top; y < top + patch_side; ++y) {
    for (int column = left; column < left + patch_side; ++column) {
      const auto pixel = static_cast<std::size_t>(y * side + column);
      x[pixel] = 1.5f;  // beyond what a picture has: clamped
      x[plane + pixel] = x[2 * plane + pixel] = -0.5f;
    }
  }
  const auto of = [&](const char* word) { return measure_word(model, word, seen, x, side, side); };
  const int all = static_cast<int>(patches);
  EXPECT_EQ(of("chat"), (WordDrawn{.area = 3, .patches = all}));
  ASSERT_TRUE(of("rouge").has_value());
  EXPECT_EQ(of("rouge")->area, 2);
  EXPECT_DOUBLE_EQ(of("Red")->vividness.value(), 0.75 / 2);
  EXPECT_EQ(of("bleu")->vividness, 0.0) << "grey";
  EXPECT_EQ(of("verte"), (WordDrawn{.area = 0, .patches = all})) << "known, and not drawn";
  EXPECT_EQ(of("gris"), (WordDrawn{.area = 0, .patches = all}));
  EXPECT_FALSE(of("poursuit").has_value());
  EXPECT_EQ(measurable(model, "gris"), Measurable::kArea) << "it has no hue";
  EXPECT_EQ(measurable(model, "rose"), Measurable::kAreaAndVividness);
  seen.kind.pop_back();
  EXPECT_FALSE(of("chat").has_value()) << "of other patches";
}

}  // namespace
}  // namespace regard::test
