// Noise, schedule and sampler: the noise to the bit, the rest against what can be worked out by hand.
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

#include <gtest/gtest.h>

#include "core/diffusion/noise.h"
#include "core/diffusion/sampler.h"
#include "core/diffusion/schedule.h"

namespace regard::test {
namespace {

// ------------------------------------------------------------------ noise

using Words = std::array<std::uint32_t, 4>;

// Random123, tests/kat_vectors.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox({ones, ones, ones, ones}, {ones, ones}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// FNV-1a over the bytes of the floats, low byte first.
std::uint64_t fingerprint(const std::vector<float>& values) {
  std::uint64_t hash = 14695981039346656037u;
  for (const float value : values) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) hash = (hash ^ ((bits >> shift) & 0xff)) * 1099511628211u;
  }
  return hash;
}

// The expected values were computed by a separate program in Python, whose log, sin and cos are those of
// glibc. A machine that fails here draws other pictures from the same seed.
TEST(Noise, IsTheSameToTheBitEverywhere) {
  const std::vector<float> noise = gaussian_noise(0, 3 * 48 * 48);
  EXPECT_EQ(noise[0], 0.991137683391571f);
  EXPECT_EQ(noise[1], -0.9246625900268555f);
  EXPECT_EQ(noise[5], 0.18082590401172638f);
  EXPECT_EQ(fingerprint(noise), 0xa26aebcce69c6f61u);
  EXPECT_EQ(fingerprint(gaussian_noise(42, 6912)), 0xd51db8ab29c9c030u);
  EXPECT_EQ(fingerprint(gaussian_noise(0x0123456789abcdef, 6912)), 0x9986f13ae5aef706u);
}

TEST(Noise, ALongerStreamBeginsWithTheShorter) {
  const std::vector<float> longer = gaussian_noise(5, 1001);
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{6}, std::size_t{1000}}) {
    const std::vector<float> part = gaussian_noise(5, count);
    ASSERT_EQ(part.size(), count);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), longer.begin()));
  }
  EXPECT_NE(gaussian_noise(6, 4), gaussian_noise(5, 4));
  EXPECT_NE(gaussian_noise(5 + (std::uint64_t{1} << 32), 4), gaussian_noise(5, 4)) << "the high word counts";
}

