// What a run leaves behind: for every layer and head the queries, keys, values, scores and attention.
// Rows are queries, columns are keys, everywhere. Layers and heads count from 0 here; people see them from 1.
#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor/matrix.h"

namespace regard {

struct AttentionShape {
  int layers = 0;      // L
  int heads = 0;       // H
  int queries = 0;     // T
  int keys = 0;        // S
  int head_width = 0;  // E
  bool operator==(const AttentionShape&) const = default;
};

/// Written once by a model, then only read (shared as `shared_ptr<const AttentionRecord>`).
/// Thread: const members from any thread once the run is over.
class AttentionRecord {
 public:
  AttentionRecord() = default;
  explicit AttentionRecord(const AttentionShape& shape);

  const AttentionShape& shape() const { return shape_; }

  /// q.k/sqrt(E) + key_bias, -inf where the mask forbids. [T][S]
  ConstMatrixMap scores(int layer, int head) const;
  /// softmax of the scores, each row sums to 1; exactly 0 where masked. With a key_factor: times that, and
  /// rows sum to something else. [T][S]
  ConstMatrixMap attention(int layer, int head) const;
  ConstMatrixMap query(int layer, int head) const;  ///< [T][E]
  ConstMatrixMap key(int layer, int head) const;    ///< [S][E]
  ConstMatrixMap value(int layer, int head) const;  ///< [S][E]
  /// What was added to every score of a key: ln(weight of its word), -inf when hidden. [S]
  const Vector& key_bias() const { return key_bias_; }
  /// What attention to a key was multiplied with after softmax: 1 where nothing was. [S]; empty: nothing
  /// anywhere
  const Vector& key_factor() const { return key_factor_; }
  /// False when a key_factor other than 1 was at work: attention is then no distribution, and may be
  /// negative.
  bool rows_sum_to_one() const { return rows_sum_to_one_; }
  /// Whether the model lets query t read key s (causal mask; a hidden word also counts as not readable).
  bool readable(int query, int key) const;

  // For the model that fills it.
  MatrixMap scores(int layer, int head);
  MatrixMap attention(int layer, int head);
  MatrixMap query(int layer, int head);
  MatrixMap key(int layer, int head);
  MatrixMap value(int layer, int head);
  void set_key_bias(Vector bias);
  void set_key_factor(Vector factor);
  void set_causal(bool causal) { causal_ = causal; }

  /// NaN or Inf among the attention of all heads: should be 0. Counted by the engine when a run ends.
  std::int64_t non_finite = 0;

 private:
  std::size_t map_offset(int layer, int head) const;
  std::size_t query_offset(int layer, int head) const;
  std::size_t key_offset(int layer, int head) const;

  AttentionShape shape_;
  bool causal_ = false;
  bool rows_sum_to_one_ = true;
  Vector key_bias_;
  Vector key_factor_;
  std::vector<float> scores_, attention_;   // [L][H][T][S]
  std::vector<float> query_, key_, value_;  // [L][H][T or S][E]
};

}  // namespace regard
