// `regard inspect`: every layout of a model folder, and which towers of it can be run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/app/cli/program.h"

namespace regard {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const std::string kGolden = REGARD_TEST_DIR "/golden";

json inspect(const std::string& path, std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"inspect", path};
  words.insert(words.end(), more.begin(), more.end());
  const Outcome outcome = run_program(words);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return json::parse(outcome.out, nullptr, false);
}

std::vector<std::string> towers_of(const json& found) {
  std::vector<std::string> names;
  for (const auto& [name, sizes] : found["towers"].items()) names.push_back(name);
  return names;
}

struct Layout {
  const char *folder, *kind, *architecture, *family;
  int layers, heads, width;
  json specials;
};

TEST(CliInspect, EveryVisionLayout) {
  const json cls = {"CLS"}, registers = {"CLS", "REG1", "REG2", "REG3"}, distilled = {"CLS", "DIST"};
  const Layout layouts[] = {
      {"clip", "clip", "CLIP image encoder", "CLIP", 2, 3, 12, cls},
      {"clip_vision", "model", "clip_vision_model", "CLIP", 3, 2, 10, cls},
      {"open_clip", "clip", "CLIP image encoder", "CLIP", 2, 3, 12, cls},
      {"vit", "model", "vit", "ViT", 3, 2, 12, cls},
      {"vit_wide", "model", "vit", "ViT", 2, 3, 9, cls},
      {"deit", "model", "deit", "DeiT", 3, 2, 8, distilled},
      {"dinov2", "model", "dinov2", "DINOv2", 3, 2, 10, cls},
      {"dinov2_swiglu", "model", "dinov2", "DINOv2", 2, 5, 10, cls},
      {"dinov2_registers", "model", "dinov2_with_registers", "DINOv2", 3, 2, 12, registers},
      {"own_registers", "model", "ViT (timm)", "timm", 3, 2, 12, registers},
      {"timm_vit", "model", "vit_tiny_patch4_16", "timm", 3, 2, 12, cls},
      {"timm_deit", "model", "deit_tiny_distilled_patch4_12", "timm", 3, 2, 8, distilled},
      {"timm_registers", "model", "vit_tiny_patch4_reg3_dinov2", "timm", 3, 2, 12, registers},
      {"timm_clip", "model", "vit_tiny_patch5_clip_quickgelu_23", "timm", 2, 3, 12, cls},
  };
  for (const Layout& layout : layouts) {
    const json found = inspect(kGolden + "/vision/" + layout.folder);
    EXPECT_EQ(found["kind"], layout.kind) << layout.folder;
    EXPECT_EQ(found["architecture"], layout.architecture) << layout.folder;
    EXPECT_GT(found["parameters"], 0) << layout.folder;
    const json& tower = found["towers"]["vision"];
    EXPECT_EQ(tower["family"], layout.family) << layout.folder;
    EXPECT_EQ(tower["layers"], layout.layers) << layout.folder;
    EXPECT_EQ(tower["heads"], layout.heads) << layout.folder;
    EXPECT_EQ(tower["width"], layout.width) << layout.folder;
    EXPECT_EQ(tower["specials"], layout.specials) << layout.folder;
  }
  const json wide = inspect(kGolden + "/vision/vit_wide")["towers"]["vision"];
  EXPECT_EQ(wide["columns"], 5);
  EXPECT_EQ(wide["rows"], 3);
}

// Nothing says how many heads so narrow a model has; the message says what would.
TEST(CliInspect, ABareFileOfWeightsIsOpenedAsAModel) {
  const Folder folder;
  std::filesystem::copy(kGolden + "/vision/own_registers/model.safetensors", folder.path());
  const json shallow = inspect(folder.path().string(), {"--shallow"});
  EXPECT_EQ(shallow["kind"], "model");
  EXPECT_EQ(shallow["architecture"], "ViT (timm)");
  EXPECT_FALSE(shallow.contains("towers"));
  const Outcome outcome = run_program({"inspect", folder.path().string()});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("model_args.num_heads"));
}

