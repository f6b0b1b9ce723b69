// The arithmetic of one step of a drawing at one patch: guidance, then one Euler step. The numbers of the run
// itself, taken out where the patch is; nothing is computed again but their differences.
// Source: Ho and Salimans 2022 (arXiv 2207.12598), eq. 6; Esser et al. 2024 (arXiv 2403.03206).
#pragma once

#include <vector>

#include "core/diffusion/schedule.h"
#include "core/engine/paint.h"

namespace regard {

/// Vectors are [C*p*p]: a channel after another, each row by row of the patch.
struct PatchStep {
  int step = 0;                // absolute, from 0
  int channels = 0, side = 0;  // C, p
  float time = 0, next_time = 0;
  float guidance = 1;
  Prediction kind = Prediction::kVelocity;
  std::vector<float> with_prompt{};                   // what the transformer predicts with the prompt
  std::vector<float> without_prompt{}, difference{};  // without it, and with - without; empty: no guidance
  std::vector<float> guided{};                        // without + guidance * difference; else with_prompt
  std::vector<float> x{};                             // where the drawing stood
  std::vector<float> velocity{};                      // (x - x0) / time: where it moves, backwards
  std::vector<float> x0{};                            // the picture it heads for
  std::vector<float> next{};                          // x + (next_time - time) * velocity
};

/// @param drawn  step counted from the first that was drawn  Expects 0 <= drawn < run.drawn(), and a patch of
/// the run. Thread: any. Cost: a few passes over the patch.
PatchStep patch_step(const PaintRun& run, int drawn, int patch);

}  // namespace regard
