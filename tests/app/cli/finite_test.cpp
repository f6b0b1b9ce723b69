// A number that is none is never replaced and never silent: every command and format with models that have
// NaN weights, and weights beyond float32 under every scheme, which stay finite.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "core/formats/npy.h"
#include "core/prompt/weighting.h"
#include "tests/app/cli/program.h"
#include "tests/support/built_in.h"

namespace regard {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSaid = "values are not finite (NaN or infinite)";
constexpr const char* kClamped = "weight too large: clamped";
const std::string kHuge = "un (chat:" + std::string(40, '9') + ") rouge";

// Writes `value`, NaN or infinity, over the first number of a tensor.
void poison(const fs::path& file, const std::string& tensor, float value) {
  std::string bytes = slurp(file);
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  const json header = json::parse(bytes.substr(8, length));
  const json& entry = header.at(tensor);
  const std::size_t at = 8 + length + entry.at("data_offsets")[0].get<std::size_t>();
  const std::string dtype = entry.at("dtype");
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, 4);
  if (dtype == "F32") {
    std::memcpy(bytes.data() + at, &bits, 4);
  } else {
    const std::uint16_t none = std::isnan(value) ? 0x7E00 : 0x7C00;  // float16: NaN or infinity
    const std::uint16_t half = dtype == "BF16" ? static_cast<std::uint16_t>(bits >> 16) : none;
    std::memcpy(bytes.data() + at, &half, 2);
  }
  fs::remove(file);  // a link to the built-in model's
  std::ofstream(file, std::ios::binary) << bytes;
}

// The built-in model, with one number changed.
std::string model_with(const Folder& folder, const std::string& file, const std::string& tensor,
                       float value = std::nanf("")) {
  const fs::path from = fs::path(REGARD_ASSETS_DIR) / "little-world", to = folder / "model";
  for (const fs::directory_entry& each : fs::recursive_directory_iterator(from)) {
    const fs::path place = to / fs::relative(each.path(), from);
    if (each.is_directory()) {
      fs::create_directories(place);
    } else {
      fs::create_directories(place.parent_path());
      fs::create_symlink(each.path(), place);
    }
  }
  poison(to / file, tensor, value);
  return to.string();
}

constexpr const char* kClip = "clip/model.safetensors";
constexpr const char* kTextWeight = "text_model.embeddings.position_embedding.weight";
constexpr const char* kVisionWeight = "vision_model.embeddings.position_embedding.weight";

std::int64_t bad_in(const fs::path& npy) {
  const auto array = read_npy(npy);
  EXPECT_TRUE(array) << npy;
  return array ? std::ranges::count_if(array->values, [](float v) { return !std::isfinite(v); }) : -1;
}

std::string line_of(const fs::path& file, std::int64_t count, std::int64_t of) {
  return file.string() + ": " + std::to_string(count) + " of " + std::to_string(of) + " " + kSaid;
}

// One command into one format, with numbers that are none among what it writes.
void expect_said(std::vector<std::string> words, const fs::path& file) {
  words.insert(words.end(), {"--out", file.string()});
  const Outcome outcome = run_program(words);
  const std::string what = words.front() + " " + file.extension().string();
  ASSERT_EQ(outcome.status, 0) << what << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(file.string() + ": ")) << what;
  EXPECT_THAT(outcome.err, HasSubstr(kSaid)) << what;
  const std::string bytes = slurp(file), ending = file.extension().string();
  if (ending == ".json") {
    const json found = json::parse(bytes, nullptr, false);
    ASSERT_FALSE(found.is_discarded()) << what;
    EXPECT_GT(found.value("non_finite", 0), 0) << what;
    EXPECT_THAT(bytes, HasSubstr("null")) << what;
  } else if (ending == ".csv") {
    EXPECT_THAT(bytes, HasSubstr("nan")) << what;
    EXPECT_THAT(bytes, Not(HasSubstr("-nan"))) << what;
  } else if (ending == ".npy") {
    EXPECT_GT(bad_in(file), 0) << what;
  } else if (ending == ".svg") {
    EXPECT_THAT(bytes, HasSubstr("values are not numbers")) << what;
    EXPECT_THAT(bytes, HasSubstr("url(#hatch)")) << what;
  }
}

