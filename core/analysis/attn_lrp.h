// Which positions of the input a tower's answer comes from, with their signs: AttnLRP.
#pragma once

#include <stop_token>

#include "core/analysis/tower.h"
#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

/// Relevance of each position: what entered the first block there, times what comes back to it by the rules
/// of AttnLRP, summed over the width. With a target the sum over the positions is the cosine with it, less
/// what the biases gave; without one 1, less the same.
/// @param target  [vector_width()], of any length; null: the vector itself
/// @return        [T], signed, unitless: parts of a cosine
/// Errors: unsupported (a gated MLP, a key factor), shape (a target of another width), cancelled. Thread:
/// any. Cost: about two forward passes and a copy of each weight. Source: Achtibat et al. 2024, arXiv
/// 2402.05602, section 3.3 and appendix; checked against the authors' package lxt 2.1
/// (tests/golden/make_attn_lrp.py).
Result<RowVector> attn_lrp(const Tower& tower, const RowVector* target, std::stop_token stop = {});

}  // namespace regard