TEST(Noise, IsNormal) {
  const std::vector<float> noise = gaussian_noise(1, 400'000);
  double mean = 0, square = 0, fourth = 0, neighbours = 0, below = 0;
  for (std::size_t i = 0; i < noise.size(); ++i) {
    const double x = noise[i];
    mean += x, square += x * x, fourth += x * x * x * x;
    below += x < -1.0 ? 1 : 0;
    if (i > 0) neighbours += x * static_cast<double>(noise[i - 1]);
  }
  const double n = static_cast<double>(noise.size());  // bounds: five standard errors
  EXPECT_NEAR(mean / n, 0.0, 5 / std::sqrt(n));
  EXPECT_NEAR(square / n, 1.0, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(fourth / n, 3.0, 5 * std::sqrt(96 / n));
  EXPECT_NEAR(neighbours / n, 0.0, 5 / std::sqrt(n));
  EXPECT_NEAR(below / n, 0.1586553, 5 * std::sqrt(0.1335 / n));
}

// Our own logarithm, sine and cosine against the library's, at the ends of every branch.
TEST(Noise, BoxMullerAgreesWithTheLibrary) {
  double worst = 0;
  const std::uint32_t words[] = {0,          1,          0x1fffffff, 0x20000000, 0x3fffffff,
                                 0x40000000, 0x5a827999, 0x7fffffff, 0x80000000, 0x9fffffff,
                                 0xb504f333, 0xdfffffff, 0xe0000001, 0xffffffff};
  for (const std::uint32_t a : words) {
    for (const std::uint32_t b : words) {
      const double radius = std::sqrt(-2.0 * std::log((a + 0.5) * 0x1p-32));
      const double angle = 2.0 * std::numbers::pi * ((b + 0.5) * 0x1p-32);
      const auto [x, y] = box_muller(a, b);
      worst =
          std::max({worst, std::abs(x - radius * std::cos(angle)), std::abs(y - radius * std::sin(angle))});
    }
  }
  EXPECT_LE(worst, 1e-14);
  EXPECT_NEAR(box_muller(0, 0).first, 6.763706, 1e-6) << "the largest there is";
}

// ------------------------------------------------------------------ schedule

TEST(Schedule, TimesFallFromNoiseToPicture) {
  EXPECT_EQ(shifted_times(4, 1.0), (std::vector<float>{1.0f, 0.75f, 0.5f, 0.25f, 0.0f}));
  EXPECT_EQ(shifted_times(2, 3.0), (std::vector<float>{1.0f, 0.75f, 0.0f}));
  EXPECT_EQ(shifted_times(1, 2.0), (std::vector<float>{1.0f, 0.0f}));
}

Result<Schedule> read(const char* text) {
  return read_schedule(parse_json(text, "s.json").value(), "s.json");
}

TEST(Schedule, ReadsWhatDiffusersWrites) {
  const auto sd3 =
      read(R"({"_class_name": "FlowMatchEulerDiscreteScheduler", "_diffusers_version": "0.29.0.dev0",
                            "num_train_timesteps": 1000, "shift": 3.0, "use_dynamic_shifting": false,
                            "shift_terminal": null})");
  ASSERT_TRUE(sd3) << sd3.error().message;
  EXPECT_EQ(sd3->shift, 3.0);
  EXPECT_EQ(sd3->train_steps, 1000);
  EXPECT_EQ(sd3->prediction, Prediction::kVelocity);
  const auto own = open_schedule(REGARD_ASSETS_DIR "/little-world/scheduler");
  ASSERT_TRUE(own) << own.error().message;
  const auto config = read_json(REGARD_ASSETS_DIR "/little-world/scheduler/scheduler_config.json");
  EXPECT_EQ(own->shift, config->at("shift").get<double>());
  EXPECT_EQ(own->prediction, Prediction::kSample);
}

TEST(Schedule, RefusesWordForWord) {
  const auto refusal = [](const std::string& rest) {
    const auto r = read((R"({"_class_name": "FlowMatchEulerDiscreteScheduler")" + rest + "}").c_str());
    return r ? "accepted" : r.error().message;
  };
  EXPECT_EQ(read("[]").error().message, "s.json: expected an object, got []");
  EXPECT_EQ(read(R"({"_class_name": "DDIMScheduler"})").error().message,
            "s.json: _class_name: expected \"FlowMatchEulerDiscreteScheduler\", got \"DDIMScheduler\"");
  EXPECT_EQ(refusal(R"(, "use_dynamic_shifting": true)"),
            "s.json: use_dynamic_shifting: expected false, got true");
  EXPECT_EQ(refusal(R"(, "prediction_type": "epsilon")"),
            "s.json: prediction_type: expected \"sample\" or none, got \"epsilon\"");
  EXPECT_EQ(refusal(R"(, "shift": 0)"), "s.json: shift: expected a number above 0 and up to 100, got 0");
  EXPECT_EQ(refusal(R"(, "num_train_timesteps": 1.5)"),
            "s.json: num_train_timesteps: expected a whole number from 1 to 1000000, got 1.5");
}

// ------------------------------------------------------------------ sampler

TEST(Sampler, GuidanceGoesFromOneThroughTheOther) {
  const StepPrediction p{{3.0f, 1.0f}, {1.0f, 1.0f}};
  EXPECT_EQ(guide(p, 1.0f), (std::vector<float>{3.0f, 1.0f}));
  EXPECT_EQ(guide(p, 0.0f), (std::vector<float>{1.0f, 1.0f}));
  EXPECT_EQ(guide(p, 2.5f), (std::vector<float>{6.0f, 1.0f}));
  EXPECT_EQ(guide({{3.0f}, {}}, 2.5f), std::vector<float>{3.0f}) << "nothing to be guided away from";
}

// A model that knows the picture: every step stays on the straight line, and the end is the picture exactly.
TEST(Sampler, WalksTheStraightLine) {
  const std::vector<float> noise = gaussian_noise(3, 50), picture = gaussian_noise(4, 50);
  for (const Prediction kind : {Prediction::kSample, Prediction::kVelocity}) {
    const auto predict = [&](int, float, std::span<const float>) -> Result<StepPrediction> {
      std::vector<float> out = picture;
      if (kind == Prediction::kVelocity) {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = noise[i] - picture[i];
      }
      return StepPrediction{std::move(out), {}};
    };
    const std::vector<float> times = shifted_times(7, 2.0);
    int steps = 0;
    const auto seen = [&](int step, std::span<const float> x, std::span<const float> heading) {
      EXPECT_EQ(step, steps++);
      const float t = times[static_cast<std::size_t>(step) + 1];
      for (std::size_t i = 0; i < x.size(); ++i) {
        EXPECT_NEAR(x[i], (1.0f - t) * picture[i] + t * noise[i], 2e-6f);
        EXPECT_NEAR(heading[i], picture[i], 2e-6f);
      }
    };
    const auto end = draw(noise, times, kind, 2.0f, predict, seen);
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(steps, 7);
    if (kind == Prediction::kSample) {
      EXPECT_EQ(*end, picture);
    }
  }
}

// Guidance in picture space and in velocity space is the same step.
TEST(Sampler, VelocityAndPictureAgree) {
  const std::vector<float> x = gaussian_noise(8, 64), with = gaussian_noise(9, 64),
                           without = gaussian_noise(10, 64);
  const float time = 0.625f;
  StepPrediction velocity;
  for (std::size_t i = 0; i < x.size(); ++i) {
    velocity.with_prompt.push_back((x[i] - with[i]) / time);
    velocity.without_prompt.push_back((x[i] - without[i]) / time);
  }
  const auto a = heading_for(x, guide({with, without}, 3.0f), Prediction::kSample, time);
  const auto b = heading_for(x, guide(velocity, 3.0f), Prediction::kVelocity, time);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5f);
}

TEST(Sampler, StopsAndPassesErrorsOn) {
  const std::vector<float> times = shifted_times(3, 1.0);
  std::stop_source source;
  int asked = 0;
  const auto predict = [&](int, float, std::span<const float> x) -> Result<StepPrediction> {
    if (++asked == 2) source.request_stop();
    return StepPrediction{{x.begin(), x.end()}, {}};
  };
  const auto stopped = draw({1.0f}, times, Prediction::kSample, 1.0f, predict, {}, source.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(asked, 2);
  const auto broken = [](int step, float, std::span<const float>) -> Result<StepPrediction> {
    if (step == 1) return fail(ErrorCode::kShape, "no");
    return StepPrediction{{1.0f}, {}};
  };
  EXPECT_EQ(draw({1.0f}, times, Prediction::kSample, 1.0f, broken).error().message, "no");
  const auto wrong = [](int, float, std::span<const float>) -> Result<StepPrediction> {
    return StepPrediction{{1.0f}, {1.0f, 2.0f}};
  };
  EXPECT_EQ(draw({1.0f}, times, Prediction::kSample, 1.0f, wrong).error().message,
            "step 1: expected a prediction of 1 numbers, got 2");
}

}  // namespace
}  // namespace regard::test
