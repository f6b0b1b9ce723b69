// The causal ledger: each number against a run of its own.
#include <gmock/gmock.h>

#include <cmath>
#include <memory>

#include "core/engine/ledger.h"
#include "core/engine/paint_picture.h"
#include "core/formats/image.h"
#include "tests/support/built_in.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

constexpr double kClose = 1e-5;

double cosine_distance(const RowVector& a, const RowVector& b) {
  return 1.0 - static_cast<double>(a.dot(b) / (a.norm() * b.norm()));
}

TEST(Ledger, OfATextIsWhatHiddenWordsChange) {
  const TextRequest request{.model = built_in_text_model(),
                            .prompt = "Un chat (rouge:1.3) poursuit une souris"};
  const auto run = run_text(request).value();
  int told = 0;
  const Ledger ledger = run_ledger(run, [&](const Ledger& so_far) { told += so_far.done() >= 0; }).value();
  const AttentionShape shape = run->output.record->shape();
  const auto words = static_cast<int>(run->words.size());
  ASSERT_EQ(std::ssize(ledger.entries), 2 * words + shape.layers * shape.heads);
  EXPECT_EQ(told, std::ssize(ledger.entries) + 1);
  EXPECT_EQ(ledger.done(), std::ssize(ledger.entries));
  const int end = shape.queries - 1;
  for (int i = 0; i < words; ++i) {
    const LedgerEntry& cut = ledger.entries[static_cast<std::size_t>(i)];
    const LedgerEntry& entry = ledger.entries[static_cast<std::size_t>(words + i)];
    const Word& word = run->words[static_cast<std::size_t>(i)];
    SCOPED_TRACE(entry.word);
    EXPECT_EQ(entry.removal, Removal::kMute);
    double read = 0.0;
    for (int layer = 0; layer < shape.layers; ++layer) {
      for (int head = 0; head < shape.heads; ++head) {
        for (int t = word.first_token; t <= word.last_token; ++t)
          read += static_cast<double>(run->output.record->attention(layer, head)(end, t));
      }
    }
    EXPECT_NEAR(entry.attention, read / (shape.layers * shape.heads), kClose);
    TextRequest hidden = request;
    hidden.hidden_words = {word.start};
    const auto without = run_text(hidden).value();
    ASSERT_TRUE(entry.effect.has_value()) << entry.problem;
    EXPECT_NEAR(*entry.effect, cosine_distance(run->output.embedding, without->output.embedding), kClose);
    EXPECT_GT(*entry.effect, 0.0);
    EXPECT_EQ(cut.removal, Removal::kCut);
    EXPECT_EQ(cut.attention, entry.attention);
    std::vector<int> ids;
    Intervention change;
    for (const Token& token : run->tokens) ids.push_back(token.id);
    for (int layer = 0; layer < shape.layers; ++layer) {
      for (int head = 0; head < shape.heads; ++head) {
        for (int t = word.first_token; t <= word.last_token; ++t)
          change.cut_edges.push_back({.query = end, .key = t, .layer = layer, .head = head});
      }
    }
    const auto& bias = run->output.record->key_bias();
    change.key_bias.assign(bias.begin(), bias.end());
    const auto cut_run = request.model->encoder.run(ids, change).value();
    ASSERT_TRUE(cut.effect.has_value()) << cut.problem;
    EXPECT_NEAR(*cut.effect, cosine_distance(run->output.embedding, cut_run.embedding), kClose);
  }
  EXPECT_EQ(ledger.entries[1].word, "chat");
  const LedgerEntry& off = ledger.entries.back();
  EXPECT_EQ(off.removal, Removal::kOff);
  EXPECT_TRUE(off.effect.has_value()) << off.problem;
  EXPECT_GT(off.effect.value_or(0.0), 0.0);
}

// What is tried on the run is tried without the word, too: its end is no part of the effect.
TEST(Ledger, WhatIsTriedStays) {
  TextRequest request{.model = built_in_text_model(), .prompt = "a red cat"};
  request.edits = {{.what = HeadOff{2, 1}}};
  const auto run = run_text(request).value();
  const Ledger ledger = run_ledger(run).value();
  request.edits.push_back({.what = MuteWord{{PromptWord::Kind::kWord, run->words[1].start}}});
  const auto without = run_text(request).value();
  const LedgerEntry& entry = ledger.entries[4];
  ASSERT_EQ(entry.removal, Removal::kMute);
  EXPECT_EQ(entry.word, "red");
  EXPECT_NEAR(entry.effect.value(), cosine_distance(run->output.embedding, without->output.embedding),
              kClose);
  // The head that is off already has nothing more to lose.
  EXPECT_NEAR(
      ledger.entries[static_cast<std::size_t>(6 + 2 * run->output.record->shape().heads + 1)].effect.value(),
      0.0, kClose);
}

