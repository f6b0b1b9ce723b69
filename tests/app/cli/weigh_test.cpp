// `regard weigh`, and `regard attend` under every weighting.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "core/formats/npy.h"
#include "core/prompt/weighting.h"
#include "tests/app/cli/program.h"

namespace regard {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kPositions = 32, kWidth = 192;  // of the built-in model
const std::vector<std::string> kWeightings = [] {
  std::vector<std::string> names;
  for (const Weighting weighting : kAllWeightings) names.emplace_back(weighting_name(weighting));
  return names;
}();

NpyArray weigh(const std::string& prompt, const std::string& weighting, std::vector<std::string> more = {}) {
  Folder folder;
  const std::string path = (folder / "out.npy").string();
  std::vector<std::string> words = {"weigh", "--prompt", prompt, "--weighting", weighting, "--out", path};
  words.insert(words.end(), more.begin(), more.end());
  const Outcome outcome = run_program(words);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  auto read = read_npy(path);
  EXPECT_TRUE(read.has_value()) << (read ? "" : read.error().message);
  return read ? std::move(*read) : NpyArray{};
}

float difference(const NpyArray& a, const NpyArray& b) {
  if (a.shape != b.shape) return INFINITY;
  float worst = 0.0f;
  for (std::size_t i = 0; i < a.values.size(); ++i)
    worst = std::max(worst, std::abs(a.values[i] - b.values[i]));
  return worst;
}

TEST(CliWeigh, ShapeIsChunksTimesPositionsByWidth) {
  for (const std::string& weighting : kWeightings) {
    const NpyArray one = weigh("un (chat:1.3) [rouge]", weighting);
    EXPECT_EQ(one.shape, (std::vector<std::size_t>{kPositions, kWidth})) << weighting;
    EXPECT_TRUE(std::ranges::all_of(one.values, [](float v) { return std::isfinite(v); })) << weighting;
  }
  EXPECT_EQ(weigh("un chat BREAK rouge", "none").shape, (std::vector<std::size_t>{2 * kPositions, kWidth}));
  EXPECT_EQ(weigh("", "a1111").shape, (std::vector<std::size_t>{kPositions, kWidth}));
}

TEST(CliWeigh, NoneIsThePromptWithoutWeights) {
  EXPECT_EQ(difference(weigh("un (chat:1.3) rouge", "none"), weigh("un chat rouge", "none")), 0.0f);
  for (const std::string& weighting : kWeightings) {
    EXPECT_EQ(difference(weigh("un chat rouge", weighting), weigh("un chat rouge", "none")), 0.0f)
        << weighting;
    const bool moves =
        difference(weigh("un (chat:0.5) rouge", weighting), weigh("un chat rouge", "none")) > 0.0f;
    EXPECT_EQ(moves, weighting != "none") << weighting;
  }
}

TEST(CliWeigh, ScaleMultipliesRows) {
  const NpyArray plain = weigh("un (chat:1.5) rouge", "none"), scaled = weigh("un (chat:1.5) rouge", "scale");
  for (std::size_t i = 0; i < plain.values.size(); ++i) {
    ASSERT_EQ(scaled.values[i], plain.values[i] * (i / kWidth == 2 ? 1.5f : 1.0f)) << i;
  }
}

TEST(CliWeigh, NormalisationChangesWeights) {
  const NpyArray plain = weigh("un (chat:1.5) rouge", "none");
  const NpyArray scaled = weigh("un (chat:1.5) rouge", "scale", {"--normalisation", "mean"});
  EXPECT_NEAR(scaled.values[kWidth] / plain.values[kWidth], 1.0 - 0.5 / 3, 1e-6) << "the first word gives";
}

TEST(CliWeigh, A1111SaysItsFactor) {
  Folder folder;
  const Outcome outcome = run_program({"weigh", "--prompt", "un (chat:1.5) rouge", "--weighting", "a1111",
                                       "--out", (folder / "out.npy").string()});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("weights: chunk 1 of 1: mean restored: every vector times "));
}

TEST(CliWeigh, ExitStatus) {
  const auto status = [](std::vector<std::string> words, int expected, const std::string& part) {
    const Outcome outcome = run_program(words);
    EXPECT_EQ(outcome.status, expected) << outcome.err;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(part));
  };
  status({"weigh", "--prompt", "x"}, 2, "--out is required");
  status({"weigh", "--out", "x.npy"}, 2, "--prompt is required");
  status({"weigh", "--prompt", "x", "--out", "x.json"}, 1,
         "--out: expected a name that ends in .npy, got 'x.json'");
  status({"weigh", "--prompt", "x", "--out", "x.npy", "--weighting", "comfy"}, 1,
         "comfy++ or down_weight, got 'comfy'");
  status({"weigh", "--prompt", "x", "--out", "x.npy", "--normalisation", "max"}, 1,
         "--normalisation: expected none, mean, length or length+mean, got 'max'");
  status({"weigh", "--prompt", "x", "--out", "/nowhere/at/all.npy"}, 1, "/nowhere/at/all.npy");
}

// Schemes of the encoder move its maps; schemes of its output cannot.
TEST(CliWeigh, AttendTakesEveryWeighting) {
  const auto map = [](const std::string& weighting) {
    Folder folder;
    const std::string path = (folder / "map.npy").string();
    const Outcome outcome =
        run_program({"attend", "--prompt", "un (chat:0.5) rouge", "--weighting", weighting, "--out", path});
    EXPECT_EQ(outcome.status, 0) << weighting << outcome.err;
    auto read = read_npy(path);
    return read ? std::move(*read) : NpyArray{};
  };
  const NpyArray plain = map("none");
  for (const std::string& weighting : kWeightings) {
    const bool moves = weighting == "attention" || weighting == "prompt-to-prompt";
    EXPECT_EQ(difference(map(weighting), plain) > 0.0f, moves) << weighting;
  }
}

}  // namespace
}  // namespace regard
