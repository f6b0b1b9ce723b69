// The road from a prompt to a run, on the built-in model: tokens, words, spans, weights, warnings.
#include "core/engine/text_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace regard {
namespace {

using ::testing::ElementsAre;

const std::shared_ptr<const TextModel>& model() {
  static const std::shared_ptr<const TextModel> opened = [] {
    auto result = open_text_model(REGARD_ASSETS_DIR "/little-world");
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
    return result ? *result : nullptr;
  }();
  return opened;
}

class TextRunTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(model(), nullptr); }

  static TokenizedPrompt tokens_of(std::string_view prompt) {
    return tokenize_prompt(*model(), prompt, Syntax::kA1111);
  }
  static std::vector<std::string> words_of(std::string_view prompt) {
    std::vector<std::string> out;
    for (const Word& word : tokens_of(prompt).words)
      out.emplace_back(prompt.substr(word.start, word.end - word.start));
    return out;
  }
  static std::vector<std::string> warnings_of(std::string_view prompt) {
    std::vector<std::string> out;
    for (const PromptWarning& w : tokens_of(prompt).warnings) {
      out.push_back(w.key + " " + std::string(prompt.substr(w.start, w.end - w.start)));
    }
    return out;
  }
  static std::shared_ptr<const TextRun> run(const std::string& prompt,
                                            Weighting weighting = Weighting::kAttention) {
    auto result = run_text({model(), prompt, Syntax::kA1111, weighting});
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
    return result ? *result : nullptr;
  }
};

TEST_F(TextRunTest, TheFirstScreen) {
  const std::string prompt = "Un chat rouge poursuit une souris grise";
  const TokenizedPrompt read = tokens_of(prompt);
  ASSERT_EQ(read.tokens.size(), 9u);
  EXPECT_TRUE(read.tokens.front().is_bos);
  EXPECT_TRUE(read.tokens.back().is_eos);
  EXPECT_EQ(read.tokens.front().word, -1);
  EXPECT_EQ(read.tokens.back().start, prompt.size());
  EXPECT_THAT(words_of(prompt), ElementsAre("Un", "chat", "rouge", "poursuit", "une", "souris", "grise"));
  for (std::size_t i = 1; i + 1 < read.tokens.size(); ++i) {
    const Token& token = read.tokens[i];
    EXPECT_EQ(token.shown, prompt.substr(token.start, token.end - token.start));
    EXPECT_EQ(token.word, static_cast<int>(i) - 1);
    EXPECT_EQ(token.weight, 1.0);
  }
  EXPECT_EQ(read.tokens[3].text, "rouge</w>");
  EXPECT_TRUE(read.warnings.empty());
}

TEST_F(TextRunTest, EmptyPromptsAreStartAndEnd) {
  for (const char* prompt : {"", "   ", "()", "((", "\\"}) {
    const TokenizedPrompt read = tokens_of(prompt);
    EXPECT_EQ(read.tokens.size(), 2u) << prompt;
    EXPECT_TRUE(read.words.empty()) << prompt;
    ASSERT_NE(run(prompt), nullptr) << prompt;
  }
}

TEST_F(TextRunTest, WeightsAndSpansThroughMarkup) {
  const std::string prompt = "un (chat:1.3) [rouge]";
  const TokenizedPrompt read = tokens_of(prompt);
  EXPECT_THAT(words_of(prompt), ElementsAre("un", "chat", "rouge"));
  EXPECT_EQ(read.words[0].weight, 1.0);
  EXPECT_EQ(read.words[1].weight, 1.3);
  EXPECT_EQ(read.words[2].weight, 1.0 / 1.1);
  EXPECT_EQ(read.tokens[static_cast<std::size_t>(read.words[1].first_token)].weight, 1.3);
  EXPECT_THAT(words_of("x\\(chat\\)"), ElementsAre("x", "\\(", "chat", "\\)"))
      << "escapes belong to the span";
  EXPECT_THAT(words_of("(chat)s"), ElementsAre("chat", "s")) << "no merge across a weight";
  EXPECT_THAT(words_of("(ch)(at)"), ElementsAre("ch)(at")) << "equal weights are one text";
  EXPECT_THAT(words_of("ch\\at"), ElementsAre("ch\\at"));
}

TEST_F(TextRunTest, PiecesOfOneWordShareIt) {
  const std::string prompt = "anticonstitutionnellement été";
  const TokenizedPrompt read = tokens_of(prompt);
  ASSERT_EQ(read.words.size(), 2u);
  const Word& word = read.words[0];
  EXPECT_GT(word.last_token, word.first_token) << "the small vocabulary cuts it";
  std::string joined;
  for (int t = word.first_token; t <= word.last_token; ++t) {
    EXPECT_EQ(read.tokens[static_cast<std::size_t>(t)].word, 0);
    joined += read.tokens[static_cast<std::size_t>(t)].shown;
  }
  EXPECT_EQ(joined, "anticonstitutionnellement");
  EXPECT_EQ(words_of(prompt)[1], "été");
}

TEST_F(TextRunTest, TooLongIsCutBeforeTheEndToken) {
  std::string prompt;
  for (int i = 0; i < 40; ++i) prompt += "chat ";
  const TokenizedPrompt read = tokens_of(prompt);
  const int positions = model()->encoder.config().positions;
  EXPECT_EQ(static_cast<int>(read.tokens.size()), positions);
  EXPECT_TRUE(read.tokens.back().is_eos);
  EXPECT_EQ(read.tokens_cut, 40 - (positions - 2));
  EXPECT_EQ(static_cast<int>(read.words.size()), positions - 2);
  ASSERT_EQ(read.warnings.size(), 1u);
  EXPECT_EQ(read.warnings[0].key, "warning.cut");
  EXPECT_EQ(read.warnings[0].start, static_cast<std::size_t>(positions - 2) * 5);
  EXPECT_EQ(read.warnings[0].end, prompt.size() - 1);
  ASSERT_NE(run(prompt), nullptr);
}

