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

bool keeps_states(const Trace& trace) {
  if (trace.hidden_states != nullptr) return true;
  const auto& records = trace.records.empty() ? trace.negative_records : trace.records;
  return !records.empty() && records.front()->stream(records.front()->shape().layers) != nullptr;
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
    case LensNeeds::kGradients:
      return keeps_states(trace);
    case LensNeeds::kPatches:
      return keeps_states(trace) && trace.prompt.image() != nullptr;
    case LensNeeds::kWordsBesideImage:
      return trace.prompt.image() != nullptr && !trace.prompt.words.empty();
    case LensNeeds::kConcepts:
      return !trace.concept_maps.empty();
    case LensNeeds::kOutputs:
      return has_outputs(trace.records) || has_outputs(trace.negative_records);
  }
  return false;
}

Result<const Matrix*> hidden_of(const LensInput& input, const AttentionRecord& record) {
  const int layers = record.shape().layers;
  const int behind = input.query.heads.layer ? *input.query.heads.layer + 1 : layers;
  const Matrix* found = nullptr;
  if (input.trace.hidden_states == nullptr) {
    found = record.stream(behind);
  } else if (static_cast<std::size_t>(behind) < input.trace.hidden_states->size()) {
    found = &(*input.trace.hidden_states)[static_cast<std::size_t>(behind)];
  }
  if (found != nullptr) return found;
  return fail(ErrorCode::kShape, "--layer: expected 1 to {}, got {}", layers, behind);
}

}  // namespace regard
