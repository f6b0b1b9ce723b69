// `regard match`: texts against a picture, from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "core/formats/npy.h"
#include "core/formats/png.h"
#include "tests/app/cli/program.h"

namespace regard {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kRight = "un chat rouge poursuit une souris grise";
constexpr const char* kTwin = "un chat gris poursuit une souris rouge";

Outcome match(std::vector<std::string> more) {
  std::vector<std::string> words = {"match", "--image", "scene-1"};
  words.insert(words.end(), more.begin(), more.end());
  return run_program(words);
}

NpyArray map_of(std::vector<std::string> more) {
  const Folder folder;
  const std::string path = (folder / "map.npy").string();
  more.insert(more.end(), {"--map", path});
  const Outcome outcome = match(std::move(more));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_FALSE(json::parse(outcome.out, nullptr, false).is_discarded()) << "the numbers come all the same";
  auto array = read_npy(path);
  EXPECT_TRUE(array.has_value());
  return array ? *array : NpyArray{};
}

void expect_line(const Outcome& outcome, const std::string& part) {
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  EXPECT_THAT(outcome.err, StartsWith("regard match: "));
  EXPECT_THAT(outcome.err, HasSubstr(part));
  EXPECT_EQ(outcome.out, "");
}

TEST(CliMatch, TextsComeInTheOrderGiven) {
  const Outcome outcome = match({kTwin, kRight, "a green car"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json found = json::parse(outcome.out);
  EXPECT_EQ(found["model"], "Little World");
  EXPECT_EQ(found["image"], "scene-1");
  const json& texts = found["texts"];
  ASSERT_EQ(texts.size(), 3u);
  EXPECT_EQ(texts[0]["text"], kTwin);
  EXPECT_EQ(texts[1]["text"], kRight);
  double sum = 0, powers = 0;
  for (const json& text : texts) {
    EXPECT_NEAR(text["logit"].get<double>(), found["scale"].get<double>() * text["cosine"].get<double>(),
                1e-4);
    sum += text["probability"].get<double>();
    powers += std::exp(text["logit"].get<double>());
  }
  EXPECT_NEAR(sum, 1.0, 1e-9);
  EXPECT_NEAR(texts[1]["probability"].get<double>(), std::exp(texts[1]["logit"].get<double>()) / powers,
              1e-6);
  EXPECT_GT(texts[1]["probability"], 0.5) << "its own caption fits best";
}

TEST(CliMatch, WeightsAreTextHere) {
  const json found = json::parse(match({"un (chat:1.5)", "un chat"}).out);
  EXPECT_NE(found["texts"][0]["cosine"], found["texts"][1]["cosine"]);
}

TEST(CliMatch, AMapSaysWhichPatchesSpeakForAText) {
  const NpyArray cat = map_of({"un chat rouge", "une souris grise"});
  ASSERT_EQ(cat.shape, (std::vector<std::size_t>{12, 12}));
  const NpyArray mouse = map_of({"un chat rouge", "une souris grise", "--caption", "2"});
  const auto peak = [](const NpyArray& map) {
    return static_cast<int>(std::ranges::max_element(map.values) - map.values.begin()) % 12;
  };
  EXPECT_LT(peak(cat), 6) << "the cat is at the left";
  EXPECT_GE(peak(mouse), 6) << "the mouse at the right";
  const NpyArray legrad = map_of({"un chat rouge", "--method", "legrad"});
  EXPECT_NE(legrad.values, cat.values);
  EXPECT_EQ(map_of({"un chat rouge", "--method", "chefer"}).values, cat.values) << "chefer is the default";
}

TEST(CliMatch, AMapAsAPicture) {
  const Folder folder;
  const std::string png = (folder / "map.png").string(), svg = (folder / "map.svg").string();
  ASSERT_EQ(match({"un chat rouge", "--map", png}).status, 0);
  const auto figure = decode_png(slurp(png), "map.png");
  ASSERT_TRUE(figure.has_value());
  EXPECT_GT(figure->width, 768);
  EXPECT_EQ(figure->texts.at(0).value, "un chat rouge");
  ASSERT_EQ(match({"un chat rouge", "--method", "legrad", "--map", svg, "--lang", "en"}).status, 0);
  EXPECT_THAT(slurp(svg), HasSubstr("LeGrad"));
}

TEST(CliMatch, BadInputIsOneLine) {
  expect_line(match({"x", "--caption", "2"}), "--caption: expected a whole number from 1 to 1, got '2'");
  expect_line(match({"x", "--method", "rollout"}),
              "--method: expected chefer, legrad or attnlrp, got 'rollout'");
  expect_line(match({"x", "--map", "map.csv"}),
              "--map: expected a name that ends in .npy, .png, .svg or .pdf, got 'map.csv'");
  expect_line(match({"x", "--map", "/nowhere/at/all.npy"}), "/nowhere/at/all.npy");
  expect_line(match({"x", "--model", REGARD_TEST_DIR "/golden/vision/dinov2"}), "--model: expected a CLIP");
  expect_line(run_program({"match", "--image", "nowhere.png", "x"}), "nowhere.png");
}

TEST(CliMatch, WrongUsageIsTwo) {
  EXPECT_EQ(match({}).status, 2);
  EXPECT_THAT(match({}).err, HasSubstr("TEXT"));
  EXPECT_EQ(run_program({"match", "x"}).status, 2);
}

}  // namespace
}  // namespace regard
