// The example scenes and the pointing test's atlas are what their lists say: made by
// tests/golden/make_scenes.py.
#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/formats/json.h"
#include "core/formats/png.h"

namespace regard::test {
namespace {

PngImage open_png(const std::filesystem::path& path) {
  const auto bytes = read_file(path, 1 << 20);
  EXPECT_TRUE(bytes) << bytes.error().message;
  auto image = decode_png(*bytes, path.string());
  EXPECT_TRUE(image) << image.error().message;
  return std::move(image.value());
}

// Red of a pixel: a grey picture's level.
int level(const PngImage& image, int x, int y) {
  return image.rgba[static_cast<std::size_t>(y * image.width + x) * 4];
}

TEST(Scenes, EveryFileIsThereAndEveryObjectIsSeenOnce) {
  const std::filesystem::path folder = REGARD_ASSETS_DIR "/images/scenes";
  const auto scenes = read_json(folder / "scenes.json");
  ASSERT_TRUE(scenes) << scenes.error().message;
  ASSERT_EQ(scenes->size(), 6u);
  EXPECT_EQ((*scenes)[0]["caption"]["fr"], "un chat rouge poursuit une souris grise");
  EXPECT_EQ((*scenes)[1]["caption"]["fr"], "un chat bleu devant un miroir");
  for (const Json& scene : *scenes) {
    const PngImage picture = open_png(folder / scene["file"].get<std::string>());
    const int side = picture.width;
    EXPECT_EQ(picture.height, side);
    std::vector<int> covered(static_cast<std::size_t>(side * side));
    for (const Json& object : scene["objects"]) {
      const PngImage mask = open_png(folder / object["mask"].get<std::string>());
      ASSERT_EQ(mask.width, side);
      ASSERT_EQ(mask.height, side);
      int seen = 0;
      for (int i = 0; i < side * side; ++i) {
        const int value = level(mask, i % side, i / side);
        EXPECT_TRUE(value == 0 || value == 255);
        seen += value / 255;
        covered[static_cast<std::size_t>(i)] += value / 255;
      }
      EXPECT_GT(seen, 0.017 * side * side) << object["mask"];
      const std::string noun = object["noun"]["fr"];
      EXPECT_NE(scene["caption"]["fr"].get<std::string>().find(noun), std::string::npos) << noun;
    }
    for (const int times : covered) EXPECT_LE(times, 1);
  }
}

TEST(Scenes, ThePointingAtlasHoldsTwoObjectsAPlace) {
  const std::filesystem::path folder = REGARD_TEST_DIR "/golden";
  const auto list = read_json(folder / "scenes_200.json");
  ASSERT_TRUE(list) << list.error().message;
  ASSERT_EQ(list->size(), 200u);
  const PngImage atlas = open_png(folder / "scenes_200.png"),
                 objects = open_png(folder / "scenes_200_objects.png");
  const int side = atlas.width / 20;
  ASSERT_EQ(atlas.width, 20 * side);
  ASSERT_EQ(atlas.height, 10 * side);
  ASSERT_EQ(objects.width, atlas.width);
  ASSERT_EQ(objects.height, atlas.height);
  for (int i = 0; i < 200; ++i) {
    std::array<int, 3> seen{};
    for (int n = 0; n < side * side; ++n) {
      const int value = level(objects, i % 20 * side + n % side, i / 20 * side + n / side);
      ASSERT_LE(value, 2);
      ++seen[static_cast<std::size_t>(value)];
    }
    EXPECT_GE(std::min(seen[1], seen[2]), 0.026 * side * side) << i;
    const int named = (*list)[static_cast<std::size_t>(i)]["object"];
    EXPECT_TRUE(named == 1 || named == 2);
  }
}

}  // namespace
}  // namespace regard::test
