// Configurations of vision transformers: defaults of each class, and every refusal word for word.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "core/models/families.h"
#include "core/models/vit_weights.h"

namespace regard::test {
namespace {

VitConfig read(const char* json) {
  auto config = read_vit_config(parse_json(json, "config.json").value(), "config.json");
  if (!config) ADD_FAILURE() << config.error().message;
  return config.value_or(VitConfig{});
}

std::string refusal(const char* json) {
  const auto config = read_vit_config(parse_json(json, "config.json").value(), "config.json");
  return config ? "accepted" : config.error().message;
}

TEST(VitConfig, DefaultsFillWhatAMinimalFileLeavesOut) {
  const VitConfig clip = read(R"({"model_type": "clip", "projection_dim": 640})");
  EXPECT_EQ(clip.family, VitFamily::kClip);
  EXPECT_EQ(clip.width, 768);
  EXPECT_EQ(clip.patch, 32);
  EXPECT_EQ(clip.projection, 640);
  EXPECT_EQ(clip.activation, Activation::kQuickGelu);
  EXPECT_EQ(clip.layer_norm_eps, 1e-5f);
  EXPECT_TRUE(clip.pre_norm);
  const VitConfig vit = read(R"({"model_type": "vit"})");
  EXPECT_EQ(vit.patch, 16);
  EXPECT_EQ(vit.mlp_width, 3072);
  EXPECT_EQ(vit.layer_norm_eps, 1e-12f);
  EXPECT_EQ(vit.activation, Activation::kGelu);
  EXPECT_EQ(vit.resize, PositionResize::kNever);
  EXPECT_TRUE(read(R"({"model_type": "deit"})").distilled);
}

TEST(VitConfig, EveryTypeOfTheTableIsReadAsItsFamily) {
  int read_types = 0;
  for (const Family& family : families()) {
    if (family.tower != TowerKind::kVision) continue;
    for (const std::string_view type : family.model_types) {
      if (type.empty()) continue;
      EXPECT_EQ(find_family(TowerKind::kVision, type), &family) << type;
      EXPECT_EQ(read(fmt::format(R"({{"model_type": "{}"}})", type).c_str()).name, family.name) << type;
      EXPECT_NE(refusal(R"({"model_type": "bert"})").find(fmt::format("\"{}\"", type)), std::string::npos)
          << type;
      ++read_types;
    }
    EXPECT_TRUE(family.sign.empty() ||
                is_sign_of(TowerKind::kVision, family.sign.substr(family.sign[0] == '*')));
  }
  EXPECT_GE(read_types, 6);
}

TEST(VitConfig, ReadsDinov2) {
  const VitConfig giant = read(R"({"model_type": "dinov2", "hidden_size": 1536, "num_hidden_layers": 40,
      "num_attention_heads": 24, "image_size": 518, "patch_size": 14, "mlp_ratio": 4, "use_swiglu_ffn": true})");
  EXPECT_EQ(giant.mlp_width, 4096);
  EXPECT_TRUE(giant.swiglu);
  EXPECT_TRUE(giant.layer_scale);
  EXPECT_EQ(giant.rows(), 37);
  EXPECT_EQ(giant.resize, PositionResize::kAlways);
  EXPECT_FALSE(giant.resize_antialias);
  const VitConfig registers = read(R"({"model_type": "dinov2_with_registers"})");
  EXPECT_EQ(registers.registers, 4);
  EXPECT_EQ(registers.specials(), 5);
  EXPECT_TRUE(registers.resize_antialias);
}

TEST(VitConfig, OlderDictWinsWithItsDefaults) {
  const VitConfig c = read(R"({"model_type": "clip", "projection_dim": 768,
      "vision_config": {"hidden_size": 512, "hidden_act": "gelu", "patch_size": 16},
      "vision_config_dict": {"hidden_size": 1024, "num_attention_heads": 16, "patch_size": 14}})");
  EXPECT_EQ(c.width, 1024);
  EXPECT_EQ(c.patch, 14);
  EXPECT_EQ(c.activation, Activation::kQuickGelu);
}

