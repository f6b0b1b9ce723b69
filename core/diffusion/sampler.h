// From noise to a picture: Euler steps along the flow a model predicts, with classifier-free guidance. Knows
// no model: who calls it says what is predicted. Source: Ho and Salimans 2022 (arXiv
// 2207.12598) for the guidance; the built-in model's trainer, assets/little-world/training/reference.py,
// whose every step is a test.
#pragma once

#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "core/base/result.h"
#include "core/diffusion/schedule.h"

namespace regard {

/// What the model said at one step. All three as the picture: [C][h][w].
struct StepPrediction {
  std::vector<float> with_prompt;
  std::vector<float> without_prompt;  // empty: no guidance, with_prompt is taken as it is
};

/// Asked once a step; the two predictions may be computed side by side.
/// @param step  0-based  @param time  in (0, 1]  @param x  where the drawing stands
using Predictor = std::function<Result<StepPrediction>(int step, float time, std::span<const float> x)>;

/// Told after each step: where the drawing stands now, and the picture the model was heading for (x_0).
using StepSeen = std::function<void(int step, std::span<const float> x, std::span<const float> picture)>;

/// without + guidance (with - without), elementwise: 1 is no guidance, above 1 the prompt counts for more.
/// Source: Ho, Salimans 2022 (arXiv 2207.12598), eq. 6 with w = guidance - 1. In x_0 space and in velocity
/// space it is the same step: both are linear in each other at a fixed x.
std::vector<float> guide(const StepPrediction& prediction, float guidance);

/// The picture the model is heading for: the prediction itself, or x - time * velocity.
std::vector<float> heading_for(std::span<const float> x, std::span<const float> predicted, Prediction kind,
                               float time);

/// x at time `to`, on the straight line from x at time `from` to the picture at time 0, in place:
/// picture + to / from (x - picture), and exactly the picture at 0.
void euler_step(std::span<float> x, std::span<const float> picture, float from, float to);

/// Walks `noise` down `times`, which fall from at most 1 to 0 (shifted_times).
/// @param noise  [C][h][w], variance 1; where `times` begin below 1, what stands there: (1 - t) picture +
/// t noise  @return the picture, in the model's own units
/// Errors: whatever the predictor says; shape (a prediction of another size); cancelled, looked at once a
/// step. Thread: any; calls back on the caller's. Cost: a few passes over x a step beside the predictor's.
Result<std::vector<float>> draw(std::vector<float> noise, std::span<const float> times, Prediction kind,
                                float guidance, const Predictor& predict, const StepSeen& seen = {},
                                std::stop_token stop = {});

}  // namespace regard
