// The conditioning of a prompt on the built-in model, and what a run keeps of it.
#include "core/engine/weigh.h"
#include "tests/support/built_in.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

namespace regard {
namespace {

using ::testing::ElementsAre;

constexpr int kPositions = 32, kWidth = 192;  // of the built-in model

const std::shared_ptr<const TextModel>& model() { return test::built_in_text_model(); }

class WeighTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(model(), nullptr); }

  static WeighRequest request(const std::string& prompt, Weighting weighting) {
    return {.model = model(), .prompt = prompt, .weighting = weighting};
  }
  static Conditioning weigh(const WeighRequest& asked) {
    auto result = weigh_prompt(asked);
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
    return result ? std::move(*result) : Conditioning{};
  }
  static Conditioning weigh(const std::string& prompt, Weighting weighting) {
    return weigh(request(prompt, weighting));
  }
  static std::shared_ptr<const TextRun> run(const std::string& prompt, Weighting weighting) {
    auto result = run_text({.model = model(), .prompt = prompt, .weighting = weighting});
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
    return result ? *result : nullptr;
  }
  static float difference(ConstMatrixRef a, ConstMatrixRef b) {
    if (a.rows() != b.rows() || a.cols() != b.cols()) return INFINITY;
    return (a - b).cwiseAbs().maxCoeff();
  }
};

TEST_F(WeighTest, OneChunkIsBosWordsEosPadding) {
  const Conditioning c = weigh("un (chat:1.3) rouge", Weighting::kNone);
  EXPECT_EQ(c.chunks, 1);
  EXPECT_EQ(c.positions, kPositions);
  ASSERT_EQ(c.tokens.size(), static_cast<std::size_t>(kPositions));
  EXPECT_TRUE(c.tokens[0].is_bos);
  EXPECT_EQ(c.tokens[2].text, "chat</w>");
  EXPECT_EQ(c.weights[2], 1.3);
  for (std::size_t t = 4; t < c.tokens.size(); ++t) {
    EXPECT_TRUE(c.tokens[t].is_eos);
    EXPECT_EQ(c.tokens[t].id, model()->tokenizer.eos_id());
    EXPECT_EQ(c.weights[t], 1.0);
  }
  EXPECT_EQ(c.after.rows(), kPositions);
  EXPECT_EQ(c.after.cols(), kWidth);
  EXPECT_EQ(c.after, c.before);
  EXPECT_TRUE(c.factors.empty());
}

TEST_F(WeighTest, NoneIsTheEncodersOutput) {
  const Conditioning c = weigh("un (chat:1.3) rouge", Weighting::kNone);
  const auto plain = run("un chat rouge", Weighting::kNone);
  EXPECT_LE(difference(c.before.topRows(5), plain->output.last_hidden), 1e-5f)
      << "padding never reaches back";
  EXPECT_FALSE(plain->conditioning.has_value());
}

TEST_F(WeighTest, ScaleMultipliesRows) {
  const Conditioning c = weigh("un (chat:1.3) [rouge]", Weighting::kScale);
  for (Eigen::Index t = 0; t < c.after.rows(); ++t) {
    const auto w = static_cast<float>(c.weights[static_cast<std::size_t>(t)]);
    EXPECT_LE(difference(c.after.row(t), w * c.before.row(t)), 1e-6f) << t;
  }
  EXPECT_NEAR(c.changes[2].length_after / c.changes[2].length_before, 1.3, 1e-6);
  EXPECT_NEAR(c.changes[2].cosine, 1.0, 1e-9);
}

TEST_F(WeighTest, A1111RestoresTheMeanOfEachChunk) {
  const Conditioning c = weigh("un (chat:1.5) BREAK [rouge]", Weighting::kA1111);
  ASSERT_EQ(c.chunks, 2);
  ASSERT_EQ(c.factors.size(), 2u);
  EXPECT_NE(c.factors[0], c.factors[1]);
  for (int i = 0; i < 2; ++i) {
    const auto rows = [&](const Matrix& m) {
      return m.middleRows(i * kPositions, kPositions).cast<double>();
    };
    EXPECT_NEAR(rows(c.after).mean(), rows(c.before).mean(), 1e-6);
    const auto bos = static_cast<std::size_t>(i * kPositions);
    EXPECT_NEAR(c.changes[bos].length_after / c.changes[bos].length_before,
                std::abs(c.factors[static_cast<std::size_t>(i)]), 1e-5)
        << "the factor reaches BOS too";
  }
}

