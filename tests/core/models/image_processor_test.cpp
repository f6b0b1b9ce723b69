// Against the slow image processors of transformers, OpenCLIP's and timm's transforms: bytes equal, numbers
// within 1e-6 (tests/golden/make_image_processor.py).
#include "core/models/image_processor.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace regard::test {
namespace {

using ::testing::ElementsAre;

constexpr float kPixels = 1e-6f;

Image picture_of(const Golden& golden, const std::string& name) {
  const auto shape = golden.shape(name);  // [height][width][3]
  const std::vector<float> values = golden.values(name);
  return {static_cast<int>(shape[1]), static_cast<int>(shape[0]), {values.begin(), values.end()}, "PNG"};
}

Result<ImageProcessor> processor_of(const Json& entry) {
  if (entry.contains("preprocessor")) return image_processor_from(&entry["preprocessor"], nullptr, "p.json");
  return image_processor_from(nullptr, &entry["config"], "c.json");
}

// Every case on every picture of a golden file. Returns how many were compared.
int compare_with(const char* file, PassOrder passes) {
  const Golden golden(file);
  const Json cases = read_json(golden_path("image_processor.json")).value();
  EXPECT_EQ(cases.size(), 19u);
  int pictures = 0;
  for (const Json& entry : cases) {
    const auto name = entry["name"].get<std::string>();
    auto processor = processor_of(entry);
    if (!processor) {
      ADD_FAILURE() << name << ": " << processor.error().message;
      continue;
    }
    processor->passes = passes;
    float worst = 0.0f;
    for (int i = 0; golden.has("in." + std::to_string(i)); ++i, ++pictures) {
      const std::string at = name + "." + std::to_string(i);
      const auto got = prepare(picture_of(golden, "in." + std::to_string(i)), *processor);
      if (!got) {
        ADD_FAILURE() << at << ": " << got.error().message;
        continue;
      }
      const Image want = picture_of(golden, "rgb." + at);
      EXPECT_EQ(std::pair(got->width, got->height), std::pair(want.width, want.height)) << at;
      EXPECT_EQ(got->rgb, want.rgb) << at;
      if (!golden.has("pixels." + at)) continue;
      const std::vector<float> pixels = golden.values("pixels." + at);
      EXPECT_EQ(got->pixels.size(), pixels.size()) << at;
      if (got->pixels.size() != pixels.size()) continue;
      worst = std::max(
          worst, max_difference(ConstMatrixMap(got->pixels.data(), 1, std::ssize(pixels)), pixels.data()));
    }
    report(name, worst, kPixels);
  }
  return pictures;
}

TEST(ImageProcessor, AgreesWithTransformersOpenClipAndTimmOnPillow13) {
  EXPECT_EQ(compare_with("image_processor_pillow13.safetensors", PassOrder::kPillow13), 19 * 9);
}

TEST(ImageProcessor, AgreesWithThemOnPillow12) {
  EXPECT_EQ(compare_with("image_processor.safetensors", PassOrder::kBeforePillow13), 19 * 7);
}

Result<ImageProcessor> read(const char* preprocessor, const char* config = nullptr) {
  const Json file = preprocessor != nullptr ? Json::parse(preprocessor) : Json();
  const Json model = config != nullptr ? Json::parse(config) : Json();
  return image_processor_from(preprocessor != nullptr ? &file : nullptr, config != nullptr ? &model : nullptr,
                              preprocessor != nullptr ? "p.json" : "c.json");
}

// edge, width x height, filter, crop, mean[0], std[2]
std::string words(const Result<ImageProcessor>& got) {
  if (!got) return got.error().message;
  const ImageProcessor& p = *got;
  const std::string size = p.shortest_edge != 0 ? fmt::format("edge {}", p.shortest_edge)
                                                : fmt::format("{}x{}", p.width, p.height);
  return fmt::format("{}, {}, {}, {:.6g} {:.6g}, {:.4f}{}", p.resize ? size : "as it is",
                     static_cast<int>(p.resample),
                     p.crop ? fmt::format("crop {}x{}", p.crop_width, p.crop_height) : "whole", p.mean[0],
                     p.std[2], 1.0 / p.rescale, p.normalise ? "" : ", raw");
}

TEST(ImageProcessor, HasTheDefaultsOfEveryModel) {
  EXPECT_EQ(words(read(nullptr, R"({"model_type":"clip"})")),
            "edge 224, 3, crop 224x224, 0.481455 0.275777, 255.0000");
  EXPECT_EQ(
      words(read(nullptr, R"({"model_type":"clip","vision_config":{"image_size":336,"patch_size":14}})")),
      "edge 336, 3, crop 336x336, 0.481455 0.275777, 255.0000");
  EXPECT_EQ(words(read(nullptr, R"({"model_type":"clip_vision_model","image_size":64})")),
            "edge 64, 3, crop 64x64, 0.481455 0.275777, 255.0000");
  EXPECT_EQ(words(read(nullptr, R"({"model_type":"vit"})")), "224x224, 2, whole, 0.5 0.5, 255.0000");
  EXPECT_EQ(words(read(nullptr, R"({"model_type":"vit","image_size":[96,160]})")),
            "160x96, 2, whole, 0.5 0.5, 255.0000");
  EXPECT_EQ(words(read(nullptr, R"({"model_type":"deit"})")),
            "256x256, 3, crop 224x224, 0.485 0.225, 255.0000");
  EXPECT_EQ(words(read(nullptr, R"({"model_type":"deit","image_size":384})")),
            "438x438, 3, crop 384x384, 0.485 0.225, 255.0000");
  for (const char* config :
       {R"({"model_type":"dinov2","image_size":518})", R"({"model_type":"dinov2_with_registers"})"})
    EXPECT_EQ(words(read(nullptr, config)), "edge 256, 3, crop 224x224, 0.485 0.225, 255.0000");
  EXPECT_EQ(words(read(nullptr, R"({"model_cfg":{"vision_cfg":{"image_size":378}}})")),
            "edge 378, 3, crop 378x378, 0.481455 0.275777, 255.0000");
  EXPECT_EQ(words(read(nullptr, R"({"architecture":"vit_small_patch14_dinov2","pretrained_cfg":)"
                                R"({"input_size":[3,518,518],"crop_pct":1.0,"interpolation":"bicubic"}})")),
            "edge 518, 3, crop 518x518, 0.485 0.225, 255.0000");
}

// As they lie on the hub: what each says, and the class's own values for what it leaves out.
TEST(ImageProcessor, ReadsOldAndNewFiles) {
  // openai/clip-vit-base-patch32, first and later
  EXPECT_EQ(words(read(R"({"crop_size":224,"do_center_crop":true,"do_normalize":true,"do_resize":true,
    "feature_extractor_type":"CLIPFeatureExtractor","image_mean":[0.48145466,0.4578275,0.40821073],
    "image_std":[0.26862954,0.26130258,0.27577711],"resample":3,"size":224})")),
            "edge 224, 3, crop 224x224, 0.481455 0.275777, 255.0000");
  EXPECT_EQ(words(read(R"({"image_processor_type":"CLIPImageProcessor"})")),
            "edge 224, 3, crop 224x224, 0.481455 0.275777, 255.0000");
  // google/vit-base-patch16-224, facebook/dino-vits16
  EXPECT_EQ(words(read(
                R"({"do_normalize":true,"do_resize":true,"image_mean":[0.5,0.5,0.5],"image_std":[0.5,0.5,0.5],
    "size":224})",
                R"({"model_type":"vit"})")),
            "224x224, 2, whole, 0.5 0.5, 255.0000");
  EXPECT_EQ(words(read(R"({"feature_extractor_type":"ViTFeatureExtractor","image_mean":[0.485,0.456,0.406],
    "image_std":[0.229,0.224,0.225],"resample":3,"size":224})")),
            "224x224, 3, whole, 0.485 0.225, 255.0000");
  // the Fast ones write every key, null or not
  EXPECT_EQ(
      words(read(R"({"crop_size":null,"data_format":"channels_first","default_to_square":true,"device":null,
    "do_center_crop":null,"do_convert_rgb":null,"do_normalize":true,"do_rescale":true,"do_resize":true,
    "image_mean":[0.5,0.5,0.5],"image_processor_type":"ViTImageProcessorFast","image_std":[0.5,0.5,0.5],
    "input_data_format":null,"resample":2,"rescale_factor":0.00392156862745098,"return_tensors":null,
    "size":{"height":224,"width":224}})")),
      "224x224, 2, whole, 0.5 0.5, 255.0000");
  EXPECT_EQ(
      words(read(R"({"image_processor_type":"ViTImageProcessorFast","do_center_crop":true,"crop_size":30})")),
      "224x224, 2, crop 30x30, 0.5 0.5, 255.0000");
  EXPECT_EQ(
      words(read(R"({"image_processor_type":"ViTImageProcessor","do_center_crop":true,"crop_size":30})")),
      "224x224, 2, whole, 0.5 0.5, 255.0000");
  // facebook/dinov2-small; its class's own values are CLIP's
  EXPECT_EQ(words(read(R"({"crop_size":{"height":224,"width":224},"image_mean":[0.485,0.456,0.406],
    "image_processor_type":"BitImageProcessor","image_std":[0.229,0.224,0.225],"resample":3,
    "size":{"shortest_edge":256}})")),
            "edge 256, 3, crop 224x224, 0.485 0.225, 255.0000");
  EXPECT_EQ(words(read(R"({"image_processor_type":"BitImageProcessorFast"})")),
            "edge 224, 3, crop 224x224, 0.481455 0.275777, 255.0000");
  EXPECT_EQ(words(read(R"({"image_processor_type":"DeiTImageProcessor","do_normalize":false})")),
            "256x256, 3, crop 224x224, 0.5 0.5, 255.0000, raw");
  EXPECT_EQ(words(read(R"({"image_processor_type":"CLIPImageProcessor","size":{"shortest_edge":40},
    "use_square_size":true,"do_center_crop":false,"rescale_factor":0.5})")),
            "40x40, 3, whole, 0.481455 0.275777, 2.0000");
  EXPECT_EQ(
      words(read(R"({"image_processor_type":"CLIPImageProcessor","do_resize":false,"do_rescale":false})")),
      "as it is, 3, crop 224x224, 0.481455 0.275777, inf");
}

