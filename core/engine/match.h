// CLIP: how well each of several texts fits a picture, and what is needed to see which patches speak for one
// of them.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/analysis/lens.h"
#include "core/base/result.h"
#include "core/engine/text_model.h"
#include "core/engine/text_run.h"
#include "core/engine/vision_run.h"
#include "core/tensor/matrix.h"

namespace regard {

struct TextMatch {
  std::string text;
  float cosine = 0;           // between the two embeddings, in [-1, 1]
  float logit = 0;            // cosine times the model's trained scale
  double probability = 0;     // softmax of the logits over the texts given
  RowVector embedding;        // [P] of the text, not normalised
  int tokens_read = 0;        // BOS and EOS included
  int tokens_cut = 0;         // that did not fit: the numbers above know nothing of them
  std::size_t cut_start = 0;  // byte of the text where the first of them begins; 0 when all were read
};

/// The embedding of a text, read as it is: no grammar, no weights; cut at the model's length. [P]
/// Errors: unsupported (a model without a projection), cancelled. Cost: one pass of the text tower.
Result<RowVector> embed_text(const TextModel& model, const std::string& text, std::stop_token stop = {});

/// Cosine of two vectors of one length; 0 when either is 0, NaN when either has a number that is none.
float cosine_of(const RowVector& a, const RowVector& b);

/// Every text against one picture. Probabilities sum to 1 within 1e-9, or are NaN
/// when a logit is.
/// Errors: unsupported (towers that were not trained together: no projection, or another width), cancelled.
/// Thread: any. Cost: one pass of the text tower a text.
Result<std::vector<TextMatch>> match_texts(const VisionRun& picture, const TextModel& text,
                                           std::span<const std::string> texts, std::stop_token stop = {});

/// What the gradient lenses ("attnlrp", "chefer", "legrad") need beside a run's trace. Both must outlive it.
/// @param text  [P] embedding of what picture or prompt is compared with; empty: nothing
LensContext lens_context(const VisionRun& picture, const RowVector& text, std::stop_token stop = {});
LensContext lens_context(const TextRun& prompt, const RowVector& text, std::stop_token stop = {});

}  // namespace regard
