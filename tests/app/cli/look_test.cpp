// `regard look`: one picture through a vision model, from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "core/formats/npy.h"
#include "core/formats/png.h"
#include "core/formats/resize.h"
#include "tests/app/cli/program.h"

namespace regard {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::size_t kLayers = 5, kHeads = 4, kTokens = 145;  // of the built-in model

Outcome look(std::vector<std::string> more) {
  std::vector<std::string> words = {"look", "--image", "scene-1"};
  words.insert(words.end(), more.begin(), more.end());
  return run_program(words);
}

// Pixels a side of the picture that is looked at.
int scene_side() { return decode_png(slurp(REGARD_ASSETS_DIR "/images/scenes/scene-1.png"), "scene")->width; }

json look_json(std::vector<std::string> more) {
  const Outcome outcome = look(std::move(more));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return json::parse(outcome.out, nullptr, false);
}

NpyArray look_npy(std::vector<std::string> more) {
  const Folder folder;
  const std::string path = (folder / "map.npy").string();
  more.insert(more.end(), {"--out", path});
  const Outcome outcome = look(std::move(more));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  auto array = read_npy(path);
  EXPECT_TRUE(array.has_value());
  return array ? *array : NpyArray{};
}

// All maps of the scene, [5,4,145,145].
const NpyArray& all_maps() {
  static const NpyArray maps = look_npy({"--layer", "all", "--head", "all"});
  return maps;
}

float at(std::size_t layer, std::size_t head, std::size_t query, std::size_t key) {
  return all_maps().values.at(((layer * kHeads + head) * kTokens + query) * kTokens + key);
}

// Column 3, row 5, counted from 1.
constexpr std::size_t kPatch = 1 + 4 * 12 + 2;

void expect_line(const Outcome& outcome, int status, const std::string& part) {
  EXPECT_EQ(outcome.status, status) << outcome.err;
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  EXPECT_THAT(outcome.err, StartsWith("regard look: "));
  EXPECT_THAT(outcome.err, HasSubstr(part));
  EXPECT_EQ(outcome.out, "");
}

TEST(CliLook, JsonSaysWhereAPatchLooks) {
  const json map = look_json({"--patch", "3,5", "--layer", "2", "--head", "3"});
  EXPECT_EQ(map["model"], "Little World");
  EXPECT_EQ(map["image"], "scene-1");
  const int side = scene_side();
  EXPECT_EQ(map["width"], side);
  EXPECT_EQ(map["height"], side);
  EXPECT_EQ(map["seen"], (json{{"x", 0}, {"y", 0}, {"width", side}, {"height", side}}));
  EXPECT_EQ(map["columns"], 12);
  EXPECT_EQ(map["rows"], 12);
  EXPECT_EQ(map["specials"], json{"cls"});
  EXPECT_EQ(map["query"], "3,5");
  EXPECT_EQ(map["layer"], 2);
  EXPECT_EQ(map["head"], 3);
  ASSERT_EQ(map["row"].size(), kTokens);
  ASSERT_EQ(all_maps().shape, (std::vector<std::size_t>{kLayers, kHeads, kTokens, kTokens}));
  float sum = 0;
  for (std::size_t key = 0; key < kTokens; ++key) {
    EXPECT_EQ(map["row"][key].get<float>(), at(1, 2, kPatch, key))
        << "shortest digits read back as the same float";
    sum += map["row"][key].get<float>();
  }
  EXPECT_NEAR(sum, 1.0f, 1e-5f);
  ASSERT_EQ(map["patches"].size(), 12u);
  for (std::size_t row = 0; row < 12; ++row) {
    ASSERT_EQ(map["patches"][row].size(), 12u);
    for (std::size_t column = 0; column < 12; ++column)
      EXPECT_EQ(map["patches"][row][column], map["row"][1 + row * 12 + column]);
  }
}

TEST(CliLook, TheDefaultIsClsAndMeans) {
  const json map = look_json({});
  EXPECT_EQ(map["query"], "cls");
  EXPECT_EQ(map["layer"], "mean");
  EXPECT_EQ(map["head"], "mean");
  EXPECT_EQ(look_json({"--token", "CLS"}), map);
  for (std::size_t key = 0; key < kTokens; ++key) {
    float sum = 0;
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
      for (std::size_t head = 0; head < kHeads; ++head) sum += at(layer, head, 0, key);
    }
    EXPECT_NEAR(map["row"][key].get<float>(), sum / (kLayers * kHeads), 1e-6f);
  }
}