TEST(CliInspect, DiffusionTransformers) {
  const json plain = inspect(kGolden + "/tiny_sd3"), dual = inspect(kGolden + "/tiny_sd35");
  EXPECT_EQ(plain["architecture"], "SD3Transformer2DModel");
  EXPECT_EQ(towers_of(plain), std::vector<std::string>{"diffusion"});
  EXPECT_EQ(plain["towers"]["diffusion"]["layers"], 3);
  EXPECT_EQ(plain["towers"]["diffusion"]["width"], 24);
  EXPECT_EQ(plain["towers"]["diffusion"]["dual_layers"], 0);
  EXPECT_EQ(dual["towers"]["diffusion"]["dual_layers"], 2);
}

TEST(CliInspect, APipelineSaysWhichPartHoldsWhat) {
  const json found = inspect(REGARD_ASSETS_DIR "/little-world");
  EXPECT_EQ(found["towers"],
            (json{{"text", "text_encoder"}, {"vision", "text_encoder"}, {"diffusion", "transformer"}}));
  const json& clip = found["parts"]["text_encoder"]["towers"];
  EXPECT_EQ(clip["text"]["layers"], 4);
  EXPECT_EQ(clip["vision"]["layers"], 5);
  EXPECT_EQ(found["parts"]["transformer"]["towers"]["diffusion"]["layers"], 6);
  EXPECT_FALSE(found["parts"]["scheduler"].contains("towers"));
  EXPECT_FALSE(inspect(REGARD_ASSETS_DIR "/little-world", {"--shallow"}).contains("towers"));
}

TEST(CliInspect, WithoutATokenizerTheImageTowerRemains) {
  const json found = inspect(kGolden + "/vision/clip");
  EXPECT_EQ(towers_of(found), (std::vector<std::string>{"text", "vision"}));
  EXPECT_THAT(found["tokenizer"]["not_run"].get<std::string>(), HasSubstr("tokenizer.json"));
  EXPECT_EQ(run_program({"inspect", kGolden + "/tiny_clip_text"}).status, 1) << "text alone needs one";
}

TEST(CliInspect, AKindThatIsNotRunIsSaid) {
  const Folder folder;
  std::filesystem::copy(kGolden + "/vision/vit", folder.path());
  json config = json::parse(slurp(folder / "config.json"));
  config["model_type"] = "beit";
  std::ofstream(folder / "config.json") << config;
  const json found = inspect(folder.path().string());
  EXPECT_EQ(found["architecture"], "beit");
  EXPECT_THAT(found["towers"]["vision"]["not_run"].get<std::string>(), HasSubstr("beit"));
}

TEST(CliInspect, ATowerThatIsNotSoundIsOneLine) {
  const Folder folder;
  std::filesystem::copy(kGolden + "/vision/vit", folder.path());
  json config = json::parse(slurp(folder / "config.json"));
  config["num_hidden_layers"] = 4;
  std::ofstream(folder / "config.json") << config;
  const Outcome outcome = run_program({"inspect", folder.path().string()});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("encoder.layer.3"));
}

TEST(CliInspect, FilesSayWhatTheyHold) {
  const std::pair<const char*, const char*> files[] = {
      {"vision/clip_vision/model-00001-of-00003.safetensors", "CLIP vision (Hugging Face)"},
      {"vision/deit/model.safetensors", "DeiT"},
      {"vision/dinov2/model.safetensors", "DINOv2"},
      {"vision/dinov2_registers/model.safetensors", "DINOv2 with registers"},
      {"vision/vit_wide/model.safetensors", "ViT"},
      {"vision/timm_vit/model.safetensors", "ViT (timm)"},
      {"vision/open_clip/open_clip_model.safetensors", "CLIP (OpenCLIP)"},
      {"tiny_sd35/diffusion_pytorch_model.safetensors", "MMDiT (diffusers)"},
  };
  for (const auto& [file, architecture] : files)
    EXPECT_EQ(inspect(kGolden + "/" + file)["architecture"], architecture) << file;
}

}  // namespace
}  // namespace regard
