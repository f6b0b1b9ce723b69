#include "core/engine/context_changes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/base/check.h"
#include "core/engine/paint_edits.h"
#include "core/engine/paint_text.h"
#include "core/models/mmdit.h"
#include "core/tensor/linear.h"
#include "core/tensor/ops.h"

namespace regard {
namespace {

// The same drawing as it stands before its first step, with nothing weighed.
Result<PaintRun> without_weights_of(const PaintRun& run, std::stop_token stop) {
  PaintRun out{.request = run.request,
               .prompt = {},
               .negative = {},
               .steps = run.steps,
               .guidance = run.guidance,
               .channels = run.channels,
               .height = run.height,
               .width = run.width,
               .rows = run.rows,
               .columns = run.columns,
               .times = run.times,
               .x = {},
               .x0 = {},
               .predictions = {},
               .trace = {},
               .first_step = run.first_step};
  out.trace.prompt = run.trace.prompt;
  out.trace.negative = run.trace.negative;
  out.request.weighting = Weighting::kNone;
  REGARD_TRY(out.prompt, read_paint_text(out.request, out.request.prompt, {}, std::move(stop)));
  REGARD_CHECK(out.prompt.states.rows() == run.prompt.states.rows());
  return out;
}

// A word's tokens lie one after another: their rows end to end are one row.
VectorChange change_of(const Matrix& without, const Matrix& with, int first, int count) {
  const Eigen::Index numbers = count * without.cols();
  const ConstMatrixMap a(without.row(first).data(), 1, numbers), b(with.row(first).data(), 1, numbers);
  return vector_changes(a, b).front();
}

ContextPlace place_of(const Matrix& without, const Matrix& with, const std::vector<Word>& words) {
  ContextPlace out{.tokens = vector_changes(without, with), .words = {}};
  for (const Word& word : words)
    out.words.push_back(change_of(without, with, word.first_token, word.last_token - word.first_token + 1));
  return out;
}

// What time and pooled text make of one pass's words in each block. [L]
std::vector<LayerNorm> context_norms(const PaintModel& model, const std::vector<float>& pooled,
                                     float timestep) {
  const Matrix condition = model.mmdit.condition(pooled, timestep);
  std::vector<LayerNorm> out;
  for (int layer = 0; layer < model.mmdit.config().layers; ++layer)
    out.push_back(model.mmdit.modulation(condition, layer, MmditPart::kText).norm1);
  return out;
}

}  // namespace

bool is_weighed(const PaintRun& run) {
  return run.request.weighting != Weighting::kNone && any_weighed(run.prompt.tokens);
}

double length_ratio(const VectorChange& change) {
  if (change.length_before == 0.0) return std::numeric_limits<double>::quiet_NaN();
  return change.length_after / change.length_before;
}

double moved(const VectorChange& change) {
  const double ratio = length_ratio(change);
  // (r - 1)^2 + 2 r (1 - cos): what 1 + r^2 - 2 r cos is, without its cancellation.
  return std::sqrt((ratio - 1.0) * (ratio - 1.0) + 2.0 * ratio * (1.0 - change.cosine));
}

Result<ContextChanges> context_changes(const PaintRun& run, int drawn, const AttentionRecord& record,
                                       std::stop_token stop) {
  REGARD_CHECK(drawn >= 0 && drawn < run.drawn());
  const PaintModel& model = *run.request.model;
  const int step = run.first_step + drawn, patches = run.patches();
  REGARD_TRY(const PaintRun plain, without_weights_of(run, stop));
  REGARD_TRY(const PaintEdits edits, PaintEdits::read(run, stop));
  REGARD_TRY(const PaintEdits plain_edits, PaintEdits::read(plain, stop));
  const StepChange with = edits.at(step), without = plain_edits.at(step);
  const float timestep =
      run.times[static_cast<std::size_t>(step)] * static_cast<float>(model.schedule.train_steps);
  REGARD_TRY(const MmditOutput pass, model.mmdit.run({.latent = run.x[static_cast<std::size_t>(drawn)],
                                                      .height = run.height,
                                                      .width = run.width,
                                                      .text = *without.states,
                                                      .pooled = *without.pooled,
                                                      .timestep = timestep},
                                                     without.conditional, stop));
  const std::vector<Word>& words = run.prompt.words;
  const Linear& embedder = model.mmdit.weights().text_in;
  ContextChanges out{
      .step = step,
      .encoder = place_of(*without.states, *with.states, words),
      .embedded = place_of(linear(*without.states, embedder), linear(*with.states, embedder), words),
      .before = {},
      .after = {}};
  const auto norms = context_norms(model, *with.pooled, timestep),
             plain_norms = context_norms(model, *without.pooled, timestep);
  for (int layer = 0; layer < model.mmdit.config().layers; ++layer) {
    const auto at = static_cast<std::size_t>(layer);
    const Matrix *entered = record.stream(layer), *plain_entered = pass.record->stream(layer);
    REGARD_CHECK(entered != nullptr && plain_entered != nullptr);
    const Matrix a = plain_entered->bottomRows(plain_entered->rows() - patches),
                 b = entered->bottomRows(entered->rows() - patches);
    out.before.push_back(place_of(a, b, words));
    out.after.push_back(
        place_of(layer_norm(a, plain_norms[at], Mmdit::kEps), layer_norm(b, norms[at], Mmdit::kEps), words));
  }
  return out;
}

Result<ContextChanges> context_changes(const ContextRequest& request, std::stop_token stop) {
  const auto& records = request.run->trace.records;
  REGARD_CHECK(request.drawn >= 0 && request.drawn < std::ssize(records));
  return context_changes(*request.run, request.drawn, *records[static_cast<std::size_t>(request.drawn)],
                         std::move(stop));
}

}  // namespace regard
