// LeGrad and Chefer's relevance against torch autograd on the same files: tests/golden/make_vision.py.
// Tolerance: 1e-4 of the largest number of a map.
#include "core/analysis/chefer.h"
#include "core/analysis/legrad.h"
#include "core/tensor/backward.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

constexpr float kTolerance = 1e-4f;

Vit open(const std::filesystem::path& path) {
  auto model = Vit::open(path);
  if (!model) ADD_FAILURE() << model.error().message;
  return std::move(model.value());
}

RowVector vector(const std::vector<float>& values) {
  return Eigen::Map<const RowVector>(values.data(), std::ssize(values));
}

float largest(const std::vector<float>& values) { return std::abs(*std::ranges::max_element(values)); }

// Both maps of one picture, with and without kept maps.
void compare(const Vit& model, const std::string& what, const std::vector<float>& pixels, int side,
             const RowVector& text, const std::vector<float>& layers, const std::vector<float>& relevance) {
  for (const double kept : {1e9, 0.0}) {
    const auto run = model.run(pixels, side, side, {}, {}, {.kept_map_bytes = kept});
    ASSERT_TRUE(run) << run.error().message;
    const auto map = legrad(model, *run, text);
    ASSERT_TRUE(map) << map.error().message;
    ASSERT_EQ(layers.size(), static_cast<std::size_t>(map->layers.size()));
    report(what + ", LeGrad", max_difference(map->layers, layers.data()) / largest(layers), kTolerance);
    EXPECT_TRUE(map->map.isApprox(map->layers.colwise().sum(), 1e-5f));
    EXPECT_EQ(legrad(model, *run, text, 1)->map,
              map->layers.bottomRows(map->layers.rows() - 1).colwise().sum());
    const auto r = chefer(model, *run, text);
    ASSERT_TRUE(r) << r.error().message;
    report(what + ", Chefer", max_difference(*r, relevance.data()) / largest(relevance), kTolerance);
    // The length of the text's embedding changes nothing.
    EXPECT_TRUE(legrad(model, *run, 3.0f * text)->map.isApprox(map->map, 1e-5f));
  }
}

TEST(LeGradGolden, TinyClip) {
  const Golden golden("vision.safetensors");
  for (const auto& [name, side] :
       {std::pair{"clip", 23}, std::pair{"open_clip", 23}, std::pair{"clip_vision", 16}}) {
    const std::string at = std::string(name == std::string("open_clip") ? "clip" : name) + ".0.";
    compare(open(golden_path("vision") / name), name, golden.values(at + "pixels"), side,
            vector(golden.values(at + "text")), golden.values(at + "legrad"), golden.values(at + "chefer"));
  }
}

TEST(LeGradGolden, BuiltInModel) {
  const Golden golden("vision.safetensors"), pictures("reference_vision.safetensors");
  const Vit model = open(REGARD_ASSETS_DIR "/little-world/clip");
  for (int i = 0; i < 2; ++i) {
    compare(model, fmt::format("built-in model, picture {}", i), pictures.values(fmt::format("pixels_{}", i)),
            48, vector(golden.values(fmt::format("world.text_{}", i))),
            golden.values(fmt::format("world.legrad_{}", i)),
            golden.values(fmt::format("world.chefer_{}", i)));
  }
}

TEST(LeGrad, CosineOfTheLastLayerIsTheModelsOwn) {
  const Golden golden("vision.safetensors");
  const Vit model = open(golden_path("vision/clip"));
  const auto run = model.run(golden.values("clip.0.pixels"), 23, 23);
  ASSERT_TRUE(run);
  const RowVector text = vector(golden.values("clip.0.text"));
  const auto map = legrad(model, *run, text);
  ASSERT_TRUE(map);
  EXPECT_NEAR(map->cosines.back(), run->embedding.normalized().dot(text.normalized()), 1e-5);
}

