// From a prompt to a drawing: against the trainer's own drawings (convert_paint.py), the
// prompt as text and the noise from the file; and what weights, negative prompts and wrong requests do.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "core/diffusion/noise.h"
#include "core/engine/paint.h"
#include "tests/support/built_in.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

const PaintSizes kSizes = built_in_sizes();
const int kSide = kSizes.side, kPatches = kSizes.patches, kBlocks = kSizes.blocks, kHeads = kSizes.heads;
const std::size_t kNumbers = kSizes.numbers;
constexpr float kPicture = 5e-3f, kAttention = 1e-4f;

const std::shared_ptr<const PaintModel>& model() { return test::built_in_paint_model(); }

std::shared_ptr<const PaintRun> paint(PaintRequest request, const PaintSeen& seen = {}) {
  request.model = model();
  auto run = run_paint(request, seen);
  if (!run) ADD_FAILURE() << run.error().message;
  return run.value();
}

std::string refusal(PaintRequest request) {
  request.model = model();
  const auto run = run_paint(request);
  return run ? "painted" : run.error().message;
}

float difference(std::span<const float> got, std::span<const float> expected) {
  if (got.size() != expected.size()) return std::numeric_limits<float>::infinity();
  return max_difference(ConstMatrixMap(got.data(), 1, std::ssize(got)), expected.data());
}

float between(const PaintRun& a, const PaintRun& b) { return difference(a.x.back(), b.x.back()); }

// What patches look at a token with, over all blocks and heads of the last step.
float attention_to(const PaintRun& run, int token) {
  float most = 0;
  const AttentionRecord& record = *run.trace.records.back();
  for (int map = 0; map < kBlocks * kHeads; ++map) {
    const auto column = record.attention(map / kHeads, map % kHeads).col(run.patches() + token);
    most = std::max(most, column.head(kPatches).maxCoeff());
  }
  return most;
}

int token_of(const PaintRun& run, std::string_view shown) {
  const auto found = std::ranges::find(run.prompt.tokens, shown, &Token::shown);
  EXPECT_NE(found, run.prompt.tokens.end()) << shown;
  return static_cast<int>(found - run.prompt.tokens.begin());
}

