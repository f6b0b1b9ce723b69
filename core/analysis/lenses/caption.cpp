// Which patches speak for a caption, by gradients of CLIP's cosine.
#include "core/analysis/chefer.h"
#include "core/analysis/legrad.h"
#include "core/analysis/lens.h"

namespace regard {
namespace {

// Over patches to over all positions.
RowVector spread(const RowVector& patches, const Sequence& sequence) {
  RowVector out = RowVector::Zero(sequence.count());
  out.tail(patches.size()) = patches;
  return out;
}

Result<void> check_context(const LensInput& input) {
  if (input.context.vit != nullptr && input.context.output != nullptr && input.context.caption != nullptr)
    return {};
  return fail(ErrorCode::kUnsupported, "{}: expected a picture's model and a caption, got none",
              input.query.lens);
}

Result<RowVector> chefer_row(const LensInput& input) {
  if (auto there = check_context(input); !there) return std::unexpected(std::move(there.error()));
  const auto map =
      chefer(*input.context.vit, *input.context.output, *input.context.caption, input.context.stop);
  if (!map) return std::unexpected(map.error());
  return spread(*map, input.sequence);
}

Result<RowVector> legrad_row(const LensInput& input) {
  if (auto there = check_context(input); !there) return std::unexpected(std::move(there.error()));
  const auto map = legrad(*input.context.vit, *input.context.output, *input.context.caption);
  if (!map) return std::unexpected(map.error());
  return spread(map->map, input.sequence);
}

// About two forward passes of a block whose width is heads * head_width.
double operations(const AttentionShape& s, bool /*whole*/) {
  const double width = static_cast<double>(s.heads) * s.head_width;
  return 2.0 * s.layers * s.keys * (12.0 * width * width + 2.0 * s.keys * width);
}

}  // namespace

extern const Lens chefer_lens = {
    .name = "chefer",
    .needs = LensNeeds::kGradients,
    .by_head = false,
    .is_attention = false,
    .row = chefer_row,
    .formula = "R ← R + mean over heads of ReLU(∂s/∂A · A) R",
    .source = "Chefer, Gur and Wolf 2021, arXiv 2103.15679, eq. 5 and 6",
    .operations = operations,
};

extern const Lens legrad_lens = {
    .name = "legrad",
    .needs = LensNeeds::kGradients,
    .by_head = false,
    .is_attention = false,
    .row = legrad_row,
    .formula = "Σ over layers, mean over heads, of ReLU(∂s_l/∂A_l[CLS])",
    .source = "Bousselham et al. 2024, arXiv 2404.03214, eq. 3 to 7",
    .operations = operations,
};

}  // namespace regard
