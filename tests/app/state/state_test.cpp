// Commands, undo and pins: the only place where what the person chose changes.
#include <gtest/gtest.h>

#include "app/state/command.h"

namespace regard {
namespace {

AppState with_prompt(const char* prompt) {
  AppState state;
  state.doc.prompt = prompt;
  return state;
}

TEST(Apply, APromptIsAnUndoStepOnlyWhenItChanged) {
  AppState state = with_prompt("a cat");
  apply(state, SetPrompt{"a cat"});
  EXPECT_FALSE(state.history.can_undo());
  apply(state, SetPrompt{"a dog"});
  EXPECT_TRUE(state.history.can_undo());
  EXPECT_EQ(state.doc.prompt, "a dog");
}

TEST(Apply, AViewOptionChangesNoDocumentAndIsNotUndone) {
  AppState state = with_prompt("a cat");
  const Document before = state.doc;
  for (const Command& command :
       {Command(SetTheme{Theme::kLight}), Command(SetLanguage{"fr"}), Command(SetLogScale{true}),
        Command(SetScores{true}), Command(SetHideSpecial{true})}) {
    apply(state, command);
  }
  EXPECT_EQ(state.doc, before);
  EXPECT_FALSE(state.history.can_undo());
  EXPECT_EQ(state.view.theme, Theme::kLight);
}

TEST(Apply, OneGestureIsOneUndoStep) {
  AppState state = with_prompt("un chat rouge");
  std::size_t start = 8, end = 13;
  for (const double weight : {1.1, 1.2, 1.35}) {
    apply(state, SetWordWeight{start, end, weight, 7});
    start = state.doc.prompt.find("rouge");
    end = start + 5;
  }
  EXPECT_EQ(state.doc.prompt, "un chat (rouge:1.35)");
  apply(state, Undo{});
  EXPECT_EQ(state.doc.prompt, "un chat rouge");
  EXPECT_FALSE(state.history.can_undo());
  apply(state, Redo{});
  EXPECT_EQ(state.doc.prompt, "un chat (rouge:1.35)");
}

TEST(Apply, TwoGesturesAreTwoStepsAndANewEditForgetsWhatWasUndone) {
  AppState state = with_prompt("");
  apply(state, SetPrompt{"a", 1});
  apply(state, SetPrompt{"a cat", 2});
  apply(state, Undo{});
  EXPECT_EQ(state.doc.prompt, "a");
  apply(state, SetPrompt{"a dog", 3});
  EXPECT_FALSE(state.history.can_redo());
  apply(state, Undo{});
  apply(state, Undo{});
  EXPECT_EQ(state.doc.prompt, "");
}

TEST(Apply, ResettingTheWeightsKeepsEveryOtherByte) {
  AppState state = with_prompt("un (chat (rouge:1.35)) [gris] \\(ici\\) (\u00e9t\u00e9");
  apply(state, ResetWeights{});
  EXPECT_EQ(state.doc.prompt, "un chat rouge gris \\(ici\\) \u00e9t\u00e9");
  apply(state, Undo{});
  EXPECT_EQ(state.doc.prompt, "un (chat (rouge:1.35)) [gris] \\(ici\\) (\u00e9t\u00e9");
}

TEST(Apply, AWordSpanOutsideThePromptDoesNothing) {
  AppState state = with_prompt("cat");
  apply(state, SetWordWeight{2, 9, 1.5});
  apply(state, SetWordWeight{2, 2, 1.5});
  EXPECT_FALSE(state.history.can_undo());
  EXPECT_EQ(state.doc.prompt, "cat");
}

TEST(Apply, ASeventhPinIsRefused) {
  AppState state = with_prompt("abcdefgh");
  for (std::size_t i = 0; i < 8; ++i) apply(state, TogglePin{{Pin::Kind::kText, i}});
  EXPECT_EQ(state.doc.pins.size(), kMaxPins);
}

TEST(Apply, ZoomStaysWithinItsRange) {
  AppState state;
  apply(state, SetZoom{100.0f});
  EXPECT_EQ(state.view.zoom, 4.0f);
  apply(state, SetZoom{0.0f});
  EXPECT_EQ(state.view.zoom, 0.75f);
}

std::vector<std::size_t> moved(std::vector<std::size_t> bytes, const std::string& before,
                               const std::string& after) {
  std::vector<Pin> pins;
  for (const std::size_t byte : bytes) pins.push_back({Pin::Kind::kText, byte});
  move_pins(pins, before, after);
  bytes.clear();
  for (const Pin& pin : pins) bytes.push_back(pin.byte);
  return bytes;
}

TEST(MovePins, FollowTheirWordThroughInsertionsAndDeletions) {
  using Bytes = std::vector<std::size_t>;
  EXPECT_EQ(moved({2}, "a cat", "a big cat"), Bytes{6});   // typed before it
  EXPECT_EQ(moved({2}, "a cat", "a cat sits"), Bytes{2});  // typed after it
  EXPECT_EQ(moved({0, 6}, "a big cat", "a cat"), (Bytes{0, 2}));
  EXPECT_EQ(moved({2}, "a cat", "a "), Bytes{});  // its bytes are gone
  EXPECT_EQ(moved({2}, "a cat", ""), Bytes{});
}

TEST(Pins, OfStartAndEndAreNotBytes) {
  std::vector<Token> tokens(3);
  tokens[0].is_bos = true;
  tokens[1].start = 0;
  tokens[1].end = 3;
  tokens[2].is_eos = true;
  EXPECT_EQ(pinned_token(pin_of(tokens[0]), tokens), 0);
  EXPECT_EQ(pinned_token(pin_of(tokens[2]), tokens), 2);
  EXPECT_EQ(pinned_token({Pin::Kind::kText, 2}, tokens), 1);
  EXPECT_EQ(pinned_token({Pin::Kind::kText, 3}, tokens), -1);
}

// The word of a drawing, and the words of its trials, keep to their letters.
TEST(Apply, WordsOfADrawingFollowTheirBytes) {
  AppState state = with_prompt("un chat rouge");
  state.doc.paint.word = PromptWord{PromptWord::Kind::kWord, 8};
  state.doc.paint.edits = {{.what = CutWord{{PromptWord::Kind::kWord, 3}}},
                           {.what = SwapWords{{PromptWord::Kind::kWord, 3}, {PromptWord::Kind::kWord, 8}}},
                           {.what = MuteWord{{PromptWord::Kind::kEnd, 0}}}};
  apply(state, SetWordWeight{3, 7, 1.5, 0});
  ASSERT_EQ(state.doc.prompt, "un (chat:1.5) rouge");
  EXPECT_EQ(state.doc.paint.word->byte, 14u);
  EXPECT_EQ(std::get<CutWord>(state.doc.paint.edits[0].what).word.byte, 4u);
  EXPECT_EQ(std::get<SwapWords>(state.doc.paint.edits[1].what).second.byte, 14u);
  apply(state, SetPrompt{"oh, un (chat:1.5) rouge", 0});
  EXPECT_EQ(state.doc.paint.word->byte, 18u);
  apply(state, SetPrompt{"oh, un (chat:1.5) bleu", 0});  // the word is another one now
  EXPECT_FALSE(state.doc.paint.word.has_value());
  ASSERT_EQ(state.doc.paint.edits.size(), 2u);  // the swap lost one of its words
  EXPECT_TRUE(std::holds_alternative<MuteWord>(state.doc.paint.edits[1].what));
  apply(state, Undo{});
  EXPECT_EQ(state.doc.paint.edits.size(), 3u);
}

TEST(Apply, InThePaintingWorkspaceAPictureIsWhatItBeginsWith) {
  AppState state;
  state.view.workspace = Workspace::kPainting;
  apply(state, OpenImage{"/a.png"});
  EXPECT_EQ(state.image_wanted, 0);
  EXPECT_NE(state.doc.picture.image, "/a.png");
  EXPECT_EQ(state.doc.paint.picture, "/a.png");
  EXPECT_EQ(state.doc.paint.step_span, std::pair(12, 12));  // the step it is read at
  EXPECT_EQ(state.view.workspace, Workspace::kPainting);
}

}  // namespace
}  // namespace regard
