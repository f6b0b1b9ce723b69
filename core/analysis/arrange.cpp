#include "core/analysis/arrange.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <numeric>

#include "core/analysis/vision.h"

namespace regard {
namespace {

std::size_t as_size(int value) { return static_cast<std::size_t>(value); }

bool is_special(const Sequence& sequence, int position) {
  return sequence.positions[as_size(position)].kind == Position::Kind::kSpecial;
}

// Which line of the unjoined map each position is.
std::vector<int> lines_of(const std::vector<int>& positions, int count) {
  std::vector<int> line(as_size(count), -1);
  for (std::size_t i = 0; i < positions.size(); ++i) line[as_size(positions[i])] = static_cast<int>(i);
  return line;
}

std::vector<int> firsts_of(const std::vector<PositionGroup>& groups) {
  std::vector<int> out;
  std::ranges::transform(groups, std::back_inserter(out), &PositionGroup::first);
  return out;
}

// Rows or columns taken together: [groups][other], each the sum of its lines.
Matrix sums_of_rows(ConstMatrixRef values, const std::vector<PositionGroup>& groups,
                    const std::vector<int>& line) {
  Matrix out = Matrix::Zero(static_cast<Eigen::Index>(groups.size()), values.cols());
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (int position = groups[g].first; position <= groups[g].last; ++position)
      out.row(static_cast<Eigen::Index>(g)) += values.row(line[as_size(position)]);
  }
  return out;
}

void divide_by_size(Matrix& rows, const std::vector<PositionGroup>& groups) {
  for (std::size_t g = 0; g < groups.size(); ++g)
    rows.row(static_cast<Eigen::Index>(g)) /= static_cast<float>(groups[g].last - groups[g].first + 1);
}

// 1 where every cell of a pair of groups is hidden.
std::vector<char> joined_hidden(const Map& map, const std::vector<PositionGroup>& rows,
                                const std::vector<PositionGroup>& columns, const std::vector<int>& row_line,
                                const std::vector<int>& column_line) {
  std::vector<char> out;
  if (map.hidden.empty()) return out;
  for (const PositionGroup& row : rows) {
    for (const PositionGroup& column : columns) {
      bool all = true;
      for (int q = row.first; q <= row.last; ++q) {
        for (int k = column.first; k <= column.last; ++k)
          all = all && map.is_hidden(row_line[as_size(q)], column_line[as_size(k)]);
      }
      out.push_back(all ? 1 : 0);
    }
  }
  return out;
}

void join(Map& map, const Sequence& sequence) {
  const MapQuery& query = map.query;
  if (query.specials == Specials::kShown && !query.words) return;
  const auto rows = position_groups(sequence, map.rows, query.specials, query.words);
  const auto columns = position_groups(sequence, map.columns, query.specials, query.words);
  const std::vector<int> row_line = lines_of(map.rows, sequence.count());
  const std::vector<int> column_line = lines_of(map.columns, sequence.count());
  map.hidden = joined_hidden(map, rows, columns, row_line, column_line);
  Matrix by_rows = sums_of_rows(map.values, rows, row_line);
  divide_by_size(by_rows, rows);
  map.values = sums_of_rows(by_rows.transpose(), columns, column_line).transpose();
  map.rows = firsts_of(rows);
  map.columns = firsts_of(columns);
}

// The rest of each row is hidden.
void keep_smallest_sets(Map& map, double mass) {
  if (map.hidden.empty()) map.hidden.assign(static_cast<std::size_t>(map.values.size()), 0);
  const auto columns = static_cast<Eigen::Index>(map.columns.size());
  for (Eigen::Index row = 0; row < map.values.rows(); ++row) {
    const std::vector<bool> kept = mass_mask(map.values.row(row), mass);
    for (Eigen::Index column = 0; column < columns; ++column) {
      if (kept[static_cast<std::size_t>(column)]) continue;
      map.values(row, column) = 0.0f;
      map.hidden[static_cast<std::size_t>(row * columns + column)] = 1;
    }
  }
}

}  // namespace

int last_of_word(const Sequence& sequence, int position) {
  const int word = sequence.positions[as_size(position)].word;
  int last = position;
  while (word >= 0 && last + 1 < sequence.count() && sequence.positions[as_size(last + 1)].word == word)
    ++last;
  return last;
}

std::string label_of(const Sequence& sequence, const PositionGroup& group) {
  std::string out;
  for (int position = group.first; position <= group.last; ++position)
    out += sequence.positions[as_size(position)].label;
  return out;
}

int group_at(const Sequence& sequence, const std::vector<int>& firsts, bool words, int position) {
  const auto after = std::ranges::upper_bound(firsts, position);
  if (after == firsts.begin()) return -1;
  const int first = *std::prev(after);
  const int last = words ? last_of_word(sequence, first) : first;
  return position <= last ? static_cast<int>(after - firsts.begin()) - 1 : -1;
}

