// What weights did to the words that a drawing reads, and what normalising left of it, as JSON: of every
// token and word, at every place.
#pragma once

#include <string>

#include "core/engine/context_changes.h"

namespace regard {

/// {"cosine":[...],"length":[...],"moved":[...]}: length with weights / length without, and how far the
/// vector was moved in its own lengths. What is no number (a length of 0 without weights) is null.
std::string changes_json(const std::vector<VectorChange>& changes);

/// {model, weighting, place (of schemes that act inside attention), step, tokens, words, encoder,
/// context_embedder, blocks: [{block, before, after}]}, the last ones {tokens, words} of changes_json().
/// Blocks and steps count from 1, tokens from 0 in the text.
std::string context_json(const PaintRun& run, const ContextChanges& changes);

}  // namespace regard
