// What a weighting did to the context that a diffusion transformer reads of the words, and what is left of it
// where queries, keys and values are made: behind `norm1_context`, which subtracts the mean of each vector
// and divides by its spread. LN(w c) = LN(c), so that a vector that was only scaled is scaled back; the
// context embedder's bias, what was turned, and what came of it in the blocks before is what remains. Source:
// layer norm Ba et al. 2016 (arXiv 1607.06450); its gain and shift by time and pooled text Peebles and Xie
// 2023 (arXiv 2212.09748); the block Esser et al. 2024 (arXiv 2403.03206), figure 2. Checked against PyTorch
// (tests/golden/make_context_changes.py).
#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "core/attention/record.h"
#include "core/base/result.h"
#include "core/engine/paint.h"
#include "core/prompt/weighting.h"

namespace regard {

/// Vectors without weights against those with them. A word of several tokens is their vectors end to end.
struct ContextPlace {
  std::vector<VectorChange> tokens;  // [T]
  std::vector<VectorChange> words;   // [W]
};

/// Of one step, in the half with the prompt. "Without" is a pass of its own: the same x, time and edits, and
/// the prompt read without weights; so the time is the same on both sides, and only weights differ.
struct ContextChanges {
  int step = 0;                      // absolute, from 0
  ContextPlace encoder;              // what the text encoder and the scheme give
  ContextPlace embedded;             // behind context_embedder
  std::vector<ContextPlace> before;  // [L] what enters a block
  std::vector<ContextPlace> after;   // [L] behind its norm1_context: what q, k and v of the words are made of
};

/// Of a drawing whose half with the prompt was kept.
struct ContextRequest {
  std::shared_ptr<const PaintRun> run;
  int drawn = 0;  // counted from the first step that was drawn
  bool operator==(const ContextRequest&) const = default;
};

/// Whether some token of the prompt has a weight other than 1, and the scheme uses weights.
bool is_weighed(const PaintRun& run);

/// Length with weights / length without; NaN where that is 0.
double length_ratio(const VectorChange& change);
/// How far the vector was moved, in its own lengths: |with - without| / |without|; NaN where that is 0.
double moved(const VectorChange& change);

/// @param drawn   counted from the first step that was drawn
/// @param record  of that step and the half with the prompt, with its streams
/// Expects 0 <= drawn < run.drawn(). Schemes that act on scores leave the context that enters the first block
/// as it is; later blocks differ by what patches, which were read otherwise, told the words. Errors:
/// cancelled, memory; those of run_paint() for an edit that cannot be. Thread: any. Cost: a pass of the
/// transformer, and one of the encoder a chunk.
Result<ContextChanges> context_changes(const PaintRun& run, int drawn, const AttentionRecord& record,
                                       std::stop_token stop = {});
Result<ContextChanges> context_changes(const ContextRequest& request, std::stop_token stop = {});

}  // namespace regard