std::vector<PositionGroup> position_groups(const Sequence& sequence, const std::vector<int>& positions,
                                           Specials specials, bool words) {
  std::vector<PositionGroup> out;
  for (const int position : positions) {
    if (specials != Specials::kShown && is_special(sequence, position)) continue;
    const int word = sequence.positions[as_size(position)].word;
    const bool goes_on = words && word >= 0 && !out.empty() && out.back().last == position - 1 &&
                         sequence.positions[as_size(out.back().last)].word == word;
    if (goes_on) {
      out.back().last = position;
    } else {
      out.push_back({position, position});
    }
  }
  return out;
}

void renormalise(Matrix& rows, const Sequence& sequence) {
  for (int position = 0; position < sequence.count(); ++position) {
    if (is_special(sequence, position)) rows.col(position).setZero();
  }
  for (Eigen::Index row = 0; row < rows.rows(); ++row) {
    if (const float sum = rows.row(row).sum(); sum != 0.0f) rows.row(row) /= sum;
  }
}

bool is_arranged(const MapQuery& query) {
  return query.specials != Specials::kShown || query.words || query.rank;
}

void arrange(Map& map, const Sequence& sequence) {
  if (map.query.specials == Specials::kRenormalised) renormalise(map.values, sequence);
  join(map, sequence);
}

void arrange_row(Map& map, const Sequence& sequence) {
  const MapQuery& query = map.query;
  const auto columns = position_groups(sequence, map.columns, query.specials, query.words);
  Matrix values = sums_of_rows(map.values.transpose(), columns, lines_of(map.columns, sequence.count()));
  if (query.direction == Direction::kReadBy) divide_by_size(values, columns);
  map.values = values.transpose();
  map.columns = firsts_of(columns);
  map.hidden.clear();
}

void hold_and_rank(Map& map) {
  if (map.query.mass && !map.is_signed) keep_smallest_sets(map, *map.query.mass);
  if (map.query.rank) rank_rows(map);
}

void cut_columns(Map& map, int first, int last) {
  std::vector<int> kept;  // columns of the map
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    if (map.columns[i] >= first && map.columns[i] <= last) kept.push_back(static_cast<int>(i));
  }
  if (kept.size() == map.columns.size()) return;
  Map out = map;
  out.columns.clear();
  out.hidden.clear();
  out.values.resize(map.values.rows(), static_cast<Eigen::Index>(kept.size()));
  for (std::size_t i = 0; i < kept.size(); ++i) {
    out.columns.push_back(map.columns[as_size(kept[i])]);
    out.values.col(static_cast<Eigen::Index>(i)) = map.values.col(kept[i]);
  }
  for (int row = 0; !map.hidden.empty() && row < static_cast<int>(map.values.rows()); ++row) {
    for (const int column : kept) out.hidden.push_back(map.is_hidden(row, column) ? 1 : 0);
  }
  map = std::move(out);
}

void rank_rows(Map& map) {
  map.is_attention = map.is_signed = false;
  const int columns = static_cast<int>(map.values.cols());
  for (int row = 0; row < static_cast<int>(map.values.rows()); ++row) {
    std::vector<int> order;
    for (int column = 0; column < columns; ++column) {
      if (!map.is_hidden(row, column)) order.push_back(column);
    }
    const RowVector values = map.values.row(row);
    const auto key = [&](int column) {  // what is no number is behind all others
      return std::isnan(values(column)) ? -std::numeric_limits<float>::infinity() : values(column);
    };
    std::ranges::stable_sort(order, std::ranges::greater(), key);
    map.values.row(row).setZero();
    for (std::size_t i = 0; i < order.size(); ++i) {
      const bool equal = i > 0 && values(order[i]) == values(order[i - 1]);
      map.values(row, order[i]) = equal ? map.values(row, order[i - 1]) : static_cast<float>(i + 1);
    }
  }
}

Map spread_over_positions(const Map& map, const Sequence& sequence) {
  const int count = sequence.count();
  const auto groups_of = [&](const std::vector<int>& firsts) {
    std::vector<int> out;
    for (int position = 0; position < count; ++position)
      out.push_back(group_at(sequence, firsts, map.query.words, position));
    return out;
  };
  const std::vector<int> row_at = groups_of(map.rows), column_at = groups_of(map.columns);
  Map out = map;
  out.rows.resize(as_size(count));
  std::iota(out.rows.begin(), out.rows.end(), 0);
  out.columns = out.rows;
  out.values = Matrix::Zero(count, count);
  out.hidden.assign(as_size(count) * as_size(count), 1);
  for (int q = 0; q < count; ++q) {
    for (int k = 0; k < count; ++k) {
      const int row = row_at[as_size(q)], column = column_at[as_size(k)];
      if (row < 0 || column < 0 || map.is_hidden(row, column)) continue;
      out.values(q, k) = map.values(row, column);
      out.hidden[as_size(q) * as_size(count) + as_size(k)] = 0;
    }
  }
  return out;
}

}  // namespace regard
