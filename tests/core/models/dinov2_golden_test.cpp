// The real DINOv2-S/14 on two photos against transformers (eager). The model is not ours to ship: the tests
// are skipped where it is not installed (python3 assets/models/get.py dinov2-small). Made by
// tests/golden/make_dinov2.py.
#include <cstdlib>
#include <filesystem>

#include "core/formats/image.h"
#include "core/models/image_processor.h"
#include "core/models/vit.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

constexpr float kAttention = 2e-5f, kLast = 2e-4f;  // of numbers up to 11
constexpr int kSide = 224, kTokens = 257;

// $REGARD_DINOV2, or where get.py puts it.
std::filesystem::path model_folder() {
  if (const char* named = std::getenv("REGARD_DINOV2")) return named;
  const char* data = std::getenv("XDG_DATA_HOME");
  const char* home = std::getenv("HOME");
  const std::filesystem::path base =
      data != nullptr && *data != '\0' ? std::filesystem::path(data)
                                       : std::filesystem::path(home != nullptr ? home : "/") / ".local/share";
  return base / "regard/models/dinov2-small";
}

// uint8 [224][224][3] to the model's input [3][224][224]: /255, then ImageNet's mean and deviation.
std::vector<float> normalised(const std::vector<float>& cropped) {
  constexpr double kMean[] = {0.485, 0.456, 0.406}, kDeviation[] = {0.229, 0.224, 0.225};
  constexpr std::size_t kPixels = std::size_t{kSide} * kSide;
  std::vector<float> out(3 * kPixels);
  for (std::size_t i = 0; i < kPixels; ++i) {
    for (std::size_t c = 0; c < 3; ++c)
      out[c * kPixels + i] = static_cast<float>((cropped[i * 3 + c] / 255.0 - kMean[c]) / kDeviation[c]);
  }
  return out;
}

class Dinov2Picture : public ::testing::TestWithParam<const char*> {};

// Needs no model: what its family's processor does by default, to the byte.
TEST_P(Dinov2Picture, IsPreparedAsTransformersDoes) {
  const Golden golden("dinov2_small.safetensors");
  const Json config = {{"model_type", "dinov2"}};
  const auto processor = image_processor_from(nullptr, &config, "config.json");
  ASSERT_TRUE(processor) << processor.error().message;
  const auto photo = read_image(golden_path(std::string("photos/") + GetParam() + ".jpg"));
  ASSERT_TRUE(photo) << photo.error().message;
  const auto prepared = prepare(*photo, *processor);
  ASSERT_TRUE(prepared) << prepared.error().message;
  ASSERT_EQ(prepared->width * 1000 + prepared->height, kSide * 1000 + kSide);
  const std::vector<float> expected = golden.values(std::string(GetParam()) + ".cropped");
  const std::vector<float> got(prepared->rgb.begin(), prepared->rgb.end());
  ASSERT_EQ(got.size(), expected.size());
  report(std::string(GetParam()) + ", levels of a byte",
         max_difference(ConstMatrixMap(got.data(), 1, std::ssize(got)), expected.data()), 0.0f);
  const std::vector<float> pixels = normalised(expected);
  report(std::string(GetParam()) + ", normalised",
         max_difference(ConstMatrixMap(prepared->pixels.data(), 1, std::ssize(pixels)), pixels.data()),
         1e-6f);
}

INSTANTIATE_TEST_SUITE_P(Photos, Dinov2Picture, ::testing::Values("astronaut", "chelsea"),
                         [](const auto& test) { return std::string(test.param); });

class Dinov2 : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::filesystem::path folder = model_folder();
    if (!std::filesystem::exists(folder / "config.json")) {
      GTEST_SKIP() << "DINOv2-S is not installed in " << folder
                   << ": python3 assets/models/get.py dinov2-small, or set REGARD_DINOV2";
    }
    auto opened = Vit::open(folder);
    ASSERT_TRUE(opened) << opened.error().message;
    model_.emplace(std::move(*opened));
  }

  std::string at(const char* kind) const { return std::string(GetParam()) + "." + kind; }

  Golden golden_{"dinov2_small.safetensors"};
  std::optional<Vit> model_;
};

TEST_P(Dinov2, AgreesWithTransformers) {
  const auto out = model_->run(normalised(golden_.values(at("cropped"))), kSide, kSide);
  ASSERT_TRUE(out) << out.error().message;
  const AttentionRecord& record = *out->record;
  ASSERT_EQ(record.shape(), (AttentionShape{12, 6, kTokens, kTokens, 64}));
  const std::vector<int> rows = golden_.ids(at("rows"));
  const std::vector<float> last_layer = golden_.values(at("last_attention"));  // [H][R][257]
  const std::vector<float> cls = golden_.values(at("cls_attention"));          // [L][H][257]
  const std::vector<float> last = golden_.values(at("last"));                  // [R][D]
  float of_rows = 0, of_cls = 0, of_last = 0;
  const float* expected = last_layer.data();
  for (int head = 0; head < 6; ++head) {
    for (const int row : rows) {
      of_rows = std::max(of_rows, max_difference(record.attention_row(11, head, row), expected));
      expected += kTokens;
    }
  }
  for (int i = 0; i < 12 * 6; ++i)
    of_cls =
        std::max(of_cls, max_difference(record.attention_row(i / 6, i % 6, 0), cls.data() + i * kTokens));
  for (std::size_t i = 0; i < rows.size(); ++i)
    of_last = std::max(of_last, max_difference(out->last_hidden.row(rows[i]), last.data() + i * 384));
  report(at("last layer's attention"), of_rows, kAttention);
  report(at("CLS row of every layer"), of_cls, kAttention);
  report(at("after the final norm"), of_last, kLast);
}

// From the file to the maps: as get.py's preprocessor_config.json says.
TEST_P(Dinov2, AgreesFromTheJpegOn) {
  const auto processor = read_image_processor(model_folder());
  ASSERT_TRUE(processor) << processor.error().message;
  const auto photo = read_image(golden_path(std::string("photos/") + GetParam() + ".jpg"));
  ASSERT_TRUE(photo) << photo.error().message;
  const auto prepared = prepare(*photo, *processor);
  ASSERT_TRUE(prepared) << prepared.error().message;
  const auto out = model_->run(prepared->pixels, prepared->width, prepared->height);
  ASSERT_TRUE(out) << out.error().message;
  const std::vector<float> cls = golden_.values(at("cls_attention"));
  float worst = 0;
  for (int i = 0; i < 12 * 6; ++i)
    worst = std::max(worst,
                     max_difference(out->record->attention_row(i / 6, i % 6, 0), cls.data() + i * kTokens));
  report(at("CLS row of every layer, from the JPEG"), worst, kAttention);
}

INSTANTIATE_TEST_SUITE_P(Photos, Dinov2, ::testing::Values("astronaut", "chelsea"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace regard::test