TEST_F(WeighTest, ComfyUIGoesFromTheEmptyPrompt) {
  WeighRequest asked = request("un (chat:1.5) rouge", Weighting::kComfyUI);
  const Conditioning c = weigh(asked);
  const auto empty = encode_empty(*model());
  ASSERT_TRUE(empty.has_value());
  EXPECT_LE(difference(c.after.row(2), empty->row(2) + 1.5f * (c.before.row(2) - empty->row(2))), 1e-5f);
  EXPECT_EQ(difference(c.after.topRows(2), c.before.topRows(2)), 0.0f);
  EXPECT_LT(c.changes[2].cosine, 1.0 - 1e-4) << "a direction, not only a length";
  asked.empty = std::make_shared<const Matrix>(*empty);
  EXPECT_EQ(difference(weigh(asked).after, c.after), 0.0f) << "kept or encoded again";
}

TEST_F(WeighTest, WhatMovesIsTrue) {
  const std::string prompt = "un (chat:0.5) (rouge:1.4) ici";
  const auto plain = run(prompt, Weighting::kNone);
  for (const Weighting weighting : kAllWeightings) {
    const auto got = run(prompt, weighting);
    ASSERT_NE(got, nullptr);
    const Moves moves = what_moves(weighting);
    const std::string name(weighting_name(weighting));
    const AttentionRecord &a = *got->output.record, &b = *plain->output.record;
    EXPECT_EQ(difference(a.attention(1, 0), b.attention(1, 0)) > 0.0f, moves.attention) << name;
    bool scores = false;
    for (Eigen::Index t = 0; t < a.scores(1, 0).rows(); ++t) {
      for (Eigen::Index s = 0; s <= t; ++s) scores |= a.scores(1, 0)(t, s) != b.scores(1, 0)(t, s);
    }
    EXPECT_EQ(scores, moves.scores) << name;
    EXPECT_EQ(difference((*got->output.hidden_states)[2], (*plain->output.hidden_states)[2]) > 0.0f,
              moves.hidden)
        << name;
    EXPECT_EQ(difference(got->output.pooled, plain->output.pooled) > 0.0f, moves.pooled) << name;
    const Matrix& output = got->conditioning ? *got->conditioning : got->output.last_hidden;
    EXPECT_EQ(difference(output, plain->output.last_hidden) > 0.0f, moves.output) << name;
    EXPECT_EQ(got->conditioning.has_value(), moves.output && !moves.attention) << name;
    EXPECT_EQ(got->changes.size(), moves.output ? got->tokens.size() : 0u) << name;
    EXPECT_EQ(a.rows_sum_to_one(), weighting != Weighting::kPromptToPrompt) << name;
    EXPECT_EQ(got->factor != 1.0, weighting == Weighting::kA1111) << name;
  }
}

TEST_F(WeighTest, ARunAndTheConditioningAgree) {
  const std::string prompt = "un (chat:0.5) (rouge:1.4) ici";
  for (const Weighting weighting : kAllWeightings) {
    const Conditioning c = weigh(prompt, weighting);
    const auto got = run(prompt, weighting);
    const Matrix& output = got->conditioning ? *got->conditioning : got->output.last_hidden;
    EXPECT_LE(difference(output, c.after.topRows(output.rows())), 2e-5f) << weighting_name(weighting);
    if (weighting == Weighting::kA1111) {
      EXPECT_NEAR(got->factor, c.factors[0], 1e-5);
    }
  }
}

TEST_F(WeighTest, PromptToPromptMultipliesColumnsAndTakesAnySign) {
  const auto plain = run("un chat rouge", Weighting::kNone);
  const auto got = run("un (chat:-1.5) rouge", Weighting::kPromptToPrompt);
  const AttentionRecord& record = *got->output.record;
  EXPECT_TRUE(got->warnings.empty());
  EXPECT_FALSE(record.rows_sum_to_one());
  EXPECT_EQ(record.key_factor()(2), -1.5f);
  EXPECT_LE(difference(record.attention(0, 1).col(2), -1.5f * plain->output.record->attention(0, 1).col(2)),
            1e-6f);
  EXPECT_LE(difference(record.attention(0, 1).col(1), plain->output.record->attention(0, 1).col(1)), 1e-6f);
  EXPECT_EQ(record.non_finite, 0);
  EXPECT_TRUE(run("un chat", Weighting::kPromptToPrompt)->output.record->rows_sum_to_one())
      << "all weights 1";
}

