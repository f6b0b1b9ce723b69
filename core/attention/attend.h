// One head of attention over what a record holds of q, k and v, leaving in the record whatever it keeps.
// Source: Vaswani 2017, arXiv 1706.03762, eq. 1; scale 1/sqrt(E).
#pragma once

#include "core/attention/edit_rows.h"
#include "core/attention/intervention.h"
#include "core/attention/record.h"
#include "core/tensor/matrix.h"

namespace regard {

/// Fills scores and attention (or row maxima and sums) of a head whose q, k, v are in the record, and writes
/// what the head passes on. Bias, factor and mask are the record's. Works down the rows in blocks that stay
/// in the cache, so long sequences never spread a whole map when none is kept.
/// @param out  [T - first_query][E], overwritten
/// @param edits  act on the first changed_queries() rows (KeptMaps::all_queries: on all), after softmax,
/// before the factor; only on a record
///   that keeps its maps (which then holds what was really used), since they cannot be computed again
/// Thread: one a head; rows are shared out. Cost: 4*T*S*E flops, T*S exponentials, a buffer of some 60 rows
/// of S a thread where maps are not kept.
/// @param first_query  rows before it are in the record already and are left as they are
void attend(AttentionRecord& record, int layer, int head, MatrixRef out, const RowEdits& edits = {},
            int first_query = 0);

/// Every head of a layer, shared out; side by side, as the output projection reads them.
/// [T - first_query][H*E]
Matrix attend_all(AttentionRecord& record, int layer, const RowEdits& edits = {}, int first_query = 0);

/// The same with what an intervention does behind the scores: kept maps, swaps, heads off. What acts on the
/// scores is the record's already (apply_intervention).
Matrix attend_all(AttentionRecord& record, int layer, const Intervention& change, int first_query = 0);

/// What heads of a layer that are off pass on: zero, or in every row their mean over the rows.
/// @param joined  [rows][H*E], in place  @param record  told of the means; null: nobody
void silence_heads(const Intervention& change, int layer, int head_width, Matrix& joined,
                   AttentionRecord* record = nullptr);

/// q, k, v of tokens first.. into the record, head by head. @param q, k, v  [tokens][H*E]
void write_heads(AttentionRecord& record, int layer, int first, ConstMatrixRef q, ConstMatrixRef k,
                 ConstMatrixRef v);

/// Some of a head's queries as scores read them: q / sqrt(E), which costs less than to scale every score.
/// [rows][E]
Matrix scaled_queries(const AttentionRecord& record, int layer, int head, Eigen::Index row0,
                      Eigen::Index rows);

/// Turns the products of scaled queries and keys of a tile of a head into scores: biased, -inf where the mask
/// forbids or the edge is cut.
/// @param tile  [rows][cols], from row0 and col0 of the map on; in place
void finish_scores(const AttentionRecord& record, int layer, int head, int row0, int col0, MatrixRef tile);

}  // namespace regard
