// Do the gradient maps of the built-in CLIP point at the object a caption names? 200 held-out scenes of two
// objects, tests/golden/make_scenes.py; the Python twin is tests/golden/measure_pointing.py. Counted as
// there: a map points when the largest pixel of it, brought to the picture bilinearly, lies on the named
// object. Chance: the share of the picture that object covers.
#include <iostream>

#include "core/engine/match.h"
#include "core/formats/image.h"
#include "core/formats/json.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

constexpr int kColumns = 20, kScenes = 200;
// Under a sanitizer a scene takes seconds: there it is shown that the code runs clean, not what it is worth.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kLookedAt = 12;
#else
constexpr int kLookedAt = kScenes;
#endif

std::string golden_file(const std::string& name) { return golden_path(name).string(); }

Image image(const std::filesystem::path& path) {
  auto read = read_image(path);
  if (!read) ADD_FAILURE() << read.error().message;
  return std::move(read.value());
}

// The scene at place `i` of a picture with 20 a row.
Image cut(const Image& atlas, int i) {
  const int side = atlas.width / kColumns;
  Image out{side, side, {}, atlas.kind};
  for (int y = 0; y < side; ++y) {
    const auto first = atlas.rgb.begin() +
                       std::ptrdiff_t{3} * ((i / kColumns * side + y) * atlas.width + i % kColumns * side);
    out.rgb.insert(out.rgb.end(), first, first + std::ptrdiff_t{3} * side);
  }
  return out;
}

// Where between patches a pixel's centre lies: the patch before, and how far towards the next.
std::pair<int, float> between(int pixel, int patches, int side) {
  const float x = std::clamp(
      (static_cast<float>(pixel) + 0.5f) * static_cast<float>(patches) / static_cast<float>(side) - 0.5f,
      0.0f, static_cast<float>(patches - 1));
  const int before = std::min(static_cast<int>(x), patches - 2);
  return {before, x - static_cast<float>(before)};
}

// Index of the largest pixel of a patch map brought to a picture of `side` bilinearly; of equals the first.
std::size_t largest_pixel(const RowVector& map, int columns, int rows, int side) {
  const ConstMatrixMap grid(map.data(), rows, columns);
  Matrix large(side, side);
  for (int y = 0; y < side; ++y) {
    const auto [r, down] = between(y, rows, side);
    for (int x = 0; x < side; ++x) {
      const auto [c, right] = between(x, columns, side);
      const float above = grid(r, c) * (1 - right) + grid(r, c + 1) * right;
      const float below = grid(r + 1, c) * (1 - right) + grid(r + 1, c + 1) * right;
      large(y, x) = above * (1 - down) + below * down;
    }
  }
  return static_cast<std::size_t>(std::max_element(large.data(), large.data() + large.size()) - large.data());
}

class Pointing : public ::testing::Test {
 protected:
  void SetUp() override {
    auto text = open_text_model(REGARD_ASSETS_DIR "/little-world");
    auto vision = open_vision_model(REGARD_ASSETS_DIR "/little-world/clip");
    ASSERT_TRUE(text) << text.error().message;
    ASSERT_TRUE(vision) << vision.error().message;
    text_ = *text;
    vision_ = *vision;
  }

  std::shared_ptr<const VisionRun> look_at(Image picture) const {
    auto run = run_vision({vision_, std::make_shared<const Image>(std::move(picture))});
    if (!run) ADD_FAILURE() << run.error().message;
    return run.value();
  }

  std::size_t pointed_at(const VisionRun& run, const std::string& caption, const std::string& lens) const {
    const auto text = embed_text(*text_, caption);
    EXPECT_TRUE(text) << text.error().message;
    const auto map =
        evaluate(run.trace, {.lens = lens, .subject = {0}, .over = Over::kImage}, lens_context(run, *text));
    EXPECT_TRUE(map) << map.error().message;
    EXPECT_EQ(map->values.size(), run.patches());
    return largest_pixel(map->values.row(0), run.output.columns, run.output.rows, run.request.image->width);
  }

  std::shared_ptr<const TextModel> text_;
  std::shared_ptr<const VisionModel> vision_;
};

struct Count {
  int named = 0, other = 0;  // scenes whose map points at the named object; at the other one
  double share() const { return static_cast<double>(named) / kLookedAt; }
};

void say(const char* what, const Count& count) {
  std::cout << "  " << what << ": " << count.named << " of " << kLookedAt << " (" << count.share() << "), "
            << count.other << " at the other object\n";
}

TEST_F(Pointing, HeldOutScenes) {
  const Image pictures = image(golden_file("scenes_200.png"));
  const Image objects = image(golden_file("scenes_200_objects.png"));
  const auto scenes = read_json(golden_file("scenes_200.json"));
  ASSERT_TRUE(scenes) << scenes.error().message;
  ASSERT_EQ(scenes->size(), static_cast<std::size_t>(kScenes));
  Count chefer_fr, chefer_en, legrad_fr, legrad_en;
  double named_pixels = 0.0, other_pixels = 0.0;
  for (int i = 0; i < kLookedAt; ++i) {
    const Json& scene = scenes->at(static_cast<std::size_t>(i));
    const int named = scene.at("object").get<int>();
    const Image seen = cut(objects, i);
    const auto run = look_at(cut(pictures, i));
    for (std::size_t p = 0; p < seen.rgb.size(); p += 3) {
      named_pixels += seen.rgb[p] == named ? 1 : 0;
      other_pixels += seen.rgb[p] == 3 - named ? 1 : 0;
    }
    const auto count = [&](const char* language, const char* lens, Count& into) {
      const std::string caption = scene.at("caption").at(language).get<std::string>();
      const int hit = seen.rgb[3 * pointed_at(*run, caption, lens)];
      into.named += hit == named ? 1 : 0;
      into.other += hit == 3 - named ? 1 : 0;
    };
    count("fr", "chefer", chefer_fr);
    count("en", "chefer", chefer_en);
    count("fr", "legrad", legrad_fr);
    count("en", "legrad", legrad_en);
  }
  say("Chefer, French", chefer_fr);
  say("Chefer, English", chefer_en);
  say("LeGrad, French", legrad_fr);
  say("LeGrad, English", legrad_en);
  const int side = pictures.width / kColumns;
  const double pixels = double{kLookedAt} * side * side;
  std::cout << "  chance: " << named_pixels / pixels << "; the other object covers " << other_pixels / pixels
            << "\n";
  if (kLookedAt < kScenes) return;
  EXPECT_GE(chefer_fr.share(), 0.85);
  EXPECT_GE(chefer_en.share(), 0.85);
  EXPECT_LT(named_pixels / pixels, 0.1);
}

TEST_F(Pointing, RedCatOfTheFirstExample) {
  const std::filesystem::path folder = REGARD_ASSETS_DIR "/images/scenes";
  const auto run = look_at(image(folder / "scene-1.png"));
  const Image cat = image(folder / "scene-1-object-1.png"), mouse = image(folder / "scene-1-object-2.png");
  EXPECT_EQ(cat.rgb[3 * pointed_at(*run, "un chat rouge", "chefer")], 255);
  EXPECT_EQ(mouse.rgb[3 * pointed_at(*run, "une souris grise", "chefer")], 255);
}

}  // namespace
}  // namespace regard::test
