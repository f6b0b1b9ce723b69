// What a map's numbers are brought to before they are shown: special positions left out or divided away, the
// tokens of a word as one, the smallest set that holds a share, ranks. For every lens and kind of run alike;
// evaluate() does it as a MapQuery asks (specials, words, mass, rank), in that order; the last two of the
// side that is asked for (MapQuery::over). Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "core/analysis/map_query.h"
#include "core/attention/trace.h"
#include "core/tensor/matrix.h"

namespace regard {

/// Positions that stand as one: the tokens of a word, or one alone. Both inclusive.
struct PositionGroup {
  int first = 0, last = 0;
  bool operator==(const PositionGroup&) const = default;
};

/// The last of the neighbours that belong to the same word; the position itself where it is of none.
int last_of_word(const Sequence& sequence, int position);
/// The letters of the tokens from `first` to `last`.
std::string label_of(const Sequence& sequence, const PositionGroup& group);

/// Which of the groups that begin at `firsts` (ascending) a position is in; -1: in none.
int group_at(const Sequence& sequence, const std::vector<int>& firsts, bool words, int position);

/// `positions` (ascending) as rows or columns of a map stand for them: without specials unless they are
/// shown, the tokens of a word as one if `words`.
std::vector<PositionGroup> position_groups(const Sequence& sequence, const std::vector<int>& positions,
                                           Specials specials, bool words);

/// Divides each row by what it gives to positions that are not special, whose cells become 0. A row that
/// gives them nothing becomes 0. @param rows  [any][S], over all positions
void renormalise(Matrix& rows, const Sequence& sequence);

/// Whether a query asks for any of it, `mass` aside.
bool is_arranged(const MapQuery& query);

/// Of a whole map over all positions and its hidden cells: special positions and words, as its query asks. A
/// joined cell is hidden where all of its cells are. Cost: O(S^2).
void arrange(Map& map, const Sequence& sequence);

/// Of a subject's map, whose rows are renormalised already, or of channels: columns are joined (summed where
/// they are keys, averaged where they are queries). Cost: O(S).
void arrange_row(Map& map, const Sequence& sequence);

/// The rest of what a query asks for, of the columns that are left: `mass`, unless numbers have signs, and
/// ranks. Cells outside of the smallest set are hidden and 0. Cost: O(S log S) a row.
void hold_and_rank(Map& map);

/// Only these positions among the columns stay. Both inclusive.
void cut_columns(Map& map, int first, int last);
/// Each row's cells counted from the largest, 1; equals share the smaller number. Hidden cells become 0.
void rank_rows(Map& map);

/// The same map for every position: cell (q, k) is that of the groups that q and k are in; hidden where they
/// are in none. @param map  whole   @return  [T][T]
Map spread_over_positions(const Map& map, const Sequence& sequence);

}  // namespace regard