TEST(ImageProcessor, RefusesWithOneLine) {
  const struct {
    const char* preprocessor;
    const char* message;
  } cases[] = {
      {"[]", "p.json: expected an object, got []"},
      {"{}",
       "p.json: image_processor_type: expected the image processor of CLIP, ViT, DeiT or Bit, got none"},
      {R"({"image_processor_type":"SamImageProcessor"})",
       "p.json: image_processor_type: expected the image processor of CLIP, ViT, DeiT or Bit, got "
       "\"SamImageProcessor\""},
      {R"({"feature_extractor_type":7})",
       "p.json: feature_extractor_type: expected the image processor of CLIP, ViT, DeiT or Bit, got 7"},
      {R"({"image_processor_type":"ViTImageProcessor","size":0})",
       "p.json: size: expected a whole number from 1 to 16384, got 0"},
      {R"({"image_processor_type":"ViTImageProcessor","size":{"height":-3,"width":4}})",
       "p.json: size.height: expected a whole number from 1 to 16384, got -3"},
      {R"({"image_processor_type":"ViTImageProcessor","size":[1e9,4]})",
       "p.json: size.height: expected a whole number from 1 to 16384, got 1000000000.0"},
      {R"({"image_processor_type":"ViTImageProcessor","size":{"longest_edge":4}})",
       "p.json: size: expected \"shortest_edge\", or \"height\" and \"width\", got {\"longest_edge\":4}"},
      {R"({"image_processor_type":"CLIPImageProcessor","crop_size":"big"})",
       "p.json: crop_size: expected a whole number from 1 to 16384, got \"big\""},
      {R"({"image_processor_type":"CLIPImageProcessor","resample":4})",
       "p.json: resample: expected 0 (nearest), 1 (lanczos), 2 (bilinear) or 3 (bicubic), got 4"},
      {R"({"image_processor_type":"CLIPImageProcessor","do_resize":1})",
       "p.json: do_resize: expected true or false, got 1"},
      {R"({"image_processor_type":"CLIPImageProcessor","image_mean":[0.5,0.5]})",
       "p.json: image_mean: expected three numbers, got [0.5,0.5]"},
      {R"({"image_processor_type":"CLIPImageProcessor","image_std":[0.5,0,0.5]})",
       "p.json: image_std: expected three positive numbers, got [0.5,0,0.5]"},
      {R"({"image_processor_type":"CLIPImageProcessor","rescale_factor":-1})",
       "p.json: rescale_factor: expected a number above 0 and up to 1000000, got -1"},
  };
  for (const auto& c : cases) EXPECT_EQ(words(read(c.preprocessor)), c.message);
  EXPECT_EQ(
      words(read(nullptr, R"({"model_cfg":{"vision_cfg":{"image_size":[20,30]}}})")),
      "c.json: preprocess_cfg.resize_mode: expected \"squash\", or \"shortest\" with a square, got 30 x 20");
  EXPECT_EQ(
      words(read(nullptr, R"({"architecture":"vit","pretrained_cfg":{"crop_mode":"border"}})")),
      "c.json: pretrained_cfg.crop_mode: expected \"squash\", or \"center\" with a square, got \"border\"");
  EXPECT_EQ(
      words(read_image_processor(golden_path("photos"))),
      golden_path("photos").string() + ": expected preprocessor_config.json or config.json, got neither");
}

