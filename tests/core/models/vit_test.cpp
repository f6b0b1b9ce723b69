// The vision transformer's loader and its invariants: layouts, names, and every refusal word for word.
#include <unistd.h>

#include "core/models/vit_weights.h"
#include "tests/support/checkpoint.h"

namespace regard::test {
namespace {

// ---- folders ----

// A golden folder taken apart, broken in one place and put together again.
class VitFolder : public ::testing::Test {
 protected:
  void take(const std::string& name) {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      std::filesystem::remove(entry);
    const auto path = golden_path("vision/" + name);
    open_clip_ = name == "open_clip";
    config_ = load_json(path / (open_clip_ ? "open_clip_config.json" : "config.json"));
    tensors_ = load(path / weights());
  }

  std::string opened() {
    write(folder_.path() / (open_clip_ ? "open_clip_config.json" : "config.json"), config_.dump());
    save(folder_.path() / weights(), tensors_);
    return reopened();
  }

  std::string reopened() {
    const auto model = Vit::open(folder_.path());
    if (model) return "opened";
    // Messages name files by their whole path; the folder of this test is taken off.
    const std::string at = folder_.path().string() + "/";
    std::string message = model.error().message;
    return message.starts_with(at) ? message.substr(at.size()) : message;
  }

  std::string without(const std::string& name) {
    const Stored kept = tensors_.at(name);
    tensors_.erase(name);
    std::string message = opened();
    tensors_[name] = kept;
    return message;
  }

  const char* weights() const { return open_clip_ ? "open_clip_model.safetensors" : "model.safetensors"; }

