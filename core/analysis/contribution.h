// Where a number goes behind softmax: values weighted by attention, summed to a head's output, projected and
// added to the residual stream. Functions of a record alone, for text, pictures and drawings alike. Expect
// indices within the record's shape. Thread: any.
// Source: Kobayashi et al. 2020, arXiv 2004.10102, eq. 4 and 5; Elhage et al. 2021, transformer-circuits.pub
// "A Mathematical Framework", for heads as independent additions to the residual stream.
#pragma once

#include <vector>

#include "core/attention/record.h"
#include "core/tensor/matrix.h"

namespace regard {

/// What a head weighs the values with to get what it passes on: its attention; zeros of a head that is off;
/// of one that is set to its mean, in every row the mean of its rows over all queries.
/// @return  [rows][cols], rows row0.. and columns col0.. of the head's map
/// Cost: as AttentionRecord::attention_tile(); of a mean that of all queries' rows.
Matrix weighing_tile(const AttentionRecord& record, int layer, int head, int row0, int rows, int col0,
                     int cols);

/// What a head passes on to a query: A[query] V. [E]; zeros of a head that is off, the mean it is set to of
/// one that is. Cost: O(S*E).
RowVector head_output(const AttentionRecord& record, int layer, int head, int query);

/// A head's part in what its layer adds to the query's residual stream: x W_O^h * gain, W_O^h the rows of W_O
/// that belong to the head. The bias of W_O belongs to no head: output_bias().
/// @param passed  [E] of this head: what it passes on, or the part of one key
/// @return        [D]; empty where nothing is added, or the record has no W_O
/// Cost: O(E*D).
RowVector written_part(const AttentionRecord& record, int layer, int head, int query,
                       const RowVector& passed);

/// b * gain of the query's stream. [D]; empty as above
RowVector output_bias(const AttentionRecord& record, int layer, int query);

/// All heads' parts and the bias: what attention adds to the query's residual stream before the MLP. [D];
/// empty as above. Of a block with a second attention (SD3.5 medium) the joint one's part alone.
/// Cost: O(H*(S*E + E*D)).
RowVector attention_added(const AttentionRecord& record, int layer, int query);

/// What each key would write if a query gave it all its attention: v W_O^h * gain.
/// @param output  whose queries read: W_O and gain of their stream
/// @return        [count][D], keys first.. of the record. Cost: O(count*E*D).
Matrix written_values(const AttentionRecord& record, int layer, int head, const OutputProjection& output,
                      int first, int count);

/// Every step from q and k to the residual stream, of one query and one key in one head. Numbers of the
/// record, at its precision.
struct CellCalculation {
  int layer = 0, head = 0, query = 0, key = 0;
  RowVector q{}, k{};        // [E]
  RowVector products{};      // [E] q * k, dimension by dimension
  float dot = 0;             // their sum
  float scaled = 0;          // dot / sqrt(E)
  float bias = 0;            // added to the score: ln of the word's weight, -inf of a hidden key
  float factor = 1;          // what attention is multiplied with after softmax
  bool readable = true;      // false: the mask forbids it
  bool is_off = false;       // the head passes on nothing
  bool is_mean = false;      // it passes on its mean over all queries
  RowVector scores{};        // [S] before softmax, -inf where the mask forbids
  RowVector attention{};     // [S] the row
  RowVector value{};         // [E] v of the key
  RowVector mean_row{};      // [S] the mean of the rows of all queries; empty unless is_mean
  RowVector weighted{};      // [E] attention * v; zeros of a head that is off; of a mean mean_row * v
  RowVector passed{};        // [E] A V; zeros of a head that is off; of a mean the mean of all rows of A V
  RowVector own{};           // [E] A V of this query, which a mean sets aside; empty unless is_mean
  RowVector key_written{};   // [D] the key's part in the residual stream
  RowVector written{};       // [D] the head's part
  RowVector bias_written{};  // [D] of W_O's bias, whatever was read
  RowVector added{};         // [D] all heads and the bias
  RowVector stream{};        // [D] the residual stream that entered the layer; empty: it was not kept
  float share() const { return attention(key); }
  /// What the values were weighed with: the row, or the mean row. [S]
  const RowVector& weighing() const { return is_mean ? mean_row : attention; }
  float score() const { return scores(key); }
};
/// Of the last four, empty where nothing is added. Cost: O(H*(S*E + E*D)).
CellCalculation calculate_cell(const AttentionRecord& record, int layer, int head, int query, int key);

/// <a, b> / (|a| |b|); 0 where either has no length.
float cosine_between(const RowVector& a, const RowVector& b);

}  // namespace regard
