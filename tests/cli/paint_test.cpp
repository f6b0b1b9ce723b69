// `regard paint`: draws, from outside. That the numbers are the trainer's:
// tests/models/paint_engine_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "core/diffusion/noise.h"
#include "core/formats/npy.h"
#include "core/formats/png.h"
#include "core/formats/safetensors.h"
#include "tests/cli/program.h"

namespace regard {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t kPatches = 144;

Outcome paint(const Folder& folder, std::vector<std::string> more,
              const std::string& prompt = "un chat rouge") {
  std::vector<std::string> words = {"paint", "--prompt", prompt, "--out", (folder / "out.png").string()};
  words.insert(words.end(), more.begin(), more.end());
  return run_program(words);
}

PngImage picture(std::vector<std::string> more, const std::string& prompt = "un chat rouge") {
  const Folder folder;
  const Outcome outcome = paint(folder, std::move(more), prompt);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  auto decoded = decode_png(slurp(folder / "out.png"), "out.png");
  EXPECT_TRUE(decoded.has_value());
  return decoded ? *decoded : PngImage{};
}

void expect_line(const Outcome& outcome, const std::string& part) {
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  EXPECT_THAT(outcome.err, StartsWith("regard paint: "));
  EXPECT_THAT(outcome.err, HasSubstr(part));
}

// The trainer's noise in, the trainer's picture out.
TEST(CliPaint, DrawsWhatTheTrainerDrew) {
  const auto golden = Safetensors::open(REGARD_TEST_DIR "/golden/reference_paint_0.safetensors");
  ASSERT_TRUE(golden.has_value());
  const std::vector<float> x = golden->read_f32("x", golden->find("x")->shape).value();
  const std::size_t shape[] = {3, 48, 48}, numbers = 3 * 48 * 48;
  const Folder folder;
  const std::string noise = (folder / "noise.npy").string();
  ASSERT_TRUE(write_npy(noise, std::span(x).first(numbers), shape).has_value());
  const PngImage drawn = picture({"--noise", noise}, golden->metadata().at("prompt"));
  ASSERT_EQ(drawn.width, 48);
  ASSERT_EQ(drawn.height, 48);
  const std::span<const float> last = std::span(x).last(numbers);
  for (std::size_t i = 0; i < 48 * 48; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      const float expected = std::clamp(127.5f * (last[c * 48 * 48 + i] + 1.0f), 0.0f, 255.0f);
      ASSERT_NEAR(drawn.rgba[4 * i + c], expected, 0.52f) << i << " " << c;
    }
  }
}

TEST(CliPaint, TheSeedIsThePicture) {
  const PngImage one = picture({"--steps", "2", "--seed", "7"});
  EXPECT_EQ(picture({"--steps", "2", "--seed", "7"}).rgba, one.rgba);
  EXPECT_NE(picture({"--steps", "2", "--seed", "8"}).rgba, one.rgba);
  EXPECT_EQ(one.texts.at(0).value, "un chat rouge");
  EXPECT_THAT(one.texts.at(1).value, HasSubstr("seed 7"));
  // The noise of the seed, given as a file, draws the same.
  const Folder folder;
  const std::string noise = (folder / "noise.npy").string();
  const std::size_t shape[] = {3, 48, 48};
  ASSERT_TRUE(write_npy(noise, gaussian_noise(7, 3 * 48 * 48), shape).has_value());
  EXPECT_EQ(picture({"--steps", "2", "--noise", noise}).rgba, one.rgba);
  EXPECT_NE(picture({"--steps", "2", "--seed", "7", "--guidance", "1"}).rgba, one.rgba);
  EXPECT_NE(picture({"--steps", "2", "--seed", "7", "--negative", "chien"}).rgba, one.rgba);
}

TEST(CliPaint, ScaleEnlargesPixels) {
  const PngImage small = picture({"--steps", "1"}), large = picture({"--steps", "1", "--scale", "3"});
  ASSERT_EQ(large.width, 144);
  for (std::size_t y = 0; y < 144; ++y) {
    for (std::size_t x = 0; x < 144; ++x) {
      for (std::size_t c = 0; c < 3; ++c)
        ASSERT_EQ(large.rgba[(y * 144 + x) * 4 + c], small.rgba[(y / 3 * 48 + x / 3) * 4 + c]);
    }
  }
}

