// The lenses that go back through a diffusion transformer against torch autograd, by
// tests/golden/make_drawn_lenses.py. Tolerance: 1e-4 of the largest number.
#include "core/analysis/drawn.h"

#include "core/analysis/gradients.h"
#include "core/models/mmdit_weights.h"
#include "tests/support/golden.h"
#include "tests/support/plain_weight.h"

namespace regard::test {
namespace {

constexpr float kTolerance = 1e-4f;

RowVector vector(const std::vector<float>& values) {
  return Eigen::Map<const RowVector>(values.data(), std::ssize(values));
}

void compare(const std::string& what, const Matrix& got, const std::vector<float>& expected) {
  ASSERT_EQ(static_cast<std::size_t>(got.size()), expected.size()) << what;
  report(what, max_difference(got, expected.data()) / vector(expected).cwiseAbs().maxCoeff(), kTolerance);
}

// A model, the inputs of the file, and what it makes of them.
struct Drawn {
  Golden golden{"drawn_lenses.safetensors"};
  std::string name;
  Mmdit model;
  bool velocity;
  std::vector<float> latent, text, pooled;
  MmditOutput out;
  float timestep = 0;

  Drawn(std::string of, Mmdit opened, bool predicts_velocity)
      : name(std::move(of)), model(std::move(opened)), velocity(predicts_velocity) {
    latent = values("latent"), text = values("text"), pooled = values("pooled");
    timestep = values("timestep")[0];
    const auto size = golden.shape(name + ".latent"), tokens = golden.shape(name + ".text");
    height = static_cast<int>(size[1]), width = static_cast<int>(size[2]);
    const ConstMatrixMap states(text.data(), static_cast<int>(tokens[0]), static_cast<int>(tokens[1]));
    auto made = model.run({.latent = latent,
                           .height = height,
                           .width = width,
                           .text = states,
                           .pooled = pooled,
                           .timestep = timestep});
    EXPECT_TRUE(made) << made.error().message;
    out = std::move(made.value());
  }