TEST(CliLook, IncomingIsTheColumn) {
  const json map = look_json({"--patch", "3, 5", "--layer", "4", "--head", "max", "--incoming"});
  EXPECT_EQ(map["incoming"], true);
  for (std::size_t query = 0; query < kTokens; ++query) {
    float most = 0;
    for (std::size_t head = 0; head < kHeads; ++head) most = std::max(most, at(3, head, query, kPatch));
    EXPECT_EQ(map["row"][query].get<float>(), most);
  }
}

TEST(CliLook, ScoresComeBeforeSoftmax) {
  const json row = look_json({"--patch", "3,5", "--layer", "1", "--head", "1", "--scores"});
  EXPECT_EQ(row["scores"], true);
  double sum = 0;
  for (const json& score : row["row"]) sum += std::exp(score.get<double>());
  for (std::size_t key = 0; key < kTokens; ++key)
    EXPECT_NEAR(std::exp(row["row"][key].get<double>()) / sum, at(0, 0, kPatch, key), 1e-5);
  const json column = look_json({"--patch", "3,5", "--layer", "1", "--head", "1", "--scores", "--incoming"});
  EXPECT_EQ(column["row"][kPatch], row["row"][kPatch]) << "where row and column cross";
  EXPECT_NE(column["row"][0], row["row"][0]);
}

TEST(CliLook, RolloutRowsAndColumnsCross) {
  const json row = look_json({"--patch", "3,5", "--layer", "rollout"});
  const json column = look_json({"--patch", "3,5", "--layer", "rollout", "--incoming"});
  float sum = 0;
  for (const json& value : row["row"]) sum += value.get<float>();
  EXPECT_NEAR(sum, 1.0f, 1e-5f);
  EXPECT_NEAR(column["row"][kPatch].get<float>(), row["row"][kPatch].get<float>(), 1e-6f);
}

TEST(CliLook, ALensIsAskedByItsName) {
  EXPECT_EQ(look_json({"--patch", "3,5", "--lens", "rollout", "--incoming"}),
            look_json({"--patch", "3,5", "--layer", "rollout", "--incoming"}));
  const json flow = look_json({"--lens", "flow"});
  EXPECT_EQ(flow["lens"], "flow");
  for (const json& value : flow["row"]) {
    EXPECT_GE(value.get<float>(), 0.0f);
    EXPECT_LE(value.get<float>(), 1.0f);
  }
  const json norms = look_json({"--lens", "norms", "--layer", "2"});
  EXPECT_EQ(norms["lens"], "norms");
  EXPECT_EQ(norms["layer"], 2);
  EXPECT_GT(norms["row"][0].get<float>(), 1.0f) << "the length of a vector";
  EXPECT_NE(norms["row"], look_json({"--lens", "norms"})["row"]) << "of another layer";
  EXPECT_THAT(look({"--lens", "share"}).err,
              HasSubstr("--lens: expected attention, value, written, rollout, flow, norms, cosine, pca, "
                        "attnlrp, chefer or legrad, got 'share'"));
  EXPECT_THAT(look({"--lens", "norms", "--scores"}).err, HasSubstr("--scores: expected a layer, got norms"));
}

