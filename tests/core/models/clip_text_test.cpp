// What holds for every run of the text encoder whatever the weights, and what it refuses, word for word.
#include <cmath>
#include <limits>

#include "core/engine/bench.h"
#include "core/models/clip_text.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

class ClipTextRun : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = ClipText::open(golden_path("tiny_clip"));
    ASSERT_TRUE(opened) << opened.error().message;
    model_ = std::make_unique<ClipText>(std::move(*opened));
  }

  std::string refusal(const std::vector<int>& ids, const std::vector<float>& bias = {}) {
    const auto out = model_->run(ids, {bias});
    if (out) return "accepted";
    EXPECT_EQ(out.error().code, ErrorCode::kShape);
    return out.error().message;
  }

  std::unique_ptr<ClipText> model_;
  const std::vector<int> ids_ = {1, 17, 36, 30, 2, 9, 9, 21, 5, 0, 5};
};

// Rows sum to 1, the future is exactly 0 and -inf, scores and attention agree.
void check_invariants(const AttentionRecord& record) {
  const AttentionShape& s = record.shape();
  float worst = 0;
  for (int layer = 0; layer < s.layers; ++layer) {
    for (int head = 0; head < s.heads; ++head) {
      const auto attention = record.attention(layer, head);
      const auto scores = record.scores(layer, head);
      for (int t = 0; t < s.queries; ++t) {
        worst = std::max(worst, std::abs(attention.row(t).sum() - 1.0f));
        for (int k = 0; k < s.keys; ++k) {
          if (record.readable(t, k)) continue;
          ASSERT_EQ(attention(t, k), 0.0f) << layer << " " << head << " " << t << " " << k;
          ASSERT_EQ(scores(t, k), -kInfinity);
        }
      }
    }
  }
  report("row sums against 1", worst, 1e-5f);
}

TEST_F(ClipTextRun, RowsSumToOneAndTheFutureIsExactlyZero) {
  const auto out = model_->run(ids_);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->record->shape(), (AttentionShape{3, 2, 11, 11, 7}));
  EXPECT_TRUE(out->record->readable(4, 4));
  EXPECT_FALSE(out->record->readable(4, 5));
  check_invariants(*out->record);
}

TEST_F(ClipTextRun, HiddenKeyGetsNothing) {
  std::vector<float> bias(ids_.size(), 0.0f);
  bias[3] = -kInfinity;
  bias[6] = std::log(1.5f);
  const auto out = model_->run(ids_, {bias});
  ASSERT_TRUE(out);
  EXPECT_FALSE(out->record->readable(7, 3));
  EXPECT_EQ(out->record->key_bias()(6), bias[6]);
  check_invariants(*out->record);
}

TEST_F(ClipTextRun, ARowThatMayReadNothingIsZeroNotNaN) {
  std::vector<float> bias(ids_.size(), 0.0f);
  bias[0] = bias[1] = -kInfinity;  // rows 0 and 1 have no key left
  const auto out = model_->run(ids_, {bias});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->record->attention(1, 1).row(1).cwiseAbs().sum(), 0.0f);
  EXPECT_NEAR(out->record->attention(1, 1).row(2).sum(), 1.0f, 1e-5f);
  EXPECT_TRUE(out->last_hidden.allFinite());
}

TEST_F(ClipTextRun, ABiasOfZeroChangesNothing) {
  const auto plain = model_->run(ids_);
  const auto zero = model_->run(ids_, {std::vector<float>(ids_.size(), 0.0f)});
  ASSERT_TRUE(plain && zero);
  EXPECT_EQ(plain->last_hidden, zero->last_hidden);
}

TEST_F(ClipTextRun, RecordHoldsWhatTheAttentionWasMadeOf) {
  const auto out = model_->run(ids_);
  ASSERT_TRUE(out);
  const AttentionRecord& r = *out->record;
  const Matrix scores = r.query(2, 1) * r.key(2, 1).transpose() / std::sqrt(7.0f);
  float worst = 0;
  for (int t = 0; t < 11; ++t) {
    for (int k = 0; k <= t; ++k) worst = std::max(worst, std::abs(scores(t, k) - r.scores(2, 1)(t, k)));
  }
  report("scores against q.k/sqrt(E)", worst, 1e-5f);
  EXPECT_EQ(r.value(2, 1).rows(), 11);
}

// Causality, to the bit: what comes after a token changes nothing before it, whatever kernel is at work.
TEST_F(ClipTextRun, APrefixGivesTheSameNumbers) {
  const auto whole = model_->run(ids_);
  const auto part = model_->run(std::span(ids_).first(6));
  ASSERT_TRUE(whole && part);
  EXPECT_EQ(whole->hidden_states->back().topRows(6), part->hidden_states->back());
}