  std::vector<float> values(const std::string& what) const { return golden.values(name + "." + what); }
  float factor() const { return velocity ? -timestep / 1000.0f : 1.0f; }
  Matrix patches(const std::vector<float>& picture) const {
    return patches_of(picture, model.config().channels, height, width, model.config().patch);
  }
  DrawnStep step() const {
    Matrix x0 = patches(out.predicted);
    if (velocity) x0 = patches(latent) + factor() * x0;
    return drawn_step(model, *out.record, model.condition(pooled, timestep), x0, factor());
  }
  int height = 0, width = 0;
};

Mmdit open(const std::filesystem::path& folder) {
  auto model = Mmdit::open(folder);
  if (!model) ADD_FAILURE() << model.error().message;
  return std::move(model.value());
}

// Every patch explained alone, and every position asked for alone: [N][S] both.
void compare_all(const Drawn& drawn) {
  const DrawnStep step = drawn.step();
  const int patches = step.patches(), positions = step.tower.positions();
  Matrix lrp(patches, positions), legrad(patches, positions);
  Matrix lrp_forward(patches, positions), legrad_forward(patches, positions);
  for (int n = 0; n < patches; ++n) {
    lrp.row(n) = drawn_attn_lrp(step, DrawnSide::kOutput, {n}).value();
    legrad.row(n) = drawn_legrad(step, DrawnSide::kOutput, {n}).value();
  }
  for (int s = 0; s < positions; ++s) {
    lrp_forward.col(s) = drawn_attn_lrp(step, DrawnSide::kInput, {s}).value().head(patches).transpose();
    legrad_forward.col(s) = drawn_legrad(step, DrawnSide::kInput, {s}).value().head(patches).transpose();
  }
  compare(drawn.name + " AttnLRP", lrp, drawn.values("lrp"));
  compare(drawn.name + " AttnLRP, the way forward", lrp_forward, drawn.values("lrp"));
  compare(drawn.name + " LeGrad", legrad, drawn.values("legrad"));
  compare(drawn.name + " LeGrad by positions", legrad_forward, drawn.values("legrad"));
  compare(drawn.name + " Chefer of patches", drawn_chefer(step, DrawnSide::kOutput, {1, 3}).value(),
          drawn.values("chefer_patches"));
  const int first = patches + 1;
  const RowVector words = drawn_chefer(step, DrawnSide::kInput, {first, first + 1}).value();
  compare(drawn.name + " Chefer of words", words.head(patches), drawn.values("chefer_tokens"));
  // Several at once are their mean.
  const RowVector two = drawn_attn_lrp(step, DrawnSide::kOutput, {1, 3}).value();
  EXPECT_TRUE(two.isApprox(RowVector((lrp.row(1) + lrp.row(3)) / 2.0f), 1e-4f));
}

TEST(DrawnGolden, WithoutQkNormOfAVelocity) {
  compare_all(Drawn("tiny_sd3", open(golden_path("tiny_sd3")), true));
}

TEST(DrawnGolden, TheBuiltInModelOfAPicture) {
  compare_all(Drawn("world", open(REGARD_ASSETS_DIR "/little-world/transformer"), false));
}

// A step along the true gradient of what enters the first block moves the number as it says: by torch above
// only through attention, here by differences of the whole model, along the patches' bias.
TEST(Drawn, TheTrueGradientAgreesWithDifferences) {
  auto read = read_mmdit(golden_path("tiny_sd3")).value();
  const Drawn drawn("tiny_sd3", Mmdit(read.config, read.weights), true);
  const DrawnStep step = drawn.step();
  Matrix seed = Matrix::Zero(step.tower.positions(), step.tower.width());
  const Matrix top = *step.tower.hidden.back();
  const Matrix by_normed = step.factor * step.toward.row(2) * plain_weight(read.weights.final_out);
  seed.row(2) =
      norm_backward(top.row(2), *step.tower.final_norm, step.tower.eps, by_normed, BackwardRule::kGradient);
  const Matrix back = backward_from(step.tower, seed, BackwardRule::kGradient).value();
  const RowVector along = back.topRows(step.patches()).colwise().sum();
  const auto number_at = [&](float by) {
    MmditWeights moved = read.weights;
    moved.patch.bias += by / along.norm() * along;  // the same of every patch
    const Drawn other("tiny_sd3", Mmdit(read.config, std::move(moved)), true);
    return step.factor * other.patches(other.out.predicted).row(2).dot(step.toward.row(2));
  };
  const float h = 2e-3f, slope = (number_at(h) - number_at(-h)) / (2.0f * h);
  EXPECT_NEAR(slope / along.norm(), 1.0f, 5e-3f);
}

// Without biases, shifts and attention nothing keeps a part: what positions get adds up to the number.
// (Attention does keep one: softmax is no linear map, and AttnLRP leaves what it holds to its bias.)
TEST(Drawn, RelevanceAddsUpWhereNothingKeepsAPart) {
  auto read = read_mmdit(golden_path("tiny_sd3")).value();
  const int width = read.config.width();
  const auto silence = [](Linear& layer) { layer.bias.setZero(); };
  const auto still = [&](Linear& modulation, int row) {
    plain_weight(modulation).middleRows(row * width, width).setZero();
    silence(modulation);
  };
  for (std::size_t i = 0; i < read.weights.blocks.size(); ++i) {
    MmditBlock& block = read.weights.blocks[i];
    const bool last = i + 1 == read.weights.blocks.size();
    for (MmditStream* stream : {&block.image, &block.text}) {
      for (Linear* layer : {&stream->qkv.query, &stream->qkv.key, &stream->qkv.value}) silence(*layer);
      const bool ends = last && stream == &block.text;
      still(stream->modulation, ends ? 1 : 0);
      if (ends) continue;
      still(stream->modulation, 3);
      for (Linear* layer : {&stream->out, &stream->mlp_in, &stream->mlp_out}) silence(*layer);
      plain_weight(stream->out).setZero();
    }
  }
  still(read.weights.final_modulation, 1);
  silence(read.weights.final_out);
  const Drawn drawn("tiny_sd3", Mmdit(read.config, read.weights), true);
  const DrawnStep step = drawn.step();
  for (const int n : {0, 7, 14}) {
    const float number = step.factor * drawn.patches(drawn.out.predicted).row(n).dot(step.toward.row(n));
    const RowVector found = drawn_attn_lrp(step, DrawnSide::kOutput, {n}).value();
    EXPECT_NEAR(found.sum(), number, 1e-4f * std::abs(number)) << n;
    EXPECT_NEAR(found(n), found.sum(), 1e-4f * std::abs(number)) << n;  // nothing came from elsewhere
  }
}

TEST(Drawn, RefusesWhatHasNoWayBack) {
  const Drawn drawn("tiny_sd3", open(golden_path("tiny_sd3")), true);
  DrawnStep step = drawn.step();
  const auto word = drawn_legrad(step, DrawnSide::kOutput, {step.patches()});
  EXPECT_EQ(word.error().message, "relevance: expected a patch of the drawing, got a word: it draws nothing");
  std::stop_source stopped;
  stopped.request_stop();
  for (const auto lens : {drawn_attn_lrp, drawn_chefer, drawn_legrad})
    EXPECT_EQ(lens(step, DrawnSide::kOutput, {0}, stopped.get_token()).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(drawn_attn_lrp(step, DrawnSide::kInput, {0}, stopped.get_token()).error().code,
            ErrorCode::kCancelled);
  step.tower.second_attention = true;
  for (const auto lens : {drawn_attn_lrp, drawn_chefer, drawn_legrad})
    EXPECT_EQ(lens(step, DrawnSide::kOutput, {0}, {}).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace regard::test