TEST(CliFinite, AttendSaysItInEveryFormat) {
  const Folder folder;
  const std::string model = model_with(folder, kClip, kTextWeight);
  for (const char* ending : {".json", ".csv", ".npy", ".png", ".svg", ".pdf"}) {
    expect_said({"attend", "--prompt", "un chat rouge", "--model", model, "--lang", "en"},
                folder / (std::string("map") + ending));
  }
  for (const char* ending : {".json", ".csv", ".npy"}) {
    expect_said(
        {"attend", "--prompt", "un chat", "--model", model, "--layer", "all", "--head", "all", "--scores"},
        folder / (std::string("all") + ending));
  }
}

TEST(CliFinite, LookSaysItInEveryFormat) {
  const Folder folder;
  const std::string model = model_with(folder, kClip, kVisionWeight);
  for (const char* ending : {".json", ".csv", ".npy", ".png", ".svg", ".pdf"}) {
    expect_said({"look", "--image", "scene-1", "--patch", "3,5", "--model", model, "--lang", "en"},
                folder / (std::string("map") + ending));
  }
}

TEST(CliFinite, WeighCountsExactly) {
  const Folder folder;
  const std::string model = model_with(folder, kClip, kTextWeight);
  for (const Weighting weighting : kAllWeightings) {
    const fs::path out = folder / "out.npy";
    const Outcome outcome =
        run_program({"weigh", "--prompt", "un (chat:1.3) [rouge]", "--model", model, "--weighting",
                     std::string(weighting_name(weighting)), "--out", out.string()});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const std::int64_t bad = bad_in(out);
    EXPECT_GT(bad, 0) << weighting_name(weighting);
    EXPECT_THAT(outcome.err, HasSubstr(line_of(out, bad, std::ssize(read_npy(out)->values))));
  }
}

// What was cosine 0 and probability 0.5.
TEST(CliFinite, MatchKeepsWhatIsNoNumber) {
  for (const auto& [tensor, value] :
       {std::pair(kTextWeight, std::nanf("")), {kVisionWeight, std::nanf("")}}) {
    const Folder folder;
    const Outcome outcome =
        run_program({"match", "--image", "scene-1", "--model", model_with(folder, kClip, tensor, value),
                     "un chat rouge", "un chien"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const json found = json::parse(outcome.out);
    for (const json& text : found["texts"]) {
      for (const char* number : {"cosine", "logit", "probability"})
        EXPECT_TRUE(text[number].is_null()) << tensor << " " << number << " " << text[number];
    }
    EXPECT_EQ(found["non_finite"], 6);
    EXPECT_THAT(outcome.err, HasSubstr(std::string("standard output: 6 of 7 ") + kSaid));
  }
}

TEST(CliFinite, MatchSaysWhatAScaleDoes) {
  for (const float scale : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    const Folder folder;
    const Outcome outcome =
        run_program({"match", "--image", "scene-1", "--model",
                     model_with(folder, kClip, "logit_scale", scale), "un chat", "un chien"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const json found = json::parse(outcome.out);
    EXPECT_TRUE(found["scale"].is_null());
    for (const json& text : found["texts"]) {
      EXPECT_TRUE(text["cosine"].is_number()) << "it needs no scale";
      EXPECT_TRUE(text["logit"].is_null());
    }
    EXPECT_GE(found["non_finite"], 3);
    EXPECT_THAT(outcome.err, HasSubstr(kSaid));
  }
}

TEST(CliFinite, MatchMapsSayItInEveryFormat) {
  const Folder folder;
  const std::string model = model_with(folder, kClip, kTextWeight);
  for (const char* method : {"chefer", "legrad"}) {
    for (const char* ending : {".npy", ".png", ".svg", ".pdf"}) {
      const fs::path map = folder / (std::string(method) + ending);
      const Outcome outcome = run_program({"match", "--image", "scene-1", "--model", model, "un chat",
                                           "--map", map.string(), "--method", method, "--lang", "en"});
      ASSERT_EQ(outcome.status, 0) << outcome.err;
      EXPECT_THAT(outcome.err, HasSubstr(line_of(map, 144, 144))) << method << ending;
      if (std::string(ending) == ".npy") {
        EXPECT_EQ(bad_in(map), 144) << method;
      }
      if (std::string(ending) == ".svg") {
        EXPECT_THAT(slurp(map), HasSubstr("144 values are not numbers"));
      }
    }
  }
}

TEST(CliFinite, PaintSaysItOfEveryFile) {
  const auto numbers = static_cast<std::int64_t>(test::built_in_sizes().numbers);
  const struct {
    const char *file, *tensor;
  } broken[] = {{kClip, kTextWeight},
                {"transformer/diffusion_pytorch_model.safetensors", "pos_embed.proj.weight"}};
  for (const auto& [file, tensor] : broken) {
    const Folder folder;
    const fs::path out = folder / "out.png", maps = folder / "maps", film = folder / "film.webp",
                   record = folder / "record";
    const Outcome outcome = run_program(
        {"paint", "--model", model_with(folder, file, tensor), "--prompt", "un chat", "--steps", "2", "--out",
         out.string(), "--maps", maps.string(), "--film", film.string(), "--record", record.string()});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(line_of(out, numbers, numbers))) << tensor;
    EXPECT_THAT(outcome.err, HasSubstr(film.string() + ": ")) << tensor;
    const std::int64_t bad = bad_in(maps / "maps.npy");
    EXPECT_GT(bad, 0) << tensor;
    EXPECT_THAT(outcome.err, HasSubstr(maps.string() + ": " + std::to_string(bad) + " of "));
    EXPECT_GT(bad_in(record / "step-001.npy"), 0) << tensor;
    EXPECT_THAT(outcome.err, HasSubstr(record.string() + ": ")) << tensor;
  }
}

TEST(CliFinite, SoundModelsHaveNothingToSay) {
  const Folder folder;
  const std::string map = (folder / "map.csv").string();
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"attend", "--prompt", "un chat", "--scores", "--layer", "1", "--head", "1", "--out", map},
           {"look", "--image", "scene-1", "--out", map},
           {"match", "--image", "scene-1", "un chat"}}) {
    const Outcome outcome = run_program(words);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.err, "") << words.front();
    EXPECT_THAT(outcome.out, Not(HasSubstr("non_finite")));
  }
}

