// Compel's .and(), .blend() and .swap() as every command and the window act on them, against compel 2.5.1
// (tests/golden/make_compel.py).
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "core/engine/text_chunks.h"
#include "core/engine/text_run.h"
#include "core/engine/weigh.h"
#include "tests/support/built_in.h"
#include "tests/support/golden.h"

namespace regard {
namespace {

constexpr int kPositions = 32;  // of the built-in model
constexpr float kTolerance = 1e-4f;

const std::shared_ptr<const TextModel>& model() { return test::built_in_text_model(); }

Result<Conditioning> weigh(const std::string& prompt, Weighting weighting = Weighting::kCompel) {
  return weigh_prompt(
      {.model = model(), .prompt = prompt, .syntax = Syntax::kCompel, .weighting = weighting});
}

std::shared_ptr<const TextRun> run(const std::string& prompt, int chunk = 0,
                                   Weighting weighting = Weighting::kCompel) {
  auto result = run_text({.model = model(),
                          .prompt = prompt,
                          .syntax = Syntax::kCompel,
                          .weighting = weighting,
                          .chunk = chunk});
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
  return result ? *result : nullptr;
}

float difference(ConstMatrixRef a, ConstMatrixRef b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return INFINITY;
  return (a - b).cwiseAbs().maxCoeff();
}

// Every fourth column, as the file has it.
Matrix columns_of(const Matrix& all) {
  Matrix out(all.rows(), all.cols() / 4);
  for (Eigen::Index c = 0; c < out.cols(); ++c) out.col(c) = all.col(4 * c);
  return out;
}

TEST(CompelGolden, TheConditioningIsCompels) {
  const test::Golden golden("compel.safetensors");
  float worst = 0.0f;
  int count = 0;
  for (; golden.has("conditioning_" + std::to_string(count)); ++count) {
    const std::string prompt = golden.text("prompt_" + std::to_string(count));
    const std::string name = "conditioning_" + std::to_string(count);
    const auto got = weigh(prompt);
    ASSERT_TRUE(got.has_value()) << prompt << ": " << got.error().message;
    ASSERT_EQ(static_cast<std::uint64_t>(got->after.rows()), golden.shape(name)[0]) << prompt;
    ASSERT_EQ(got->tokens.size(), static_cast<std::size_t>(got->after.rows())) << prompt;
    ASSERT_EQ(got->weights.size(), got->tokens.size()) << prompt;
    EXPECT_EQ(got->chunks * got->positions, got->after.rows()) << prompt;
    const float off = test::max_difference(columns_of(got->after), golden.values(name).data());
    EXPECT_LE(off, kTolerance) << prompt;
    worst = std::max(worst, off);
  }
  EXPECT_EQ(count, 21);
  std::printf("[ compel ] %d prompts, at most %.2g off\n", count, static_cast<double>(worst));
}

// What `attend`, `paint` and the window use: one chunk of it.
TEST(CompelGolden, ARunIsGivenTheSame) {
  const test::Golden golden("compel.safetensors");
  for (int i = 0; golden.has("conditioning_" + std::to_string(i)); ++i) {
    const std::string prompt = golden.text("prompt_" + std::to_string(i));
    const std::vector<float> expected = golden.values("conditioning_" + std::to_string(i));
    const Eigen::Index columns = model()->encoder.config().width / 4;
    const int chunks = run(prompt)->chunks;
    for (int chunk = 0; chunk < chunks; ++chunk) {
      const auto got = run(prompt, chunk);
      const bool blend = got->parts.kind == PromptParts::Kind::kBlend;
      const Eigen::Index first = blend ? 0 : Eigen::Index{chunk} * kPositions;
      EXPECT_LE(test::max_difference(columns_of(got->given()), expected.data() + first * columns), kTolerance)
          << prompt << " chunk " << chunk;
    }
  }
}

TEST(CompelParts, AreChunksOfTheirOwn) {
  const std::string prompt = "(\"un chat rouge\", \"un chien bleu ici\").blend(1, 3)";
  const ChunkedPrompt read = tokenize_chunks(*model(), prompt, Syntax::kCompel);
  ASSERT_EQ(read.chunks.size(), 2u);
  EXPECT_EQ(read.parts.kind, PromptParts::Kind::kBlend);
  ASSERT_EQ(read.parts.parts.size(), 2u);
  EXPECT_EQ(read.parts.parts[1].weight, 3.0);
  EXPECT_EQ(read.parts.parts[1].first_chunk, 1);
  EXPECT_EQ(read.chunks[0].words.size(), 3u);
  ASSERT_EQ(read.chunks[1].words.size(), 4u);
  const Word& dog = read.chunks[1].words[1];
  EXPECT_EQ(prompt.substr(dog.start, dog.end - dog.start), "chien");
  EXPECT_TRUE(read.warnings.empty());
  // The maps of a part are those of the part alone.
  const auto part = run(prompt, 1), alone = run("un chien bleu ici");
  EXPECT_EQ(difference(part->output.record->attention(2, 1), alone->output.record->attention(2, 1)), 0.0f);
}

TEST(CompelParts, ActUnderEveryWeighting) {
  const std::string a = "un chat (rouge)1.5", b = "un (chien)0.5 bleu ici";
  for (const Weighting weighting : kAllWeightings) {
    const auto first = weigh(a, weighting), second = weigh(b, weighting);
    const auto joined = weigh("(\"" + a + "\", \"" + b + "\").and()", weighting);
    const auto blended = weigh("(\"" + a + "\", \"" + b + "\").blend(1, 3)", weighting);
    ASSERT_TRUE(first && second && joined && blended);
    EXPECT_EQ(difference(joined->after.topRows(kPositions), first->after), 0.0f) << weighting_name(weighting);
    EXPECT_EQ(difference(joined->after.bottomRows(kPositions), second->after), 0.0f)
        << weighting_name(weighting);
    EXPECT_LE(difference(blended->after, 0.25f * first->after + 0.75f * second->after), 1e-5f)
        << weighting_name(weighting);
  }
}

TEST(CompelParts, EachIsCutAlone) {
  std::string longer;
  for (int i = 0; i < 35; ++i) longer += "chat ";
  const std::string prompt = "(\"" + longer + "\", \"un chien\").and()";
  const ChunkedPrompt read = tokenize_chunks(*model(), prompt, Syntax::kCompel);
  EXPECT_EQ(read.chunks.size(), 2u);
  EXPECT_EQ(read.tokens_cut, 5);
  ASSERT_EQ(read.warnings.size(), 1u);
  EXPECT_EQ(read.warnings[0].key, "warning.cut");
  // Where nothing is cut, the shorter part of a blend is filled with the empty prompt.
  const std::string blend = "(\"" + longer + "\", \"un chien\").blend(1, 1)";
  const auto whole = weigh_prompt({.model = model(),
                                   .prompt = blend,
                                   .syntax = Syntax::kCompel,
                                   .weighting = Weighting::kCompel,
                                   .rule = ChunkRule::kCompelBrutal});
  const auto alone = weigh_prompt({.model = model(),
                                   .prompt = longer,
                                   .syntax = Syntax::kCompel,
                                   .weighting = Weighting::kCompel,
                                   .rule = ChunkRule::kCompelBrutal});
  ASSERT_TRUE(whole && alone);
  ASSERT_EQ(whole->after.rows(), 2 * kPositions);
  EXPECT_LE(difference(whole->after.bottomRows(kPositions),
                       0.5f * alone->after.bottomRows(kPositions) + 0.5f * *encode_empty(*model())),
            1e-5f);
}

TEST(CompelParts, WeightsThatAddUpToNothingAreRefused) {
  for (const char* prompt : {"(\"a\", \"b\").blend(1, -1)", "(\"a\", \"b\").blend(0, 0)"}) {
    const auto refused = weigh(prompt);
    ASSERT_FALSE(refused.has_value()) << prompt;
    EXPECT_NE(refused.error().message.find("add up to 0"), std::string::npos);
    EXPECT_FALSE(run_text({.model = model(), .prompt = prompt, .syntax = Syntax::kCompel}).has_value());
  }
  EXPECT_TRUE(weigh("(\"a\", \"b\").blend(1, -1, no_normalize)").has_value());
}

TEST(CompelParts, ASwapIsWhatItReplacesAndSaysSo) {
  const auto swapped = run("un chat.swap(chien) rouge"), plain = run("un chat rouge");
  EXPECT_EQ(difference(swapped->given(), plain->given()), 0.0f);
  ASSERT_EQ(swapped->warnings.size(), 1u);
  EXPECT_EQ(swapped->warnings[0].key, "warning.swap");
}

TEST(CompelParts, HiddenWordsWithABlendAreRefused) {
  const auto refused = run_text({.model = model(),
                                 .prompt = "(\"un chat\", \"un chien\").blend(1, 1)",
                                 .syntax = Syntax::kCompel,
                                 .weighting = Weighting::kCompel,
                                 .hidden_words = {5}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace regard