TEST_F(TextRunTest, AWordCutInTwoKeepsItsSpan) {
  const int room = model()->encoder.config().positions - 2;
  std::string prompt;
  for (int i = 0; i < room - 1; ++i) prompt += "chat ";
  const std::size_t at = prompt.size();
  prompt += "anticonstitutionnellement xylophone";
  const TokenizedPrompt read = tokens_of(prompt);
  EXPECT_EQ(static_cast<int>(read.words.size()), room) << "a word without a token is not listed";
  EXPECT_EQ(read.words.back().start, at);
  EXPECT_EQ(prompt.substr(at, read.words.back().end - at), "anticonstitutionnellement");
  EXPECT_EQ(read.words.back().last_token, room);
}

TEST_F(TextRunTest, Warnings) {
  EXPECT_THAT(warnings_of("chat BREAK rouge"), ElementsAre("warning.break BREAK"));
  EXPECT_THAT(warnings_of("(a:1.2.3)"), ElementsAre("warning.number 1.2.3"));
  EXPECT_THAT(warnings_of("(chat"), ElementsAre("warning.unclosed ("));
}

TEST_F(TextRunTest, ABreakYieldsNoToken) {
  EXPECT_THAT(words_of("chat BREAK rouge"), ElementsAre("chat", "rouge"));
}

TEST_F(TextRunTest, BiasIsTheLogarithmOfTheWeight) {
  const TokenizedPrompt read = tokens_of("(a:2) (b:0) (c:-1) d");
  std::vector<PromptWarning> warnings;
  const std::vector<float> bias = attention_bias(read.tokens, warnings);
  ASSERT_EQ(bias.size(), read.tokens.size());
  EXPECT_EQ(bias.front(), 0.0f);
  EXPECT_EQ(bias[1], std::log(2.0f));
  EXPECT_EQ(bias[2], -std::numeric_limits<float>::infinity());
  EXPECT_EQ(bias[3], 0.0f) << "a negative weight counts as 1";
  EXPECT_EQ(bias[4], 0.0f);
  EXPECT_EQ(bias.back(), 0.0f);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].key, "warning.negative");
  EXPECT_EQ(warnings[0].start, 13u);
  EXPECT_EQ(warnings[0].end, 14u);
}

TEST_F(TextRunTest, AWeightMovesAttentionAndRowsStillSumToOne) {
  const auto plain = run("un chat rouge");
  const auto weighted = run("un (chat:2) rouge");
  const auto hidden = run("un (chat:0) rouge");
  const auto ignored = run("un (chat:2) rouge", Weighting::kNone);
  ASSERT_TRUE(plain && weighted && hidden && ignored);
  const AttentionShape& shape = plain->output.record->shape();
  for (int layer = 0; layer < shape.layers; ++layer) {
    for (int head = 0; head < shape.heads; ++head) {
      const auto a = plain->output.record->attention(layer, head);
      const auto b = weighted->output.record->attention(layer, head);
      const auto c = hidden->output.record->attention(layer, head);
      EXPECT_EQ(a, ignored->output.record->attention(layer, head));
      for (int row = 0; row < shape.queries; ++row) {
        EXPECT_NEAR(b.row(row).sum(), 1.0f, 1e-5f);
        EXPECT_NEAR(c.row(row).sum(), 1.0f, 1e-5f);
        EXPECT_EQ(c(row, 2), 0.0f) << "weight 0 hides the word";
      }
      // In the first layer nothing else has changed yet: P' = w P / (row sum).
      if (layer == 0) {
        const float share = a(3, 2);
        EXPECT_NEAR(b(3, 2), 2.0f * share / (1.0f + share), 1e-5f);
      }
    }
  }
  EXPECT_EQ(plain->output.record->non_finite, 0);
  EXPECT_EQ(plain->output.record->key_bias().size(), shape.keys) << "there is always a bias to show";
  EXPECT_GT(plain->elapsed_ms, 0.0);
}

TEST_F(TextRunTest, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  const auto result = run_text({model(), "un chat"}, stop.get_token());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
}

TEST_F(TextRunTest, SlidersKeepTheirWord) {
  // What the interface does while a slider is dragged: each step starts from the prompt of the last one.
  const std::string original = "une \\(jolie\\) étoile, [un chien BREAK (gris] et:1.2) noir";
  const std::size_t count = tokens_of(original).words.size();
  for (std::size_t i = 0; i < count; ++i) {
    std::string prompt = original;
    Word word = tokens_of(prompt).words[i];
    const double before = word.weight;
    for (const double weight : {1.05, 1.6, 0.0, 0.33, 2.0, before}) {
      prompt = with_weight_a1111(prompt, word.start, word.end, weight);
      const TokenizedPrompt read = tokens_of(prompt);
      ASSERT_EQ(read.words.size(), count) << prompt;
      word = read.words[i];
      EXPECT_NEAR(word.weight, weight, 0.0051) << prompt;
    }
    EXPECT_EQ(prompt, original);
  }
}

}  // namespace
}  // namespace regard