TEST(CliLook, FeaturesAndRelevance) {
  const json cosine = look_json({"--patch", "3,5", "--lens", "cosine", "--layer", "2"});
  EXPECT_NEAR(cosine["row"][kPatch].get<double>(), 1.0, 1e-5);
  // Three numbers a patch, the same in every format.
  const std::vector<std::string> pca = {"--lens", "pca", "--layer", "2"};
  const json told = look_json(pca);
  ASSERT_EQ(told["row"].size(), 3u);
  ASSERT_EQ(told["variance"].size(), 3u);
  EXPECT_GT(told["variance"][0].get<double>(), told["variance"][1].get<double>());
  const NpyArray array = look_npy(pca);
  EXPECT_EQ(array.shape, (std::vector<std::size_t>{12, 12, 3}));
  EXPECT_FLOAT_EQ(array.values[3 * (kPatch - 1) + 1], told["row"][1][kPatch].get<float>());
  const Folder folder;
  for (const char* ending : {".csv", ".svg", ".png"}) {
    const std::string path = (folder / (std::string("pca") + ending)).string();
    const Outcome outcome = look({"--lens", "pca", "--out", path, "--lang", "en"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  EXPECT_THAT(slurp(folder / "pca.csv"), StartsWith("token,column,row,pc1,pc2,pc3"));
  EXPECT_THAT(slurp(folder / "pca.svg"), HasSubstr("Red, green and blue"));
  EXPECT_THAT(look({"--lens", "pca", "--layer", "all"}).err,
              HasSubstr("--layer: expected one layer for pca"));
  // Towards a text, and towards the picture's own vector.
  const json own = look_json({"--lens", "attnlrp"}),
             cat = look_json({"--lens", "attnlrp", "--toward", "un chat"});
  EXPECT_EQ(cat["caption"], "un chat");
  EXPECT_NE(own["row"], cat["row"]);
}

TEST(CliLook, AllNestsAndNpyHoldsTheSame) {
  const json heads = look_json({"--layer", "2", "--head", "all"});
  ASSERT_EQ(heads["row"].size(), kHeads);
  EXPECT_EQ(heads["row"][2], look_json({"--layer", "2", "--head", "3"})["row"]);
  const json both = look_json({"--layer", "all", "--head", "all"});
  ASSERT_EQ(both["patches"].size(), kLayers);
  EXPECT_EQ(both["patches"][1], heads["patches"]);
  const NpyArray four = look_npy({"--layer", "2", "--head", "all"});
  EXPECT_EQ(four.shape, (std::vector<std::size_t>{kHeads, 12, 12}));
  EXPECT_EQ(four.values[2 * 144 + 13], heads["patches"][2][1][1].get<float>());
  const NpyArray one = look_npy({"--layer", "2", "--head", "3"});
  EXPECT_EQ(one.shape, (std::vector<std::size_t>{12, 12}));
  EXPECT_EQ(one.values[13], four.values[2 * 144 + 13]);
}

TEST(CliLook, CsvIsOneLineAToken) {
  const Folder folder;
  const std::string path = (folder / "map.csv").string();
  ASSERT_EQ(look({"--layer", "2", "--head", "3", "--out", path}).status, 0);
  const std::string one = slurp(path);
  EXPECT_THAT(one, StartsWith("layer,head,token,column,row,attention\r\n2,3,cls,,,"));
  EXPECT_THAT(one, HasSubstr("\r\n2,3,patch,1,1,"));
  EXPECT_EQ(std::ranges::count(one, '\n'), 1 + static_cast<int>(kTokens));
  ASSERT_EQ(look({"--layer", "all", "--scores", "--out", path}).status, 0);
  EXPECT_THAT(slurp(path), HasSubstr("row,score\r\n1,mean,cls,,,"));
  EXPECT_EQ(std::ranges::count(slurp(path), '\n'), 1 + static_cast<int>(kLayers * kTokens));
}

TEST(CliLook, TheOverlayIsThePictureUnderTheMap) {
  const Folder folder;
  const std::string path = (folder / "map.png").string();
  ASSERT_EQ(look({"--patch", "3,5", "--layer", "4", "--head", "2", "--lang", "en", "--out", path}).status, 0);
  const std::string bytes = slurp(path);
  const auto figure = decode_png(bytes, "map.png");
  const auto scene = decode_png(slurp(REGARD_ASSETS_DIR "/images/scenes/scene-1.png"), "scene");
  ASSERT_TRUE(figure && scene);
  EXPECT_GT(figure->width, 768);
  EXPECT_GT(figure->height, 768);
  EXPECT_EQ(figure->texts.at(0).value, "Attention · layer 4 · head 2");
  EXPECT_THAT(figure->texts.at(1).value, HasSubstr("patch 3, 5"));
  EXPECT_THAT(figure->texts.at(1).value, HasSubstr("Little World"));
  const json map = look_json({"--patch", "3,5", "--layer", "4", "--head", "2"});
  float largest = 0;
  for (const json& row : map["patches"])
    for (const json& value : row) largest = std::max(largest, value.get<float>());
  // The picture is as the model reads it, 48 x 48. Two pixels of one patch, drawn so many times as large,
  // differ by what the map leaves of their difference: all of it where the map says nothing, 0.3 where it is
  // largest.
  constexpr int side = 48, patch = side / 12, enlarged = 768 / side;
  std::vector<std::uint8_t> rgb;
  for (std::size_t i = 0; i < scene->rgba.size(); ++i)
    if (i % 4 != 3) rgb.push_back(scene->rgba[i]);
  rgb = resize_rgb(rgb, scene->width, scene->height, side, side, Resample::kBicubic);
  const auto drawn = [&](int x, int y, std::size_t c) {
    const int left = 40, top = 132;  // of the picture in the figure
    const int row = top + enlarged * y + enlarged / 2, column = left + enlarged * x + enlarged / 2;
    return static_cast<int>(figure->rgba.at(static_cast<std::size_t>(row * figure->width + column) * 4 + c));
  };
  const auto original = [&](int x, int y, std::size_t c) {
    return static_cast<int>(rgb.at(static_cast<std::size_t>(y * side + x) * 3 + c));
  };
  int differ = 0;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side - 1; ++x) {
      const bool framed = x / patch == 2 && y / patch == 4, one_patch = x / patch == (x + 1) / patch;
      if (framed || !one_patch) continue;
      const int here = original(x, y, 0) - original(x + 1, y, 0);
      const double left = 1.0 - 0.7 * map["patches"][y / patch][x / patch].get<double>() / largest;
      EXPECT_NEAR(drawn(x, y, 0) - drawn(x + 1, y, 0), left * here, 2.0) << x << " " << y;
      differ += std::abs(here) > 40;
    }
  }
  EXPECT_GT(differ, 10) << "the scene is not plain";
  EXPECT_NE(drawn(side * 5 / 8, side * 7 / 8, 1), original(side * 5 / 8, side * 7 / 8, 1))
      << "there is a map";
  ASSERT_EQ(look({"--patch", "3,5", "--layer", "4", "--head", "2", "--lang", "en", "--out", path}).status, 0);
  EXPECT_EQ(slurp(path), bytes) << "the same question gives the same file";
}

TEST(CliLook, SvgHoldsThePictureAndTheWords) {
  const Folder folder;
  const std::string path = (folder / "map.svg").string();
  ASSERT_EQ(look({"--lang", "fr", "--layer", "2", "--head", "3", "--out", path}).status, 0);
  const std::string svg = slurp(path);
  for (const char* part :
       {"couche 2", "tête 3", "CLS", "12 × 12", "Little World", "couleurs de 0 à ",
        "xlink:href=\"data:image/png;base64,iVBORw0KGgo", "image-rendering:pixelated", ">0.0"}) {
    EXPECT_THAT(svg, HasSubstr(part));
  }
  EXPECT_THAT(svg, Not(HasSubstr("href=\"http"))) << "nothing is referred to outside";
}

TEST(CliLook, SizeTakesAnotherNumberOfPatches) {
  const Outcome outcome = look({"--size", "9", "--patch", "9,9"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, StartsWith("--size: 9 x 9 patches, positions interpolated"));
  const json map = json::parse(outcome.out);
  EXPECT_EQ(map["columns"], 9);
  EXPECT_EQ(map["row"].size(), 82u);
}

TEST(CliLook, OtherFamiliesHaveOtherTokens) {
  const std::string models = REGARD_TEST_DIR "/golden/vision";
  const json registers = look_json({"--model", models + "/dinov2_registers", "--token", "reg2"});
  EXPECT_EQ(registers["model"], "dinov2_registers");
  EXPECT_EQ(registers["specials"], (json{"cls", "reg1", "reg2", "reg3"}));
  EXPECT_EQ(registers["query"], "reg2");
  EXPECT_EQ(look_json({"--model", models + "/timm_deit", "--token", "dist"})["specials"],
            (json{"cls", "dist"}));
  expect_line(look({"--model", models + "/timm_deit", "--token", "reg1"}), 1,
              "--token: expected cls or dist, got 'reg1'");
  // An installed model, by its name.
  const Folder home;
  std::filesystem::create_directories(home / "regard/models");
  std::filesystem::copy(models + "/vit", home / "regard/models/my-vit");
  const Environment data = {{"XDG_DATA_HOME", home.path().string()}};
  const Outcome named = run_program({"look", "--image", "scene-2", "--model", "my-vit"}, data);
  EXPECT_EQ(named.status, 0) << named.err;
  EXPECT_EQ(json::parse(named.out)["model"], "my-vit");
}

TEST(CliLook, BadInputIsOneLine) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--patch", "13,1"}, "--patch: expected 1,1 to 12,12, the patches of this picture, got 13,1"},
      {{"--patch", "0,1"}, "--patch: expected COLUMN,ROW, both from 1, got '0,1'"},
      {{"--patch", "3"}, "got '3'"},
      {{"--patch", "3,5,1"}, "got '3,5,1'"},
      {{"--token", "dist"}, "--token: expected cls, got 'dist'"},
      {{"--layer", "6"}, "--layer: expected 1 to 5 (this model's layers), all, mean or rollout, got 6"},
      {{"--head", "0"}, "--head: expected a number from 1, all, mean or max, got '0'"},
      {{"--layer", "rollout", "--scores"}, "--scores"},
      {{"--size", "129"}, "--size: expected a whole number from 1 to 128, got '129'"},
      {{"--size", "-1"}, "--size"},
      {{"--lang", "de"}, "--lang: expected en, es, fr or system, got 'de'"},
      {{"--out", "map.gif"},
       "--out: expected a name that ends in .json, .csv, .html, .npy, .png, .svg or .pdf, got 'map.gif'"},
      {{"--layer", "all", "--out", "map.png"}, "which shows one"},
      {{"--model", "/nowhere/at/all"}, "/nowhere/at/all"},
      {{"--out", "/nowhere/at/all.json"}, "/nowhere/at/all.json"},
  };
  for (const auto& [more, part] : cases) expect_line(look(more), 1, part);
  expect_line(run_program({"look", "--image", "scene-9"}), 1, "scene-9");
  expect_line(run_program({"look", "--image", REGARD_ASSETS_DIR "/images/scenes/scenes.json"}), 1,
              "scenes.json");
  expect_line(
      run_program({"look", "--image", "scene-1", "--model", REGARD_ASSETS_DIR "/little-world/transformer"}),
      1, "transformer: expected model.safetensors, got no such file");
}

TEST(CliLook, WrongUsageIsTwo) {
  EXPECT_EQ(run_program({"look"}).status, 2);
  EXPECT_THAT(run_program({"look"}).err, HasSubstr("--image is required"));
  EXPECT_EQ(look({"--patch", "1,1", "--token", "cls"}).status, 2);
  EXPECT_EQ(look({"--nonsense"}).status, 2);
}

}  // namespace
}  // namespace regard