TEST(Ledger, OfAPictureTakesEachPatchAway) {
  const auto model = open_vision_model(REGARD_ASSETS_DIR "/little-world").value();
  const auto image =
      std::make_shared<const Image>(read_image(REGARD_ASSETS_DIR "/images/scenes/scene-2.png").value());
  const auto run = run_vision({.model = model, .image = image}).value();
  const Ledger ledger = run_ledger(run).value();
  ASSERT_GT(std::ssize(ledger.entries), run->patches());
  const int patch = 77;
  const LedgerEntry& entry = ledger.entries[static_cast<std::size_t>(patch)];
  EXPECT_EQ(entry.patch, run->output.specials + patch);
  const AttentionShape shape = run->output.record->shape();
  double read = 0.0;
  for (int layer = 0; layer < shape.layers; ++layer) {
    for (int head = 0; head < shape.heads; ++head)
      read += static_cast<double>(run->output.record->attention(layer, head)(0, entry.patch));
  }
  EXPECT_NEAR(entry.attention, read / (shape.layers * shape.heads), kClose);
  Intervention change;
  change.hide(static_cast<std::size_t>(entry.patch), static_cast<std::size_t>(run->tokens()));
  const auto without =
      model->encoder.run(run->picture.pixels, run->picture.width, run->picture.height, change).value();
  EXPECT_NEAR(entry.effect.value(), cosine_distance(run->output.embedding, without.embedding), kClose);
}

TEST(Ledger, OfADrawingComesFromTheSameNoise) {
  PaintRequest request{.model = built_in_paint_model(), .prompt = "a (red:1.4) cat", .negative = ""};
  request.steps = 3;
  request.seed = 5;
  const auto run = run_paint(request).value();
  const Ledger ledger = run_ledger(run).value();
  const MmditConfig& config = request.model->mmdit.config();
  ASSERT_EQ(std::ssize(ledger.entries), 2 * 3 + config.layers * config.heads);
  const auto check = [&](std::size_t at, PaintEdit::What what) {
    PaintRequest without = request;
    without.edits = {{.what = what}};
    const double moved = picture_rms(run_paint(without).value()->x.back(), run->x.back());
    EXPECT_NEAR(ledger.entries[at].effect.value(), moved, kClose) << at;
    EXPECT_GT(moved, 0.0) << at;
  };
  const PromptWord red{PromptWord::Kind::kWord, request.prompt.find("red")};
  check(1, CutWord{red});
  check(4, MuteWord{red});
  check(6 + 4, HeadOff{4 / config.heads, 4 % config.heads});
  EXPECT_EQ(ledger.entries[1].attention, ledger.entries[4].attention);
  // All that patches read of words is shared out among the words, mean over heads as over each.
  double of_words = 0.0, of_heads = 0.0;
  for (std::size_t i = 0; i < 3; ++i) of_words += ledger.entries[i].attention;
  for (std::size_t i = 6; i < ledger.entries.size(); ++i) of_heads += ledger.entries[i].attention;
  EXPECT_NEAR(of_words, of_heads / (config.layers * config.heads), kClose);
}

TEST(Ledger, StopsWhenAsked) {
  std::stop_source stop;
  const auto run = run_text({.model = built_in_text_model(), .prompt = "a red cat"}).value();
  const auto ledger = run_ledger(run, [&](const Ledger&) { stop.request_stop(); }, stop.get_token());
  ASSERT_FALSE(ledger.has_value());
  EXPECT_EQ(ledger.error().code, ErrorCode::kCancelled);
}

TEST(Ledger, RankCorrelationSharesTheRanksOfTies) {
  Ledger ledger;
  const auto add = [&](Removal removal, double attention, std::optional<double> effect) {
    ledger.entries.push_back({.removal = removal, .attention = attention, .effect = effect});
  };
  add(Removal::kMute, 0.1, 0.1);
  add(Removal::kMute, 0.2, 0.1);
  EXPECT_FALSE(rank_correlation(ledger, Removal::kMute).has_value());
  add(Removal::kMute, 0.2, 0.3);
  add(Removal::kMute, 0.4, 0.2);
  add(Removal::kMute, 0.9, std::nullopt);
  add(Removal::kOff, 0.0, 9.0);
  // scipy.stats.spearmanr([.1, .2, .2, .4], [.1, .1, .3, .2])
  EXPECT_NEAR(rank_correlation(ledger, Removal::kMute).value(), 0.5, 1e-12);
  EXPECT_FALSE(rank_correlation(ledger, Removal::kOff).has_value());
}

}  // namespace
}  // namespace regard::test
