// Attention flow: how much could at most run from a token to each input token, were attention weights the
// widths of pipes.
#pragma once

#include <stop_token>

#include "core/attention/record.h"
#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

/// The longest sequence that is taken: a maximal flow a token over longer ones takes minutes.
inline constexpr int kMostFlowTokens = 200;

/// Tokens of every layer are nodes, and edge (l, i) -> (l-1, j) carries at most (A_l[i][j] + I[i][j]) / 2, A
/// the mean over heads, each row brought back to sum 1. For every input token on its own, the maximal flow
/// from `query` after the last layer to it. Nodes carry whatever their edges do.
/// @return  [S], each in [0, 1]; a bound and no distribution: the sum is above 1 with more than one layer
/// Errors: unsupported (more than kMostFlowTokens tokens; attention below 0 or NaN, as a key factor may leave
/// it), shape (no layer or head, more keys than queries, a query outside), cancelled (looked at once a
/// token). Thread: any. Cost: S maximal flows over L*T^2 edges. Source: Abnar and Zuidema 2020, arXiv
/// 2005.00928, section 3.2; Dinic's algorithm on doubles, edges with less than 1e-12 left count as full;
/// checked against networkx (tests/golden/make_flow.py).
Result<RowVector> attention_flow(const AttentionRecord& record, int query, std::stop_token stop = {});

}  // namespace regard
