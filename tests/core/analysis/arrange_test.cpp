// Special positions, words as one, smallest sets and ranks, against plain loops over the record.
#include "core/analysis/arrange.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "core/analysis/word_cell.h"
#include "tests/support/random_record.h"

namespace regard {
namespace {

constexpr int kPatches = 6;
constexpr float kClose = 1e-6f;

std::shared_ptr<const AttentionRecord> random_record(int tokens, unsigned seed) {
  return test::random_record({2, 3, tokens, tokens, 2}, seed);
}

// BOS, "chat", "on" of one word, "roux", "gr", "i", "s" of another, EOS.
Sequence words() {
  Sequence out;
  const auto piece = [](const char* label, int word) {
    return Position{.label = label, .id = 5, .start = 0, .end = 1, .word = word};
  };
  out.positions = {{.kind = Position::Kind::kSpecial, .label = "BOS"},
                   piece("chat", 0),
                   piece("on", 0),
                   piece("roux", 1),
                   piece("gr", 2),
                   piece("i", 2),
                   piece("s", 2),
                   {.kind = Position::Kind::kSpecial, .label = "EOS"}};
  out.words = {{.first = 1, .last = 2}, {.first = 3, .last = 3}, {.first = 4, .last = 6}};
  out.segments = {{.name = "text", .first = 0, .count = 8}};
  return out;
}

Trace text() { return single_trace("tiny", words(), random_record(8, 3)); }
Trace drawing() {
  return single_trace("tiny", joined(image_sequence({}, 2, 3), words()), random_record(kPatches + 8, 4));
}
Trace picture() { return single_trace("tiny", image_sequence({"CLS", "REG1"}, 2, 3), random_record(8, 5)); }

// What a map ought to be, cell by cell: each position's group is its word, or itself.
struct Plain {
  const Sequence& sequence;
  Matrix map;  // of single positions