TEST(PaintModel, SaysWhatItsMakerAdvises) {
  ASSERT_NE(model(), nullptr);
  EXPECT_EQ(model()->name, "Little World");
  EXPECT_EQ(model()->steps, 24);
  EXPECT_EQ(model()->guidance, 2.5);
  EXPECT_TRUE(model()->taught_weights);
  EXPECT_THAT(model()->coached_blocks, ::testing::ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(model()->coached_heads, ::testing::ElementsAre(0, 1));
  EXPECT_TRUE(model()->is_coached(3, 1));
  EXPECT_FALSE(model()->is_coached(0, 1));
  EXPECT_FALSE(model()->is_coached(3, 2));
}

TEST(PaintModel, RefusesWhatCannotDraw) {
  const auto clip = open_paint_model(REGARD_ASSETS_DIR "/little-world/clip");
  ASSERT_FALSE(clip);
  EXPECT_THAT(clip.error().message, ::testing::HasSubstr("model_index.json"));
  EXPECT_FALSE(open_paint_model(REGARD_TEST_DIR "/nowhere"));
}

class PaintGolden : public ::testing::TestWithParam<int> {};

TEST_P(PaintGolden, EveryStepIsTheTrainers) {
  const Golden golden(fmt::format("reference_paint_{}.safetensors", GetParam()));
  const std::vector<float> x = golden.values("x");
  const auto reference = [&x](std::size_t step) { return std::span(x).subspan(step * kNumbers, kNumbers); };
  PaintRequest request;
  request.prompt = golden.text("prompt");
  request.noise = {reference(0).begin(), reference(0).end()};
  request.height = request.width = kSide;
  std::vector<int> steps;
  const auto run = paint(request, [&steps](const PaintStep& step) {
    steps.push_back(step.step);
    EXPECT_EQ(step.run.x.size(), steps.size() + 1);
    EXPECT_NE(step.unconditional, nullptr);
  });
  EXPECT_EQ(steps.size(), 24u);
  ASSERT_EQ(run->x.size(), 25u);
  ASSERT_EQ(run->x0.size(), 24u);
  float worst = 0;
  for (std::size_t step = 0; step <= 24; ++step)
    worst = std::max(worst, difference(run->x[step], reference(step)));
  report("picture after each step", worst, kPicture);
  report("times", difference(run->times, golden.values("t")), 1e-6f);
  EXPECT_EQ(run->x0.back(), run->x.back()) << "the last step arrives";
  std::vector<int> ids;
  for (const Token& token : run->prompt.tokens) ids.push_back(token.id);
  EXPECT_EQ(ids, golden.ids("ids")) << "no padding";
  EXPECT_EQ(run->negative.tokens.size(), golden.ids("ids_empty").size());

  ASSERT_EQ(run->trace.records.size(), 24u);
  ASSERT_EQ(run->trace.negative_records.size(), 24u);
  report("attention of step 13", attention_difference(*run->trace.records[12], golden.values("attention_12")),
         kAttention + 0x1p-11f);  // and what float16 in the file leaves out
  RecordProperty("elapsed_ms", std::to_string(run->elapsed_ms));
  std::cout << "  drawn in " << run->elapsed_ms << " ms\n";
}
INSTANTIATE_TEST_SUITE_P(Prompts, PaintGolden, ::testing::Values(0, 1));

TEST(Paint, TheSameSeedGivesTheSamePicture) {
  const PaintRequest request{.model = {}, .prompt = "un chat rouge", .negative = "", .seed = 7, .steps = 3};
  const auto a = paint(request), b = paint(request);
  EXPECT_EQ(a->x, b->x);
  EXPECT_EQ(a->x.front(), gaussian_noise(7, kNumbers));
  PaintRequest other = request;
  other.seed = 8;
  EXPECT_GT(between(*a, *paint(other)), 0.1f);
}

TEST(Paint, GuidanceOfOneRunsOneHalf) {
  PaintRequest request{.model = {}, .prompt = "un chat rouge", .negative = "", .steps = 2, .guidance = 1.0};
  const auto run = paint(request);
  EXPECT_TRUE(run->trace.negative_records.empty());
  EXPECT_TRUE(run->negative.tokens.empty());
  EXPECT_EQ(run->trace.records.size(), 2u);
  request.guidance = 2.5;
  EXPECT_GT(between(*run, *paint(request)), 1e-3f);
}

TEST(Paint, ANegativePromptLeadsAway) {
  PaintRequest request{.model = {}, .prompt = "un chat rouge", .negative = "", .steps = 4};
  const auto plain = paint(request);
  request.negative = "un chien noir";
  const auto negative = paint(request);
  EXPECT_EQ(negative->negative.tokens.size(), 5u);
  EXPECT_EQ(negative->trace.negative_records.front()->shape().keys, kPatches + 5);
  EXPECT_GT(between(*plain, *negative), 1e-2f);
}

TEST(Paint, AWeightOfZeroHidesTheWordFromThePictureAlone) {
  PaintRequest request{.model = {}, .prompt = "un (chat:0) rouge", .negative = "", .steps = 2};
  request.place = WeightPlace::kPicture;
  const auto picture = paint(request);
  const int cat = token_of(*picture, "chat");
  EXPECT_EQ(attention_to(*picture, cat), 0.0f);
  EXPECT_GT(attention_to(*picture, cat + 1), 0.0f);
  const AttentionRecord& record = *picture->trace.records.back();
  EXPECT_GT(record.attention(0, 0)(kPatches + cat + 1, kPatches + cat), 0.0f) << "words still read it";
  PaintRequest plain = request;
  plain.prompt = "un chat rouge";
  EXPECT_EQ(picture->prompt.states, paint(plain)->prompt.states) << "the encoder is not asked to forget it";

  request.place = WeightPlace::kEncoder;
  const auto encoder = paint(request);
  EXPECT_GT(attention_to(*encoder, cat), 0.0f);
  EXPECT_NE(encoder->prompt.states, picture->prompt.states);
  request.place = WeightPlace::kBoth;
  const auto both = paint(request);
  EXPECT_EQ(attention_to(*both, cat), 0.0f);
  EXPECT_EQ(both->prompt.states, encoder->prompt.states);
}

TEST(Paint, EveryWeightingMovesThePicture) {
  PaintRequest request{.model = {}, .prompt = "un chat rouge", .negative = "", .steps = 2};
  const auto plain = paint(request);
  request.prompt = "un (chat:0.5) rouge";
  for (const Weighting weighting : kAllWeightings) {
    request.weighting = weighting;
    const auto weighed = paint(request);
    EXPECT_EQ(between(*plain, *weighed) > 0.0f, weighting != Weighting::kNone) << weighting_name(weighting);
    const bool keys = !weighed->prompt.picture_weights.empty();
    EXPECT_EQ(keys, acts_inside(weighting)) << weighting_name(weighting);
  }
}

TEST(Paint, ChunksFollowEachOther) {
  const auto run = paint({.model = {}, .prompt = "un chat BREAK un chien", .negative = "", .steps = 1});
  ASSERT_EQ(run->prompt.tokens.size(), 8u);
  EXPECT_TRUE(run->prompt.tokens[4].is_bos);
  ASSERT_EQ(run->prompt.words.size(), 4u);
  EXPECT_EQ(run->prompt.words[3].first_token, 6);
  EXPECT_EQ(run->prompt.tokens[6].word, 3);
  EXPECT_EQ(run->trace.records.front()->shape().keys, kPatches + 8);
}

TEST(Paint, KeepsWhatIsAskedFor) {
  PaintRequest request{.model = {}, .prompt = "x", .negative = "", .steps = 2, .keep = KeepRecords::kNone};
  int seen = 0;
  const auto none = paint(request, [&seen](const PaintStep& step) { seen += step.conditional != nullptr; });
  EXPECT_EQ(seen, 2);
  EXPECT_TRUE(none->trace.records.empty() && none->trace.negative_records.empty());
  request.keep = KeepRecords::kConditional;
  const auto half = paint(request);
  EXPECT_EQ(half->trace.records.size(), 2u);
  EXPECT_TRUE(half->trace.negative_records.empty());
}

TEST(Paint, RefusesWhatItCannotDraw) {
  using ::testing::HasSubstr;
  const auto ask = [] { return PaintRequest{.model = {}, .prompt = "x", .negative = ""}; };
  PaintRequest request = ask();
  request.steps = -1;
  EXPECT_THAT(refusal(request), HasSubstr("steps: expected 1 to 1000, got -1"));
  request.steps = 1000;
  EXPECT_THAT(refusal(request), HasSubstr("attention takes at most 4000 MB"));
  request = ask();
  request.guidance = NAN;
  EXPECT_THAT(refusal(request), HasSubstr("guidance: expected a number"));
  request = ask();
  request.noise.assign(kNumbers - 1, 0.0f);
  EXPECT_THAT(refusal(request), HasSubstr(fmt::format("noise: expected {0} numbers, 3 x {1} x {1}, got {2}",
                                                      kNumbers, kSide, kNumbers - 1)));
  request.noise.assign(kNumbers, NAN);
  EXPECT_THAT(refusal(request), HasSubstr("noise: expected finite numbers"));
  request = ask();
  request.height = request.width = kSide + 2;
  EXPECT_THAT(refusal(request), HasSubstr(fmt::format("multiples of {}, at most {}, got {} x {}",
                                                      kSizes.patch, kSide, kSide + 2, kSide + 2)));
  request = ask();
  for (int i = 0; i < 9; ++i) request.prompt += " BREAK x";
  EXPECT_THAT(refusal(request), HasSubstr("at most 8 chunks"));

  std::stop_source stop;
  stop.request_stop();
  request = ask();
  request.model = model();
  const auto stopped = run_paint(request, {}, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
}

TEST(Paint, BytesOfAPicture) {
  const std::vector<float> x = {-1, 1, -2, 0.0f, 0.5f, 3, NAN, -0.5f, 1, 0, 0, 0};  // [3][2][2]
  EXPECT_THAT(picture_bytes(x, 2, 2),
              ::testing::ElementsAre(0, 191, 255, 255, 255, 128, 0, 0, 128, 128, 64, 128));
}

}  // namespace
}  // namespace regard::test