TEST(VitConfig, RefusesWordForWord) {
  EXPECT_EQ(refusal("[]"), "config.json: expected an object, got []");
  const std::string types =
      "\"clip\", \"clip_vision_model\", \"vit\", \"deit\", \"dinov2\" or "
      "\"dinov2_with_registers\"";
  EXPECT_EQ(refusal(R"({"model_type": "swin"})"),
            "config.json: model_type: expected " + types + ", got \"swin\"");
  EXPECT_EQ(refusal(R"({"model_type": 4})"), "config.json: model_type: expected " + types + ", got 4");
  EXPECT_EQ(refusal("{}"), "config.json: model_type: expected " + types + ", got none");
  EXPECT_EQ(refusal(R"({"model_type": "clip", "vision_config": 3})"),
            "config.json: vision_config: expected an object, got 3");
  EXPECT_EQ(
      refusal(R"({"model_type": "clip", "vision_config": {"hidden_size": 770}})"),
      "config.json: vision_config.hidden_size: expected a multiple of num_attention_heads (12), got 770");
  EXPECT_EQ(refusal(R"({"model_type": "vit", "image_size": [224, 0]})"),
            "config.json: image_size.1: expected a whole number from 1 to 16384, got 0");
  EXPECT_EQ(refusal(R"({"model_type": "vit", "image_size": []})"),
            "config.json: image_size.0: expected a whole number from 1 to 16384, got null");
  EXPECT_EQ(refusal(R"({"model_type": "vit", "patch_size": [16, 8]})"),
            "config.json: patch_size: expected square patches, got 8 x 16");
  EXPECT_EQ(refusal(R"({"model_type": "vit", "patch_size": 225})"),
            "config.json: patch_size: expected at most image_size (224 x 224), got 225");
  EXPECT_EQ(refusal(R"({"model_type": "vit", "hidden_act": "relu"})"),
            "config.json: hidden_act: expected \"quick_gelu\" or \"gelu\", got \"relu\"");
  EXPECT_EQ(refusal(R"({"model_type": "vit", "qkv_bias": 1})"),
            "config.json: qkv_bias: expected true or false, got 1");
  EXPECT_EQ(refusal(R"({"model_type": "vit", "pooler_act": "relu"})"),
            "config.json: pooler_act: expected \"tanh\", got \"relu\"");
  EXPECT_EQ(refusal(R"({"model_type": "vit", "layer_norm_eps": -1})"),
            "config.json: layer_norm_eps: expected a number above 0 and up to 1, got -1");
  EXPECT_EQ(refusal(R"({"model_type": "dinov2", "mlp_ratio": 0})"),
            "config.json: mlp_ratio: expected a number above 0 and up to 16, got 0");
  EXPECT_EQ(refusal(R"({"model_type": "dinov2_with_registers", "num_register_tokens": -1})"),
            "config.json: num_register_tokens: expected a whole number from 0 to 1024, got -1");
}

std::string open_clip_refusal(const char* json) {
  const auto config = read_open_clip_vision_config(parse_json(json, "c.json").value(), "c.json");
  return config ? "accepted" : config.error().message;
}

TEST(OpenClipVisionConfig, ReadsViTH14) {
  const auto c = read_open_clip_vision_config(
      parse_json(R"({"model_cfg": {"embed_dim": 1024, "vision_cfg": {"image_size": 224, "layers": 32,
                 "width": 1280, "head_width": 80, "patch_size": 14}}})",
                 "x")
          .value(),
      "c.json");
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_EQ(c->heads, 16);
  EXPECT_EQ(c->mlp_width, 5120);
  EXPECT_EQ(c->projection, 1024);
  EXPECT_EQ(c->activation, Activation::kGelu);
}

TEST(OpenClipVisionConfig, RefusesWordForWord) {
  EXPECT_EQ(open_clip_refusal(R"({"model_cfg": {}})"),
            "c.json: model_cfg.vision_cfg: expected an object, got none");
  EXPECT_EQ(open_clip_refusal(R"({"model_cfg": {"vision_cfg": {"timm_model_name": "convnext_base"}}})"),
            "c.json: model_cfg.vision_cfg.timm_model_name: expected none, got \"convnext_base\"");
  EXPECT_EQ(open_clip_refusal(R"({"model_cfg": {"vision_cfg": {"pool_type": "avg"}}})"),
            "c.json: model_cfg.vision_cfg.pool_type: expected \"tok\", got \"avg\"");
  EXPECT_EQ(open_clip_refusal(R"({"model_cfg": {"vision_cfg": {"layers": [3, 4, 6, 3]}}})"),
            "c.json: model_cfg.vision_cfg.layers: expected a whole number from 1 to 512, got [3,4,6,3]");
  EXPECT_EQ(open_clip_refusal(R"({"model_cfg": {"vision_cfg": {"width": 100}}})"),
            "c.json: model_cfg.vision_cfg.width: expected a multiple of head_width (64), got 100");
  EXPECT_EQ(open_clip_refusal(R"({"model_cfg": {"vision_cfg": {"patch_size": 300}}})"),
            "c.json: model_cfg.vision_cfg.patch_size: expected a square inside 224 x 224, got 300 x 300");
}

}  // namespace
}  // namespace regard::test
