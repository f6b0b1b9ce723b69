// `regard paint`: draws, from outside. That the numbers are the trainer's:
// tests/core/engine/paint_engine_test.cpp.
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
#include "tests/app/cli/program.h"
#include "tests/app/export/film_frames.h"
#include "tests/support/built_in.h"

namespace regard {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const test::PaintSizes kSizes = test::built_in_sizes();
const std::size_t kSide = static_cast<std::size_t>(kSizes.side), kPixels = kSizes.pixels,
                  kNumbers = kSizes.numbers;
const std::size_t kGrid = static_cast<std::size_t>(kSizes.grid), kPatches = kGrid * kGrid;

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
  const std::size_t shape[] = {3, kSide, kSide};
  const Folder folder;
  const std::string noise = (folder / "noise.npy").string();
  ASSERT_TRUE(write_npy(noise, std::span(x).first(kNumbers), shape).has_value());
  const PngImage drawn = picture({"--noise", noise}, golden->metadata().at("prompt"));
  ASSERT_EQ(drawn.width, kSizes.side);
  ASSERT_EQ(drawn.height, kSizes.side);
  const std::span<const float> last = std::span(x).last(kNumbers);
  for (std::size_t i = 0; i < kPixels; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      const float expected = std::clamp(127.5f * (last[c * kPixels + i] + 1.0f), 0.0f, 255.0f);
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
  const std::size_t shape[] = {3, kSide, kSide};
  ASSERT_TRUE(write_npy(noise, gaussian_noise(7, kNumbers), shape).has_value());
  EXPECT_EQ(picture({"--steps", "2", "--noise", noise}).rgba, one.rgba);
  EXPECT_NE(picture({"--steps", "2", "--seed", "7", "--guidance", "1"}).rgba, one.rgba);
  EXPECT_NE(picture({"--steps", "2", "--seed", "7", "--negative", "chien"}).rgba, one.rgba);
}

TEST(CliPaint, ScaleEnlargesPixels) {
  const PngImage small = picture({"--steps", "1"}), large = picture({"--steps", "1", "--scale", "3"});
  const std::size_t width = 3 * kSide;
  ASSERT_EQ(large.width, 3 * kSizes.side);
  for (std::size_t y = 0; y < width; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t c = 0; c < 3; ++c)
        ASSERT_EQ(large.rgba[(y * width + x) * 4 + c], small.rgba[(y / 3 * kSide + x / 3) * 4 + c]);
    }
  }
}