  bool special(int position) const {
    return sequence.positions[static_cast<std::size_t>(position)].kind == Position::Kind::kSpecial;
  }
  void divide() {
    for (int q = 0; q < sequence.count(); ++q) {
      double sum = 0;
      for (int k = 0; k < sequence.count(); ++k) sum += special(k) ? 0.0 : static_cast<double>(map(q, k));
      for (int k = 0; k < sequence.count(); ++k)
        map(q, k) = special(k) ? 0.0f : static_cast<float>(static_cast<double>(map(q, k)) / sum);
    }
  }
  std::vector<std::vector<int>> groups(bool joins, bool shows_specials) const {
    std::map<int, std::vector<int>> out;  // by the first position
    std::map<int, int> first_of_word;
    for (int position = 0; position < sequence.count(); ++position) {
      if (special(position) && !shows_specials) continue;
      const int word = sequence.positions[static_cast<std::size_t>(position)].word;
      if (!joins || word < 0) {
        out[position] = {position};
      } else {
        out[first_of_word.try_emplace(word, position).first->second].push_back(position);
      }
    }
    std::vector<std::vector<int>> lists;
    for (auto& [first, list] : out) lists.push_back(list);
    return lists;
  }
  // Rows averaged, columns summed.
  float cell(const std::vector<int>& rows, const std::vector<int>& columns) const {
    double sum = 0;
    for (const int q : rows) {
      for (const int k : columns) sum += static_cast<double>(map(q, k));
    }
    return static_cast<float>(sum / static_cast<double>(rows.size()));
  }
};

Plain plain_of(const Trace& trace, const MapQuery& query) {
  Plain plain{trace.prompt, Matrix(trace.records[0]->attention(*query.heads.layer, *query.heads.head))};
  if (query.specials == Specials::kRenormalised) plain.divide();
  return plain;
}

void expect_whole(const Trace& trace, const MapQuery& query) {
  const Plain plain = plain_of(trace, query);
  const auto groups = plain.groups(query.words, query.specials == Specials::kShown);
  const auto map = evaluate(trace, query);
  ASSERT_TRUE(map) << map.error().message;
  ASSERT_EQ(map->rows.size(), groups.size());
  ASSERT_EQ(map->columns, map->rows);
  for (std::size_t r = 0; r < groups.size(); ++r) {
    EXPECT_EQ(map->rows[r], groups[r].front());
    for (std::size_t c = 0; c < groups.size(); ++c)
      EXPECT_NEAR(map->values(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)),
                  plain.cell(groups[r], groups[c]), kClose);
  }
}

TEST(Arrange, WholeMapsOfEveryKindOfRun) {
  for (const Trace& trace : {text(), drawing(), picture()}) {
    for (const Specials specials : {Specials::kShown, Specials::kHidden, Specials::kRenormalised}) {
      for (const bool words : {false, true})
        expect_whole(trace, {.heads = one_head(1, 2), .specials = specials, .words = words});
    }
  }
}

// The cell of two words, written out: as the map has it.
TEST(Arrange, AWordsCellIsMadeOfItsTokens) {
  const Trace trace = drawing();
  const auto& record = *trace.records[0];
  for (const Specials specials : {Specials::kShown, Specials::kRenormalised}) {
    const auto map = evaluate(trace, {.heads = one_head(1, 2), .specials = specials, .words = true});
    ASSERT_TRUE(map);
    for (std::size_t r = 0; r < map->rows.size(); ++r) {
      for (std::size_t c = 0; c < map->columns.size(); ++c) {
        const PositionGroup query = word_around(trace.prompt, last_of_word(trace.prompt, map->rows[r])),
                            key = word_around(trace.prompt, map->columns[c]);
        EXPECT_EQ(query.first, map->rows[r]);
        EXPECT_EQ(key.first, map->columns[c]);
        const WordCell cell = word_cell(record, trace.prompt, 1, 2, query, key, specials);
        EXPECT_NEAR(cell.value, map->values(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)),
                    kClose);
        ASSERT_EQ(cell.shares.rows(), query.last - query.first + 1);
        ASSERT_EQ(cell.shares.cols(), key.last - key.first + 1);
        EXPECT_EQ(cell.shares(cell.shares.rows() - 1, 0), record.attention(1, 2)(query.last, key.first));
        EXPECT_NEAR(cell.sums(0) * cell.left(0), cell.shares.row(0).sum(), kClose);
        if (specials == Specials::kShown) {
          EXPECT_EQ(cell.left.minCoeff(), 1.0f);
        } else {
          EXPECT_LT(cell.left.maxCoeff(), 1.0f);
        }
      }
    }
  }
}

TEST(Arrange, JoinedRowsOfAttentionStillSumToOne) {
  const Trace trace = text();
  for (const Specials specials : {Specials::kShown, Specials::kRenormalised}) {
    const auto map = evaluate(trace, {.specials = specials, .words = true});
    ASSERT_TRUE(map);
    for (Eigen::Index row = 0; row < map->values.rows(); ++row)
      EXPECT_NEAR(map->values.row(row).sum(), 1.0f, kClose);
  }
}

TEST(Arrange, ASubjectsMapIsARowOfTheWholeOne) {
  const Trace trace = drawing();
  const std::vector<int> chaton = {kPatches + 1, kPatches + 2};
  for (const Specials specials : {Specials::kShown, Specials::kHidden, Specials::kRenormalised}) {
    for (const Direction direction : {Direction::kReads, Direction::kReadBy}) {
      for (const Over over : {Over::kAll, Over::kImage, Over::kText}) {
        const MapQuery query{.heads = one_head(0, 1),
                             .subject = chaton,
                             .direction = direction,
                             .over = over,
                             .specials = specials,
                             .words = true};
        const Plain plain = plain_of(trace, query);
        const auto map = evaluate(trace, query);
        ASSERT_TRUE(map) << map.error().message;
        // Where all positions are at hand, the same is taken from them.
        MapQuery whole{.heads = query.heads};
        const Map all = evaluate(trace, whole).value();
        const Map taken = subject_map(all, query, trace.prompt);
        std::size_t shown = 0;
        for (const auto& group : plain.groups(true, specials == Specials::kShown)) {
          const bool patch = group.front() < kPatches;
          const float expected =
              direction == Direction::kReads ? plain.cell(chaton, group) : plain.cell(group, chaton);
          const auto at = std::ranges::find(taken.columns, group.front()) - taken.columns.begin();
          EXPECT_NEAR(taken.values(0, at), expected, kClose);
          if ((over == Over::kImage && !patch) || (over == Over::kText && patch)) continue;
          ASSERT_LT(shown, map->columns.size());
          EXPECT_EQ(map->columns[shown], group.front());
          EXPECT_NEAR(map->values(0, static_cast<Eigen::Index>(shown)), expected, kClose);
          ++shown;
        }
        EXPECT_EQ(shown, map->columns.size());
      }
    }
  }
}