TEST(ImageProcessor, ReadsEveryFolderOfTheTests) {
  int folders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(golden_path("vision"))) {
    if (!std::filesystem::exists(entry.path() / "config.json") &&
        !std::filesystem::exists(entry.path() / "open_clip_config.json"))
      continue;
    const auto processor = read_image_processor(entry.path());
    EXPECT_TRUE(processor) << processor.error().message;
    ++folders;
  }
  EXPECT_GE(folders, 13);
  EXPECT_EQ(words(read_image_processor(std::filesystem::path(REGARD_ASSETS_DIR) / "little-world/clip")),
            "edge 48, 3, crop 48x48, 0.481455 0.275777, 255.0000");
}

TEST(ImageProcessor, LooksForTheFilesInTurn) {
  using regard::testing::put;
  const regard::testing::TempFolder folder;
  const auto name = [&](const char* file) { return (folder / file).string(); };
  put(folder / "config.json", R"({"model_type":"vit","image_size":32})");
  EXPECT_EQ(words(read_image_processor(folder.path())), "32x32, 2, whole, 0.5 0.5, 255.0000");
  put(folder / "open_clip_config.json", R"({"model_cfg":{},"preprocess_cfg":{"size":64}})");
  EXPECT_EQ(words(read_image_processor(folder.path())),
            "edge 64, 3, crop 64x64, 0.481455 0.275777, 255.0000");
  put(folder / "processor_config.json",
      R"({"image_processor":{"image_processor_type":"ViTImageProcessor","size":48}})");
  EXPECT_EQ(words(read_image_processor(folder.path())), "48x48, 2, whole, 0.5 0.5, 255.0000");
  put(folder / "processor_config.json", R"({"image_processor":{"size":0}})");
  EXPECT_EQ(words(read_image_processor(folder.path())),
            name("processor_config.json") +
                ": image_processor: size: expected a whole number from 1 to 16384, got 0");
  put(folder / "preprocessor_config.json", R"({"size":40})");  // of config.json's model
  EXPECT_EQ(words(read_image_processor(folder.path())), "40x40, 2, whole, 0.5 0.5, 255.0000");
  put(folder / "preprocessor_config.json", "{");
  EXPECT_TRUE(
      words(read_image_processor(folder.path())).starts_with(name("preprocessor_config.json") + ": byte "));
}