// float32 [T, N] of the words' maps under a lens.
std::vector<float> maps_of(const std::string& lens) {
  const Folder folder;
  const std::string maps = (folder / "maps").string();
  const Outcome outcome = paint(folder, {"--steps", "2", "--maps", maps, "--lens", lens, "--lang", "en"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(std::filesystem::exists(maps + "/02-chat.png")) << lens;
  const auto numbers = read_npy(maps + "/maps.npy");
  EXPECT_TRUE(numbers.has_value());
  return numbers ? numbers->values : std::vector<float>{};
}

TEST(CliPaint, MapsAreOfTheLensAskedFor) {
  const std::vector<float> attention = maps_of("attention"), share = maps_of("share"),
                           rollout = maps_of("rollout"), output = maps_of("output");
  const Folder folder;
  const std::string maps = (folder / "maps").string();
  ASSERT_EQ(paint(folder, {"--steps", "2", "--maps", maps}).status, 0);
  EXPECT_EQ(read_npy(maps + "/maps.npy")->values, attention) << "it is what is meant without a lens";
  const std::size_t tokens = attention.size() / kPatches;
  ASSERT_EQ(tokens, 5u);  // BOS, un, chat, rouge, EOS
  for (const std::vector<float>* shares : {&share, &output}) {
    ASSERT_EQ(shares->size(), attention.size());
    for (std::size_t patch = 0; patch < kPatches; ++patch) {
      float sum = 0;
      for (std::size_t word = 1; word + 1 < tokens; ++word) sum += (*shares)[word * kPatches + patch];
      EXPECT_NEAR(sum, 1.0f, 1e-4f) << "shares among the words";
    }
  }
  EXPECT_NE(rollout, attention);
  EXPECT_EQ(paint(folder, {"--steps", "2", "--lens", "share"}).status, 2) << "it is of the maps";
  EXPECT_THAT(
      paint(folder, {"--steps", "2", "--maps", maps, "--lens", "flow"}).err,
      HasSubstr("--lens: expected attention, value, written, rollout, share, output, norms, cosine, pca, "
                "attnlrp, chefer or legrad, got 'flow'"));
}

// Likeness of vectors, and where the picture that a step heads for comes from.
TEST(CliPaint, MapsOfVectorsAndOfGradients) {
  const std::vector<float> cosine = maps_of("cosine");
  EXPECT_TRUE(std::ranges::all_of(cosine, [](float c) { return c > -1.001f && c < 1.001f; }));
  const std::vector<float> relevance = maps_of("attnlrp"), legrad = maps_of("legrad");
  ASSERT_EQ(relevance.size(), 5 * kPatches);
  EXPECT_LT(*std::ranges::min_element(relevance), 0.0f);
  EXPECT_GE(*std::ranges::min_element(legrad), 0.0f);
  const Folder folder;
  const std::string maps = (folder / "maps").string();
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"--steps", "2", "--maps", maps});
    return paint(folder, std::move(more));
  };
  ASSERT_EQ(with({"--lens", "attnlrp", "--step", "2"}).status, 0);
  EXPECT_EQ(read_npy(maps + "/maps.npy")->values, relevance) << "the last step is meant without one";
  ASSERT_EQ(with({"--lens", "attnlrp", "--step", "1"}).status, 0);
  EXPECT_NE(read_npy(maps + "/maps.npy")->values, relevance);
  expect_line(with({"--lens", "attnlrp", "--step", "3"}), "--step: expected 1 to 2, got 3");
  expect_line(with({"--lens", "cosine", "--step", "1"}),
              "--step: expected --explain, --context, or --lens attnlrp");
  expect_line(with({"--lens", "chefer", "--cut", "rouge"}),
              "chefer: expected a run that nothing is tried on");
  ASSERT_EQ(with({"--lens", "pca"}).status, 0);
  EXPECT_TRUE(std::filesystem::exists(maps + "/pca.png"));
  EXPECT_EQ(read_npy(maps + "/maps.npy")->values.size(), 3 * kPatches);
  ASSERT_EQ(with({"--lens", "norms"}).status, 0);
  EXPECT_EQ(read_npy(maps + "/maps.npy")->values.size(), kPatches);
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
  EXPECT_EQ(numbers->shape, (std::vector<std::size_t>{text, kGrid, kGrid}));
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

// A shorter drawing of another prompt into the same folders: what was there of the first is gone, what is not
// ours stays.
TEST(CliPaint, ASecondDrawingLeavesNothingOfTheFirst) {
  const Folder folder;
  const std::string all = (folder / "all").string();
  const auto draw = [&](const std::string& prompt, const char* steps) {
    const Outcome outcome =
        paint(folder, {"--steps", steps, "--maps", all, "--record", all, "--film", all}, prompt);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
  };
  const auto is_there = [&](const char* name) { return std::filesystem::exists(all + "/" + name); };
  draw("un chat rouge", "3");
  for (const char* other : {"/notes.png", "/step-x.npy", "/1-one.png"}) std::ofstream(all + other) << "mine";
  draw("une souris", "2");
  for (const char* mine : {"notes.png", "step-x.npy", "1-one.png"}) EXPECT_TRUE(is_there(mine)) << mine;
  for (const char* fresh : {"01-une.png", "02-souris.png", "step-002.npy", "step-002.png", "maps.npy"})
    EXPECT_TRUE(is_there(fresh)) << fresh;
  for (const char* former :
       {"01-un.png", "02-chat.png", "03-rouge.png", "step-003.npy", "step-003-negative.npy", "step-003.png"})
    EXPECT_FALSE(is_there(former)) << former;

  const std::string pictures = (folder / "pictures").string();
  std::filesystem::create_directory(pictures);
  std::ofstream(pictures + "/01-holiday.png") << "mine";
  ASSERT_EQ(paint(folder, {"--steps", "1", "--maps", pictures}, "un chat").status, 0);
  EXPECT_TRUE(std::filesystem::exists(pictures + "/01-holiday.png")) << "no maps were written there before";
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

std::vector<std::uint8_t> rgb_of(const PngImage& image) {
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i < image.rgba.size(); i += 4)
    out.insert(out.end(), &image.rgba[i], &image.rgba[i] + 3);
  return out;
}

