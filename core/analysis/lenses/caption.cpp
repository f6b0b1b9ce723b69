// Which positions speak for a text, by the way back through a tower: of a picture's patches for a caption, of
// a prompt's tokens for another prompt; without a text, for the vector that the tower itself answers with. Of
// a drawing: which words and patches a patch of the picture it heads for comes from (drawn.h).
#include "core/analysis/attn_lrp.h"
#include "core/analysis/chefer.h"
#include "core/analysis/legrad.h"
#include "core/analysis/lens.h"

namespace regard {
namespace {

// A picture's special tokens read the patches, and are none of them.
RowVector patches_alone(RowVector row, const Sequence& sequence) {
  if (const Segment* image = sequence.image(); image != nullptr)
    row.head(sequence.count() - image->rows * image->columns).setZero();
  return row;
}

// What a trial changed (a cut edge, kept maps, a head that is off, another state) has no gradient here.
Result<void> check_trials(const LensInput& input) {
  const std::size_t trials = input.context.trials;
  if (trials == 0) return {};
  return fail(ErrorCode::kUnsupported, "{}: expected a run that nothing is tried on, got one with {} trial{}",
              input.query.lens, trials, trials == 1 ? "" : "s");
}

using DrawnLens = Result<RowVector> (*)(const DrawnStep&, DrawnSide, const std::vector<int>&,
                                        std::stop_token);

// Mean over the steps asked for: what the subject comes from, or what comes from it.
Result<RowVector> drawn_row(const LensInput& input, DrawnLens of) {
  REGARD_TRY_DO(check_trials(input));
  const bool reads = input.query.direction == Direction::kReads;
  RowVector sum = RowVector::Zero(input.sequence.count());
  for (const DrawnStep& step : input.context.drawn) {
    REGARD_TRY(const RowVector row, of(step, reads ? DrawnSide::kOutput : DrawnSide::kInput,
                                       input.query.subject, input.context.stop));
    sum += row;
  }
  return RowVector(sum / static_cast<float>(input.context.drawn.size()));
}

Result<const Tower*> tower_in(const LensInput& input) {
  REGARD_TRY_DO(check_trials(input));
  if (input.context.tower) return &*input.context.tower;
  return fail(ErrorCode::kUnsupported, "{}: expected the model of this run, got none", input.query.lens);
}

Result<RowVector> chefer_row(const LensInput& input) {
  if (!input.context.drawn.empty()) return drawn_row(input, drawn_chefer);
  REGARD_TRY(const Tower* tower, tower_in(input));
  REGARD_TRY(RowVector row, chefer(*tower, input.context.target, input.context.stop));
  return patches_alone(std::move(row), input.sequence);
}

Result<RowVector> legrad_row(const LensInput& input) {
  if (!input.context.drawn.empty()) return drawn_row(input, drawn_legrad);
  REGARD_TRY(const Tower* tower, tower_in(input));
  REGARD_TRY(const TowerLeGrad found, legrad(*tower, input.context.target));
  return patches_alone(found.layers.colwise().sum(), input.sequence);
}

Result<RowVector> attn_lrp_row(const LensInput& input) {
  if (!input.context.drawn.empty()) return drawn_row(input, drawn_attn_lrp);
  REGARD_TRY(const Tower* tower, tower_in(input));
  return attn_lrp(*tower, input.context.target, input.context.stop);
}

// About two forward passes of blocks whose width is heads * head_width, and a copy of their weights.
double operations(const AttentionShape& s, bool /*whole*/) {
  const double width = static_cast<double>(s.heads) * s.head_width;
  return 2.0 * s.layers * (s.keys * (12.0 * width * width + 2.0 * s.keys * width) + 72.0 * width * width);
}

}  // namespace

extern const Lens attn_lrp_lens = {
    .name = "attnlrp",
    .needs = LensNeeds::kGradients,
    .by_head = false,
    .is_attention = false,
    .is_signed = true,
    .row = attn_lrp_row,
    .formula = "Σ_d h_0 · R(h_0) from s: ε rule, halves of products, norms fixed",
    .source = "Achtibat et al. 2024 (AttnLRP), arXiv 2402.05602, section 3.3",
    .operations = operations,
};

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
    .formula = "Σ over layers, mean over heads, of ReLU(∂s_l/∂A_l), the row explained",
    .source = "Bousselham et al. 2024, arXiv 2404.03214, eq. 3 to 7",
    .operations = operations,
};

}  // namespace regard
