// What the weights of a prompt's words come to inside attention: the one place where they become an
// Intervention.
#pragma once

#include <span>
#include <vector>

#include "core/attention/intervention.h"
#include "core/engine/text_run.h"
#include "core/prompt/prompt.h"
#include "core/prompt/weighting.h"

namespace regard {

/// What weighting starts from: the tokens' weights, normalised over the words. What *attention* cannot use, a
/// negative weight, counts as 1 and adds a "warning.negative" at the bytes of its word. [T]
std::vector<double> usable_weights(std::span<const Token> tokens, TokenNormalisation normalisation,
                                   Weighting weighting, std::vector<PromptWarning>& warnings);

/// *attention*: ln(weight) is added to every score of a token's key, -inf at weight 0, which hides it.
/// Scale-free: rows of attention still sum to 1. *prompt-to-prompt*: attention to the key is multiplied with
/// the weight. Any other weighting acts elsewhere, and so do no weights: an empty Intervention.
/// @param weights      [T] usable ones
/// @param keys_before  keys in front of the tokens' that nothing acts on: the patches of joint attention
/// Thread: any.
Intervention weigh_keys(std::span<const double> weights, Weighting weighting, int keys_before = 0);

}  // namespace regard
