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

/// What a head passes on to a query: A[query] V. [E]; zeros of a head that is off. Cost: O(S*E).
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
  RowVector scores{};        // [S] before softmax, -inf where the mask forbids
  RowVector attention{};     // [S] the row
  RowVector value{};         // [E] v of the key
  RowVector weighted{};      // [E] attention * v; zeros of a head that is off
  RowVector passed{};        // [E] A V
  RowVector key_written{};   // [D] the key's part in the residual stream
  RowVector written{};       // [D] the head's part
  RowVector bias_written{};  // [D] of W_O's bias, whatever was read
  RowVector added{};         // [D] all heads and the bias
  RowVector stream{};        // [D] the residual stream that entered the layer; empty: it was not kept
  float share() const { return attention(key); }
  float score() const { return scores(key); }
};
/// Of the last four, empty where nothing is added. Cost: O(H*(S*E + E*D)).
CellCalculation calculate_cell(const AttentionRecord& record, int layer, int head, int query, int key);

/// <a, b> / (|a| |b|); 0 where either has no length.
float cosine_between(const RowVector& a, const RowVector& b);

}  // namespace regard
