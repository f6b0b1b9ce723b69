// The table of lenses: one line each. Their files are in core/analysis/lenses/.
#include <algorithm>
#include <array>

#include "core/analysis/lens.h"

namespace regard {

extern const Lens attention_lens, value_lens, written_lens, rollout_lens, flow_lens, share_lens, output_lens,
    norms_lens, cosine_lens, pca_lens, attn_lrp_lens, chefer_lens, legrad_lens;

std::span<const Lens* const> lenses() {
  static constexpr std::array kLenses = std::to_array<const Lens*>({
      &attention_lens,
      &value_lens,
      &written_lens,
      &rollout_lens,
      &flow_lens,
      &share_lens,
      &output_lens,
      &norms_lens,
      &cosine_lens,
      &pca_lens,
      &attn_lrp_lens,
      &chefer_lens,
      &legrad_lens,
  });
  return kLenses;
}

const Lens* find_lens(std::string_view name) {
  const auto found = std::ranges::find(lenses(), name, &Lens::name);
  return found == lenses().end() ? nullptr : *found;
}

namespace {

// Whether a layer says what it makes of its heads.
bool has_outputs(const std::vector<std::shared_ptr<const AttentionRecord>>& records) {
  if (records.empty()) return false;
  for (int layer = 0; layer < records.front()->shape().layers; ++layer) {
    if (!records.front()->outputs(layer).empty()) return true;
  }
  return false;
}

}  // namespace

bool has_lens(const Trace& trace, const Lens& lens) {
  const bool one_step =
      trace.records.size() == 1 && trace.concept_maps.empty() && trace.negative_records.empty();
  switch (lens.needs) {
    case LensNeeds::kAttention:
      return !trace.records.empty() || !trace.negative_records.empty();
    case LensNeeds::kSubject:
      return one_step;
    case LensNeeds::kHidden:
      return trace.hidden_states != nullptr;
    case LensNeeds::kPatches:
      return trace.hidden_states != nullptr && trace.prompt.image() != nullptr;
    case LensNeeds::kWordsBesideImage:
      return trace.prompt.image() != nullptr && !trace.prompt.words.empty();
    case LensNeeds::kConcepts:
      return !trace.concept_maps.empty();
    case LensNeeds::kGradients:
      return trace.hidden_states != nullptr;
    case LensNeeds::kOutputs:
      return has_outputs(trace.records) || has_outputs(trace.negative_records);
  }
  return false;
}

Result<const Matrix*> hidden_of(const LensInput& input) {
  const std::vector<Matrix>& hidden = *input.trace.hidden_states;
  const std::size_t layer =
      input.query.heads.layer ? static_cast<std::size_t>(*input.query.heads.layer) + 1 : hidden.size() - 1;
  if (layer < hidden.size()) return &hidden[layer];
  return fail(ErrorCode::kShape, "--layer: expected 1 to {}, got {}", hidden.size() - 1, layer);
}

}  // namespace regard
