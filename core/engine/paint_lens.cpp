#include "core/engine/paint_lens.h"

#include <utility>

#include "core/diffusion/sampler.h"

namespace regard {

DrawnStep drawn_step(const PaintRun& run, int drawn, Half half, const AttentionRecord& record) {
  const PaintModel& model = *run.request.model;
  const auto at = static_cast<std::size_t>(drawn);
  const float time = run.times[static_cast<std::size_t>(run.first_step) + at];
  const bool with = half == Half::kPrompt;
  const std::vector<float>& predicted =
      with ? run.predictions[at].with_prompt : run.predictions[at].without_prompt;
  const Matrix condition = model.mmdit.condition((with ? run.prompt : run.negative).pooled,
                                                 time * static_cast<float>(model.schedule.train_steps));
  const Prediction kind = model.schedule.prediction;
  const Matrix x0 = patches_of(heading_for(run.x[at], predicted, kind, time), run.channels, run.height,
                               run.width, model.mmdit.config().patch);
  return drawn_step(model.mmdit, record, condition, x0, kind == Prediction::kSample ? 1.0f : -time);
}

LensContext lens_context(const PaintRun& run, const MapQuery& query, std::stop_token stop) {
  LensContext out{.trials = run.request.edits.size(), .stop = std::move(stop)};
  const Lens* lens = find_lens(query.lens);
  if (lens == nullptr || lens->needs != LensNeeds::kGradients || out.trials > 0) return out;
  const auto steps = run.trace.steps(query.half, query.steps, "map");
  if (!steps) return out;  // evaluate() says so
  const auto& records = run.trace.records_of(query.half);
  for (int step = steps->first; step <= steps->last; ++step) {
    const int drawn = step - run.first_step;
    out.drawn.push_back(drawn_step(run, drawn, query.half, *records[static_cast<std::size_t>(drawn)]));
  }
  return out;
}

}  // namespace regard