TEST(CliPaint, MapsAreOneFileAWord) {
  const Folder folder;
  const std::string maps = (folder / "deep/maps").string(), record = (folder / "record").string();
  const Outcome outcome = paint(folder, {"--steps", "2", "--maps", maps, "--record", record, "--lang", "en"},
                                "un (chat:1.3) l/été");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json tokens = json::parse(slurp(maps + "/tokens.json"));
  EXPECT_EQ(tokens[13], (json{{"index", 13}, {"kind", "patch"}, {"column", 2}, {"row", 2}}));
  EXPECT_EQ(tokens[kPatches]["token"], "<|startoftext|>");
  EXPECT_TRUE(tokens[kPatches]["word"].is_null());
  const json& cat = tokens[kPatches + 2];
  EXPECT_EQ(cat["token"], "chat</w>");
  EXPECT_EQ(cat["index"], kPatches + 2);
  EXPECT_EQ(cat["kind"], "text");
  EXPECT_EQ(cat["word"], 2);
  EXPECT_EQ(cat["start"], 4);
  EXPECT_EQ(cat["end"], 8);
  EXPECT_EQ(cat["weight"], 1.3);
  const int words = tokens[tokens.size() - 2]["word"];

  EXPECT_TRUE(std::filesystem::exists(maps + "/01-un.png"));
  EXPECT_TRUE(std::filesystem::exists(maps + "/02-chat.png"));
  int pictures = 0;
  for (const auto& entry : std::filesystem::directory_iterator(maps))
    pictures += entry.path().extension() == ".png";
  EXPECT_EQ(pictures, words);
  const auto figure = decode_png(slurp(maps + "/02-chat.png"), "chat");
  ASSERT_TRUE(figure.has_value());
  EXPECT_GT(figure->width, 768);
  EXPECT_EQ(figure->texts.at(0).value, "chat");
  EXPECT_THAT(figure->texts.at(1).value, HasSubstr("mean of blocks 2 to 6, of heads and of 2 steps"));

  // The maps are means of the record beside them.
  const auto numbers = read_npy(maps + "/maps.npy");
  ASSERT_TRUE(numbers.has_value());
  const std::size_t text = tokens.size() - kPatches, keys = tokens.size();
  EXPECT_EQ(numbers->shape, (std::vector<std::size_t>{text, 12, 12}));
  std::vector<double> sums(kPatches, 0.0);
  for (const char* step : {"/step-001.npy", "/step-002.npy"}) {
    const auto all = read_npy(record + step);
    ASSERT_TRUE(all.has_value());
    ASSERT_EQ(all->shape, (std::vector<std::size_t>{6, 3, keys, keys}));
    for (std::size_t map = 3; map < 18; ++map) {
      for (std::size_t patch = 0; patch < kPatches; ++patch)
        sums[patch] += all->values[(map * keys + patch) * keys + kPatches + 2] / 30.0;
    }
  }
  for (std::size_t patch = 0; patch < kPatches; ++patch)
    EXPECT_NEAR(numbers->values[2 * kPatches + patch], sums[patch], 1e-6);
}

