// What a run leaves behind: for every layer and head the queries, keys, values, scores and attention.
// Rows are queries, columns are keys, everywhere. Layers and heads count from 0 here; people see them from 1.
//
// Short sequences keep the maps. Long ones (1370 patches x 6 heads x 12 layers would be 1 GB) keep the
// queries, the keys and two numbers a row, and compute what is asked for: the accessors that return by value
// work for both, and agree within 1e-6. Costs below are of a record that computes; one that keeps its maps
// copies.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "core/tensor/huge_pages.h"
#include "core/tensor/linear.h"
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

/// What a layer makes of what its heads pass on to some queries, before it adds it to their residual stream:
/// (heads W^T + b) * gain, the heads side by side. [H*E] -> [D]
struct OutputProjection {
  int first = 0, count = 0;  // queries
  Linear projection;         // W_O [D][H*E] and b; its weights are the model's own, not a copy
  RowVector gain;            // [D] layer scale, or the gate of a block's modulation; empty: 1
};

/// A key that one query does not read: its score is -infinity. All count from 0.
struct CutEdge {
  int query = 0, key = 0;
  int layer = -1, head = -1;  // -1: every one
  bool operator==(const CutEdge&) const = default;

  bool acts(int in_layer, int in_head) const {
    return (layer < 0 || layer == in_layer) && (head < 0 || head == in_head);
  }
};

class AttentionRecord;
/// Told of a run after each of its layers but the last, on the run's thread: `layers` of them are in
/// `record`, and record.first_layers(layers) may be given away.
using TellLayers = std::function<void(const AttentionRecord& record, int layers)>;

/// Written once by a model, layer by layer, then only read (shared as `shared_ptr<const AttentionRecord>`).
/// Thread: const members from any thread once the run is over; before that those of first_layers().
class AttentionRecord {
 public:
  /// Scores and attention together are kept up to this many bytes.
  static constexpr double kKeptBytes = 256e6;

  AttentionRecord() = default;
  /// Allocates what a run of this shape fills. @param kept_bytes  above it, maps are computed on demand; 0
  /// never keeps them
  explicit AttentionRecord(const AttentionShape& shape, double kept_bytes = kKeptBytes);
  AttentionRecord(AttentionRecord&&) = default;
  AttentionRecord& operator=(AttentionRecord&&) = default;

  /// The layers that are written already, as a record of their own, while the run goes on: its numbers are
  /// the same memory. Without streams. Cost: no copy of a number. @param layers  in [0, L]
  AttentionRecord first_layers(int layers) const;

  const AttentionShape& shape() const { return shape_; }
  /// Whether `attention(l, h)` and `scores(l, h)` may be asked without a copy.
  bool keeps_maps() const { return keeps_maps_; }

  /// One query's attention to every key. [S]. Cost: 2*S*E flops and S exponentials; 0.06 ms at S = 1370.
  RowVector attention_row(int layer, int head, int query) const;
  /// Every query's attention to one key. [T]. Cost: 2*T*E flops and T exponentials; 0.1 ms.
  Vector attention_column(int layer, int head, int key) const;
  /// All of a head. [T][S]. Cost: 2*T*S*E flops and T*S exponentials; some 4 ms at T = S = 1370.
  Matrix attention_map(int layer, int head) const;
  /// Rows row0.. and columns col0.. of a head. [rows][cols]. Cost: as the map, by its share of the area.
  Matrix attention_tile(int layer, int head, int row0, int rows, int col0, int cols) const;
  /// The same before softmax: q.k/sqrt(E) + key_bias, -inf where the mask forbids. Cost: without
  /// exponentials.
  RowVector scores_row(int layer, int head, int query) const;
  Matrix scores_map(int layer, int head) const;
  Matrix scores_tile(int layer, int head, int row0, int rows, int col0, int cols) const;