struct Prompt {
  std::string syntax, text;
};

std::vector<Prompt> huge_prompts() {
  return {{"a1111", kHuge},
          {"a1111", "un (chat:-" + std::string(40, '9') + ") rouge"},
          {"comfyui", "un (chat:1e400) rouge"},
          {"comfyui", "un (chat:1e39) (rouge:-1e300)"},
          {"compel", "un (chat)" + std::string(40, '9') + " rouge"}};
}

TEST(CliFinite, HugeWeightsStayFiniteUnderEveryScheme) {
  const Folder folder;
  const fs::path out = folder / "out.npy";
  for (const Prompt& prompt : huge_prompts()) {
    for (const Weighting weighting : kAllWeightings) {
      const std::string name(weighting_name(weighting)), what = prompt.text + " " + name;
      const std::vector<std::string> how = {"--prompt",    prompt.text,   "--syntax",
                                            prompt.syntax, "--weighting", name};
      std::vector<std::string> weigh = {"weigh", "--out", out.string()},
                               attend = {"attend", "--layer", "all", "--head", "all"};
      weigh.insert(weigh.end(), how.begin(), how.end());
      attend.insert(attend.end(), how.begin(), how.end());
      const Outcome weighed = run_program(weigh), attended = run_program(attend);
      ASSERT_EQ(weighed.status, 0) << what << weighed.err;
      ASSERT_EQ(attended.status, 0) << what << attended.err;
      EXPECT_EQ(bad_in(out), 0) << what;
      for (const Outcome* each : {&weighed, &attended}) {
        EXPECT_THAT(each->err, HasSubstr(kClamped)) << what;
        EXPECT_THAT(each->err, Not(HasSubstr(kSaid))) << what;
      }
      EXPECT_THAT(attended.out, Not(HasSubstr("null"))) << what;
    }
  }
}

TEST(CliFinite, HugeWeightsDrawUnderEveryScheme) {
  const Folder folder;
  const fs::path out = folder / "out.png", maps = folder / "maps";
  for (const Weighting weighting : kAllWeightings) {
    for (const char* place : {"picture", "both"}) {
      if (!acts_inside(weighting) && std::string(place) == "both") continue;
      const std::string name(weighting_name(weighting));
      const Outcome outcome = run_program({"paint", "--prompt", kHuge, "--weighting", name, "--place", place,
                                           "--steps", "2", "--out", out.string(), "--maps", maps.string()});
      ASSERT_EQ(outcome.status, 0) << name << outcome.err;
      EXPECT_THAT(outcome.err, HasSubstr(kClamped)) << name;
      EXPECT_THAT(outcome.err, Not(HasSubstr(kSaid))) << name << " " << place;
      EXPECT_EQ(bad_in(maps / "maps.npy"), 0) << name;
    }
  }
}

}  // namespace
}  // namespace regard
