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

// Every picture of a golden file through every filter to every size. Returns how many were compared.
int compare_with(const char* golden, PassOrder order) {
  const auto file = Safetensors::open(std::filesystem::path(REGARD_TEST_DIR) / "golden" / golden);
  EXPECT_TRUE(file) << golden;
  int compared = 0;
  for (int i = 0; file->find("in." + std::to_string(i)) != nullptr; ++i) {
    const Picture in = picture_of(*file, "in." + std::to_string(i));
    for (int filter = 0; filter < 4; ++filter) {
      for (int k = 0; k < 10; ++k, ++compared) {
        const std::string name =
            "out." + std::to_string(i) + "." + std::to_string(filter) + "." + std::to_string(k);
        const Picture want = picture_of(*file, name);
        EXPECT_EQ(resize_rgb(in.rgb, in.width, in.height, want.width, want.height,
                             static_cast<Resample>(filter), order),
                  want.rgb)
            << name << ": " << in.width << "x" << in.height << " to " << want.width << "x" << want.height;
      }
    }
  }
  return compared;
}

TEST(Resize, IsPillow13sBitForBit) {
  EXPECT_EQ(compare_with("resize_pillow13.safetensors", PassOrder::kPillow13), 9 * 4 * 10);
}

TEST(Resize, IsOlderPillowsBitForBit) {
  EXPECT_EQ(compare_with("resize.safetensors", PassOrder::kBeforePillow13), 6 * 4 * 10);
}

// The rows lost must be more than twice the columns lost, and some must be.
TEST(Resize, OnlyTallPicturesDifferBetweenPillows) {
  Bytes noise(std::size_t{3} * 40 * 64);
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = (i * 2'654'435'761U >> 13) % 3 * 127;
  const struct {
    int width, height;
    bool differs;
  } cases[] = {{20, 24, false}, {20, 23, true},  {10, 4, false},
               {10, 3, true},   {50, 64, false}, {50, 63, true}};
  for (const auto& c : cases) {
    const auto now = resize_rgb(noise, 40, 64, c.width, c.height, Resample::kBicubic);
    const auto before =
        resize_rgb(noise, 40, 64, c.width, c.height, Resample::kBicubic, PassOrder::kBeforePillow13);
    EXPECT_EQ(now != before, c.differs) << c.width << "x" << c.height;
  }
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