  // Without a copy, only when keeps_maps() (a bug otherwise).
  /// q.k/sqrt(E) + key_bias, -inf where the mask forbids. [T][S]
  ConstMatrixMap scores(int layer, int head) const;
  /// softmax of the scores, each row sums to 1; exactly 0 where masked. With a key_factor: times that, and
  /// rows sum to something else. Where a run kept or swapped maps, what it used instead. [T][S]
  ConstMatrixMap attention(int layer, int head) const;
  ConstMatrixMap query(int layer, int head) const;  ///< [T][E]
  ConstMatrixMap key(int layer, int head) const;    ///< [S][E]
  ConstMatrixMap value(int layer, int head) const;  ///< [S][E]
  /// What was added to every score of a key: ln(weight of its word), -inf when hidden. [S]
  const Vector& key_bias() const { return key_bias_; }
  /// What attention to a key was multiplied with after softmax: 1 where nothing was. [S]; empty: nothing
  /// anywhere
  const Vector& key_factor() const { return key_factor_; }
  /// Edges that were cut, on whatever query: changed_queries() does not bound them.
  const std::vector<CutEdge>& cut_edges() const { return cut_edges_; }
  /// How many queries, from the first on, the two act on: all of them, unless the model says otherwise (joint
  /// attention: what the image reads is changed, what the text reads is not).
  int changed_queries() const { return changed_queries_; }
  /// False when a key_factor other than 1 was at work: attention is then no distribution, and may be
  /// negative.
  bool rows_sum_to_one() const { return rows_sum_to_one_; }
  /// Whether the model lets query t read key s (causal mask; a hidden word also counts as not readable).
  bool readable(int query, int key) const;
  bool causal() const { return causal_; }
  /// What adds the heads of a layer to a query's residual stream; null where nothing does (the text behind
  /// the last block of a diffusion transformer, a block that is off).
  const OutputProjection* output(int layer, int query) const;
  const std::vector<OutputProjection>& outputs(int layer) const;  ///< those of a layer; empty: none was kept
  /// Whether a head's map is here although it passed on nothing.
  bool is_off(int layer, int head) const;
  /// What a head that is set to its mean passed on to every query, [E]: the mean over all queries of what
  /// each would have got. Null: the head is not set to it, or is off.
  const RowVector* passed_mean(int layer, int head) const;
  /// The residual stream that enters a layer, [T][D]; of L what the last one gives. Null where it was not
  /// kept.
  const Matrix* stream(int layer) const;

  // For the model that fills it.
  MatrixMap scores(int layer, int head);
  MatrixMap attention(int layer, int head);
  MatrixMap query(int layer, int head);
  MatrixMap key(int layer, int head);
  MatrixMap value(int layer, int head);
  // Of each row of scores, its maximum and the sum of exp(score - maximum): only when not keeps_maps(). [T]
  Eigen::Map<Vector> row_max(int layer, int head);
  Eigen::Map<Vector> row_sum(int layer, int head);
  void set_key_bias(Vector bias);
  void set_key_factor(Vector factor);
  void set_changed_queries(int count);
  void set_cut_edges(std::vector<CutEdge> edges);
  void set_causal(bool causal) { causal_ = causal; }
  void add_output(int layer, OutputProjection output);
  /// What the first layers of another run left, whose record has this one's shape and keeps as much; which
  /// heads are off is not of it. They must not have been written yet. Cost: a copy.
  void take_layers(const AttentionRecord& from, int layers);
  void set_off(int layer, int head);
  void set_passed_mean(int layer, int head, RowVector mean);
  /// @param streams  [L] or more of [T][D]: what enters each layer
  void set_streams(std::shared_ptr<const std::vector<Matrix>> streams) { streams_ = std::move(streams); }

  /// NaN and Inf, which should be 0: in the attention of all heads (text), or in what came out, to which they
  /// spread (pictures, drawings). Counted when a run ends.
  std::int64_t non_finite = 0;

 private:
  AttentionRecord(const AttentionRecord&) = default;  // shares the numbers

  std::size_t map_offset(int layer, int head) const;
  std::size_t query_offset(int layer, int head) const;
  std::size_t key_offset(int layer, int head) const;
  std::size_t row_offset(int layer, int head) const;
  void check_tile(int row0, int rows, int col0, int cols) const;
  void compute_scores(int layer, int head, int row0, int col0, MatrixRef out) const;
  void compute_attention(int layer, int head, int row0, int col0, MatrixRef scores) const;

  AttentionShape shape_;
  int changed_queries_ = 0;
  bool keeps_maps_ = true;
  bool causal_ = false;
  bool rows_sum_to_one_ = true;
  Vector key_bias_;
  Vector key_factor_;
  std::vector<std::vector<OutputProjection>> outputs_;  // [L], or empty
  std::vector<std::pair<int, int>> off_;                // (layer, head)
  std::map<std::pair<int, int>, RowVector> means_;      // (layer, head): [E]
  std::shared_ptr<const std::vector<Matrix>> streams_;
  std::vector<CutEdge> cut_edges_;
  // All numbers, one allocation: of some MB, so that it lies on huge pages. A step of a drawing on small ones
  // spends a good part of its time in the system, which clears them one by one.
  using Numbers = std::vector<float, ZeroPageAllocator<float>>;
  std::shared_ptr<Numbers> numbers_ = std::make_shared<Numbers>();
  std::size_t scores_ = 0, attention_ = 0;       // where they begin: [L][H][T][S], when kept
  std::size_t row_max_ = 0, row_sum_ = 0;        // [L][H][T], when not
  std::size_t query_ = 0, key_ = 0, value_ = 0;  // [L][H][T or S][E]
};

}  // namespace regard
