// AttnLRP against its authors' package, Chefer and LeGrad of the text tower against torch autograd, cosine
// and principal components against numpy: tests/golden/make_attn_lrp.py. Tolerance: 1e-4 of the largest
// number.
#include "core/analysis/attn_lrp.h"
#include "core/analysis/chefer.h"
#include "core/analysis/gradients.h"
#include "core/analysis/legrad.h"
#include "core/analysis/lens.h"
#include "core/analysis/pca.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

constexpr float kTolerance = 1e-4f;

RowVector vector(const std::vector<float>& values) {
  return Eigen::Map<const RowVector>(values.data(), std::ssize(values));
}

float largest(const std::vector<float>& values) { return vector(values).cwiseAbs().maxCoeff(); }

void compare(const std::string& what, const Matrix& got, const std::vector<float>& expected) {
  ASSERT_EQ(static_cast<std::size_t>(got.size()), expected.size()) << what;
  report(what, max_difference(got, expected.data()) / largest(expected), kTolerance);
}

ClipText open_text(const std::filesystem::path& path) {
  auto model = ClipText::open(path);
  if (!model) ADD_FAILURE() << model.error().message;
  return std::move(model.value());
}

Vit open_vision(const std::filesystem::path& path) {
  auto model = Vit::open(path);
  if (!model) ADD_FAILURE() << model.error().message;
  return std::move(model.value());
}

void compare_text(const ClipText& model, const Golden& golden, const std::string& name, int i) {
  const auto key = [&](const char* what) { return fmt::format("{}.{}_{}", name, what, i); };
  const std::vector<int> ids = golden.ids(key("ids"));
  const auto run = model.run(ids);
  ASSERT_TRUE(run) << run.error().message;
  const Tower tower = tower_of(model, *run);
  const RowVector toward = vector(golden.values(key("toward")));
  const auto relevance = attn_lrp(tower, &toward), own = attn_lrp(tower, nullptr);
  ASSERT_TRUE(relevance && own);
  compare(key("AttnLRP"), *relevance, golden.values(key("text_lrp")));
  compare(key("AttnLRP of its own vector"), *own, golden.values(key("text_own")));
  const auto r = chefer(tower, &toward);
  ASSERT_TRUE(r) << r.error().message;
  compare(key("Chefer"), *r, golden.values(key("text_chefer")));
  const auto map = legrad(tower, &toward);
  ASSERT_TRUE(map) << map.error().message;
  compare(key("LeGrad"), map->layers, golden.values(key("text_legrad")));
  // A target's length changes nothing.
  const RowVector longer = 3.0f * toward;
  EXPECT_TRUE(attn_lrp(tower, &longer)->isApprox(*relevance, 1e-4f));
}

TEST(AttnLrpGolden, TextTowers) {
  const Golden golden("attn_lrp.safetensors");
  const ClipText world = open_text(REGARD_ASSETS_DIR "/little-world/clip");
  for (int i = 0; i < 3; ++i) compare_text(world, golden, "world", i);
  compare_text(open_text(golden_path("tiny_clip")), golden, "tiny", 0);
}

void compare_picture(const Vit& model, const Golden& golden, const std::string& name, int i,
                     const std::vector<float>& pixels, int side, const RowVector& text) {
  for (const double kept : {1e9, 0.0}) {
    const auto run = model.run(pixels, side, side, {}, {}, {.kept_map_bytes = kept});
    ASSERT_TRUE(run) << run.error().message;
    const Tower tower = tower_of(model, *run);
    const auto relevance = attn_lrp(tower, &text), own = attn_lrp(tower, nullptr);
    ASSERT_TRUE(relevance && own);
    compare(name + ", AttnLRP", *relevance, golden.values(fmt::format("{}.vision_lrp_{}", name, i)));
    compare(name + ", AttnLRP of its own vector", *own,
            golden.values(fmt::format("{}.vision_own_{}", name, i)));
  }
}

TEST(AttnLrpGolden, VisionTowers) {
  const Golden golden("attn_lrp.safetensors"), vision("vision.safetensors"),
      pictures("reference_vision.safetensors");
  const Vit world = open_vision(REGARD_ASSETS_DIR "/little-world/clip");
  for (int i = 0; i < 2; ++i) {
    compare_picture(world, golden, "world", i, pictures.values(fmt::format("pixels_{}", i)), 48,
                    vector(vision.values(fmt::format("world.text_{}", i))));
  }
  compare_picture(open_vision(golden_path("vision/clip")), golden, "tiny", 0, vision.values("clip.0.pixels"),
                  23, vector(vision.values("clip.0.text")));
}