Image ramp(int width, int height) {
  Image image{width, height, {}, "PNG"};
  for (int i = 0; i < 3 * width * height; ++i) image.rgb.push_back(static_cast<std::uint8_t>(i * 7));
  return image;
}

std::vector<double> numbers(const Cover& c) { return {c.x, c.y, c.width, c.height}; }

TEST(ImageProcessor, SaysWhatOfThePictureItCovers) {
  ImageProcessor p{.shortest_edge = 50, .crop_width = 40, .crop_height = 20};
  // 200x100 becomes 100x50: the crop is the middle 40x20 of that, twice as large in the original.
  EXPECT_THAT(numbers(prepare(ramp(200, 100), p)->cover), ElementsAre(60, 30, 80, 40));
  p.shortest_edge = 10;  // 20x10: padded to 40x20, so half of each side lies outside
  EXPECT_THAT(numbers(prepare(ramp(200, 100), p)->cover), ElementsAre(-100, -50, 400, 200));
  p.shortest_edge = 0;
  p.width = 400;
  p.height = 20;
  EXPECT_THAT(numbers(prepare(ramp(200, 100), p)->cover), ElementsAre(90, 0, 20, 100));
  p.crop = false;
  EXPECT_THAT(numbers(prepare(ramp(200, 100), p)->cover), ElementsAre(0, 0, 200, 100));
}

