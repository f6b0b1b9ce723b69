// Attention flow: how much could at most run from a token to each input token, were attention weights the
// widths of pipes.
#pragma once

#include <stop_token>

#include "core/attention/record.h"
#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

/// The longest sequence that is taken. Beyond it, by a sample of the tokens: 577 take 5 s (5
/// layers) to 20 s (12 layers), 1370 take 100 s to 250 s.
inline constexpr int kMostFlowTokens = 200;

/// Tokens of every layer are nodes, and edge (l, i) -> (l-1, j) carries at most (A_l[i][j] + I[i][j]) / 2, A
/// the mean over heads, each row brought back to sum 1. For every input token on its own, the maximal flow
/// from `query` after the last layer to it. Nodes carry whatever their edges do.
/// Where attention is broad the narrow place is the input token itself: the answer is then min(1, the sum of
/// its column of the first layer's capacities), whatever the query. So it is on the built-in image tower, for
/// every query and token of both reference pictures; in the built-in text tower, which is causal, it is not.
/// @return  [S], each in [0, 1]; bounds and no distribution: together at least 1
/// Errors: unsupported (more than kMostFlowTokens tokens; attention below 0 or NaN, as a key factor may leave
/// it), shape (no layer or head, more keys than queries, a query outside), cancelled (looked at once a
/// token). Thread: any. Cost: S maximal flows over L*T^2 edges: 0.1 s on the built-in image tower (145
/// tokens, 5 layers); 0.5 to 1.2 s at 197 tokens and 12 layers of random attention. Source: Abnar and Zuidema
/// 2020, arXiv 2005.00928, section 3.2; Dinic's algorithm on doubles, an edge with less than 1e-12 left
/// counts as full; checked against networkx (tests/golden/make_flow.py).
Result<RowVector> attention_flow(const AttentionRecord& record, int query, std::stop_token stop = {});

}  // namespace regard