  TempFolder folder_;
  bool open_clip_ = false;
  Json config_;
  Tensors tensors_;
};

TEST_F(VitFolder, NamesTheMissingTensor) {
  take("clip");
  EXPECT_EQ(opened(), "opened");
  EXPECT_EQ(
      without("vision_model.embeddings.class_embedding"),
      "model.safetensors: vision_model.embeddings.class_embedding: expected shape [12], got no such tensor");
  EXPECT_EQ(
      without("vision_model.embeddings.position_embedding.weight"),
      "model.safetensors: vision_model.embeddings.position_embedding.weight: expected shape [17, 12], got "
      "no such tensor");
  EXPECT_EQ(
      without("vision_model.encoder.layers.1.mlp.fc2.weight"),
      "model.safetensors: vision_model.encoder.layers.1.mlp.fc2.weight: expected shape [12, 20], got no "
      "such tensor");
  EXPECT_EQ(without("visual_projection.weight"),
            "model.safetensors: visual_projection.weight: expected shape [7, 12], got no such tensor");
  EXPECT_EQ(without("logit_scale"), "model.safetensors: logit_scale: expected shape [], got no such tensor");
  take("open_clip");
  EXPECT_EQ(opened(), "opened");
  EXPECT_EQ(
      without("visual.transformer.resblocks.0.attn.in_proj_bias"),
      "open_clip_model.safetensors: visual.transformer.resblocks.0.attn.in_proj_bias: expected shape [36], "
      "got no such tensor");
  EXPECT_EQ(without("visual.proj"),
            "open_clip_model.safetensors: visual.proj: expected shape [12, 7], got no such tensor");
}

TEST_F(VitFolder, NamesTheMissingTensorOfTheOtherFamilies) {
  take("deit");
  EXPECT_EQ(without("embeddings.distillation_token"),
            "model.safetensors: embeddings.distillation_token: expected shape [1, 1, 8], got no such tensor");
  take("dinov2");
  EXPECT_EQ(
      without("dinov2.encoder.layer.2.layer_scale1.lambda1"),
      "model.safetensors: dinov2.encoder.layer.2.layer_scale1.lambda1: expected shape [10], got no such "
      "tensor");
  take("dinov2_registers");
  EXPECT_EQ(without("embeddings.register_tokens"),
            "model.safetensors: embeddings.register_tokens: expected shape [1, 3, 12], got no such tensor");
  EXPECT_EQ(without("encoder.layer.0.mlp.weights_in.weight"),
            "model.safetensors: encoder.layer.0.mlp.weights_in.weight: expected shape [32, 12], got no such "
            "tensor");
  take("timm_vit");
  EXPECT_EQ(without("norm.bias"), "model.safetensors: norm.bias: expected shape [12], got no such tensor");
  EXPECT_EQ(without("cls_token"),
            "model.safetensors: cls_token: expected shape [1, 1, 12], got no such tensor");
  EXPECT_EQ(without("pos_embed"),
            "model.safetensors: pos_embed: expected a tensor of 3 sizes above 0, got no such tensor");
  EXPECT_EQ(without("blocks.1.attn.proj.weight"),
            "model.safetensors: blocks.1.attn.proj.weight: expected shape [12, 12], got no such tensor");
}

TEST_F(VitFolder, ChecksTheConfigurationAgainstTheTensors) {
  take("vit");
  config_["image_size"] = 20;
  EXPECT_EQ(opened(),
            "model.safetensors: embeddings.position_embeddings: expected shape [1, 26, 12], got [1, 17, 12]");
  config_["image_size"] = 16;
  config_["intermediate_size"] = 19;
  EXPECT_EQ(
      opened(),
      "model.safetensors: encoder.layer.0.intermediate.dense.weight: expected shape [19, 12], got [18, 12]");
}

TEST_F(VitFolder, TimmRefusesWhatIsNoPlainViT) {
  take("timm_vit");
  tensors_["blocks.2.attn.q_norm.weight"] = {{6}, std::vector<float>(6, 1.0f)};
  EXPECT_EQ(opened(),
            "model.safetensors: blocks.2.attn.q_norm.weight: expected only the tensors of a plain ViT");
  tensors_.erase("blocks.2.attn.q_norm.weight");
  tensors_["head.weight"] = {{2, 12}, std::vector<float>(24, 1.0f)};  // a classifier beside it is none
  EXPECT_EQ(opened(), "opened");
  config_.erase("model_args");
  EXPECT_EQ(opened(),
            "model.safetensors: cls_token: expected a width of a multiple of 64, or model_args.num_heads in "
            "config.json, got 12");
  config_["model_args"] = {{"num_heads", 5}};
  EXPECT_EQ(opened(),
            "config.json: model_args.num_heads: width: expected a multiple of num_heads (5), got 12");
  config_["model_args"] = {{"num_heads", 2}};
  config_["pretrained_cfg"] = {{"input_size", {3, 16}}};
  EXPECT_EQ(opened(),
            "config.json: pretrained_cfg.input_size.1: expected a whole number from 4 to 16384, got null");
  config_.erase("pretrained_cfg");
  tensors_["pos_embed"] = {{1, 15, 12}, std::vector<float>(180, 1.0f)};
  EXPECT_EQ(
      opened(),
      "model.safetensors: pos_embed: expected a square of patches and at most 1 other tokens, got shape "
      "[1, 15, 12]");
}

TEST_F(VitFolder, NeedsAConfigurationOrTimmsNames) {
  EXPECT_EQ(reopened(),
            folder_.path().string() + ": expected config.json or open_clip_config.json, got neither");
  take("vit");
  config_.erase("model_type");
  EXPECT_EQ(
      opened(),
      "config.json: model_type: expected \"clip\", \"clip_vision_model\", \"vit\", \"deit\", \"dinov2\" or "
      "\"dinov2_with_registers\", got none");
  std::filesystem::remove(folder_.path() / "model.safetensors");
  config_["model_type"] = "vit";
  write(folder_.path() / "config.json", config_.dump());
  EXPECT_EQ(reopened(), folder_.path().string() + ": expected model.safetensors, got no such file");
  write(folder_.path() / "pytorch_model.bin", "x");
  EXPECT_EQ(reopened(),
            folder_.path().string() +
                ": expected model.safetensors, got only a .bin file, which may run code and is not read");
}

// timm's layout needs no config.json when the width tells the heads.
TEST_F(VitFolder, TimmReadsSizesFromTheTensors) {
  const int d = 64;
  const auto add = [&](const std::string& name, std::vector<std::uint64_t> shape) {
    std::size_t size = 1;
    for (const auto n : shape) size *= n;
    tensors_[name] = {std::move(shape), std::vector<float>(size, 0.1f)};
  };
  const auto linear = [&](const std::string& name, std::uint64_t out, std::uint64_t in) {
    add(name + ".weight", {out, in});
    add(name + ".bias", {out});
  };
  add("cls_token", {1, 1, d});
  add("pos_embed", {1, 10, d});
  add("patch_embed.proj.weight", {d, 3, 8, 8});
  add("patch_embed.proj.bias", {d});
  for (const char* name : {"blocks.0.norm1", "blocks.0.norm2", "norm"}) {
    add(std::string(name) + ".weight", {d});
    add(std::string(name) + ".bias", {d});
  }
  linear("blocks.0.attn.qkv", 3 * d, d);
  linear("blocks.0.attn.proj", d, d);
  linear("blocks.0.mlp.fc1", 100, d);
  linear("blocks.0.mlp.fc2", d, 100);
  save(folder_.path() / "model.safetensors", tensors_);
  const auto model = Vit::open(folder_.path());
  ASSERT_TRUE(model) << model.error().message;
  const VitConfig& c = model->config();
  EXPECT_EQ(c.family, VitFamily::kTimm);
  EXPECT_EQ(c.layers, 1);
  EXPECT_EQ(c.heads, 1);
  EXPECT_EQ(c.mlp_width, 100);
  EXPECT_FALSE(c.swiglu);
  EXPECT_EQ(c.image_width, 24);
  EXPECT_EQ(c.patch, 8);
  EXPECT_EQ(c.layer_norm_eps, 1e-6f);
}

// ---- running ----

Vit open(const std::string& name) {
  auto model = Vit::open(golden_path("vision/" + name));
  if (!model) ADD_FAILURE() << model.error().message;
  return std::move(model.value());
}

std::vector<float> noise(std::size_t count) {
  std::srand(9);  // Eigen's Random
  const Vector v = Vector::Random(static_cast<Eigen::Index>(count));
  return {v.begin(), v.end()};
}

TEST(Vit, NamesItsSpecialTokens) {
  EXPECT_EQ(open("vit").special_names(), std::vector<std::string>{"CLS"});
  EXPECT_EQ(open("deit").special_names(), (std::vector<std::string>{"CLS", "DIST"}));
  EXPECT_EQ(open("dinov2_registers").special_names(),
            (std::vector<std::string>{"CLS", "REG1", "REG2", "REG3"}));
  EXPECT_EQ(open("timm_registers").special_names().size(), 4u);
  EXPECT_FALSE(open("vit").logit_scale());
  EXPECT_TRUE(open("clip").logit_scale());
  EXPECT_EQ(open("clip").logit_scale(), open("open_clip").logit_scale());
}

TEST(Vit, RowsSumToOneAndAHiddenPatchIsNotRead) {
  const Vit model = open("dinov2_registers");
  Intervention change;
  change.key_bias.assign(4 + 2 * 3, 0.0f);
  change.key_bias[5] = -std::numeric_limits<float>::infinity();
  for (const double kept : {1e9, 0.0}) {
    const auto out = model.run(noise(3 * 8 * 12), 12, 8, change, {}, {.kept_map_bytes = kept});
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(out->columns, 3);
    EXPECT_EQ(out->rows, 2);
    EXPECT_EQ(out->specials, 4);
    for (int i = 0; i < 6; ++i) {
      const Matrix map = out->record->attention_map(i / 2, i % 2);
      EXPECT_LE((map.rowwise().sum().array() - 1.0f).abs().maxCoeff(), 1e-5f);
      EXPECT_EQ(map.col(5), Vector::Zero(10));
    }
  }
}

// The picture's last pixels, not enough for a patch, are not looked at.
TEST(Vit, LeavesOutWhatIsNoWholePatch) {
  const Vit model = open("clip");  // 23 pixels, patch 5
  std::vector<float> pixels = noise(3 * 23 * 23), other = pixels;
  for (std::size_t i = 0; i < other.size(); ++i) {
    if (i % 23 >= 20 || i / 23 % 23 >= 20) other[i] += 1.0f;
  }
  EXPECT_EQ(model.run(pixels, 23, 23)->embedding, model.run(other, 23, 23)->embedding);
}

TEST(Vit, RefusesWordForWord) {
  const Vit model = open("vit");
  const auto message = [&](std::size_t pixels, int width, int height, const Intervention& change = {}) {
    const auto out = model.run(noise(pixels), width, height, change);
    return out ? std::string("ran") : out.error().message;
  };
  EXPECT_EQ(message(3 * 16 * 16, 16, 16), "ran");
  EXPECT_EQ(message(3 * 20 * 16, 20, 16), "picture: expected 16 x 16 pixels, got 20 x 16");
  EXPECT_EQ(message(9, 3, 1), "picture: expected at least 4 x 4 pixels, got 3 x 1");
  EXPECT_EQ(message(16 * 16, 16, 16), "picture: expected 768 numbers for 3 channels of 16 x 16, got 256");
  EXPECT_EQ(message(768, 16, 16, {std::vector<float>(16, 0.0f)}),
            "key bias: expected 17 numbers, one a token, got 16");
  std::vector<float> bias(17, 0.0f);
  bias[2] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(message(768, 16, 16, {bias}), "key bias 3: expected a number or -infinity, got inf");
  bias[2] = -bias[2];
  EXPECT_EQ(message(768, 16, 16, {bias}), "ran");
  EXPECT_EQ(message(768, 16, 16, {{}, bias}), "key factor 3: expected a number, got -inf");
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(model.run(noise(768), 16, 16, {}, stopped.get_token()).error().code, ErrorCode::kCancelled);
}

TEST(Vit, RefusesARunThatIsTooLarge) {
  const Vit model = open("dinov2");  // patch 7
  EXPECT_EQ(model.run(std::vector<float>(std::size_t{3} * 903 * 896), 903, 896).error().message,
            "picture: expected at most 16384 tokens, got 16513 for 903 x 896");
}

// ---- positions; numbers of tests/vectors/model-numerics.json ----

TEST(ResizePositions, RepeatsTorchsBicubic) {
  Matrix table(16, 1);
  table << 1, 2, 4, 8, 3, 1, 0, 2, 5, 7, 1, 9, 2, 4, 6, 3;
  const float plain[] = {1.2841797f, 3.2158203f, 5.1064453f, 4.8935547f};
  const float antialias[] = {2.0308723f, 3.5013659f, 4.1200056f, 4.3812237f};
  report("bicubic", max_difference(resize_positions(table, 4, 4, 2, 2, false), plain), 1e-6f);
  report("bicubic, antialias", max_difference(resize_positions(table, 4, 4, 2, 2, true), antialias), 1e-6f);
  EXPECT_EQ(resize_positions(table, 4, 4, 4, 4, true), table);
  EXPECT_TRUE(resize_positions(Matrix::Constant(16, 3, 7.0f), 4, 4, 5, 9, true).isConstant(7.0f, 1e-6f));
}

}  // namespace
}  // namespace regard::test
