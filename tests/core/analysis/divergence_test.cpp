// Words aligned across prompts, and the Jensen-Shannon divergence against its definition, term by term.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/analysis/divergence.h"
#include "core/attention/attend.h"

namespace regard {
namespace {

using ::testing::ElementsAre;

// Words of pieces: {{"un"}, {"cha", "t"}}, between BOS and EOS.
Sequence text(const std::vector<std::vector<std::string>>& words) {
  Sequence out;
  out.positions.push_back({.kind = Position::Kind::kSpecial, .label = "BOS"});
  std::size_t byte = 7 * words.size();  // other bytes in each prompt
  for (std::size_t w = 0; w < words.size(); ++w) {
    for (const std::string& piece : words[w]) {
      out.positions.push_back({.label = piece,
                               .spelling = piece,
                               .start = byte,
                               .end = byte + piece.size(),
                               .word = static_cast<int>(w)});
      byte += piece.size();
    }
  }
  out.positions.push_back({.kind = Position::Kind::kSpecial, .label = "EOS"});
  out.segments = {{.name = "text", .first = 0, .count = out.count()}};
  return out;
}

using Pairs = std::vector<std::pair<int, int>>;
Pairs aligned(const Sequence& a, const Sequence& b) {
  Pairs out;
  for (const AlignedPosition& at : align_words(a, b)) out.emplace_back(at.first, at.second);
  return out;
}

TEST(AlignWords, ByLettersInOrder) {
  const Sequence a = text({{"un"}, {"chat"}, {"rouge"}}), b = text({{"un"}, {"grand"}, {"chien"}, {"rouge"}});
  EXPECT_EQ(aligned(a, b), (Pairs{{0, 0}, {1, 1}, {2, -1}, {-1, 2}, {-1, 3}, {3, 4}, {4, 5}}));
  EXPECT_EQ(aligned(b, a), (Pairs{{0, 0}, {1, 1}, {2, -1}, {3, -1}, {-1, 2}, {4, 3}, {5, 4}}));
  EXPECT_EQ(aligned(a, a), (Pairs{{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 4}}));
}

TEST(AlignWords, APieceAloneIsNoWord) {
  const Sequence a = text({{"cha", "t"}, {"t"}}), b = text({{"t"}, {"cha", "t"}});
  // The longest: "cha t" alone, or "t" alone; either way in order.
  EXPECT_EQ(aligned(a, b), (Pairs{{0, 0}, {1, -1}, {2, -1}, {3, 1}, {-1, 2}, {-1, 3}, {4, 4}}));
  const Sequence cut = text({{"chat"}});
  EXPECT_EQ(aligned(text({{"cha", "t"}}), cut), (Pairs{{0, 0}, {1, 1}, {2, -1}, {3, 2}}))
      << "another tokenizer";
  EXPECT_EQ(aligned(text({{"BOS"}}), text({})), (Pairs{{0, 0}, {1, -1}, {2, 1}})) << "a word is no special";
}

double by_definition(const std::vector<float>& p, const std::vector<float>& q) {
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double a = p[i], b = q[i], m = (a + b) / 2;
    if (a > 0) sum += 0.5 * a * std::log(a / m) / std::log(2.0);
    if (b > 0) sum += 0.5 * b * std::log(b / m) / std::log(2.0);
  }
  return sum;
}

TEST(JensenShannon, AsDefined) {
  const std::vector<float> p = {0.5f, 0.25f, 0.25f, 0.0f}, q = {0.125f, 0.5f, 0.0f, 0.375f};
  EXPECT_NEAR(jensen_shannon_bits(p, q), by_definition(p, q), 1e-12);
  EXPECT_NEAR(jensen_shannon_bits(q, p), by_definition(p, q), 1e-12);
  EXPECT_EQ(jensen_shannon_bits(p, p), 0.0);
  EXPECT_EQ(jensen_shannon_bits(std::vector{1.0f, 0.0f}, std::vector{0.0f, 1.0f}), 1.0);
  EXPECT_NEAR(jensen_shannon_bits(std::vector{2.0f, 2.0f}, std::vector{0.25f, 0.75f}),
              by_definition({0.5f, 0.5f}, {0.25f, 0.75f}), 1e-9);
  EXPECT_TRUE(std::isnan(jensen_shannon_bits(std::vector{0.0f}, std::vector{1.0f})));
  EXPECT_TRUE(std::isnan(jensen_shannon_bits(std::vector{-1.0f, 2.0f}, std::vector{1.0f, 0.0f})));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(jensen_shannon_bits(std::vector{nan, 1.0f}, std::vector{1.0f, 0.0f})));
}

// 2 layers of 3 heads of 4.
Trace run(Sequence sequence, int seed) {
  const int tokens = sequence.count();
  auto record = std::make_shared<AttentionRecord>(AttentionShape{2, 3, tokens, tokens, 4});
  record->set_causal(true);
  std::srand(static_cast<unsigned>(seed));
  for (int layer = 0; layer < 2; ++layer) {
    const Matrix q = Matrix::Random(tokens, 12), k = Matrix::Random(tokens, 12),
                 v = Matrix::Random(tokens, 12);
    write_heads(*record, layer, 0, 3 * q, k, v);
    attend_all(*record, layer);
  }
  return single_trace("model", std::move(sequence), record);
}

TEST(Diverge, PerRowAndHeadOverWhatIsAligned) {
  const Trace a = run(text({{"un"}, {"chat"}, {"rouge"}}), 1),
              b = run(text({{"un"}, {"grand"}, {"chien"}, {"rouge"}}), 2);
  const auto out = diverge(a, b, align_words(a.prompt, b.prompt));
  ASSERT_TRUE(out);
  EXPECT_THAT(out->rows, ElementsAre(0, 1, 5, 6));
  const Matrix mine = a.records[0]->attention(1, 2), theirs = b.records[0]->attention(1, 2);
  const std::vector<float> p = {mine(3, 0), mine(3, 1), mine(3, 2), 0, 0, mine(3, 3), mine(3, 4)},
                           q = {theirs(4, 0), theirs(4, 1), 0,           theirs(4, 2),
                                theirs(4, 3), theirs(4, 4), theirs(4, 5)};
  EXPECT_NEAR(out->by_row(5, 2), by_definition(p, q), 1e-6);
  EXPECT_NEAR(out->by_head(1, 2), out->by_row.row(5).mean(), 1e-6);
  EXPECT_EQ(out->by_row(5, 0), 0.0f) << "BOS reads itself alone";
  const auto order = out->order();
  for (std::size_t i = 1; i < order.size(); ++i)
    EXPECT_GE(out->by_head(order[i - 1].first, order[i - 1].second),
              out->by_head(order[i].first, order[i].second));
  const auto same = diverge(a, a, align_words(a.prompt, a.prompt));
  EXPECT_EQ(same->by_row.maxCoeff(), 0.0f);
}

TEST(Diverge, RefusesOtherHeads) {
  const Trace a = run(text({{"un"}}), 1);
  auto record = std::make_shared<AttentionRecord>(AttentionShape{2, 2, 3, 3, 4});
  const Trace b = single_trace("other", text({{"un"}}), record);
  const auto out = diverge(a, b, align_words(a.prompt, b.prompt));
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().message, "divergence: expected 2 layers of 3 heads in both runs, got 2 of 2");
}

}  // namespace
}  // namespace regard