TEST(Arrange, EachRowKeepsTheSmallestSetThatHoldsAShare) {
  const Trace trace = text();
  const double share = 0.8;
  const MapQuery query{.heads = one_head(0, 0), .specials = Specials::kRenormalised, .words = true};
  MapQuery held = query;
  held.mass = share;
  const Map all = evaluate(trace, query).value(), map = evaluate(trace, held).value();
  for (int row = 0; row < static_cast<int>(all.values.rows()); ++row) {
    // Every set of columns: none smaller holds as much.
    const int columns = static_cast<int>(all.values.cols());
    int fewest = columns;
    for (unsigned set = 0; set < 1u << static_cast<unsigned>(columns); ++set) {
      double sum = 0;
      int count = 0;
      for (int column = 0; column < columns; ++column) {
        if ((set >> static_cast<unsigned>(column) & 1u) == 0) continue;
        sum += static_cast<double>(all.values(row, column));
        ++count;
      }
      if (sum >= share * static_cast<double>(all.values.row(row).sum())) fewest = std::min(fewest, count);
    }
    double kept = 0;
    int shown = 0;
    for (int column = 0; column < columns; ++column) {
      if (map.is_hidden(row, column)) {
        EXPECT_EQ(map.values(row, column), 0.0f);
        continue;
      }
      EXPECT_EQ(map.values(row, column), all.values(row, column));
      kept += static_cast<double>(map.values(row, column));
      ++shown;
    }
    EXPECT_EQ(shown, fewest);
    EXPECT_GE(kept, share - 1e-6);
  }
}

// What lies over a drawing: its own smallest set and its own places, whatever the words beside it read.
TEST(Arrange, OfADrawingsMapTheSetAndThePlacesAreAmongItsPatches) {
  const Trace trace = drawing();
  for (const Direction direction : {Direction::kReads, Direction::kReadBy}) {
    const MapQuery query{.heads = one_head(1, 0),
                         .subject = {kPatches + 4, kPatches + 5},
                         .direction = direction,
                         .over = Over::kImage};
    MapQuery held = query, ranked = query, both = query;
    held.mass = both.mass = 0.7;
    ranked.rank = both.rank = true;
    const Map all = evaluate(trace, query).value(), set = evaluate(trace, held).value(),
              places = evaluate(trace, ranked).value(), left = evaluate(trace, both).value();
    ASSERT_EQ(all.columns.size(), static_cast<std::size_t>(kPatches));
    std::vector<float> sorted(all.values.data(), all.values.data() + kPatches);
    std::ranges::sort(sorted, std::greater());
    int fewest = 0;
    for (double sum = 0; sum < 0.7 * static_cast<double>(all.values.sum()) && fewest < kPatches; ++fewest)
      sum += static_cast<double>(sorted[static_cast<std::size_t>(fewest)]);
    for (int patch = 0; patch < kPatches; ++patch) {
      const float value = all.values(0, patch);
      const auto place = 1 + std::ranges::count_if(sorted, [&](float other) { return other > value; });
      EXPECT_EQ(places.values(0, patch), static_cast<float>(place));
      EXPECT_EQ(set.is_hidden(0, patch), place > fewest);
      EXPECT_EQ(set.values(0, patch), place > fewest ? 0.0f : value);
      EXPECT_EQ(left.values(0, patch), place > fewest ? 0.0f : static_cast<float>(place));
    }
    EXPECT_GT(fewest, 0);
    EXPECT_LT(fewest, kPatches);
  }
}