TEST_F(ClipTextRun, TwoRunsAgreeToTheBit) {
  const auto a = model_->run(ids_);
  const auto b = model_->run(ids_);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->last_hidden, b->last_hidden);
  EXPECT_EQ(a->record->attention(2, 1), b->record->attention(2, 1));
}

TEST_F(ClipTextRun, OneTokenReadsItself) {
  const auto out = model_->run(std::vector<int>{4});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->record->attention(0, 0)(0, 0), 1.0f);
}

TEST_F(ClipTextRun, StopsWhenAsked) {
  std::stop_source source;
  source.request_stop();
  const auto out = model_->run(ids_, {}, source.get_token());
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, ErrorCode::kCancelled);
}

TEST_F(ClipTextRun, RefusesWordForWord) {
  EXPECT_EQ(refusal({}), "tokens: expected 1 to 13, got 0");
  EXPECT_EQ(refusal(std::vector<int>(14, 1)), "tokens: expected 1 to 13, got 14");
  EXPECT_EQ(refusal({1, 37}), "token 2: expected an id from 0 to 36, got 37");
  EXPECT_EQ(refusal({-1}), "token 1: expected an id from 0 to 36, got -1");
  EXPECT_EQ(refusal({1, 2}, {0.0f}), "key bias: expected 2 numbers, one a token, got 1");
  EXPECT_EQ(refusal({1, 2}, {0.0f, std::nanf("")}), "key bias 2: expected a number or -infinity, got nan");
  EXPECT_EQ(refusal({1, 2}, {kInfinity, 0.0f}), "key bias 1: expected a number or -infinity, got inf");
  const auto refused_factor = [this](std::vector<float> factor) {
    const auto out = model_->run(std::vector{1, 2}, {.key_factor = std::move(factor)});
    return out ? std::string("accepted") : out.error().message;
  };
  EXPECT_EQ(refused_factor({1.0f}), "key factor: expected 2 numbers, one a token, got 1");
  EXPECT_EQ(refused_factor({1.0f, kInfinity}), "key factor 2: expected a number, got inf");
  EXPECT_EQ(refused_factor({0.0f, -2.0f}), "accepted");
  EXPECT_EQ(refusal(std::vector<int>(13, 1)), "accepted");
}

// A file may claim a million positions in four megabytes; its maps are refused before they are allocated.
TEST(ClipTextLimits, MapsAreBounded) {
  ClipTextConfig config;
  config.layers = 12;
  config.heads = config.width = 8;
  config.mlp_width = 4;
  config.vocab = 3;
  config.positions = 100'000;
  const auto out = random_clip_text(config, 1).run(std::vector<int>(2000, 1));
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().message, "tokens: expected maps of at most 2000 MB, got 3072 MB for 2000 tokens");
}

TEST(Bench, ReportsWhatItCounts) {
  ClipTextConfig config;
  config.layers = 3;
  config.heads = 2;
  config.width = 10;
  config.mlp_width = 7;
  config.vocab = 5;
  config.positions = 6;
  const ClipText model = random_clip_text(config, 7);
  const MachineLimits limits{"any", 2.0, 3.0};
  const BenchRow row = time_clip_text("tiny", model, std::vector<int>{1, 2, 3, 4}, limits, 0.0);
  EXPECT_EQ(row.tokens, 4);
  EXPECT_DOUBLE_EQ(row.gflop, 1e-9 * 3 * (2 * 4 * (4 * 100 + 2 * 70) + 4 * 16 * 10));
  EXPECT_DOUBLE_EQ(row.weight_mb, 1e-6 * 4 * 3 * (4 * 100 + 2 * 70));
  EXPECT_GT(row.min_ms, 0.0);
  EXPECT_GE(row.median_ms, row.min_ms);
  EXPECT_DOUBLE_EQ(row.gflops, row.gflop / row.min_ms * 1e3);
  EXPECT_DOUBLE_EQ(row.share_of_fma, row.gflops / 2.0);
  EXPECT_DOUBLE_EQ(row.limit_ms, row.gflop / 2.0 * 1e3);  // its weights fit a cache
}

TEST(PooledPosition, FollowsTheThreeRules) {
  EXPECT_EQ(pooled_position(std::vector<int>{49406, 2, 320, 49407, 49407}, 2),
            3);                                                       // largest id, first of them
  EXPECT_EQ(pooled_position(std::vector<int>{1, 9, 5, 8, 5}, 5), 2);  // first end token
  EXPECT_EQ(pooled_position(std::vector<int>{1, 9, 8}, 5), 2);        // none: the last
  EXPECT_EQ(pooled_position(std::vector<int>{1, 9, 8}, -1), 2);
}

}  // namespace
}  // namespace regard::test