TEST(LeGrad, RefusesWordForWord) {
  const Golden golden("vision.safetensors");
  const Vit clip = open(golden_path("vision/clip")), vit = open(golden_path("vision/vit"));
  const auto run = clip.run(golden.values("clip.0.pixels"), 23, 23);
  const auto other = vit.run(golden.values("vit.0.pixels"), 16, 16);
  ASSERT_TRUE(run && other);
  EXPECT_EQ(legrad(vit, *other, RowVector::Ones(7)).error().message,
            "text: expected a CLIP with a projection, got a model without");
  EXPECT_EQ(legrad(clip, *run, RowVector::Ones(6)).error().message,
            "text: expected an embedding of 7 numbers, got 6");
  EXPECT_EQ(legrad(clip, *run, RowVector::Ones(7), 2).error().message, "layer: expected 1 to 2, got 3");
  EXPECT_EQ(chefer(vit, *other, RowVector::Ones(7)).error().code, ErrorCode::kUnsupported);
  const auto factored =
      clip.run(golden.values("clip.0.pixels"), 23, 23, {.key_factor = std::vector<float>(17, 0.5f)});
  ASSERT_TRUE(factored) << factored.error().message;
  EXPECT_EQ(chefer(clip, *factored, RowVector::Ones(7)).error().message,
            "relevance: expected attention without a key factor, got one");
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(chefer(clip, *run, RowVector::Ones(7), stopped.get_token()).error().code, ErrorCode::kCancelled);
}

// ---- the small gradients, against differences ----

// Largest gap between a gradient and (f(x + h) - f(x - h)) / 2h, f summed with weights.
template <class Function>
float gap(const Matrix& x, const Matrix& weights, const Matrix& gradient, Function f) {
  constexpr float kStep = 1e-2f;
  float worst = 0.0f;
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    Matrix up = x, down = x;
    up.data()[i] += kStep;
    down.data()[i] -= kStep;
    const Matrix change = (f(up) - f(down)).cwiseProduct(weights) / (2 * kStep);
    worst = std::max(worst, std::abs(change.sum() - gradient.data()[i]));
  }
  return worst;
}

TEST(Backward, AgreesWithDifferences) {
  std::srand(3);  // Eigen's Random
  const Matrix x = Matrix::Random(3, 37), w = Matrix::Random(3, 37);
  const LayerNorm norm{RowVector::Random(37), RowVector::Random(37)};
  EXPECT_LT(gap(x, w, layer_norm_backward(x, norm, 1e-5f, w),
                [&](const Matrix& m) { return layer_norm(m, norm, 1e-5f); }),
            2e-3f);
  Matrix g = w;
  quick_gelu_backward(x, g);
  EXPECT_LT(gap(x, w, g,
                [](Matrix m) {
                  quick_gelu(m);
                  return m;
                }),
            2e-3f);
  g = w;
  gelu_backward(x, g);
  EXPECT_LT(gap(x, w, g,
                [](Matrix m) {
                  gelu(m);
                  return m;
                }),
            2e-3f);
  const auto softmax = [](Matrix m) {
    for (Eigen::Index r = 0; r < m.rows(); ++r) softmax_row_plain(RowVector(m.row(r)), m.row(r));
    return m;
  };
  EXPECT_LT(gap(x, w, softmax_backward(softmax(x), w), softmax), 2e-3f);
}

TEST(Backward, LinearIsTheTransposedProductPackedOrNot) {
  std::srand(4);
  Linear layer{Matrix::Random(70, 45), RowVector::Random(70), {}};
  const Matrix weight = layer.weight;
  for (const Eigen::Index rows : {1, 5}) {
    const Matrix g = Matrix::Random(rows, 70), wanted = g * weight;
    Linear packed = layer;
    prepare(packed);
    EXPECT_LT(max_difference(linear_backward(g, layer), wanted.data()), 1e-5f);
    EXPECT_LT(max_difference(linear_backward(g, packed), wanted.data()), 1e-5f);
  }
}

}  // namespace
}  // namespace regard::test
