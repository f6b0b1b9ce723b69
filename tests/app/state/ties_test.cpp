// The statistic that picks the first head and sorts them, on a record small enough to count by hand.
#include <gtest/gtest.h>

#include "app/state/state.h"
#include "core/analysis/ties.h"

namespace regard {
namespace {

// BOS, three words, EOS. Head 0: every word reads word 1 (a sink). Head 1: word 3 reads word 1, word 2 does
// not.
AttentionRecord two_heads() {
  AttentionRecord record({.layers = 1, .heads = 2, .queries = 5, .keys = 5, .head_width = 1});
  record.set_causal(true);
  record.set_key_bias(Vector::Zero(5));
  Matrix sink = Matrix::Zero(5, 5), tie = Matrix::Zero(5, 5);
  sink.col(1) << 0.0f, 0.0f, 0.8f, 0.8f, 0.8f;
  tie(2, 1) = 0.1f;
  tie(3, 1) = 0.7f;
  tie(3, 2) = 0.2f;
  record.attention(0, 0) = sink;
  record.attention(0, 1) = tie;
  return record;
}

TEST(Ties, ASinkTiesNobody) {
  const AttentionRecord record = two_heads();
  EXPECT_NEAR(tie_between(record, 0, 0, 3, 1), 0.0f, 1e-6f);
  EXPECT_NEAR(tie_between(record, 0, 1, 3, 1), 0.7f - 0.1f, 1e-6f);
  EXPECT_NEAR(tie_of_word(record, 0, 1, 3), 0.6f, 1e-6f);
  EXPECT_GT(tie_of_head(record, 0, 1), tie_of_head(record, 0, 0));
}

TEST(Ties, StartEndAndTheFutureCountAsNothing) {
  const AttentionRecord record = two_heads();
  EXPECT_EQ(tie_of_word(record, 0, 1, 0), 0.0f);
  EXPECT_EQ(tie_of_word(record, 0, 1, 4), 0.0f);
  EXPECT_EQ(tie_between(record, 0, 1, 1, 3), 0.0f);
  EXPECT_EQ(tie_of_word(record, 0, 1, 1), 0.0f);  // the first word can read no other
}

TEST(PickHead, FollowsTheLinkThenThePinThenTheWhole) {
  const AttentionRecord record = two_heads();
  std::vector<Token> tokens(5);
  tokens[0].is_bos = true;
  for (std::size_t i = 1; i < 4; ++i) tokens[i].start = i * 10, tokens[i].end = i * 10 + 5;
  tokens[4].is_eos = true;
  EXPECT_EQ(pick_head(record, tokens, {}, WordLink{30, 10}), map_choice(0, 1));
  EXPECT_EQ(pick_head(record, tokens, {{Pin::Kind::kText, 30}}, {}), map_choice(0, 1));
  EXPECT_EQ(pick_head(record, tokens, {}, {}), map_choice(0, 1));
}

}  // namespace
}  // namespace regard