TEST(CliPaint, AFilmEndsWithThePicture) {
  const Folder folder;
  const std::string film = (folder / "cat.webp").string(), noisy = (folder / "noisy.webp").string(),
                    pictures = (folder / "deep/film").string();
  const std::vector<std::string> drawing = {"--steps", "4", "--seed", "3", "--scale", "3"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), drawing.begin(), drawing.end());
    const Outcome outcome = paint(folder, more);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
  };
  with({"--film", film});
  const auto out = decode_png(slurp(folder / "out.png"), "out.png");
  ASSERT_TRUE(out.has_value());
  const Film shown = decode_film(slurp(film));
  EXPECT_EQ(shown.width, 3 * kSizes.side);
  EXPECT_EQ(shown.ends_ms, (std::vector<int>{120, 240, 360, 2360}));
  ASSERT_EQ(shown.frames.size(), 4u);
  EXPECT_EQ(shown.frames.back(), rgb_of(*out));
  EXPECT_NE(shown.frames.front(), rgb_of(*out));

  with({"--film", noisy, "--film-of", "noise", "--film-ms", "1500"});
  const Film other = decode_film(slurp(noisy));
  EXPECT_EQ(other.ends_ms, (std::vector<int>{1500, 3000, 4500, 7500}));
  ASSERT_EQ(other.frames.size(), 4u);
  EXPECT_EQ(other.frames.back(), rgb_of(*out));
  EXPECT_NE(other.frames.front(), shown.frames.front());

  with({"--film", pictures});
  for (std::size_t step = 0; step < 4; ++step) {
    const std::string name = pictures + "/step-00" + std::to_string(step + 1) + ".png";
    const auto picture = decode_png(slurp(name), name);
    ASSERT_TRUE(picture.has_value()) << name;
    EXPECT_EQ(rgb_of(*picture), shown.frames[step]) << name;
  }
}

using Arguments = std::vector<std::string>;

