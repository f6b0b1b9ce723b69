#include "core/engine/paint_step.h"

#include <span>

#include "core/base/check.h"
#include "core/diffusion/sampler.h"

namespace regard {
namespace {

// A patch of a picture [C][height][width].
std::vector<float> patch_of(const PaintRun& run, std::span<const float> picture, int patch) {
  const int side = run.height / run.rows;
  const int top = patch / run.columns * side, left = patch % run.columns * side;
  std::vector<float> out;
  for (int channel = 0; channel < run.channels; ++channel) {
    for (int y = 0; y < side; ++y) {
      for (int x = 0; x < side; ++x)
        out.push_back(
            picture[static_cast<std::size_t>((channel * run.height + top + y) * run.width + left + x)]);
    }
  }
  return out;
}

}  // namespace

PatchStep patch_step(const PaintRun& run, int drawn, int patch) {
  REGARD_CHECK(drawn >= 0 && drawn < run.drawn() && patch >= 0 && patch < run.patches());
  const auto at = static_cast<std::size_t>(drawn);
  const auto absolute = static_cast<std::size_t>(run.first_step + drawn);
  const StepPrediction& said = run.predictions[at];
  PatchStep out{.step = run.first_step + drawn,
                .channels = run.channels,
                .side = run.height / run.rows,
                .time = run.times[absolute],
                .next_time = run.times[absolute + 1],
                .guidance = static_cast<float>(run.guidance),
                .kind = run.request.model->schedule.prediction};
  out.with_prompt = patch_of(run, said.with_prompt, patch);
  StepPrediction here{out.with_prompt, {}};
  if (!said.without_prompt.empty()) {
    out.without_prompt = here.without_prompt = patch_of(run, said.without_prompt, patch);
    for (std::size_t i = 0; i < out.with_prompt.size(); ++i)
      out.difference.push_back(out.with_prompt[i] - out.without_prompt[i]);
  }
  out.guided = guide(here, out.guidance);
  out.x = patch_of(run, run.x[at], patch);
  out.x0 = patch_of(run, run.x0[at], patch);
  for (std::size_t i = 0; i < out.x.size(); ++i) out.velocity.push_back((out.x[i] - out.x0[i]) / out.time);
  out.next = patch_of(run, run.x[at + 1], patch);
  return out;
}

}  // namespace regard