TEST_F(WeighTest, LongPromptsAreChunked) {
  std::string prompt;
  for (int i = 0; i < 28; ++i) prompt += "chat ";
  prompt += ", rouge vert bleu";
  const Conditioning c = weigh(prompt, Weighting::kNone);
  EXPECT_EQ(c.chunks, 2);
  EXPECT_EQ(c.tokens[29].text, ",</w>");
  EXPECT_TRUE(c.tokens[30].is_eos) << "rouge moved on with the comma";
  EXPECT_TRUE(c.tokens[32].is_bos);
  EXPECT_EQ(c.tokens[33].shown, "rouge");
  EXPECT_EQ(prompt.substr(c.tokens[33].start, 5), "rouge");
  EXPECT_EQ(c.after.rows(), 2 * kPositions);

  WeighRequest cut = request(prompt, Weighting::kNone);
  cut.rule = ChunkRule::kCompel;
  const Conditioning one = weigh(cut);
  EXPECT_EQ(one.chunks, 1);
  EXPECT_EQ(one.tokens_cut, 2);
  ASSERT_EQ(one.warnings.size(), 1u);
  EXPECT_EQ(one.warnings[0].key, "warning.cut");
  EXPECT_EQ(prompt.substr(one.warnings[0].start, one.warnings[0].end - one.warnings[0].start), "vert bleu");
}

TEST_F(WeighTest, BreaksMakeChunks) {
  EXPECT_EQ(weigh("chat BREAK rouge", Weighting::kNone).chunks, 2);
  EXPECT_EQ(weigh("chat BREAK BREAK rouge", Weighting::kNone).chunks, 3);
  EXPECT_EQ(weigh("chat BREAK", Weighting::kNone).chunks, 1);
  EXPECT_EQ(weigh("", Weighting::kA1111).chunks, 1);
  const Conditioning c = weigh("chat BREAK BREAK rouge", Weighting::kNone);
  const auto empty = encode_empty(*model());
  EXPECT_EQ(difference(c.before.middleRows(kPositions, kPositions), *empty), 0.0f) << "the chunk of nothing";
}

TEST_F(WeighTest, NegativeWeightsOfAttentionAreWarnedOf) {
  const Conditioning c = weigh("un (chat:-1) rouge", Weighting::kAttention);
  ASSERT_EQ(c.warnings.size(), 1u);
  EXPECT_EQ(c.warnings[0].key, "warning.negative");
  EXPECT_EQ(difference(c.after, c.before), 0.0f) << "read as 1";
  EXPECT_TRUE(weigh("un (chat:-1) rouge", Weighting::kScale).warnings.empty());
}

TEST_F(WeighTest, PaddingOfItsOwn) {
  WeighRequest asked = request("chat", Weighting::kNone);
  asked.pad_id = 0;
  const Conditioning c = weigh(asked);
  EXPECT_EQ(c.tokens[2].id, model()->tokenizer.eos_id());
  EXPECT_EQ(c.tokens[3].id, 0);
}

// The built-in CLIP with another padding token in its files; the parts are links. Kept for the process.
std::shared_ptr<const TextModel> model_with(const std::string& name, const std::string& tokenizer_config,
                                            const std::string& special_tokens_map) {
  namespace fs = std::filesystem;
  const fs::path folder =
      fs::path(::testing::TempDir()) / fmt::format("regard-weigh-{}-{}", name, static_cast<int>(::getpid()));
  fs::remove_all(folder);
  fs::create_directories(folder);
  for (const char* part : {"config.json", "model.safetensors", "tokenizer.json"}) {
    fs::create_symlink(fs::path(REGARD_ASSETS_DIR) / "little-world/clip" / part, folder / part);
  }
  const auto put = [&](const char* file, const std::string& text) {
    if (!text.empty()) std::ofstream(folder / file) << text;
  };
  put("tokenizer_config.json", tokenizer_config);
  put("special_tokens_map.json", special_tokens_map);
  auto opened = open_text_model(folder);
  fs::remove_all(folder);
  EXPECT_TRUE(opened.has_value()) << (opened ? "" : opened.error().message);
  return opened ? *opened : nullptr;
}

