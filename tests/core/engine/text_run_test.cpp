// From a prompt to a run, on the built-in model: tokens, words, spans, weights, warnings.
#include "core/engine/text_run.h"
#include "core/engine/text_chunks.h"
#include "core/engine/weigh_keys.h"
#include "tests/support/built_in.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace regard {
namespace {

using ::testing::ElementsAre;

const std::shared_ptr<const TextModel>& model() { return test::built_in_text_model(); }

class TextRunTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(model(), nullptr); }

  // The first chunk, and what was said of the whole prompt.
  struct First : PromptChunk {
    std::vector<PromptWarning> warnings;
    std::size_t chunks = 0;
  };
  static First tokens_of(std::string_view prompt) {
    ChunkedPrompt read = tokenize_chunks(*model(), prompt, Syntax::kA1111);
    return {std::move(read.chunks[0]), std::move(read.warnings), read.chunks.size()};
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
  const First read = tokens_of(prompt);
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
    const First read = tokens_of(prompt);
    EXPECT_EQ(read.tokens.size(), 2u) << prompt;
    EXPECT_TRUE(read.words.empty()) << prompt;
    ASSERT_NE(run(prompt), nullptr) << prompt;
  }
}

TEST_F(TextRunTest, WeightsAndSpansThroughMarkup) {
  const std::string prompt = "un (chat:1.3) [rouge]";
  const First read = tokens_of(prompt);
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
  const First read = tokens_of(prompt);
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

TEST_F(TextRunTest, TooLongGoesOnInTheNextChunk) {
  std::string prompt;
  for (int i = 0; i < 40; ++i) prompt += "chat ";
  const ChunkedPrompt read = tokenize_chunks(*model(), prompt, Syntax::kA1111);
  const std::size_t positions = static_cast<std::size_t>(model()->encoder.config().positions);
  const std::size_t room = positions - 2;
  ASSERT_EQ(read.chunks.size(), 2u);
  EXPECT_TRUE(read.warnings.empty());
  for (const auto& [chunk, words] : {std::pair(0u, room), std::pair(1u, 40 - room)}) {
    const PromptChunk& one = read.chunks[chunk];
    EXPECT_EQ(one.tokens.size(), words + 2);
    EXPECT_TRUE(one.tokens.front().is_bos);
    EXPECT_TRUE(one.tokens.back().is_eos);
    EXPECT_EQ(one.words.size(), words);
    EXPECT_EQ(one.tokens[1].word, 0) << "words of a chunk count from 0";
    EXPECT_EQ(one.tokens[1].start, chunk * room * 5) << "bytes are those of the whole prompt";
  }
  for (const int chunk : {0, 1, 7}) {
    const auto run = run_text({.model = model(), .prompt = prompt, .chunk = chunk});
    ASSERT_TRUE(run.has_value());
    EXPECT_EQ((*run)->chunks, 2);
    EXPECT_EQ((*run)->chunk, std::min(chunk, 1));
    EXPECT_EQ((*run)->tokens.size(), (*run)->output.record->shape().queries);
    EXPECT_EQ((*run)->tokens.size(), read.chunks[static_cast<std::size_t>((*run)->chunk)].tokens.size());
  }
}

TEST_F(TextRunTest, CompelCutsAndSaysSo) {
  std::string prompt;
  for (int i = 0; i < 40; ++i) prompt += "chat ";
  const int room = model()->encoder.config().positions - 2;
  const ChunkedPrompt read = tokenize_chunks(*model(), prompt, Syntax::kCompel);
  EXPECT_EQ(read.chunks.size(), 1u);
  EXPECT_EQ(read.tokens_cut, 40 - room);
  ASSERT_EQ(read.warnings.size(), 1u);
  EXPECT_EQ(read.warnings[0].key, "warning.cut");
  EXPECT_EQ(read.warnings[0].start, static_cast<std::size_t>(room) * 5);
  EXPECT_EQ(read.warnings[0].end, prompt.size() - 1);
  EXPECT_EQ(tokenize_chunks(*model(), prompt, Syntax::kCompel, ChunkRule::kCompelBrutal).chunks.size(), 2u);
}

TEST_F(TextRunTest, AWordCutInTwoKeepsItsSpanOnBothSides) {
  const int room = model()->encoder.config().positions - 2;
  std::string prompt;
  for (int i = 0; i < room - 1; ++i) prompt += "chat ";
  const std::size_t at = prompt.size();
  prompt += "anticonstitutionnellement xylophone";
  const ChunkedPrompt read = tokenize_chunks(*model(), prompt, Syntax::kA1111);
  ASSERT_EQ(read.chunks.size(), 2u);
  const auto is_the_word = [&](const Word& word) {
    return word.start == at && prompt.substr(at, word.end - at) == "anticonstitutionnellement";
  };
  EXPECT_EQ(static_cast<int>(read.chunks[0].words.size()), room);
  EXPECT_TRUE(is_the_word(read.chunks[0].words.back()));
  EXPECT_EQ(read.chunks[0].words.back().last_token, room);
  EXPECT_TRUE(is_the_word(read.chunks[1].words.front()));
  EXPECT_EQ(read.chunks[1].words.front().first_token, 1);
}

TEST_F(TextRunTest, Warnings) {
  EXPECT_THAT(warnings_of("(a:1.2.3)"), ElementsAre("warning.number 1.2.3"));
  EXPECT_THAT(warnings_of("(chat"), ElementsAre("warning.unclosed ("));
}

TEST_F(TextRunTest, ABreakYieldsNoTokenButAChunk) {
  EXPECT_THAT(words_of("chat BREAK rouge"), ElementsAre("chat"));
  EXPECT_EQ(tokens_of("chat BREAK rouge").chunks, 2u);
  EXPECT_TRUE(warnings_of("chat BREAK rouge").empty());
}

TEST_F(TextRunTest, GroupsOfSeveralWords) {
  const std::string prompt = "(un (chat) ((rouge et vif:1.2)) court:2) [loin]";
  const PromptChunk chunk = tokens_of(prompt);
  ASSERT_EQ(chunk.groups.size(), 2u) << "brackets around one word are the word's own";
  const WordGroup &inner = chunk.groups[0], &outer = chunk.groups[1];
  EXPECT_EQ(prompt.substr(inner.start, inner.end - inner.start), "rouge et vif");
  EXPECT_EQ(inner.first_word, 2);
  EXPECT_EQ(inner.last_word, 4);
  EXPECT_EQ(inner.depth, 0);
  EXPECT_DOUBLE_EQ(inner.weight, 1.2 * 1.1 * 2.0);
  EXPECT_EQ(outer.depth, 1);
  EXPECT_EQ(outer.first_word, 0);
  EXPECT_EQ(outer.last_word, 5);
  EXPECT_EQ(outer.weight, 2.0);
}

TEST_F(TextRunTest, EverySchemeSaysWhatItMoves) {
  for (const Weighting weighting : kAllWeightings) {
    const auto weighed = run("un (chat:1.5) rouge", weighting), plain = run("un chat rouge", weighting);
    ASSERT_TRUE(weighed && plain);
    if (weighting == Weighting::kNone) {
      EXPECT_TRUE(weighed->changes.empty());
      continue;
    }
    ASSERT_EQ(weighed->changes.size(), weighed->tokens.size()) << weighting_name(weighting);
    double most = 0.0;
    for (const VectorChange& change : weighed->changes)
      most = std::max(most, std::abs(change.length_after - change.length_before) + 1.0 - change.cosine);
    EXPECT_GT(most, 1e-3) << weighting_name(weighting);
    for (const VectorChange& change : plain->changes) {
      EXPECT_EQ(change.length_before, change.length_after) << weighting_name(weighting);
      EXPECT_NEAR(change.cosine, 1.0, 1e-6);
    }
  }
}

TEST_F(TextRunTest, BiasIsTheLogarithmOfTheWeight) {
  const First read = tokens_of("(a:2) (b:0) (c:-1) d");
  std::vector<PromptWarning> warnings;
  const std::vector<double> weights =
      usable_weights(read.tokens, TokenNormalisation::kNone, Weighting::kAttention, warnings);
  const std::vector<float> bias = weigh_keys(weights, Weighting::kAttention).key_bias;
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
      const First read = tokens_of(prompt);
      ASSERT_EQ(read.words.size(), count) << prompt;
      word = read.words[i];
      EXPECT_NEAR(word.weight, weight, 0.0051) << prompt;
    }
    EXPECT_EQ(prompt, original);
  }
}

}  // namespace
}  // namespace regard
