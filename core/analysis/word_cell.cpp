#include "core/analysis/word_cell.h"

namespace regard {

PositionGroup word_around(const Sequence& sequence, int position) {
  const auto word_of = [&](int at) { return sequence.positions[static_cast<std::size_t>(at)].word; };
  int first = position;
  while (word_of(position) >= 0 && first > 0 && word_of(first - 1) == word_of(position)) --first;
  return {first, last_of_word(sequence, position)};
}

WordCell word_cell(const AttentionRecord& record, const Sequence& sequence, int layer, int head,
                   const PositionGroup& queries, const PositionGroup& keys, Specials specials) {
  const int rows = queries.last - queries.first + 1, columns = keys.last - keys.first + 1;
  WordCell out{.queries = queries,
               .keys = keys,
               .shares = Matrix(rows, columns),
               .left = Vector::Ones(rows),
               .sums = Vector::Zero(rows)};
  for (int i = 0; i < rows; ++i) {
    Matrix row = record.attention_row(layer, head, queries.first + i);
    out.shares.row(i) = row.middleCols(keys.first, columns);
    if (specials == Specials::kRenormalised) {
      for (int key = 0; key < sequence.count(); ++key) {
        if (sequence.positions[static_cast<std::size_t>(key)].kind == Position::Kind::kSpecial)
          row(0, key) = 0.0f;
      }
      out.left(i) = row.sum();
    }
    const float sum = row.middleCols(keys.first, columns).sum();
    out.sums(i) = out.left(i) != 0.0f ? sum / out.left(i) : 0.0f;
  }
  out.value = out.sums.mean();
  return out;
}

}  // namespace regard
