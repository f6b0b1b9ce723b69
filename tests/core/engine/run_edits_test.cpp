// Edits of text and vision runs: what they come to by words and patches, beside weights, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/engine/interventions.h"
#include "core/engine/run_effect.h"
#include "core/engine/sequences.h"
#include "core/engine/text_run.h"
#include "core/engine/vision_model.h"
#include "core/engine/vision_run.h"
#include "tests/support/built_in.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

PromptWord word(const std::string& prompt, const std::string& letters) {
  return {PromptWord::Kind::kWord, prompt.find(letters)};
}

const std::string kPrompt = "un chat rouge";  // BOS un chat rouge EOS

TextRequest asked(std::vector<RunEdit> edits, const std::string& prompt = kPrompt) {
  return {.model = built_in_text_model(), .prompt = prompt, .edits = std::move(edits)};
}

std::shared_ptr<const TextRun> run(const TextRequest& request) {
  auto out = run_text(request);
  if (!out) ADD_FAILURE() << out.error().message;
  return out ? *out : nullptr;
}

std::string refusal(const TextRequest& request) {
  const auto out = run_text(request);
  return out ? "accepted" : out.error().message;
}

std::shared_ptr<const VisionModel> vision_model() {
  static const auto opened = opened_or_failed(open_vision_model(REGARD_ASSETS_DIR "/little-world"));
  return opened;
}

TEST(RunEdits, AMaskedWordIsAHiddenOne) {
  TextRequest hidden = asked({});
  hidden.hidden_words = {4};
  for (const Weighting weighting : {Weighting::kAttention, Weighting::kA1111, Weighting::kScale}) {
    TextRequest masked = asked({{.what = MuteWord{word(kPrompt, "chat")}}}, "un chat (rouge:1.3)");
    hidden.prompt = masked.prompt;
    hidden.weighting = masked.weighting = weighting;
    const auto a = run(masked), b = run(hidden);
    EXPECT_EQ(a->output.last_hidden, b->output.last_hidden);
    EXPECT_EQ(a->given(), b->given());
  }
}

TEST(RunEdits, EveryKindDoesItsThingInAText) {
  const auto plain = run(asked({}));
  const auto off = run(asked({{.what = HeadOff{1, 2}}}));
  EXPECT_EQ(off->output.record->attention(1, 2), plain->output.record->attention(1, 2));
  EXPECT_NE(off->output.last_hidden, plain->output.last_hidden);
  const auto mean = run(asked({{.what = HeadOff{1, 2, true}}}));
  EXPECT_NE(mean->output.last_hidden, off->output.last_hidden);
  const auto block = run(asked({{.what = BlockOff{0}}}));
  EXPECT_EQ((*block->output.hidden_states)[1], (*block->output.hidden_states)[0]);
  const RunEdit edge{.what = CutReading{.query = word(kPrompt, "rouge"), .key = word(kPrompt, "chat")}};
  const auto cut = run(asked({edge}));
  EXPECT_EQ(cut->output.record->attention(0, 0)(3, 2), 0.0f);
  EXPECT_GT(cut->output.record->attention(0, 0)(4, 2), 0.0f);
  EXPECT_FALSE(cut->output.record->readable(3, 2));
  const auto twice = run(asked({edge, edge}));
  EXPECT_EQ(twice->output.last_hidden, cut->output.last_hidden);
}

TEST(RunEdits, TakesFromAnotherPromptWordByWord) {
  const auto other = run(asked({}, "un grand chien rouge"));  // words of one or more tokens
  const int rouge = static_cast<int>(other->tokens.size()) - 2;
  TextRequest request = asked({{.what = PatchState{word(kPrompt, "rouge"), 2}}});
  request.from = other;
  const auto patched = run(request);
  EXPECT_EQ((*patched->output.hidden_states)[2].row(3), (*other->output.hidden_states)[2].row(rouge));
  request.edits = {{.what = FreezeMaps{}}};
  const auto frozen = run(request);
  // "rouge" reads itself as it did there, scaled by what its counterparts there sum to.
  const Matrix there = other->output.record->attention(1, 1), here = frozen->output.record->attention(1, 1);
  EXPECT_NEAR(here.row(3).sum(), 1.0f, 1e-5f);
  EXPECT_NEAR(here(3, 3) / here(3, 1), there(rouge, rouge) / there(rouge, 1), 1e-3f);
  // Its own pattern changes nothing.
  const auto plain = run(asked({}));
  TextRequest own = asked({{.what = FreezeMaps{}}, {.what = PatchState{word(kPrompt, "chat"), 1}}});
  own.from = plain;
  report("own pattern and activation",
         max_difference(run(own)->output.last_hidden, plain->output.last_hidden.data()), 1e-5f);
}

TEST(RunEdits, WeightsAreStillComparedWithWhatWasTried) {
  TextRequest weighed = asked({{.what = HeadOff{0, 1}}}, "un chat (rouge:1.5)");
  const auto with = run(weighed);
  weighed.prompt = kPrompt;
  const auto without = run(weighed);
  ASSERT_EQ(with->changes.size(), 5u);
  EXPECT_NEAR(with->changes[3].length_before, without->output.last_hidden.row(3).norm(), 1e-4);
  EXPECT_NE(with->output.last_hidden, without->output.last_hidden);
}

