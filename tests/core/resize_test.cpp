// Against Pillow, bit for bit: tests/golden/make_image_processor.py, and the vectors of model-numerics.json.
#include "core/formats/resize.h"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "core/formats/json.h"
#include "core/formats/safetensors.h"

namespace regard {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Picture {
  int width = 0, height = 0;
  Bytes rgb;
};

// A U8 tensor [height][width][3].
Picture picture_of(const Safetensors& file, const std::string& name) {
  const std::vector<std::uint64_t> shape = file.find(name)->shape;
  const std::vector<float> values = file.read_f32(name, shape).value();
  return {static_cast<int>(shape[1]), static_cast<int>(shape[0]), {values.begin(), values.end()}};
}

TEST(Resize, IsPillowsBitForBit) {
  const auto file = Safetensors::open(std::filesystem::path(REGARD_TEST_DIR) / "golden/resize.safetensors");
  ASSERT_TRUE(file) << file.error().message;
  int compared = 0;
  for (int i = 0; file->find("in." + std::to_string(i)) != nullptr; ++i) {
    const Picture in = picture_of(*file, "in." + std::to_string(i));
    for (int filter = 0; filter < 4; ++filter) {
      for (int k = 0; k < 10; ++k, ++compared) {
        const std::string name =
            "out." + std::to_string(i) + "." + std::to_string(filter) + "." + std::to_string(k);
        const Picture want = picture_of(*file, name);
        EXPECT_EQ(
            resize_rgb(in.rgb, in.width, in.height, want.width, want.height, static_cast<Resample>(filter)),
            want.rgb)
            << name << ": " << in.width << "x" << in.height << " to " << want.width << "x" << want.height;
      }
    }
  }
  EXPECT_EQ(compared, 6 * 4 * 10);
}

// Grey as colour and back: one channel of what comes out, the first `count` of it.
Bytes resized_grey(const Json& vectors, int side, Resample filter, std::size_t count) {
  Bytes rgb;
  for (const Json& level : vectors["input 6x6"]) rgb.insert(rgb.end(), 3, level.get<std::uint8_t>());
  const Bytes out = resize_rgb(rgb, 6, 6, side, side, filter);
  Bytes grey;
  for (std::size_t i = 0; i < count; ++i) {
    grey.push_back(out[3 * i]);
    EXPECT_EQ(out[3 * i], out[3 * i + 1]);
    EXPECT_EQ(out[3 * i], out[3 * i + 2]);
  }
  return grey;
}

TEST(Resize, RepeatsTheVectors) {
  const auto path = std::filesystem::path(REGARD_TEST_DIR) / "vectors/model-numerics.json";
  const Json vectors = read_json(path).value()["pil_resize"];
  const struct {
    const char* name;
    int side;
    Resample filter;
  } cases[] = {{"bicubic->3x3", 3, Resample::kBicubic},
               {"bilinear->3x3", 3, Resample::kBilinear},
               {"bicubic->4x4", 4, Resample::kBicubic},
               {"lanczos->4x4", 4, Resample::kLanczos},
               {"bilinear->8x8 first row", 8, Resample::kBilinear},
               {"bicubic->8x8 first row", 8, Resample::kBicubic}};
  for (const auto& c : cases) {
    const Bytes want = vectors.at(c.name).get<Bytes>();
    EXPECT_EQ(resized_grey(vectors, c.side, c.filter, want.size()), want) << c.name;
  }
}

// The weights of each pixel sum to one, at the edges too.
TEST(Resize, KeepsAPlainPicturePlain) {
  for (const int level : {0, 1, 127, 254, 255}) {
    const Bytes plain(std::size_t{3} * 17 * 5, static_cast<std::uint8_t>(level));
    for (const auto& [width, height] : {std::pair{4, 3}, {17, 9}, {40, 5}, {1, 1}, {100, 80}}) {
      for (const Resample filter :
           {Resample::kNearest, Resample::kLanczos, Resample::kBilinear, Resample::kBicubic}) {
        const Bytes out = resize_rgb(plain, 17, 5, width, height, filter);
        ASSERT_EQ(out.size(), static_cast<std::size_t>(3 * width * height));
        EXPECT_TRUE(std::ranges::all_of(out, [&](std::uint8_t v) { return v == level; }))
            << level << " to " << width << "x" << height << ", filter " << static_cast<int>(filter);
      }
    }
  }
}

}  // namespace
}  // namespace regard