Arguments joined(Arguments first, const Arguments& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// [0, 255]
double mean_difference(const PngImage& a, const PngImage& b) {
  const std::vector<std::uint8_t> first = rgb_of(a), second = rgb_of(b);
  EXPECT_EQ(first.size(), second.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < std::min(first.size(), second.size()); ++i)
    sum += std::abs(int{first[i]} - int{second[i]});
  return sum / static_cast<double>(first.size());
}

TEST(CliPaint, TrialsChangeThePicture) {
  const Arguments drawing = {"--steps", "4", "--seed", "7"};
  const auto with = [&](const Arguments& more) { return picture(joined(drawing, more)).rgba; };
  const auto plain = with({}), cut = with({"--cut", "rouge"}), muted = with({"--mute", "rouge"}),
             swapped = with({"--swap", "chat,rouge"});
  const std::vector<Arguments> trials = {{"--cut", "rouge"},
                                         {"--mute", "rouge"},
                                         {"--swap", "chat,rouge"},
                                         {"--cut", ":end"},
                                         {"--mute", ":end"},
                                         {"--cut", ":start"},
                                         {"--head-off", "2,1"},
                                         {"--block-off", "3"},
                                         {"--keep-maps", "un chien bleu"},
                                         {"--keep-words", "un chien bleu"},
                                         {"--cut", "chat", "--cut", "rouge"}};
  std::vector<std::vector<std::uint8_t>> drawn = {plain};
  for (const Arguments& trial : trials) {
    const auto now = with(trial);
    EXPECT_EQ(std::ranges::count(drawn, now), 0) << trial[0] << " " << trial[1];
    drawn.push_back(now);
  }
  EXPECT_EQ(with({"--swap", "rouge,chat"}), swapped);
  EXPECT_EQ(with({"--cut", "rouge", "--during", "1-4"}), cut);
  const auto early = with({"--cut", "rouge", "--during", "1-2"});
  EXPECT_NE(early, cut);
  EXPECT_NE(early, plain);
  EXPECT_EQ(with({"--cut", "rouge", "--mute", "rouge"}), muted) << "muted is cut, too";
}

TEST(CliPaint, AWordIsFoundAsItIsWritten) {
  const Arguments drawing = {"--steps", "2", "--seed", "7"};
  // Of two words alike the first; weights are no part of a word.
  const std::string twice = "un (chat:1.2) et un chat";
  const Folder folder;
  const std::string record = (folder / "record").string();
  ASSERT_EQ(paint(folder, joined(drawing, {"--cut", "chat", "--record", record}), twice).status, 0);
  const json first = json::parse(slurp(record + "/schedule.json"))["edits"][0];
  EXPECT_EQ(first, (json{{"kind", "cut"}, {"word", "chat"}, {"byte", 4}, {"steps", {1, 2}}}));
  // A comma is a word as well, and so is one that is written with an accent.
  const std::string commas = "un chat, l'été";
  EXPECT_NE(picture(joined(drawing, {"--swap", ",,chat"}), commas).rgba, picture(drawing, commas).rgba);
  EXPECT_EQ(picture(joined(drawing, {"--swap", ",,chat"}), commas).rgba,
            picture(joined(drawing, {"--swap", "chat,,"}), commas).rgba);
  EXPECT_NE(picture(joined(drawing, {"--cut", "été"}), commas).rgba, picture(drawing, commas).rgba);
}

TEST(CliPaint, MapsOfTheSamePromptChangeNothing) {
  const Arguments drawing = {"--steps", "6", "--seed", "7", "--negative", "chien"};
  const PngImage plain = picture(drawing);
  for (const char* option : {"--keep-maps", "--keep-words"}) {
    const PngImage kept = picture(joined(drawing, {option, "un chat rouge"}));
    EXPECT_LT(mean_difference(plain, kept), 0.01) << option;
    const PngImage other = picture(joined(drawing, {option, "un chat bleu"}));
    EXPECT_GT(mean_difference(plain, other), 0.1) << option;
  }
}

TEST(CliPaint, TrialsAreToldBesideThePicture) {
  const Folder folder;
  const std::string record = (folder / "record").string();
  const Outcome outcome = paint(
      folder, {"--steps", "3", "--cut", ":end", "--mute", "chat", "--swap", "un,rouge", "--head-off", "2,3",
               "--block-off", "6", "--keep-words", "un chien", "--during", "2-3", "--record", record});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json schedule = json::parse(slurp(record + "/schedule.json")), steps = {2, 3};
  const json expected = {{{"kind", "cut"}, {"word", ":end"}, {"byte", nullptr}, {"steps", steps}},
                         {{"kind", "mute"}, {"word", "chat"}, {"byte", 3}, {"steps", steps}},
                         {{"kind", "swap"},
                          {"word", "un"},
                          {"byte", 0},
                          {"other", "rouge"},
                          {"other_byte", 8},
                          {"steps", steps}},
                         {{"kind", "head-off"}, {"block", 2}, {"head", 3}, {"steps", steps}},
                         {{"kind", "block-off"}, {"block", 6}, {"steps", steps}},
                         {{"kind", "keep-maps"}, {"prompt", "un chien"}, {"image", false}, {"steps", steps}}};
  EXPECT_EQ(schedule["edits"], expected);
  EXPECT_FALSE(schedule.contains("picture"));
  EXPECT_FALSE(schedule.contains("first_step"));
  const auto drawn = decode_png(slurp(folder / "out.png"), "out.png");
  ASSERT_TRUE(drawn.has_value());
  EXPECT_THAT(drawn->texts.at(1).value,
              HasSubstr("· cut :end, steps 2 to 3 · mute chat, steps 2 to 3 · swap un rouge,"));
  EXPECT_THAT(drawn->texts.at(1).value, HasSubstr("· head-off 2 3, steps"));
  EXPECT_THAT(drawn->texts.at(1).value, HasSubstr("· keep-maps un chien (of words alone), steps 2 to 3"));
}

TEST(CliPaint, ItCanBeginWithAPicture) {
  const Folder folder;
  const std::string begun = (folder / "begun.png").string(), record = (folder / "record").string(),
                    maps = (folder / "maps").string(), film = (folder / "film").string();
  const Arguments other = {"paint", "--prompt", "une maison verte", "--seed", "3", "--out", begun};
  ASSERT_EQ(run_program(other).status, 0);
  const auto from = decode_png(slurp(begun), "begun.png");
  ASSERT_TRUE(from.has_value());
  const Arguments drawing = {"--seed", "7", "--picture", begun};
  const PngImage near = picture(joined(drawing, {"--from-step", "24"})), half = picture(drawing),
                 far = picture(joined(drawing, {"--from-step", "2"}));
  EXPECT_LT(mean_difference(near, *from), 4.0);
  EXPECT_LT(2.0 * mean_difference(near, *from), mean_difference(far, *from));
  EXPECT_EQ(picture(joined(drawing, {"--from-step", "13"})).rgba, half.rgba);
  EXPECT_EQ(picture(joined(drawing, {"--from-step", "1"})).rgba, picture({"--seed", "7"}).rgba)
      << "all noise";
  EXPECT_THAT(near.texts.at(1).value, HasSubstr("from a picture, at step 24"));

  // Files are of the steps that were drawn, counted as ever, and so are the means of the maps.
  const Arguments files = {"--steps", "4",  "--from-step", "3", "--record", record, "--maps", maps,
                           "--film",  film, "--guidance",  "1", "--lang",   "en",   "--cut",  "rouge"};
  ASSERT_EQ(paint(folder, joined(drawing, files)).status, 0);
  const json schedule = json::parse(slurp(record + "/schedule.json"));
  EXPECT_EQ(schedule["picture"], begun);
  EXPECT_EQ(schedule["first_step"], 3);
  EXPECT_EQ(schedule["times"].size(), 5u);
  for (const std::string& folder_of : {record + "/step-00%.npy", film + "/step-00%.png"}) {
    for (const char step : {'1', '2', '3', '4', '5'}) {
      std::string name = folder_of;
      name[name.find('%')] = step;
      EXPECT_EQ(std::filesystem::exists(name), step == '3' || step == '4') << name;
    }
  }
  const auto numbers = read_npy(maps + "/maps.npy");
  ASSERT_TRUE(numbers.has_value());
  double expected = 0.0;  // "chat" at the first patch
  for (const char* step : {"/step-003.npy", "/step-004.npy"}) {
    const auto all = read_npy(record + step);
    ASSERT_TRUE(all.has_value());
    const std::size_t keys = all->shape[3];
    for (std::size_t map = 3; map < 18; ++map)
      expected += all->values[map * keys * keys + kPatches + 2] / 30.0;
  }
  EXPECT_NEAR(numbers->values[2 * kPatches], expected, 1e-6);
  const auto figure = decode_png(slurp(maps + "/02-chat.png"), "chat");
  ASSERT_TRUE(figure.has_value());
  EXPECT_THAT(figure->texts.at(1).value, HasSubstr("of heads and of 2 steps"));
}

TEST(CliPaint, WrongTrialsAreOneLineAndNoFile) {
  const Folder folder;
  const std::string damaged = (folder / "damaged.png").string();
  std::ofstream(damaged) << "no picture";
  const std::vector<std::pair<Arguments, std::string>> cases = {
      {{"--cut", "x"}, "--cut: expected a word of the prompt (un, chat, rouge), got 'x'"},
      {{"--cut", "Chat"}, "got 'Chat'"},
      {{"--cut", "cha"}, "got 'cha'"},
      {{"--cut", "un chat"}, "got 'un chat'"},
      {{"--cut", ""}, "got ''"},
      {{"--mute", "x\ny"}, "--mute: expected a word of the prompt (un, chat, rouge), got 'x\\x0Ay'"},
      {{"--mute", ":start"}, "--mute: expected a word of the prompt or :end, got ':start'"},
      {{"--swap", "chat"}, "--swap: expected WORD,WORD, got 'chat'"},
      {{"--swap", "chat,"}, "--swap: expected WORD,WORD, got 'chat,'"},
      {{"--swap", "chat,chat"}, "--swap: expected two words, got 'chat,chat'"},
      {{"--swap", "chat,vert"}, "--swap: expected a word of the prompt (un, chat, rouge), got 'vert'"},
      {{"--head-off", "7,1"}, "--head-off: expected BLOCK,HEAD, from 1,1 to 6,3, got '7,1'"},
      {{"--head-off", "1,4"}, "got '1,4'"},
      {{"--head-off", "0,1"}, "got '0,1'"},
      {{"--head-off", "1,1,1"}, "got '1,1,1'"},
      {{"--head-off", "99999999999,1"}, "got '99999999999,1'"},
      {{"--block-off", "7"}, "--block-off: expected a whole number from 1 to 6, got '7'"},
      {{"--block-off", "0"}, "got '0'"},
      {{"--during", "1-2"}, "--during: expected --cut, --mute,"},
      {{"--cut", "chat", "--during", "0-3"},
       "--during: expected A-B, steps in order from 1 to 24, got '0-3'"},
      {{"--cut", "chat", "--during", "5-3"}, "got '5-3'"},
      {{"--cut", "chat", "--during", "5"}, "got '5'"},
      {{"--cut", "chat", "--during", "1-25"}, "got '1-25'"},
      {{"--cut", "chat", "--during", "1-3", "--steps", "2"}, "steps in order from 1 to 2, got '1-3'"},
      {{"--cut", "chat", "--during", ""}, "got ''"},
      {{"--picture", ""}, "--picture: expected the name of a file, got ''"},
      {{"--picture", "/nowhere.png"}, "/nowhere.png"},
      {{"--picture", damaged}, "damaged.png"},
      {{"--picture", REGARD_TEST_DIR "/golden"}, "golden"},
      {{"--picture", damaged, "--from-step", "25"},
       "--from-step: expected a whole number from 1 to 24, got '25'"},
      {{"--picture", damaged, "--from-step", "0"}, "got '0'"},
  };
  for (const auto& [more, part] : cases) {
    expect_line(paint(folder, more), part);
    EXPECT_FALSE(std::filesystem::exists(folder / "out.png")) << more[1];
  }
  const Outcome empty = paint(folder, {"--cut", "x"}, "");
  expect_line(empty, "--cut: expected a word of the prompt (it has none), got 'x'");
  expect_line(paint(folder, {"--cut", "x"}, "a b c d e f g h i j"), "(a, b, c, d, e, f, g, h, ...), got 'x'");
}

TEST(CliPaint, WeightsMoveThePicture) {
  const PngImage plain = picture({"--steps", "2"});
  for (const char* weighting :
       {"attention", "none", "prompt-to-prompt", "a1111", "scale", "comfyui", "compel"}) {
    const PngImage weighed = picture({"--steps", "2", "--weighting", weighting}, "un (chat:0.2) rouge");
    EXPECT_EQ(weighed.rgba != plain.rgba, std::string(weighting) != "none") << weighting;
  }
  const PngImage usual = picture({"--steps", "2"}, "un (chat:0) rouge");
  EXPECT_EQ(picture({"--steps", "2", "--place", "both"}, "un (chat:0) rouge").rgba, usual.rgba);
  for (const char* place : {"picture", "encoder"})
    EXPECT_NE(picture({"--steps", "2", "--place", place}, "un (chat:0) rouge").rgba, usual.rgba) << place;
}

TEST(CliPaint, BadInputIsOneLine) {
  const Folder folder;
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--seed", "-1"}, "--seed: expected a whole number from 0 to 18446744073709551615, got '-1'"},
      {{"--seed", "18446744073709551616"}, "--seed"},
      {{"--steps", "0"}, "--steps: expected a whole number from 1 to 1000, got '0'"},
      {{"--guidance", "nan"}, "--guidance: expected a number from 0 to 1000, got 'nan'"},
      {{"--place", "all"}, "--place: expected picture, encoder or both, got 'all'"},
      {{"--film", "x.gif"}, "--film: expected a name that ends in .webp, or a folder, got 'x.gif'"},
      {{"--film", "x", "--film-of", "all"}, "--film-of: expected picture or noise, got 'all'"},
      {{"--film", "x", "--film-ms", "9"}, "--film-ms: expected a whole number from 10 to 10000, got '9'"},
      {{"--steps", "1", "--film", "/proc/film-of-mine"}, "/proc/film-of-mine"},
      {{"--steps", "1", "--film", "/nowhere/at/all.webp"}, "/nowhere/at/all.webp"},
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
  const std::size_t flat[] = {kNumbers}, wide[] = {3, kSide + 2, kSide};
  ASSERT_TRUE(write_npy(noise, gaussian_noise(1, kNumbers), flat).has_value());
  expect_line(paint(folder, {"--noise", noise}),
              fmt::format("expected numbers of shape [3, height, width], got [{}]", kNumbers));
  ASSERT_TRUE(write_npy(noise, gaussian_noise(1, kNumbers + 6 * kSide), wide).has_value());
  expect_line(paint(folder, {"--noise", noise}),
              fmt::format("multiples of {}, at most {}, got {} x {}", kSizes.patch, kSide, kSide, kSide + 2));
}

// One word at several weights: numbers, pages and figures by the file's name.
TEST(CliPaint, AStripHasAFrameForEachWeight) {
  const Folder folder;
  const auto strip = [&](const std::string& name, const std::string& of) {
    return run_program({"paint", "--prompt", "un (chat:1.5) rouge", "--steps", "2", "--lang", "en", "--strip",
                        of, "--out", (folder / name).string()});
  };
  ASSERT_EQ(strip("a.json", "chat").status, 0);
  const json all = json::parse(slurp(folder / "a.json"));
  EXPECT_EQ(all["word"], "chat");
  EXPECT_EQ(all["own_weight"], 1.5);
  EXPECT_EQ(all["weighting"], "attention");
  ASSERT_EQ(all["frames"].size(), 5u);
  EXPECT_TRUE(all["frames"][2]["change"].is_null()) << "the one the others are compared with";
  for (const std::size_t i : {0u, 1u, 3u, 4u}) EXPECT_GT(all["frames"][i]["change"].get<double>(), 0.0) << i;
  EXPECT_TRUE(all["frames"][0]["area"].is_number());
  EXPECT_TRUE(all["frames"][0]["vividness"].is_null()) << "a cat is no colour";
  ASSERT_EQ(strip("b.json", "rouge:0.5,1").status, 0);
  EXPECT_EQ(json::parse(slurp(folder / "b.json"))["frames"].size(), 2u);
  ASSERT_EQ(strip("c.csv", "chat:2").status, 0);
  const std::string csv = slurp(folder / "c.csv");
  EXPECT_THAT(csv, StartsWith("word,weight,change,area,patches,vividness,problem\r\nchat,2,"));
  ASSERT_EQ(strip("d.html", "chat:0,2").status, 0);
  EXPECT_THAT(slurp(folder / "d.html"), HasSubstr("The weight of “chat”"));
  ASSERT_EQ(strip("e.png", "chat:0,1").status, 0);
  EXPECT_TRUE(decode_png(slurp(folder / "e.png"), "e.png").has_value());
  // The frame at the prompt's own weight is the picture.
  ASSERT_EQ(strip("f.npy", "chat:1.5").status, 0);
  const auto frame = read_npy((folder / "f.npy").string());
  const PngImage plain = picture({"--steps", "2"}, "un (chat:1.5) rouge");
  ASSERT_EQ(frame->values.size(), 3 * plain.rgba.size() / 4);
  for (std::size_t i = 0; i < plain.rgba.size() / 4; ++i) {
    const float red = std::clamp(127.5f * (frame->values[i] + 1.0f), 0.0f, 255.0f);
    ASSERT_NEAR(plain.rgba[4 * i], red, 0.51f) << i;
  }
}

TEST(CliPaint, AStripThatCannotBeDrawnIsOneLine) {
  const Folder folder;
  const auto refused = [&](const std::string& of, const std::string& out, const std::string& part) {
    const std::string file = (folder / out).string();
    expect_line(run_program({"paint", "--prompt", "un chat rouge", "--strip", of, "--out", file}), part);
    EXPECT_FALSE(std::filesystem::exists(file));
  };
  refused("chien:0,1", "x.png", "--strip: expected a word of the prompt (un, chat, rouge), got 'chien'");
  refused("chat:0,much", "x.png", "--strip: expected 1 to 9 numbers from -10 to 10, got 'much'");
  refused("chat:", "x.png", "--strip: expected 1 to 9 numbers from -10 to 10, got ''");
  refused(":end", "x.png", "--strip: expected a word, which has a weight, got ':end'");
  refused("chat", "x.gif",
          "--out: expected a name that ends in .json, .csv, .html, .npy, .png, .svg or .pdf");
  EXPECT_EQ(paint(folder, {"--strip", "chat", "--maps", "x"}).status, 2) << "one or the other";
  EXPECT_EQ(paint(folder, {"--theme", "dark"}).status, 2) << "of no figure";
}

TEST(CliPaint, WrongUsageIsTwo) {
  const Folder folder;
  EXPECT_THAT(run_program({"paint", "--out", "x.png"}).err, HasSubstr("--prompt is required"));
  EXPECT_THAT(run_program({"paint", "--prompt", "x"}).err, HasSubstr("--out is required"));
  EXPECT_EQ(run_program({"paint"}).status, 2);
  EXPECT_EQ(paint(folder, {"--seed", "1", "--noise", "x.npy"}).status, 2);
  EXPECT_EQ(paint(folder, {"--film-ms", "50"}).status, 2) << "of no film";
  EXPECT_EQ(paint(folder, {"--keep-maps", "x", "--keep-words", "y"}).status, 2);
  EXPECT_EQ(paint(folder, {"--from-step", "3"}).status, 2) << "of no picture";
  EXPECT_EQ(paint(folder, {"--cut", "chat", "rouge"}).status, 2) << "one word an option";
}

}  // namespace
}  // namespace regard
