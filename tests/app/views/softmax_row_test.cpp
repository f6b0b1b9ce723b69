// The calculation that the screen shows, step by step, against the record it is of.
#include "app/views/softmax_row.h"

#include <gtest/gtest.h>

#include <cmath>

#include "app/assets.h"
#include "core/engine/text_run.h"

namespace regard {
namespace {

std::shared_ptr<const TextRun> run(const std::string& prompt) {
  const auto model = open_text_model(assets_dir() / "little-world");
  EXPECT_TRUE(model.has_value());
  const auto run = run_text({.model = *model, .prompt = prompt});
  EXPECT_TRUE(run.has_value());
  return *run;
}

TEST(SoftmaxRow, EachStepLeadsToTheNextAndTheLastIsTheAttention) {
  const auto text = run("Un (chat:1.6) rouge poursuit");
  const AttentionRecord& record = *text->output.record;
  const int query = 3;  // rouge
  const SoftmaxRow row = softmax_row(record, 2, 2, query);
  ASSERT_EQ(std::ssize(row.keys), record.shape().keys);
  EXPECT_EQ(row.readable, query + 1);
  double sum = 0, shares = 0;
  for (int k = 0; k <= query; ++k) {
    const SoftmaxKey& key = row.keys[static_cast<std::size_t>(k)];
    EXPECT_TRUE(key.readable);
    EXPECT_NEAR(key.dot, record.query(2, 2).row(query).dot(record.key(2, 2).row(k)), 1e-3f);
    EXPECT_NEAR(key.scaled, key.dot / std::sqrt(48.0f), 1e-4f);
    EXPECT_NEAR(key.bias, k == 2 ? std::log(1.6f) : 0.0f, 1e-6f);
    EXPECT_NEAR(key.score, key.scaled + key.bias, 1e-4f);
    EXPECT_EQ(key.score, record.scores(2, 2)(query, k));
    EXPECT_NEAR(key.exp, std::exp(static_cast<double>(key.score - row.largest)), 1e-6);
    EXPECT_EQ(key.share, record.attention(2, 2)(query, k));
    EXPECT_NEAR(key.share, key.exp / row.sum, 1e-6);
    sum += key.exp;
    shares += static_cast<double>(key.share);
  }
  EXPECT_NEAR(row.sum, sum, 1e-9);
  EXPECT_NEAR(shares, 1.0, 1e-5);
}

// Screen said "q·k 7.153 ... softmax (1 keys) 0": what cannot be read has a score of -infinity and no share.
TEST(SoftmaxRow, WhatCannotBeReadIsMinusInfinityThenZero) {
  const auto text = run("Un chat (rouge:0) poursuit");
  const AttentionRecord& record = *text->output.record;
  const SoftmaxRow first = softmax_row(record, 0, 0, 1);
  EXPECT_EQ(first.readable, 2);
  for (std::size_t k = 2; k < first.keys.size(); ++k) {
    EXPECT_FALSE(first.keys[k].readable);
    EXPECT_EQ(first.keys[k].score, -INFINITY);
    EXPECT_EQ(first.keys[k].exp, 0.0);
    EXPECT_EQ(first.keys[k].share, 0.0f);
    EXPECT_NE(first.keys[k].dot, 0.0f);  // q.k is a number all the same
  }
  const SoftmaxKey hidden = softmax_row(record, 0, 0, 4).keys[3];  // weight 0, before the query
  EXPECT_FALSE(hidden.readable);
  EXPECT_EQ(hidden.bias, -INFINITY);
  EXPECT_EQ(hidden.share, 0.0f);
}

TEST(SoftmaxRow, AnAttentionThatIsMultipliedSaysByWhat) {
  const auto model = open_text_model(assets_dir() / "little-world");
  const auto text =
      run_text({.model = *model, .prompt = "Un (chat:1.5) rouge", .weighting = Weighting::kPromptToPrompt});
  ASSERT_TRUE(text.has_value());
  const SoftmaxRow row = softmax_row(*(*text)->output.record, 1, 1, 3);
  EXPECT_FLOAT_EQ(row.keys[2].factor, 1.5f);
  EXPECT_NEAR(row.keys[2].share, 1.5 * row.keys[2].exp / row.sum, 1e-5);
}

TEST(SoftmaxRow, TheStrongestHeadGivesTheCellMost) {
  const auto text = run("Un chat rouge poursuit une souris grise");
  const AttentionRecord& record = *text->output.record;
  const auto [layer, head] = strongest_head(record, 3, 2);
  for (int l = 0; l < record.shape().layers; ++l) {
    for (int h = 0; h < record.shape().heads; ++h)
      EXPECT_LE(record.attention(l, h)(3, 2), record.attention(layer, head)(3, 2));
  }
}

}  // namespace
}  // namespace regard