TEST_F(WeighTest, PadsAsTheModelsFilesSay) {
  const struct {
    const char *name, *config, *map;
    int pad;
  } cases[] = {{"none", "", "", 744},
               {"config", R"({"pad_token": "!"})", "", 0},
               {"map", R"({"pad_token": "<|endoftext|>"})", R"({"pad_token": {"content": "!"}})", 0}};
  for (const auto& one : cases) {
    const auto other = model_with(one.name, one.config, one.map);
    ASSERT_NE(other, nullptr);
    EXPECT_EQ(other->pad_id(), one.pad) << one.name;
    for (const Syntax syntax : {Syntax::kA1111, Syntax::kA1111Old, Syntax::kComfyUI, Syntax::kCompel}) {
      for (const Weighting weighting : kAllWeightings) {
        WeighRequest asked = request("un (chat:1.5) rouge", weighting);
        asked.model = other;
        asked.syntax = syntax;
        const Conditioning got = weigh(asked);
        std::size_t eos = 0;
        while (eos < got.tokens.size() && !got.tokens[eos].is_eos) ++eos;
        EXPECT_EQ(got.tokens[eos].id, 744);
        ASSERT_LT(eos + 1, got.tokens.size());
        for (std::size_t t = eos + 1; t < got.tokens.size(); ++t) EXPECT_EQ(got.tokens[t].id, one.pad);
        // The same numbers as when the padding is asked for by its id.
        WeighRequest by_id = asked;
        by_id.model = model();
        by_id.pad_id = one.pad;
        EXPECT_EQ(got.after, weigh(by_id).after) << one.name << " " << weighting_name(weighting);
      }
    }
    // A single chunk's run is rescaled by the same mean.
    const auto alone =
        run_text({.model = other, .prompt = "un (chat:1.5) rouge", .weighting = Weighting::kA1111}).value();
    WeighRequest whole = request("un (chat:1.5) rouge", Weighting::kA1111);
    whole.model = other;
    EXPECT_NEAR(alone->factor, weigh(whole).factors.at(0), 1e-9) << one.name;
  }
}

TEST_F(WeighTest, AlikeChunksAreWhatEachIsAlone) {
  const std::string one = "un (chat:1.3) rouge", two = "un (souris:0.7) grise";
  const Conditioning alone[] = {weigh(one, Weighting::kAttention), weigh(two, Weighting::kAttention)};
  const Conditioning all =
      weigh(one + " BREAK " + two + " BREAK " + one + " BREAK " + one, Weighting::kAttention);
  ASSERT_EQ(all.chunks, 4);
  for (int chunk = 0; chunk < 4; ++chunk) {
    const Conditioning& want = alone[chunk == 1 ? 1 : 0];
    EXPECT_EQ(all.after.middleRows(chunk * kPositions, kPositions), want.after) << chunk;
    EXPECT_EQ(all.before.middleRows(chunk * kPositions, kPositions), want.before) << chunk;
  }
}

// Processor time a chunk, of texts whose chunks all differ, and of one whose chunks are all alike.
TEST_F(WeighTest, LongTextsTakeLinearTime) {
  const auto seconds = [](int words, bool alike) {
    std::string text;
    for (int i = 0; i < words; ++i) text += alike ? "BREAK " : fmt::format("({}:1.1) chat ", i);
    const std::clock_t begin = std::clock();
    weigh(text, Weighting::kA1111);
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  };
  seconds(50, false);  // pages of the model
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const double few = seconds(300, false), many = seconds(2400, false);
  EXPECT_LT(many, 20.0 * few) << "8 times the text: " << few << " s, " << many << " s";
  EXPECT_LT(seconds(4000, true), 3.0 + many) << "4000 empty chunks are one pass";
#endif
}

TEST_F(WeighTest, NormalisationReachesTheScheme) {
  WeighRequest asked = request("un (chat:1.5) rouge", Weighting::kScale);
  asked.normalisation = TokenNormalisation::kMean;
  const Conditioning c = weigh(asked);
  EXPECT_NEAR(c.weights[1], 1.0 - 0.5 / 3, 1e-12);
  EXPECT_NEAR(c.weights[2], 1.5 - 0.5 / 3, 1e-12);
  EXPECT_EQ(c.weights[0], 1.0);
  EXPECT_EQ(c.tokens[2].weight, 1.5) << "the prompt's own";
}

TEST_F(WeighTest, CancelledWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  for (const Weighting weighting : kAllWeightings) {
    const auto result = weigh_prompt(request("un (chat:0.5)", weighting), stop.get_token());
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
  }
}

TEST_F(WeighTest, WhatWouldNotFitIsRefused) {
  std::string prompt;
  for (int i = 0; i < 12000; ++i) prompt += "a BREAK ";
  const auto result = weigh_prompt(request(prompt, Weighting::kNone));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kShape);
  EXPECT_THAT(result.error().message, ::testing::HasSubstr("at most 2000 MB"));
}

}  // namespace
}  // namespace regard
