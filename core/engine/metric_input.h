// What head metrics are asked of a run: its trace, and what is known of the prompt or the picture beyond it.
#pragma once

#include <string_view>
#include <vector>

#include "core/analysis/head_metric.h"
#include "core/engine/known_words.h"
#include "core/engine/paint.h"
#include "core/engine/scene.h"
#include "core/engine/text_run.h"
#include "core/engine/vision_run.h"
#include "core/models/segmenter.h"

namespace regard {

/// Nouns with a colour beside them, of one language: groups "things" and "colours" of the model's words. In
/// the order of the prompt, each word in one pair at most. Expects the words of `sequence` to be bytes of
/// `prompt`. Cost: O(words).
std::vector<NounAdjective> noun_adjective_pairs(const KnownWords& known, std::string_view prompt,
                                                const Sequence& sequence);

/// Each refers to the run's trace. Expects runs that are done. A model whose folder does not say its words
/// gives no pairs; a picture without a mirror no reflection. Thread: any.
MetricInput metric_input(const TextRun& run);
MetricInput metric_input(const VisionRun& run, const std::vector<SceneObject>& objects = {});
/// @param seen  what stands in its picture (seen_in()); null: no reflection is known
MetricInput metric_input(const PaintRun& run, const Segmenter::Reading* seen = nullptr);

}  // namespace regard
