// The diffusion transformer against diffusers on tiny random models, and against the trainer's own drawings
// with the built-in one. Made by tests/golden/make_mmdit.py and convert_paint.py. Asked of us: attention
// within 1e-4, a drawing within 5e-3 at every step; held to less, as the numbers come much nearer.
#include <cmath>

#include <hwy/targets.h>

#include "core/diffusion/sampler.h"
#include "core/diffusion/schedule.h"
#include "core/models/clip_text.h"
#include "core/models/mmdit.h"
#include "tests/support/built_in.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

constexpr float kAttention = 1e-5f, kTinyOut = 5e-5f, kPicture = 5e-4f;

float max_difference(const std::vector<float>& got, const std::vector<float>& expected) {
  EXPECT_EQ(got.size(), expected.size());
  if (got.size() != expected.size()) return std::numeric_limits<float>::infinity();
  return test::max_difference(ConstMatrixMap(got.data(), 1, std::ssize(got)), expected.data());
}

// ------------------------------------------------------------------ tiny models

class TinyMmdit : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto opened = Mmdit::open(golden_path(GetParam()));
    ASSERT_TRUE(opened) << opened.error().message;
    model_.emplace(std::move(*opened));
  }

  std::string at(const std::string& kind) const { return std::string(GetParam()) + "." + kind; }

  MmditOutput run(const Intervention& change = {}) {
    latent_ = golden_.values(at("latent"));
    text_ = golden_.values(at("text"));
    pooled_ = golden_.values(at("pooled"));
    const auto size = golden_.shape(at("latent")), tokens = golden_.shape(at("text"));
    const ConstMatrixMap text(text_.data(), static_cast<int>(tokens[0]), static_cast<int>(tokens[1]));
    auto out = model_->run({latent_, static_cast<int>(size[1]), static_cast<int>(size[2]), text, pooled_,
                            golden_.values(at("timestep"))[0]},
                           change);
    if (!out) ADD_FAILURE() << out.error().message;
    return std::move(out.value());
  }

  // One number a text token of the file as one a token of the joint order.
  std::vector<float> joint(const std::string& kind, float of_patches) const {
    const std::vector<float> words = golden_.values(at(kind));
    const std::uint64_t tokens = golden_.shape(at("attention"))[3];
    std::vector<float> out(tokens - words.size(), of_patches);
    out.insert(out.end(), words.begin(), words.end());
    return out;
  }

  Golden golden_{"mmdit.safetensors"};
  std::optional<Mmdit> model_;
  std::vector<float> latent_, text_, pooled_;
};

TEST_P(TinyMmdit, AgreesWithDiffusers) {
  const MmditOutput out = run();
  report(at("output"), max_difference(out.predicted, golden_.values(at("out"))), kTinyOut);
  report(at("attention"), attention_difference(*out.record, golden_.values(at("attention"))), kAttention);
  const AttentionShape& s = out.record->shape();
  const std::vector<float> scores = golden_.values(at("scores"));
  float worst = 0;
  for (int i = 0; i < s.layers * s.heads; ++i) {
    worst = std::max(worst, test::max_difference(out.record->scores(i / s.heads, i % s.heads),
                                                 scores.data() + i * s.queries * s.keys));
  }
  report(at("scores"), worst, kTinyOut);
  ASSERT_EQ(out.dual != nullptr, golden_.has(at("dual_attention")));
  if (out.dual) {
    report(at("dual attention"), attention_difference(*out.dual, golden_.values(at("dual_attention"))),
           kAttention);
  }
}

TEST_P(TinyMmdit, AWeightOnAWordActsOnWhatTheImageReads) {
  const MmditOutput plain = run(), out = run({.key_bias = joint("bias", 0.0f)});
  const std::vector<float> expected = golden_.values(at("biased_attention"));
  report(at("attention with a key bias"), attention_difference(*out.record, expected), kAttention);
  report(at("output with a key bias"), max_difference(out.predicted, golden_.values(at("biased_out"))),
         kTinyOut);
  EXPECT_GT(attention_difference(*plain.record, expected), 0.05f) << "the bias should matter";
}

TEST_P(TinyMmdit, AFactorActsOnWhatTheImageReads) {
  const MmditOutput plain = run(), out = run({.key_factor = joint("factor", 1.0f)});
  const std::vector<float> expected = golden_.values(at("factored_attention"));
  report(at("attention with a key factor"), attention_difference(*out.record, expected), kAttention);
  report(at("output with a key factor"), max_difference(out.predicted, golden_.values(at("factored_out"))),
         kTinyOut);
  EXPECT_GT(attention_difference(*plain.record, expected), 0.05f) << "the factor should matter";
}

// What a machine with narrower registers would compute.
TEST_P(TinyMmdit, AgreesOnEveryInstructionSet) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    const MmditOutput out = run();
    report(at(std::string("output, ") + hwy::TargetName(target)),
           max_difference(out.predicted, golden_.values(at("out"))), kTinyOut);
  }
  hwy::SetSupportedTargetsForTest(0);
}

INSTANTIATE_TEST_SUITE_P(Folders, TinyMmdit, ::testing::Values("tiny_sd3", "tiny_sd35"),
                         [](const auto& test) { return std::string(test.param); });

// ------------------------------------------------------------------ the built-in model's drawings

const PaintSizes kSizes = built_in_sizes();
const int kSide = kSizes.side, kPatches = kSizes.patches;
const std::size_t kNumbers = kSizes.numbers;

