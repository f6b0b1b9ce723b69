// Which times a drawing passes through, and what its model predicts at each. Time 1 is noise, 0 the picture:
// x_t = (1 - t) x_0 + t noise, a rectified flow. Source: Esser et al. 2024 (arXiv 2403.03206), section 5.3.2
// and eq. 23; assets/little-world/training/train_joint.py, sample().
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/formats/json.h"

namespace regard {

/// What the model's output means.
enum class Prediction {
  kVelocity,  // v = noise - x_0, as in Stable Diffusion 3
  kSample,    // x_0 itself, as in the built-in model
};

struct Schedule {
  double shift = 1.0;      // above 1: more of the steps are spent in the noise
  int train_steps = 1000;  // a model is told t * train_steps
  Prediction prediction = Prediction::kVelocity;
};

/// scheduler_config.json of a FlowMatchEulerDiscreteScheduler.
/// Errors: format (a value of another type or range), unsupported (another class, a shift that depends on the
/// size, another prediction). @param label  stands for the file in messages
Result<Schedule> read_schedule(const Json& config, std::string_view label);

/// Same from a folder. Errors: and io.
Result<Schedule> open_schedule(const std::filesystem::path& folder);

/// steps + 1 times from 1 down to 0, evenly spaced, then shifted: t' = shift t / (1 + (shift - 1) t).
/// Expects steps >= 1, shift > 0. What the built-in model was drawn with; diffusers' own scheduler takes its
/// last step from a small time above 0 instead, so its inner times lie a little higher.
std::vector<float> shifted_times(int steps, double shift);

}  // namespace regard