// Every family of vision transformers has a vector of its own to explain; a gated MLP is refused.
TEST(AttnLrp, OfTowersWithoutAText) {
  const Golden golden("vision.safetensors");
  const Vit vit = open_vision(golden_path("vision/vit"));
  const auto run = vit.run(golden.values("vit.0.pixels"), 16, 16);
  ASSERT_TRUE(run) << run.error().message;
  const auto own = attn_lrp(tower_of(vit, *run), nullptr);
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_EQ(own->size(), run->record->shape().keys);
  EXPECT_TRUE(own->allFinite());
  const RowVector other = RowVector::Ones(5);
  EXPECT_EQ(attn_lrp(tower_of(vit, *run), &other).error().message,
            fmt::format("text: expected an embedding of {} numbers, got 5", vit.config().width));
  Tower gated = tower_of(vit, *run);
  gated.gated = true;
  EXPECT_EQ(attn_lrp(gated, nullptr).error().message,
            "relevance: expected an MLP with GELU, got a gated one (SwiGLU)");
  // A run in which something was changed behind attention is not followed back.
  Matrix hidden = (*run->hidden_states)[1];
  hidden.row(0) *= 1.5f;
  Tower changed = tower_of(vit, *run);
  changed.hidden[1] = &hidden;
  EXPECT_EQ(attn_lrp(changed, nullptr).error().message,
            "relevance: expected a run that nothing was changed in, got another output of layer 1");
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(attn_lrp(tower_of(vit, *run), nullptr, stopped.get_token()).error().code, ErrorCode::kCancelled);
}

// The true gradient of the way back, against differences of the whole tower.
TEST(Gradients, OfWhatEntersTheFirstBlockAgreeWithAStepAlongThem) {
  const Golden golden("attn_lrp.safetensors");
  const ClipText model = open_text(golden_path("tiny_clip"));
  const std::vector<int> ids = golden.ids("tiny.ids_0");
  const auto run = model.run(ids);
  ASSERT_TRUE(run);
  const RowVector toward = vector(golden.values("tiny.toward_0"));
  const auto back = backward(tower_of(model, *run), &toward, BackwardRule::kGradient);
  ASSERT_TRUE(back) << back.error().message;
  // One token's embedding moves by h along its own gradient.
  constexpr float kStep = 1e-2f;
  const Eigen::Index at = 2;
  const RowVector along = back->row(at).normalized();
  const auto cosine = [&](float h) {
    ClipTextWeights weights = model.weights();
    weights.position_embedding.row(at) += h * along;
    const auto moved = ClipText(model.config(), std::move(weights)).run(ids);
    return moved->embedding.normalized().dot(toward.normalized());
  };
  EXPECT_NEAR((cosine(kStep) - cosine(-kStep)) / (2 * kStep), back->row(at).norm(), 2e-3);
}

TEST(FeaturesGolden, CosineAndPrincipalComponents) {
  const Golden golden("attn_lrp.safetensors"), pictures("reference_vision.safetensors");
  const Vit model = open_vision(REGARD_ASSETS_DIR "/little-world/clip");
  const auto run = model.run(pictures.values("pixels_0"), 48, 48);
  ASSERT_TRUE(run);
  const Trace trace = single_trace("world", image_sequence({"CLS"}, run->rows, run->columns), run->record,
                                   run->hidden_states);
  const auto cosine = evaluate(trace, {.lens = "cosine", .heads = {.layer = 1}});
  ASSERT_TRUE(cosine) << cosine.error().message;
  EXPECT_TRUE(cosine->is_signed && !cosine->is_attention && cosine->hidden.empty());
  compare("cosine", cosine->values, golden.values("world.cosine"));
  const auto row = evaluate(trace, {.lens = "cosine", .heads = {.layer = 1}, .subject = {7}});
  ASSERT_TRUE(row);
  EXPECT_TRUE(row->values.row(0).isApprox(cosine->values.row(7), 1e-5f));
  const auto pca = evaluate(trace, {.lens = "pca", .heads = {.layer = 1}, .over = Over::kImage});
  ASSERT_TRUE(pca) << pca.error().message;
  EXPECT_TRUE(pca->rows.empty());
  compare("principal components", pca->values, golden.values("world.pca"));
  const std::vector<float> shares = golden.values("world.pca_shares");
  ASSERT_EQ(pca->shares.size(), 3u);
  for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(pca->shares[c], static_cast<double>(shares[c]), 1e-5);
  EXPECT_EQ(evaluate(trace, {.lens = "pca", .heads = {.layer = 9}}).error().code, ErrorCode::kShape);
}

TEST(PrincipalComponents, OfFewOrEqualVectors) {
  Matrix two(2, 5);
  two << 1, 0, 0, 0, 0, -3, 0, 0, 0, 0;
  const PrincipalComponents line = principal_components(two);
  EXPECT_NEAR(line.coordinates(0, 0), 2.0f, 1e-6f);  // the first of two equal magnitudes is positive
  EXPECT_NEAR(line.coordinates(0, 1), -2.0f, 1e-6f);
  EXPECT_NEAR(line.shares[0], 1.0, 1e-9);
  EXPECT_EQ(line.shares[2], 0.0);
  EXPECT_EQ(principal_components(Matrix::Ones(4, 3)).coordinates, Matrix(Matrix::Zero(3, 4)));
  Matrix broken = two;
  broken(0, 1) = NAN;
  EXPECT_TRUE(std::isnan(principal_components(broken).coordinates(1, 1)));
}

}  // namespace
}  // namespace regard::test
