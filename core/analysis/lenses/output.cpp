// ConceptAttention: likeness of what attention gives to a patch and to a word encoded alone.
#include <algorithm>

#include "core/analysis/lens.h"

namespace regard {
namespace {

// Which layers the heads chosen are in.
std::vector<bool> layers_of(const HeadChoice& heads, int layers) {
  std::vector<bool> used(static_cast<std::size_t>(layers), heads.set.empty() && !heads.layer);
  if (heads.set.empty() && heads.layer) used[static_cast<std::size_t>(*heads.layer)] = true;
  for (const auto& [layer, head] : heads.set) used[static_cast<std::size_t>(layer)] = true;
  return used;
}

Result<RowVector> row(const LensInput& input) {
  const Trace& trace = input.trace;
  const Segment& image = *input.sequence.image();
  const StepSpan steps = *input.query.steps;
  if (input.query.half != Half::kPrompt ||
      steps.last - trace.first_step >= static_cast<int>(trace.concept_maps.size())) {
    return fail(ErrorCode::kUnsupported,
                "output space: expected the half with the prompt and its words' outputs, got none");
  }
  RowVector out = RowVector::Zero(input.sequence.count());
  const int position = input.query.subject.front();
  const int word = input.sequence.positions[static_cast<std::size_t>(position)].word;
  const std::vector<bool> used = layers_of(input.query.heads, input.record().shape().layers);
  const float parts = static_cast<float>(std::ranges::count(used, true) * (steps.last - steps.first + 1));
  for (int step = steps.first; step <= steps.last; ++step) {
    const std::vector<Matrix>& maps = *trace.concept_maps[static_cast<std::size_t>(step - trace.first_step)];
    for (std::size_t layer = 0; layer < used.size() && layer < maps.size(); ++layer) {
      if (used[layer] && word >= 0 && word < maps[layer].rows())
        out.segment(image.first, image.count) += maps[layer].row(word) / parts;
    }
  }
  return out;
}

double operations(const AttentionShape& s, bool /*whole*/) { return s.layers * static_cast<double>(s.keys); }

}  // namespace

extern const Lens output_lens = {
    .name = "output",
    .needs = LensNeeds::kConcepts,
    .is_attention = false,
    .row = row,
    .formula = "softmax over words of ⟨o_patch, o_word / |o_word|⟩",
    .source = "Helbling et al. 2025 (ConceptAttention), arXiv 2502.04320",
    .operations = operations,
};

}  // namespace regard
