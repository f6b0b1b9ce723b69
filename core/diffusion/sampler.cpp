#include "core/diffusion/sampler.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace regard {

namespace {

Result<void> check_sizes(const StepPrediction& prediction, std::size_t size, int step) {
  for (const auto* part : {&prediction.with_prompt, &prediction.without_prompt}) {
    const bool left_out = part == &prediction.without_prompt && part->empty();
    if (part->size() != size && !left_out) {
      return fail(ErrorCode::kShape, "step {}: expected a prediction of {} numbers, got {}", step + 1, size,
                  part->size());
    }
  }
  return {};
}

}  // namespace

std::vector<float> guide(const StepPrediction& prediction, float guidance) {
  std::vector<float> out = prediction.with_prompt;
  if (prediction.without_prompt.empty()) return out;
  REGARD_CHECK(prediction.without_prompt.size() == out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const float without = prediction.without_prompt[i];
    out[i] = without + guidance * (out[i] - without);
  }
  return out;
}

std::vector<float> heading_for(std::span<const float> x, std::span<const float> predicted, Prediction kind,
                               float time) {
  REGARD_CHECK(x.size() == predicted.size());
  std::vector<float> out(predicted.begin(), predicted.end());
  if (kind == Prediction::kSample) return out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = x[i] - time * out[i];
  return out;
}

void euler_step(std::span<float> x, std::span<const float> picture, float from, float to) {
  REGARD_CHECK(x.size() == picture.size() && from > 0 && 0 <= to && to < from);
  const float left = to / from;  // of the way that is still to go
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = picture[i] + left * (x[i] - picture[i]);
  if (to == 0) std::ranges::copy(picture, x.begin());
}

Result<std::vector<float>> draw(std::vector<float> noise, std::span<const float> times, Prediction kind,
                                float guidance, const Predictor& predict, const StepSeen& seen,
                                std::stop_token stop) {
  REGARD_CHECK(times.size() >= 2);
  std::vector<float> x = std::move(noise);
  for (std::size_t i = 0; i + 1 < times.size(); ++i) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "superseded by a newer request");
    const int step = static_cast<int>(i);
    REGARD_TRY(const auto prediction, predict(step, times[i], x));
    REGARD_TRY_DO(check_sizes(prediction, x.size(), step));
    const std::vector<float> picture = heading_for(x, guide(prediction, guidance), kind, times[i]);
    euler_step(x, picture, times[i], times[i + 1]);
    if (seen) seen(step, x, picture);
  }
  return x;
}

}  // namespace regard