TEST(ImageProcessor, FitsAWholePictureIntoPatches) {
  EXPECT_EQ(fitted_grid(640, 480, 16), std::pair(16, 12));
  EXPECT_EQ(fitted_grid(480, 640, 16), std::pair(12, 16));
  EXPECT_EQ(fitted_grid(512, 512, 37), std::pair(37, 37));
  EXPECT_EQ(fitted_grid(100, 70, 10), std::pair(10, 7));
  EXPECT_EQ(fitted_grid(10'000, 3, 20), std::pair(20, 1));
  const Image image = ramp(61, 40);
  const ImageProcessor p{.resample = Resample::kBilinear};
  const auto fitted = prepare_fitted(image, p, 14, 3, 2);
  ASSERT_TRUE(fitted) << fitted.error().message;
  EXPECT_EQ(std::pair(fitted->width, fitted->height), std::pair(42, 28));
  EXPECT_EQ(fitted->rgb, resize_rgb(image.rgb, 61, 40, 42, 28, Resample::kBilinear));
  EXPECT_THAT(numbers(fitted->cover), ElementsAre(0, 0, 61, 40));
  EXPECT_EQ(prepare_fitted(image, p, 16, 0, 2).error().message,
            "image: expected sides of 1 to 16384 pixels after the resize, got 0x32");
  EXPECT_EQ(prepare_fitted(image, p, 16, 2, 1025).error().message,
            "image: expected sides of 1 to 16384 pixels after the resize, got 32x16400");
}

TEST(ImageProcessor, RefusesPicturesItCannotTake) {
  const ImageProcessor p;
  EXPECT_EQ(prepare(Image{}, p).error().message,
            "image: expected at least one pixel, got 0 bytes for 0x0 pixels");
  EXPECT_EQ(prepare(Image{2, 2, {1, 2, 3}, ""}, p).error().message,
            "image: expected at least one pixel, got 3 bytes for 2x2 pixels");
  EXPECT_EQ(prepare(ramp(1, 74), p).error().message,
            "image: expected sides of 1 to 16384 pixels after the resize, got 224x16576");
  EXPECT_TRUE(prepare(ramp(1, 73), p));
}

}  // namespace
}  // namespace regard::test