TEST(Arrange, RanksCountFromTheLargest) {
  Trace trace = text();
  auto record = std::make_shared<AttentionRecord>(trace.records[0]->first_layers(1));
  record->attention(0, 0)(3, 1) = record->attention(0, 0)(3, 4) = 2.0f;  // equals
  trace.records[0] = record;
  const MapQuery query{.heads = one_head(0, 0)};
  MapQuery ranked = query;
  ranked.rank = true;
  const Map all = evaluate(trace, query).value(), map = evaluate(trace, ranked).value();
  EXPECT_FALSE(map.is_attention);
  for (int q = 0; q < 8; ++q) {
    for (int k = 0; k < 8; ++k) {
      int rank = 1;
      for (int other = 0; other < 8; ++other) rank += all.values(q, other) > all.values(q, k) ? 1 : 0;
      EXPECT_EQ(map.values(q, k), static_cast<float>(rank));
    }
  }
  EXPECT_EQ(map.values(3, 1), 1.0f);
  EXPECT_EQ(map.values(3, 4), 1.0f);
}

TEST(Arrange, TwoRunsAreComparedWordByWord) {
  const Trace first = text();
  Sequence other = words();  // "chaton" is one token there, "gris" two
  other.positions.erase(other.positions.begin() + 2);
  other.positions.erase(other.positions.begin() + 5);
  other.words = {{.first = 1, .last = 1}, {.first = 2, .last = 2}, {.first = 3, .last = 4}};
  const Trace second = single_trace("tiny", other, random_record(6, 9));
  const MapQuery query{.heads = one_head(1, 1), .specials = Specials::kHidden, .words = true};
  const std::vector<AlignedPosition> aligned = {{0, 0}, {1, 1}, {2, -1}, {3, 2},
                                                {4, 3}, {5, 4}, {6, -1}, {7, 5}};
  const auto both = compare(first, second, query, aligned);
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ(both->rows, (std::vector<AlignedPosition>{{1, 1}, {3, 2}, {4, 3}}));
  const Plain a = plain_of(first, query), b = plain_of(second, query);
  EXPECT_NEAR(both->difference(0, 2), b.cell({1}, {3, 4}) - a.cell({1, 2}, {4, 5, 6}), kClose);
  EXPECT_NEAR(both->difference(2, 0), b.cell({3, 4}, {1}) - a.cell({4, 5, 6}, {1, 2}), kClose);
}

TEST(Arrange, SpreadGivesEachPieceTheNumberOfItsWord) {
  const Trace trace = text();
  const Map map = evaluate(trace, {.specials = Specials::kHidden, .words = true}).value();
  const Map spread = spread_over_positions(map, trace.prompt);
  ASSERT_EQ(spread.values.rows(), 8);
  EXPECT_TRUE(spread.is_hidden(0, 1) && spread.is_hidden(1, 7));
  EXPECT_EQ(spread.values(2, 5), map.values(0, 2));
  EXPECT_EQ(spread.values(6, 1), map.values(2, 0));
  EXPECT_FALSE(spread.is_hidden(6, 1));
}

TEST(Arrange, WhatDoesNotAddUpIsRefused) {
  const Trace trace = text();
  const auto message = [&](const MapQuery& query) {
    const auto map = evaluate(trace, query);
    return map ? std::string() : map.error().message;
  };
  EXPECT_EQ(message({.scores = true, .words = true}),
            "--words: expected attention, got scores, which do not add up");
  EXPECT_EQ(message({.scores = true, .specials = Specials::kRenormalised}),
            "--special: expected show or hide, got renormalise: scores do not add up");
  EXPECT_EQ(message({.scores = true, .mass = 0.8}),
            "--hold: expected attention, got scores, which hold no share");
  EXPECT_EQ(message({.scores = true, .specials = Specials::kHidden}), "");
}

TEST(Arrange, NothingAskedChangesNoBit) {
  const Trace trace = drawing();
  const Map map = evaluate(trace, {.heads = one_head(0, 1)}).value();
  EXPECT_EQ(map.values, Matrix(trace.records[0]->attention(0, 1)));
}

}  // namespace
}  // namespace regard
