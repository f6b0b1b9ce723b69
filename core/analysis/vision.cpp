#include "core/analysis/vision.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

namespace regard {

namespace {

RowVector row_of_head(const AttentionRecord& record, int layer, int head, int token, bool incoming,
                      bool scores) {
  if (scores && incoming)
    return record.scores_tile(layer, head, 0, record.shape().queries, token, 1).transpose();
  if (scores) return record.scores_row(layer, head, token);
  if (incoming) return record.attention_column(layer, head, token).transpose();
  return record.attention_row(layer, head, token);
}

// Under a choice of head.
RowVector row_of_layer(const AttentionRecord& record, int layer, int head, int token, bool incoming,
                       bool scores) {
  if (head >= 0) return row_of_head(record, layer, head, token, incoming, scores);
  RowVector row = row_of_head(record, layer, 0, token, incoming, scores);
  for (int h = 1; h < record.shape().heads; ++h) {
    const RowVector other = row_of_head(record, layer, h, token, incoming, scores);
    if (head == RecordChoice::kMax) {
      // NaN must stay visible in the map, so it wins over any number.
      row = row.binaryExpr(other, [](float a, float b) { return b > a || std::isnan(b) ? b : a; });
    } else {
      row += other;
    }
  }
  if (head == RecordChoice::kMean) row /= static_cast<float>(record.shape().heads);
  return row;
}

Result<void> check_choice(const AttentionShape& s, const RecordChoice& choice, int query, int specials) {
  if (s.layers == 0 || s.heads == 0)
    return fail(ErrorCode::kShape, "map: expected a record with layers and heads, got none");
  if (choice.layer >= s.layers || choice.layer < RecordChoice::kRollout || choice.layer == RecordChoice::kMax) {
    return fail(ErrorCode::kShape, "layer: expected 1 to {}, mean or rollout, got {}", s.layers,
                choice.layer + 1);
  }
  if (choice.head >= s.heads || choice.head < RecordChoice::kMax)
    return fail(ErrorCode::kShape, "head: expected 1 to {}, mean or max, got {}", s.heads, choice.head + 1);
  if (query < 0 || query >= s.queries)
    return fail(ErrorCode::kShape, "query: expected 0 to {}, got {}", s.queries - 1, query);
  if (specials < 0 || specials > s.keys)
    return fail(ErrorCode::kShape, "special tokens: expected 0 to {}, got {}", s.keys, specials);
  return {};
}

// Sorted, each once. Errors: shape.
Result<std::vector<int>> indices(std::span<const int> wanted, int count, const char* what) {
  const std::set<int> sorted(wanted.begin(), wanted.end());
  if (!sorted.empty() && (*sorted.begin() < 0 || *sorted.rbegin() >= count)) {
    return fail(ErrorCode::kShape, "{}: expected 0 to {}, got {}", what, count - 1,
                *sorted.begin() < 0 ? *sorted.begin() : *sorted.rbegin());
  }
  return std::vector<int>(sorted.begin(), sorted.end());
}

}  // namespace

RowVector token_row(const AttentionRecord& record, const RecordChoice& choice, int token, bool incoming,
                    bool scores) {
  if (choice.layer >= 0) return row_of_layer(record, choice.layer, choice.head, token, incoming, scores);
  RowVector row = row_of_layer(record, 0, choice.head, token, incoming, scores);
  for (int layer = 1; layer < record.shape().layers; ++layer)
    row += row_of_layer(record, layer, choice.head, token, incoming, scores);
  row /= static_cast<float>(record.shape().layers);
  return row;
}

Result<RowVector> token_map(const AttentionRecord& record, const RecordChoice& choice, int query, int specials) {
  const AttentionShape& s = record.shape();
  if (auto sound = check_choice(s, choice, query, specials); !sound)
    return std::unexpected(std::move(sound.error()));
  if (choice.layer != RecordChoice::kRollout)
    return RowVector(token_row(record, choice, query).tail(s.keys - specials));
  auto row = rollout_row(record, query);
  if (!row) return row;
  return RowVector(row->tail(s.keys - specials));
}

std::vector<bool> mass_mask(const RowVector& row, double fraction) {
  const auto mass = [&](Eigen::Index i) { return row(i) > 0.0f ? static_cast<double>(row(i)) : 0.0; };
  std::vector<Eigen::Index> order(static_cast<std::size_t>(row.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::ranges::stable_sort(order, [&](Eigen::Index a, Eigen::Index b) { return mass(a) > mass(b); });
  double total = 0.0;
  for (const Eigen::Index i : order) total += mass(i);  // largest first, as below: 1 is then reached exactly
  const double wanted = std::clamp(fraction, 0.0, 1.0) * total;
  std::vector<bool> mask(order.size(), false);
  double held = 0.0;
  for (const Eigen::Index i : order) {
    if (held >= wanted) break;
    mask[static_cast<std::size_t>(i)] = true;
    held += mass(i);
  }
  for (const Eigen::Index i : order) {  // what is no number is shown, whatever it is worth
    if (std::isnan(row(i))) mask[static_cast<std::size_t>(i)] = true;
  }
  return mask;
}

Result<Eigen::MatrixXd> region_mass(const AttentionRecord& record, std::span<const int> queries,
                                    std::span<const int> keys) {
  constexpr std::size_t kRowsWorthAMap = 60;  // a computed map costs as much as some 60 computed rows
  const AttentionShape& s = record.shape();
  const auto rows = indices(queries, s.queries, "query");
  if (!rows) return std::unexpected(rows.error());
  const auto columns = indices(keys, s.keys, "key");
  if (!columns) return std::unexpected(columns.error());
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(s.layers, s.heads);
  if (rows->empty() || columns->empty()) return out;
  for (int layer = 0; layer < s.layers; ++layer) {
    for (int head = 0; head < s.heads; ++head) {
      const bool whole = !record.keeps_maps() && rows->size() > kRowsWorthAMap;
      const Matrix map = whole ? record.attention_map(layer, head) : Matrix();
      double sum = 0.0;
      for (const int r : *rows) {
        const RowVector row = whole ? RowVector(map.row(r)) : record.attention_row(layer, head, r);
        for (const int c : *columns) sum += static_cast<double>(row(c));
      }
      out(layer, head) = sum / static_cast<double>(rows->size());
    }
  }
  return out;
}

TokenNorms token_norms(ConstMatrixRef hidden) {
  TokenNorms out{hidden.rowwise().norm(), 0.0};
  if (out.norms.size() == 0) return out;
  if (!out.norms.allFinite()) {  // they have no order
    out.max_over_median = std::numeric_limits<double>::quiet_NaN();
    return out;
  }
  std::vector<float> sorted(out.norms.begin(), out.norms.end());
  std::ranges::sort(sorted);
  const std::size_t half = sorted.size() / 2;
  const double median = sorted.size() % 2 == 1
                            ? static_cast<double>(sorted[half])
                            : (static_cast<double>(sorted[half - 1]) + static_cast<double>(sorted[half])) / 2;
  if (median > 0.0) out.max_over_median = static_cast<double>(sorted.back()) / median;
  return out;
}

}  // namespace regard
