// The comparison: which tokens stand beside each other, and what the difference map says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "app/assets.h"
#include "app/views/compare_views.h"

namespace regard {
namespace {

using ::testing::ElementsAre;

Position token(int id, std::size_t start) { return {.id = id, .start = start, .end = start + 1}; }
Position special(const char* name, std::size_t start) {
  return {.kind = Position::Kind::kSpecial, .label = name, .start = start};
}
Sequence sequence(std::vector<Position> positions) {
  Sequence out;
  out.positions = std::move(positions);
  return out;
}

TEST(Align, EqualSequencesPairUp) {
  const Sequence tokens = sequence({special("BOS", 0), token(5, 0), token(6, 2), special("EOS", 4)});
  EXPECT_THAT(align(tokens, tokens), ElementsAre(AlignedPosition{0, 0}, AlignedPosition{1, 1},
                                                 AlignedPosition{2, 2}, AlignedPosition{3, 3}));
}

TEST(Align, ATokenOfOneReadingStandsAlone) {
  const Sequence first =
      sequence({special("BOS", 0), token(5, 0), token(7, 3), token(6, 5), special("EOS", 7)});
  const Sequence second =
      sequence({special("BOS", 0), token(5, 0), token(6, 5), token(8, 6), special("EOS", 9)});
  EXPECT_THAT(align(first, second),
              ElementsAre(AlignedPosition{0, 0}, AlignedPosition{1, 1}, AlignedPosition{2, -1},
                          AlignedPosition{3, 2}, AlignedPosition{-1, 3}, AlignedPosition{4, 4}));
}

TEST(Align, AnotherIdAtTheSamePlaceIsAnotherToken) {
  EXPECT_THAT(align(sequence({special("BOS", 0), token(5, 0), special("EOS", 1)}),
                    sequence({special("BOS", 0), token(9, 0), special("EOS", 1)})),
              ElementsAre(AlignedPosition{0, 0}, AlignedPosition{1, -1}, AlignedPosition{-1, 1},
                          AlignedPosition{2, 2}));
}

class CompareTest : public ::testing::Test {
 protected:
  // The state as the program would have it once both runs are there.
  static AppState compared(const std::string& prompt, Reading first, Reading second) {
    static const auto model = open_text_model(assets_dir() / "little-world");
    AppState state;
    state.model = *model;
    state.view.workspace = Workspace::kCompare;
    state.doc.prompt = prompt;
    state.doc.syntax = first.syntax;
    state.doc.weighting = first.weighting;
    state.doc.other = second;
    state.doc.choice = map_choice(0, 0);
    state.run =
        *run_text({.model = *model, .prompt = prompt, .syntax = first.syntax, .weighting = first.weighting});
    state.other_run = *run_text(
        {.model = *model, .prompt = prompt, .syntax = second.syntax, .weighting = second.weighting});
    return state;
  }
  void refresh(const AppState& state) {
    text_.refresh(state);
    compare_.refresh(state, text_);
  }
  TextViews text_;
  CompareViews compare_;
};

TEST_F(CompareTest, TheDifferenceIsSecondLessFirstCentredOnZero) {
  const AppState state = compared("un (chat:1.5) rouge", {Syntax::kA1111, Weighting::kNone},
                                  {Syntax::kA1111, Weighting::kAttention});
  refresh(state);
  ASSERT_TRUE(compare_.ready());
  const int count = static_cast<int>(compare_.rows().size());
  ASSERT_EQ(count, 5);
  float most = 0.0f;
  for (int q = 0; q < count; ++q) {
    for (int k = 0; k < count; ++k) {
      const float value = compare_.difference().cells[static_cast<std::size_t>(q * count + k)];
      if (k > q) {
        EXPECT_EQ(value, kMaskedValue);
        continue;
      }
      EXPECT_EQ(value, state.other_run->output.record->attention(0, 0)(q, k) -
                           state.run->output.record->attention(0, 0)(q, k));
      most = std::max(most, std::abs(value));
    }
  }
  EXPECT_GT(most, 0.01f);
  EXPECT_EQ(compare_.difference_range().center, 0.0f);
  EXPECT_EQ(compare_.difference_range().max, most);
  EXPECT_EQ(compare_.difference_range().min, -most);
  const auto [row, column] = compare_.largest();
  EXPECT_EQ(std::abs(compare_.difference().cells[static_cast<std::size_t>(row * count + column)]), most);
}

TEST_F(CompareTest, SchemesAfterTheEncoderDifferInTheOutputAlone) {
  const AppState state = compared("un (chat:1.5) rouge", {Syntax::kA1111, Weighting::kA1111},
                                  {Syntax::kA1111, Weighting::kComfyUI});
  refresh(state);
  ASSERT_TRUE(compare_.ready());
  EXPECT_EQ(compare_.largest(), (std::pair<int, int>{-1, -1}));
  double moved = 0.0;
  for (const VectorChange& change : compare_.outputs())
    moved += std::abs(change.length_after - change.length_before) + 1.0 - change.cosine;
  EXPECT_GT(moved, 0.05);
}

TEST_F(CompareTest, GrammarsThatReadOtherTokensAreSetBesideEachOther) {
  // A1111 reads the brackets as weights; ComfyUI, which knows no square ones, as text.
  const AppState state = compared("un [chat] rouge", {Syntax::kA1111, Weighting::kAttention},
                                  {Syntax::kComfyUI, Weighting::kAttention});
  refresh(state);
  ASSERT_TRUE(compare_.ready());
  int alone = 0;
  for (const AlignedPosition& row : compare_.rows()) alone += row.first < 0 ? 1 : 0;
  EXPECT_EQ(alone, 2) << "the brackets";
  EXPECT_EQ(compare_.rows().size(), state.other_run->tokens.size());
}

TEST_F(CompareTest, AnOldAnswerIsNotCompared) {
  AppState state =
      compared("un chat", {Syntax::kA1111, Weighting::kNone}, {Syntax::kA1111, Weighting::kScale});
  state.doc.other.weighting = Weighting::kComfyUI;
  refresh(state);
  EXPECT_FALSE(compare_.ready());
}

}  // namespace
}  // namespace regard
