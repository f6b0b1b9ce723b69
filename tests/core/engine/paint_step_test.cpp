// The arithmetic of one step at one patch: each number follows from those before it, and is the run's own.
#include "core/engine/paint_step.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/built_in.h"

namespace regard {
namespace {

std::shared_ptr<const PaintRun> drawing(double guidance) {
  PaintRequest request{.model = test::built_in_paint_model(), .prompt = "un chat rouge", .negative = ""};
  request.steps = 3;
  request.guidance = guidance;
  request.keep = KeepRecords::kNone;
  const auto run = run_paint(request);
  EXPECT_TRUE(run.has_value());
  return *run;
}

// Where number i of a patch stands in a picture [C][height][width].
std::size_t place(const PaintRun& run, const PatchStep& s, int patch, int i) {
  const int plane = s.side * s.side, channel = i / plane, y = i % plane / s.side, x = i % s.side;
  return static_cast<std::size_t>((channel * run.height + patch / run.columns * s.side + y) * run.width +
                                  patch % run.columns * s.side + x);
}

TEST(PatchStep, GuidanceAndTheStepAreTheRunsOwnNumbers) {
  const auto run = drawing(2.5);
  ASSERT_EQ(run->predictions.size(), 3u);
  for (int step = 0; step < 3; ++step) {
    const int patch = run->columns + 5;  // the sixth of the second row
    const PatchStep s = patch_step(*run, step, patch);
    ASSERT_EQ(static_cast<int>(s.x.size()), s.channels * s.side * s.side);
    EXPECT_EQ(s.step, step);
    EXPECT_GT(s.time, s.next_time);
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      const std::size_t at = place(*run, s, patch, static_cast<int>(i));
      const auto now = static_cast<std::size_t>(step);
      EXPECT_EQ(s.x[i], run->x[now][at]);
      EXPECT_EQ(s.x0[i], run->x0[now][at]);
      EXPECT_EQ(s.next[i], run->x[now + 1][at]);
      EXPECT_EQ(s.with_prompt[i], run->predictions[now].with_prompt[at]);
      EXPECT_EQ(s.difference[i], s.with_prompt[i] - s.without_prompt[i]);
      EXPECT_EQ(s.guided[i], s.without_prompt[i] + s.guidance * s.difference[i]);
      // The built-in model predicts the picture itself.
      EXPECT_EQ(s.kind, Prediction::kSample);
      EXPECT_EQ(s.x0[i], s.guided[i]);
      EXPECT_NEAR(s.velocity[i], (s.x[i] - s.x0[i]) / s.time, 1e-6f);
      EXPECT_NEAR(s.next[i], s.x[i] + (s.next_time - s.time) * s.velocity[i], 1e-5f);
    }
  }
}

TEST(PatchStep, WithoutGuidanceThereIsOnePrediction) {
  const auto run = drawing(1.0);
  const PatchStep s = patch_step(*run, 2, 0);
  EXPECT_TRUE(s.without_prompt.empty());
  EXPECT_TRUE(s.difference.empty());
  EXPECT_EQ(s.guided, s.with_prompt);
  EXPECT_EQ(s.next_time, 0.0f);
  EXPECT_EQ(s.next, s.x0);  // the last step ends on the picture
}

}  // namespace
}  // namespace regard