// A float16 file says a number to 2^-11 of itself, or 2^-25 near 0.
float beyond_half(float got, float half) {
  const float difference = std::abs(got - half) - std::max(std::abs(half) * 0x1p-11f, 0x1p-25f);
  return std::isnan(difference) ? std::numeric_limits<float>::infinity() : std::max(difference, 0.0f);
}

class Paint : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    auto clip = ClipText::open(REGARD_ASSETS_DIR "/little-world/clip");
    auto model = Mmdit::open(REGARD_ASSETS_DIR "/little-world/transformer");
    auto schedule = open_schedule(REGARD_ASSETS_DIR "/little-world/scheduler");
    ASSERT_TRUE(clip) << clip.error().message;
    ASSERT_TRUE(model) << model.error().message;
    ASSERT_TRUE(schedule) << schedule.error().message;
    model_.emplace(std::move(*model));
    schedule_ = *schedule;
    prompt_ = clip->run(golden_.ids("ids")).value().last_hidden;
    empty_ = clip->run(golden_.ids("ids_empty")).value().last_hidden;
    x_ = golden_.values("x");
    guidance_ = std::stof(golden_.text("guidance"));
    times_ = shifted_times(24, schedule_.shift);
  }

  MmditOutput run(std::span<const float> x, const Matrix& text, float time) const {
    auto out = model_->run({x, kSide, kSide, text, {}, time * static_cast<float>(schedule_.train_steps)});
    if (!out) ADD_FAILURE() << out.error().message;
    return std::move(out.value());
  }

  std::span<const float> reference(int step) const {
    return std::span(x_).subspan(static_cast<std::size_t>(step) * kNumbers, kNumbers);
  }

  // Attention of image rows to the words, steps 0 and 23; everything at step 12.
  void compare_attention(int step, const AttentionRecord& record) {
    const bool words_only = step != 12;
    const std::vector<float> expected =
        golden_.values(words_only ? fmt::format("words_{}", step) : "attention_12");
    const AttentionShape& s = record.shape();
    const int rows = words_only ? kPatches : s.queries, first = words_only ? kPatches : 0;
    std::size_t i = 0;
    for (int map = 0; map < s.layers * s.heads; ++map) {
      const Matrix got = record.attention(map / s.heads, map % s.heads).block(0, first, rows, s.keys - first);
      for (Eigen::Index n = 0; n < got.size(); ++n)
        attention_ = std::max(attention_, beyond_half(got.data()[n], expected[i++]));
    }
    EXPECT_EQ(i, expected.size());
  }

  Golden golden_{fmt::format("reference_paint_{}.safetensors", GetParam())};
  std::optional<Mmdit> model_;
  Schedule schedule_;
  Matrix prompt_, empty_;
  std::vector<float> x_, times_;
  float guidance_ = 0, attention_ = 0;
};

TEST_P(Paint, TheScheduleIsTheTrainers) {
  EXPECT_EQ(schedule_.prediction, Prediction::kSample);
  EXPECT_EQ(guidance_, 2.5f);
  report("times", max_difference(times_, golden_.values("t")), 1e-7f);
}

// Each step from where the trainer stood: no error adds up.
TEST_P(Paint, EveryPredictionFromTheTrainersOwnStep) {
  const std::vector<float> with = golden_.values("x0c"), without = golden_.values("x0u");
  float worst = 0;
  for (int step = 0; step < 24; ++step) {
    const MmditOutput conditional = run(reference(step), prompt_, times_[static_cast<std::size_t>(step)]);
    const MmditOutput null = run(reference(step), empty_, times_[static_cast<std::size_t>(step)]);
    const std::size_t at = static_cast<std::size_t>(step) * kNumbers;
    for (std::size_t i = 0; i < kNumbers; ++i) {
      worst = std::max(worst, beyond_half(conditional.predicted[i], with[at + i]));
      worst = std::max(worst, beyond_half(null.predicted[i], without[at + i]));
    }
    if (step == 0 || step == 12 || step == 23) compare_attention(step, *conditional.record);
  }
  report("predicted picture, beyond float16", worst, kPicture);
  report("attention, beyond float16", attention_, kAttention);
}

// A whole drawing: the trainer's noise in, every step of ours against every step of theirs.
TEST_P(Paint, AllTwentyFourSteps) {
  float worst = 0;
  const auto seen = [&](int step, std::span<const float> x, std::span<const float>) {
    const auto expected = reference(step + 1);
    worst = std::max(worst, max_difference({x.begin(), x.end()}, {expected.begin(), expected.end()}));
  };
  const auto predict = [&](int step, float time, std::span<const float> x) -> Result<StepPrediction> {
    MmditOutput conditional = run(x, prompt_, time);
    if (step == 0 || step == 12 || step == 23) compare_attention(step, *conditional.record);
    return StepPrediction{std::move(conditional.predicted), run(x, empty_, time).predicted};
  };
  const auto noise = reference(0);
  const auto picture =
      draw({noise.begin(), noise.end()}, times_, schedule_.prediction, guidance_, predict, seen);
  ASSERT_TRUE(picture) << picture.error().message;
  report("picture after each step", worst, kPicture);
  report("attention, beyond float16", attention_, kAttention);
}

INSTANTIATE_TEST_SUITE_P(Prompts, Paint, ::testing::Values(0, 1));

}  // namespace
}  // namespace regard::test