TEST(CliPaint, TheRecordHoldsEveryStep) {
  const Folder folder;
  const std::string record = (folder / "record").string();
  ASSERT_EQ(paint(folder, {"--steps", "3", "--seed", "5", "--record", record}).status, 0);
  const json schedule = json::parse(slurp(record + "/schedule.json"));
  EXPECT_EQ(schedule["steps"], 3);
  EXPECT_EQ(schedule["seed"], 5);
  EXPECT_EQ(schedule["guidance"], 2.5);
  EXPECT_EQ(schedule["times"].size(), 4u);
  EXPECT_EQ(schedule["times"][0], 1.0);
  EXPECT_EQ(schedule["times"][3], 0.0);
  EXPECT_EQ(schedule["coached"].size(), 10u);
  EXPECT_EQ(schedule["coached"][0], (json{2, 1})) << "block and head from 1";
  const auto negative = read_npy(record + "/step-003-negative.npy");
  ASSERT_TRUE(negative.has_value());
  EXPECT_EQ(negative->shape, (std::vector<std::size_t>{6, 3, kPatches + 2, kPatches + 2})) << "BOS and EOS";
  EXPECT_EQ(json::parse(slurp(record + "/tokens-negative.json")).size(), kPatches + 2);
  EXPECT_FALSE(std::filesystem::exists(record + "/step-004.npy"));

  const std::string alone = (folder / "alone").string();
  ASSERT_EQ(paint(folder, {"--steps", "1", "--guidance", "1", "--record", alone}).status, 0);
  EXPECT_FALSE(std::filesystem::exists(alone + "/step-001-negative.npy"));
}

TEST(CliPaint, WeightsMoveThePicture) {
  const PngImage plain = picture({"--steps", "2"});
  for (const char* weighting :
       {"attention", "none", "prompt-to-prompt", "a1111", "scale", "comfyui", "compel"}) {
    const PngImage weighed = picture({"--steps", "2", "--weighting", weighting}, "un (chat:0.2) rouge");
    EXPECT_EQ(weighed.rgba != plain.rgba, std::string(weighting) != "none") << weighting;
  }
  EXPECT_NE(picture({"--steps", "2", "--place", "both"}, "un (chat:0) rouge").rgba,
            picture({"--steps", "2"}, "un (chat:0) rouge").rgba);
}

TEST(CliPaint, BadInputIsOneLine) {
  const Folder folder;
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--seed", "-1"}, "--seed: expected a whole number from 0 to 18446744073709551615, got '-1'"},
      {{"--seed", "18446744073709551616"}, "--seed"},
      {{"--steps", "0"}, "--steps: expected a whole number from 1 to 1000, got '0'"},
      {{"--guidance", "nan"}, "--guidance: expected a number from 0 to 1000, got 'nan'"},
      {{"--place", "all"}, "--place: expected picture, encoder or both, got 'all'"},
      {{"--scale", "65"}, "--scale: expected a whole number from 1 to 64, got '65'"},
      {{"--weighting", "x"}, "--weighting"},
      {{"--syntax", "x"}, "--syntax"},
      {{"--noise", "/nowhere.npy"}, "/nowhere.npy"},
      {{"--model", REGARD_ASSETS_DIR "/little-world/clip"}, "expected a model that draws"},
      {{"--model", "/nowhere/at/all"}, "/nowhere/at/all"},
      {{"--steps", "1", "--maps", "/proc/maps-of-mine"}, "/proc/maps-of-mine"},
  };
  for (const auto& [more, part] : cases) expect_line(paint(folder, more), part);
  expect_line(run_program({"paint", "--prompt", "x", "--out", "x.jpg"}),
              "--out: expected a name that ends in .png, got 'x.jpg'");
  const std::string noise = (folder / "noise.npy").string();
  const std::size_t flat[] = {6912}, wide[] = {3, 50, 48};
  ASSERT_TRUE(write_npy(noise, gaussian_noise(1, 6912), flat).has_value());
  expect_line(paint(folder, {"--noise", noise}), "expected numbers of shape [3, height, width], got [6912]");
  ASSERT_TRUE(write_npy(noise, gaussian_noise(1, 7200), wide).has_value());
  expect_line(paint(folder, {"--noise", noise}), "multiples of 4, at most 48, got 48 x 50");
}

TEST(CliPaint, WrongUsageIsTwo) {
  const Folder folder;
  EXPECT_THAT(run_program({"paint", "--out", "x.png"}).err, HasSubstr("--prompt is required"));
  EXPECT_THAT(run_program({"paint", "--prompt", "x"}).err, HasSubstr("--out is required"));
  EXPECT_EQ(run_program({"paint"}).status, 2);
  EXPECT_EQ(paint(folder, {"--seed", "1", "--noise", "x.npy"}).status, 2);
}

}  // namespace
}  // namespace regard
