#include "core/attention/attend.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/tensor/linear.h"
#include "core/tensor/ops.h"
#include "core/tensor/threads.h"

namespace regard {

namespace {

// Rows at a time: a multiple of the kernel's block heights (14 and 6), few enough that a block of 1370 keys
// (0.2 MB) and its copy stay in the L2 cache.
constexpr int kRows = 42;

// Of `rows` rows from row0 on, how many bias and factor act on.
Eigen::Index changed_rows(const AttentionRecord& record, int row0, Eigen::Index rows) {
  return std::clamp<Eigen::Index>(record.changed_queries() - row0, 0, rows);
}

// What `rows` rows of a head cost: two products and an exponential a score, which takes as long as some 20
// flops of a product.
double flops_of(const AttentionShape& shape, int rows) {
  return static_cast<double>(rows) * shape.keys * (4.0 * shape.head_width + 20.0);
}

// Of the keys, how many from the first on the mask lets a query read.
Eigen::Index readable_keys(const AttentionRecord& record, Eigen::Index query) {
  const Eigen::Index keys = record.shape().keys;
  return record.causal() ? std::min(query + 1, keys) : keys;
}

// Which key of the other run stands for each key of a row: none for one whose edge is cut, which stays so.
std::vector<int> kept_keys(const KeptMaps& kept, const AttentionRecord& record, int layer, int head,
                           int query) {
  std::vector<int> keys = kept.key;
  for (const CutEdge& edge : record.cut_edges()) {
    if (edge.query == query && edge.acts(layer, head)) keys[static_cast<std::size_t>(edge.key)] = -1;
  }
  return keys;
}

// Kept maps, then swaps, of a block of rows.
void edit_block(const RowEdits& edits, const AttentionRecord& record, int layer, int head, int row0,
                MatrixRef attention) {
  const auto columns = static_cast<std::size_t>(attention.cols());
  const Eigen::Index changed = changed_rows(record, row0, attention.rows());
  const bool all = edits.kept != nullptr && edits.kept->all_queries;
  for (Eigen::Index r = 0; r < (all ? attention.rows() : changed); ++r) {
    const std::span<float> row(attention.row(r).data(), columns);
    if (edits.kept != nullptr) {
      const int query = edits.kept->query_of(static_cast<int>(row0 + r));
      if (query >= 0) {
        const auto from = edits.kept->from->attention(layer, head).row(query);
        std::vector<int> own;
        std::span<const int> keys = edits.kept->key;
        if (!record.cut_edges().empty())
          keys = own = kept_keys(*edits.kept, record, layer, head, static_cast<int>(row0 + r));
        keep_row({from.data(), static_cast<std::size_t>(from.size())}, keys, row);
      }
    }
    if (r >= changed) continue;
    for (const SwappedKeys& keys : edits.swaps) swap_keys(keys, row);
  }
}

// Softmax of a block of rows; what the record keeps of it is written there.
void softmax_block(AttentionRecord& record, int layer, int head, int row0, const RowEdits& edits,
                   ConstMatrixRef scores, MatrixRef attention) {
  for (Eigen::Index r = 0; r < scores.rows(); ++r) {
    // Over what the row may read alone: the same sums, in the same order, as without the keys behind it.
    const Eigen::Index past = readable_keys(record, row0 + r);
    const SoftmaxSums sums = softmax_row(scores.row(r).head(past), attention.row(r).head(past));
    attention.row(r).tail(attention.cols() - past).setZero();
    if (record.keeps_maps()) continue;
    record.row_max(layer, head)(row0 + r) = sums.top;
    record.row_sum(layer, head)(row0 + r) = sums.sum;
  }
  if (!edits.empty()) edit_block(edits, record, layer, head, row0, attention);
  if (record.key_factor().size() > 0)
    attention.topRows(changed_rows(record, row0, attention.rows())).array().rowwise() *=
        record.key_factor().transpose().array();  // not renormalised
}

}  // namespace

Matrix scaled_queries(const AttentionRecord& record, int layer, int head, Eigen::Index row0,
                      Eigen::Index rows) {
  return record.query(layer, head).middleRows(row0, rows) /
         std::sqrt(static_cast<float>(record.shape().head_width));
}

void finish_scores(const AttentionRecord& record, int layer, int head, int row0, int col0, MatrixRef tile) {
  if (record.key_bias().size() > 0)
    tile.topRows(changed_rows(record, row0, tile.rows())).rowwise() +=
        record.key_bias().segment(col0, tile.cols()).transpose();  // one a key
  for (const CutEdge& edge : record.cut_edges()) {
    const int r = edge.query - row0, c = edge.key - col0;
    if (edge.acts(layer, head) && r >= 0 && r < tile.rows() && c >= 0 && c < tile.cols())
      tile(r, c) = -std::numeric_limits<float>::infinity();
  }
  if (!record.causal()) return;
  for (Eigen::Index r = 0; r < tile.rows(); ++r) {
    const Eigen::Index past = std::clamp<Eigen::Index>(row0 + r + 1 - col0, 0, tile.cols());
    tile.row(r).tail(tile.cols() - past).setConstant(-std::numeric_limits<float>::infinity());
  }
}

void attend(AttentionRecord& record, int layer, int head, MatrixRef out, const RowEdits& edits,
            int first_query) {
  REGARD_CHECK(edits.empty() || record.keeps_maps());
  const AttentionShape& shape = record.shape();
  const int queries = shape.queries - first_query;
  REGARD_CHECK(0 <= first_query && queries == out.rows());
  const PackedMatrix k = pack_transposed(std::as_const(record).key(layer, head));  // [E][S]
  const PackedMatrix v = pack(std::as_const(record).value(layer, head));           // [S][E]
  const auto block = [&](int row0, MatrixRef scores, MatrixRef attention) {
    multiply(scaled_queries(record, layer, head, row0, scores.rows()), k, nullptr, scores);  // [rows][S]
    finish_scores(record, layer, head, row0, 0, scores);
    softmax_block(record, layer, head, row0, edits, scores, attention);
    multiply(attention, v, nullptr, out.middleRows(row0 - first_query, scores.rows()));  // [rows][E]
  };
  const auto blocks = [&](int begin, int end) {
    Matrix scratch(record.keeps_maps() ? 0 : std::min(kRows, queries), shape.keys);
    for (int at = begin * kRows; at < std::min(end * kRows, queries); at += kRows) {
      const int row0 = first_query + at, rows = std::min(kRows, queries - at);
      if (record.keeps_maps()) {
        block(row0, record.scores(layer, head).middleRows(row0, rows),
              record.attention(layer, head).middleRows(row0, rows));
      } else {
        block(row0, scratch.topRows(rows), scratch.topRows(rows));
      }
    }
  };
  const int count = (queries + kRows - 1) / kRows;
  parallel_for(count, grain_of(flops_of(shape, std::min(kRows, queries))), blocks);
}

Matrix attend_all(AttentionRecord& record, int layer, const RowEdits& edits, int first_query) {
  const AttentionShape& s = record.shape();
  const int queries = s.queries - first_query;
  Matrix joined(queries, s.heads * s.head_width);
  parallel_for(s.heads, grain_of(flops_of(s, queries)), [&](int begin, int end) {
    for (int head = begin; head < end; ++head)
      attend(record, layer, head, joined.middleCols(head * s.head_width, s.head_width), edits, first_query);
  });
  return joined;
}

Matrix attend_all(AttentionRecord& record, int layer, const Intervention& change, int first_query) {
  const RowEdits edits{change.kept ? &*change.kept : nullptr, change.swaps};
  Matrix joined = attend_all(record, layer, edits, first_query);
  silence_heads(change, layer, record.shape().head_width, joined, &record);
  return joined;
}

void silence_heads(const Intervention& change, int layer, int head_width, Matrix& joined,
                   AttentionRecord* record) {
  const Eigen::Index width = head_width;
  for (const auto& [block, head] : change.heads_mean) {
    if (block != layer || joined.rows() == 0) continue;
    auto columns = joined.middleCols(head * width, width);
    const RowVector mean = columns.colwise().mean();
    columns.rowwise() = mean;
    if (record != nullptr) record->set_passed_mean(layer, head, mean);
  }
  for (const auto& [block, head] : change.heads_off) {
    if (block == layer) joined.middleCols(head * width, width).setZero();
  }
}

void write_heads(AttentionRecord& record, int layer, int first, ConstMatrixRef q, ConstMatrixRef k,
                 ConstMatrixRef v) {
  const AttentionShape& s = record.shape();
  for (int head = 0; head < s.heads; ++head) {
    record.query(layer, head).middleRows(first, q.rows()) = q.middleCols(head * s.head_width, s.head_width);
    record.key(layer, head).middleRows(first, k.rows()) = k.middleCols(head * s.head_width, s.head_width);
    record.value(layer, head).middleRows(first, v.rows()) = v.middleCols(head * s.head_width, s.head_width);
  }
}

}  // namespace regard