TEST(RunEdits, RefusesWordForWord) {
  EXPECT_EQ(refusal(asked({{.what = HeadOff{99, 0}}})),
            "edit 1: expected block 0 to 3 and head 0 to 3, got block 99, head 0");
  EXPECT_EQ(refusal(asked({{.what = MuteWord{{PromptWord::Kind::kStart, 0}}}})),
            "edit 1: expected a word or the end to mute, got the start");
  EXPECT_EQ(refusal(asked({{.what = MuteWord{place_at(0)}}})),
            "edit 1: expected a word or the end to mute, got the start");
  EXPECT_EQ(refusal(asked({{.what = FreezeMaps{}}})), "edit 1: expected another run to take from, got none");
  EXPECT_EQ(refusal(asked({{.what = CutWord{word(kPrompt, "chat")}}})),
            "edit 1: expected one that a text or vision model knows, got cut");
  TextRequest request = asked({{.what = PatchState{word(kPrompt, "chat"), 1}}});
  request.from = run(asked({}, "un rouge"));
  EXPECT_EQ(refusal(request), "edit 1: expected a place that the other run has too, got position 2");
  request = asked({{.what = HeadOff{0, 0}}}, "un (chat:1.4)");
  request.weighting = Weighting::kA1111;
  EXPECT_THAT(refusal(request), HasSubstr("edits: expected a weighting that only looks at this run"));
  request.prompt = kPrompt;
  EXPECT_EQ(refusal(request), "accepted") << "no weight is at work";
}

TEST(RunEdits, PicturesTakePatchesAndTheirOthers) {
  auto picture = read_image(REGARD_ASSETS_DIR "/images/scenes/scene-1.png");
  auto second = read_image(REGARD_ASSETS_DIR "/images/scenes/scene-2.png");
  ASSERT_TRUE(picture && second);
  VisionRequest request{.model = vision_model(), .image = std::make_shared<const Image>(*picture)};
  const auto plain = *run_vision(request);
  const Sequence sequence = *sequence_of(request);
  EXPECT_EQ(sequence.count(), plain->tokens());
  const int patch = sequence.patch(3, 4);
  request.edits = {{.what = MuteWord{place_at(patch)}}};
  const auto masked = *run_vision(request);
  EXPECT_EQ(masked->output.record->attention_map(2, 1).col(patch).maxCoeff(), 0.0f);
  VisionRequest other = request;
  other.edits.clear();
  other.image = std::make_shared<const Image>(*second);
  request.from = *run_vision(other);
  request.edits = {{.what = PatchState{place_at(patch), 3}}};
  const auto patched = *run_vision(request);
  EXPECT_EQ((*patched->output.hidden_states)[3].row(patch),
            (*request.from->output.hidden_states)[3].row(patch));
  // Every position from the other, behind the last layer: the other's vector.
  request.edits.clear();
  for (int i = 0; i < sequence.count(); ++i)
    request.edits.push_back({.what = PatchState{place_at(i), plain->output.record->shape().layers}});
  EXPECT_EQ((*run_vision(request))->output.embedding, request.from->output.embedding);
}

TEST(RunEdits, CounterpartsOfPicturesOfOtherSizes) {
  const Sequence small = image_sequence({"CLS"}, 2, 2), wide = image_sequence({"CLS", "REG1"}, 2, 3);
  EXPECT_THAT(counterpart_positions(small, wide), ElementsAre(0, -1, 1, 2, -1, 3, 4, -1));
  EXPECT_THAT(counterpart_positions(wide, wide), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST(RunEffect, FindsTheCellThatChangedMost) {
  const auto plain = run(asked({}));
  const auto cut =
      run(asked({{.what = CutReading{.query = word(kPrompt, "rouge"), .key = word(kPrompt, "chat")}}}));
  const auto effect = effect_of(plain->trace, cut->trace, vector_of(plain->output), vector_of(cut->output));
  ASSERT_TRUE(effect);
  float largest = 0;
  const AttentionShape& shape = plain->trace.shape();
  for (int map = 0; map < shape.layers * shape.heads; ++map) {
    const Matrix change = cut->output.record->attention(map / shape.heads, map % shape.heads) -
                          plain->output.record->attention(map / shape.heads, map % shape.heads);
    largest = std::max(largest, change.cwiseAbs().maxCoeff());
  }
  EXPECT_EQ(std::abs(effect->change), largest);
  EXPECT_LT(effect->cosine, 1.0f);
  const auto none = effect_of(plain->trace, plain->trace, vector_of(plain->output), vector_of(plain->output));
  EXPECT_NEAR(none->cosine, 1.0f, 1e-6f);
  EXPECT_EQ(none->change, 0.0f);
}

// What a patch reaches is where hidden states really change: under a causal mask never before it.
TEST(RunEffect, ReachIsWhereStatesCanChange) {
  const auto plain = run(asked({}));
  TextRequest request = asked({{.what = PatchState{word(kPrompt, "chat"), 1}}});
  request.from = run(asked({}, "un chien rouge"));
  const auto patched = run(request);
  const auto reached = reach_of(*plain->output.record, 1, 2);
  for (std::size_t layer = 0; layer < reached.size(); ++layer) {
    for (std::size_t token = 0; token < reached[layer].size(); ++token) {
      const bool differs = (*patched->output.hidden_states)[layer].row(static_cast<Eigen::Index>(token)) !=
                           (*plain->output.hidden_states)[layer].row(static_cast<Eigen::Index>(token));
      EXPECT_EQ(reached[layer][token] != 0, differs) << layer << " " << token;
    }
  }
}

}  // namespace
}  // namespace regard::test
