// The pooled text of a pipeline with two CLIP encoders against diffusers (make_sd3_pipeline.py), and what is
// said where it cannot be made.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "core/engine/paint.h"
#include "core/formats/json.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace regard::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr float kPooled = 1e-5f, kAttention = 1e-4f, kPicture = 1e-4f;

std::shared_ptr<const PaintRun> first_step(const fs::path& folder, std::string prompt) {
  auto model = open_paint_model(folder);
  EXPECT_TRUE(model) << model.error().message;
  const Golden golden("sd3_pipeline.safetensors");
  PaintRequest request{.model = *model, .prompt = std::move(prompt), .negative = {}};
  request.noise = golden.values("noise");
  request.height = 8;
  request.width = 12;
  request.steps = 1;
  request.guidance = 1.0;
  auto run = run_paint(request);
  EXPECT_TRUE(run) << run.error().message;
  return *run;
}

float difference(std::span<const float> got, std::span<const float> expected) {
  EXPECT_EQ(got.size(), expected.size());
  return max_difference(ConstMatrixMap(got.data(), 1, std::ssize(got)), expected.data());
}

TEST(PaintPooled, IsBothEncodersEndToEndAsInDiffusers) {
  const Golden golden("sd3_pipeline.safetensors");
  for (int i = 0; i < 3; ++i) {
    const auto at = [i](const char* name) { return fmt::format("{}_{}", name, i); };
    const auto run = first_step(golden_path("tiny_sd3_pipeline"), golden.text(at("prompt")));
    EXPECT_EQ(run->request.model->pooled_notice, "");
    report("pooled", difference(run->prompt.pooled, golden.values(at("pooled"))), kPooled);
    report("attention", attention_difference(*run->trace.records[0], golden.values(at("attention"))),
           kAttention);
    std::vector<float> drawn = golden.values("noise");
    const std::vector<float> velocity = golden.values(at("out"));
    for (std::size_t k = 0; k < drawn.size(); ++k) drawn[k] -= velocity[k];
    report("picture", difference(run->x.back(), drawn), kPicture);
    if (i == 0) {
      EXPECT_GT(attention_difference(*run->trace.records[0], golden.values("zeros_attention_0")), 0.1f)
          << "zeros would be seen";
    }
  }
}

TEST(PaintPooled, IsNotWeighted) {
  const Golden golden("sd3_pipeline.safetensors");
  for (const char* prompt : {"un (chat:1.5) rouge", "un (chat:0.2) [rouge]"}) {
    const auto run = first_step(golden_path("tiny_sd3_pipeline"), prompt);
    report(prompt, difference(run->prompt.pooled, golden.values("pooled_0")), kPooled);
  }
}

// A copy of the pipeline with another model_index.json.
class ChangedPipeline : public ::testing::Test {
 protected:
  fs::path with(const char* key, Json value) {
    fs::copy(golden_path("tiny_sd3_pipeline"), folder_ / "pipeline",
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    Json index = read_json(folder_ / "pipeline" / "model_index.json").value();
    index[key] = std::move(value);
    std::ofstream(folder_ / "pipeline" / "model_index.json") << index;
    return folder_ / "pipeline";
  }
  testing::TempFolder folder_;
};

TEST_F(ChangedPipeline, SaysWhyItIsZeros) {
  const auto expect_zeros = [](const fs::path& folder, const char* why) {
    const auto model = open_paint_model(folder);
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_THAT((*model)->pooled_notice, HasSubstr("model_index.json: pooled text: zeros: "));
    EXPECT_THAT((*model)->pooled_notice, HasSubstr(why));
    EXPECT_TRUE((*model)->pooled_by.empty());
    const auto run = first_step(folder, "un chat rouge");
    EXPECT_TRUE(run->prompt.pooled.empty());
    EXPECT_LT(attention_difference(*run->trace.records[0],
                                   Golden("sd3_pipeline.safetensors").values("zeros_attention_0")),
              kAttention);
  };
  expect_zeros(with("text_encoder_2", {nullptr, nullptr}), "project to 15 numbers together, got 6");
  expect_zeros(with("text_encoder", {"transformers", "CLIPTextModel"}),
               "expected text_encoder to be a CLIPTextModelWithProjection, got 'CLIPTextModel'");
  expect_zeros(with("text_encoder_2", {"transformers", "T5EncoderModel"}), "got 'T5EncoderModel'");
}

TEST_F(ChangedPipeline, NeedsTheSecondEncodersFiles) {
  const fs::path folder =
      with("text_encoder_2", {"transformers", "CLIPTextModelWithProjection", "elsewhere"});
  const auto model = open_paint_model(folder);
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("elsewhere"));
}

TEST(PaintPooled, TheBuiltInModelHasNone) {
  const auto model = open_paint_model(REGARD_ASSETS_DIR "/little-world");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE((*model)->pooled_by.empty());
  EXPECT_EQ((*model)->pooled_notice, "");
}

}  // namespace
}  // namespace regard::test
