// Kept maps and swaps: the arithmetic of a row, and that attention uses and records the rows so made.
#include <limits>
#include <memory>

#include <gmock/gmock.h>

#include "core/attention/attend.h"
#include "core/attention/edit_rows.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

std::vector<float> kept(std::vector<float> row, const std::vector<float>& from, const std::vector<int>& key) {
  keep_row(from, key, row);
  return row;
}

std::vector<float> swapped(std::vector<float> row, const SwappedKeys& keys) {
  swap_keys(keys, row);
  return row;
}

auto near(std::initializer_list<float> values) {
  std::vector<::testing::Matcher<float>> out;
  for (const float value : values) out.push_back(FloatNear(value, 1e-7f));
  return ::testing::ElementsAreArray(out);
}

TEST(KeptRow, TakesTheOthersAndIsScaledToItsOwnSum) {
  // Replaced: 0.4 and 0.1 of keys 3 and 0; its own: 0.3. 0.8 in all, scaled to 1.
  EXPECT_THAT(kept({0.5f, 0.2f, 0.3f}, {0.1f, 0.3f, 0.2f, 0.4f}, {3, 0, -1}), near({0.5f, 0.125f, 0.375f}));
  EXPECT_THAT(kept({0.5f, 0.2f, 0.3f}, {0.5f, 0.3f, 0.2f}, {0, 1, 2}), near({0.5f, 0.3f, 0.2f}));
  EXPECT_THAT(kept({1.0f, 0.4f, 0.6f}, {0.5f, 0.3f, 0.2f}, {0, 1, 2}), near({1.0f, 0.6f, 0.4f})) << "sum 2";
}

TEST(KeptRow, StaysWhenNothingComesIn) {
  const std::vector<float> row = {0.1f, 0.2f, 0.3f};
  EXPECT_EQ(kept(row, {1.0f}, {-1, -1, -1}), row) << "not even scaled";
  EXPECT_EQ(kept(row, {0.0f, 0.0f, 0.0f}, {0, 1, 2}), row) << "nothing to scale";
  EXPECT_EQ(kept(row, {-2.0f, 0.0f, 0.0f}, {0, -1, -1}), row) << "of a negative factor";
}

TEST(KeptRow, ATinySumDoesNotOverflow) {
  constexpr float kTiny = std::numeric_limits<float>::min();
  EXPECT_THAT(kept({0.5f, 0.5f}, {kTiny, kTiny}, {0, 1}), near({0.5f, 0.5f}));
}

TEST(SwappedRow, OneKeyEachTradesToTheBit) {
  EXPECT_EQ(swapped({0.1f, 0.2f, 0.7f}, {{0}, {2}}), (std::vector<float>{0.7f, 0.2f, 0.1f}));
  EXPECT_EQ(swapped(swapped({0.1f, 0.2f, 0.7f}, {{0}, {2}}), {{2}, {0}}),
            (std::vector<float>{0.1f, 0.2f, 0.7f}));
}

TEST(SwappedRow, UnequalSetsTradeSumsAndKeepShares) {
  // 0.4 shared 1 : 3 against 0.2 alone, and back.
  EXPECT_THAT(swapped({0.1f, 0.3f, 0.2f, 0.4f}, {{0, 1}, {2}}), near({0.05f, 0.15f, 0.4f, 0.4f}));
  EXPECT_THAT(swapped({0.1f, 0.3f, 0.2f, 0.4f}, {{2}, {1, 0}}), near({0.05f, 0.15f, 0.4f, 0.4f}));
}

TEST(SwappedRow, ASetThatHadNothingSharesEvenly) {
  EXPECT_THAT(swapped({0.0f, 0.0f, 0.6f}, {{0, 1}, {2}}), near({0.3f, 0.3f, 0.0f}));
  EXPECT_THAT(swapped({0.0f, 0.0f, 0.0f}, {{0, 1}, {2}}), near({0.0f, 0.0f, 0.0f}));
  constexpr float kTiny = std::numeric_limits<float>::min();
  EXPECT_THAT(swapped({kTiny, kTiny, 1.0f}, {{0, 1}, {2}}), near({0.5f, 0.5f, 0.0f}));
}

// ------------------------------------------------------------------ in attention

constexpr int kQueries = 70, kKeys = 9, kChanged = 61;  // the edge inside the second block of rows

AttentionRecord made(unsigned seed, Matrix& out, const RowEdits& edits = {}) {
  std::srand(seed);
  AttentionRecord record({1, 1, kQueries, kKeys, 4});
  record.query(0, 0).setRandom();
  record.key(0, 0).setRandom();
  record.value(0, 0).setRandom();
  record.set_key_factor(Vector::LinSpaced(kKeys, 0.5f, 2.0f));
  record.set_changed_queries(kChanged);
  attend(record, 0, 0, out, edits);
  return record;
}

TEST(EditedAttention, IsRecordedUsedAndEndsWithTheChangedQueries) {
  Matrix ignored(kQueries, 4), plain_out(kQueries, 4), out(kQueries, 4);
  const auto other = std::make_shared<const AttentionRecord>(made(3, ignored));
  const AttentionRecord plain = made(7, plain_out);
  const KeptMaps maps{other, {8, 1, -1, 3, 4, -1, -1, 7, 0}};
  const std::vector<SwappedKeys> swaps = {{{0, 1}, {5}}, {{2}, {3}}};
  const AttentionRecord edited = made(7, out, {&maps, swaps});

  Matrix expected = plain.attention(0, 0);
  const Vector factor = plain.key_factor();
  for (int r = 0; r < kChanged; ++r) {
    std::vector<float> row(kKeys), from(kKeys);
    for (int s = 0; s < kKeys; ++s) {
      row[static_cast<std::size_t>(s)] = plain.attention(0, 0)(r, s) / factor(s);
      from[static_cast<std::size_t>(s)] = other->attention(0, 0)(r, s);
    }
    keep_row(from, maps.key, row);
    for (const SwappedKeys& keys : swaps) swap_keys(keys, row);
    for (int s = 0; s < kKeys; ++s) expected(r, s) = row[static_cast<std::size_t>(s)] * factor(s);
  }
  report("edited rows", max_difference(edited.attention(0, 0), expected.data()), 1e-6f);
  EXPECT_EQ(edited.attention(0, 0).bottomRows(kQueries - kChanged),
            plain.attention(0, 0).bottomRows(kQueries - kChanged));
  EXPECT_GT(max_difference(edited.attention(0, 0).topRows(kChanged), plain.attention(0, 0).data()), 0.01f);
  EXPECT_EQ(edited.scores(0, 0), plain.scores(0, 0)) << "scores are the model's own";
  const Matrix passed = edited.attention(0, 0) * edited.value(0, 0);
  report("passed on", max_difference(out, passed.data()), 1e-5f);
}

}  // namespace
}  // namespace regard::test
