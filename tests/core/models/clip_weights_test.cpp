// The CLIP loader: defaults, layouts, names, and every refusal word for word.
#include <unistd.h>

#include <gmock/gmock.h>

#include <algorithm>
#include <optional>

#include "core/models/clip_weights.h"
#include "core/models/tensor_files.h"
#include "tests/support/checkpoint.h"

namespace regard::test {
namespace {

ClipTextConfig read(const char* json) {
  auto config = read_clip_config(parse_json(json, "config.json").value(), "config.json");
  if (!config) ADD_FAILURE() << config.error().message;
  return config.value_or(ClipTextConfig{});
}

std::string refusal(const char* json) {
  const auto config = read_clip_config(parse_json(json, "config.json").value(), "config.json");
  return config ? "accepted" : config.error().message;
}

TEST(ClipConfig, DefaultsFillWhatAMinimalFileLeavesOut) {
  // openai/clip-vit-base-patch32 as it was saved again.
  const ClipTextConfig c = read(
      R"({"model_type": "clip", "text_config": {"bos_token_id": 0, "dropout": 0.0, "eos_token_id": 2}})");
  EXPECT_EQ(c.width, 512);
  EXPECT_EQ(c.mlp_width, 2048);
  EXPECT_EQ(c.layers, 12);
  EXPECT_EQ(c.heads, 8);
  EXPECT_EQ(c.vocab, 49408);
  EXPECT_EQ(c.positions, 77);
  EXPECT_EQ(c.projection, 512);
  EXPECT_EQ(c.eos_id, 2);
  EXPECT_EQ(c.activation, Activation::kQuickGelu);
  EXPECT_EQ(c.layer_norm_eps, 1e-5f);
}

TEST(ClipConfig, TextConfigDictWinsWithItsDefaults) {
  // openai/clip-vit-large-patch14: the old dict is there and everything it leaves out falls back to the
  // defaults.
  const ClipTextConfig c = read(R"({"model_type": "clip", "projection_dim": 768,
      "text_config": {"hidden_size": 512, "eos_token_id": 2, "hidden_act": "gelu"},
      "text_config_dict": {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12,
                           "num_hidden_layers": 12, "projection_dim": 768}})");
  EXPECT_EQ(c.width, 768);
  EXPECT_EQ(c.heads, 12);
  EXPECT_EQ(c.eos_id, 49407);
  EXPECT_EQ(c.activation, Activation::kQuickGelu);
  EXPECT_EQ(c.projection, 768);
  EXPECT_EQ(
      read(R"({"model_type": "clip", "text_config": {"hidden_size": 64}, "text_config_dict": null})").width,
      64);
}

TEST(ClipConfig, TextTowerAloneIsFlat) {
  const ClipTextConfig c =
      read(R"({"model_type": "clip_text_model", "hidden_size": 1280, "num_attention_heads": 20,
      "hidden_act": "gelu", "projection_dim": 1280, "eos_token_id": 2})");
  EXPECT_EQ(c.width, 1280);
  EXPECT_EQ(c.projection, 1280);
  EXPECT_EQ(c.activation, Activation::kGelu);
}

TEST(ClipConfig, RefusesWordForWord) {
  EXPECT_EQ(refusal(R"([])"), "config.json: expected an object, got []");
  EXPECT_EQ(refusal(R"({"model_type": "bert"})"),
            "config.json: model_type: expected \"clip\" or \"clip_text_model\", got \"bert\"");
  EXPECT_EQ(refusal(R"({})"), "config.json: model_type: expected \"clip\" or \"clip_text_model\", got none");
  EXPECT_EQ(refusal(R"({"model_type": "clip", "text_config": 3})"),
            "config.json: text_config: expected an object, got 3");
  EXPECT_EQ(refusal(R"({"model_type": "clip", "text_config": {"hidden_size": 0}})"),
            "config.json: text_config.hidden_size: expected a whole number from 1 to 65536, got 0");
  EXPECT_EQ(refusal(R"({"model_type": "clip", "text_config": {"hidden_size": 1e3}})"),
            "config.json: text_config.hidden_size: expected a whole number from 1 to 65536, got 1000.0");
  EXPECT_EQ(refusal(R"({"model_type": "clip", "text_config": {"vocab_size": 18446744073709551615}})"),
            "config.json: text_config.vocab_size: expected a whole number from 1 to 16777216, got "
            "18446744073709551615");
  EXPECT_EQ(refusal(R"({"model_type": "clip", "text_config": {"num_hidden_layers": -9223372036854775808}})"),
            "config.json: text_config.num_hidden_layers: expected a whole number from 1 to 512, got "
            "-9223372036854775808");
  EXPECT_EQ(
      refusal(R"({"model_type": "clip", "text_config": {"num_attention_heads": "8"}})"),
      "config.json: text_config.num_attention_heads: expected a whole number from 1 to 1024, got \"8\"");
  EXPECT_EQ(refusal(R"({"model_type": "clip", "text_config": {"hidden_size": 510}})"),
            "config.json: text_config.hidden_size: expected a multiple of num_attention_heads (8), got 510");
  EXPECT_EQ(refusal(R"({"model_type": "clip_text_model", "hidden_act": "relu"})"),
            "config.json: hidden_act: expected \"quick_gelu\" or \"gelu\", got \"relu\"");
  EXPECT_EQ(refusal(R"({"model_type": "clip_text_model", "layer_norm_eps": 0})"),
            "config.json: layer_norm_eps: expected a number above 0 and up to 1, got 0");
  EXPECT_EQ(refusal(R"({"model_type": "clip", "projection_dim": null})"),
            "config.json: projection_dim: expected a whole number from 1 to 65536, got null");
}

TEST(OpenClipConfig, ReadsViTH14) {
  const auto c =
      read_open_clip_config(parse_json(R"({"model_cfg": {"embed_dim": 1024, "vision_cfg": {"width": 1280},
      "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 1024, "heads": 16, "layers": 24}}})",
                                       "x")
                                .value(),
                            "open_clip_config.json");
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_EQ(c->width, 1024);
  EXPECT_EQ(c->mlp_width, 4096);
  EXPECT_EQ(c->heads, 16);
  EXPECT_EQ(c->layers, 24);
  EXPECT_EQ(c->projection, 1024);
  EXPECT_EQ(c->eos_id, 2);
  EXPECT_EQ(c->activation, Activation::kGelu);  // quick_gelu is false unless said
  EXPECT_EQ(c->pad_id, 0);                      // its tokenizer fills up with zeros
}

// transformers pads with its tokenizer's token; CLIP's configs say 1, which nobody pads with.
TEST(ClipConfig, LeavesPaddingToTheTokenizer) {
  const auto c = read_clip_config(
      parse_json(R"({"model_type": "clip_text_model", "pad_token_id": 1})", "x").value(), "x");
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_EQ(c->pad_id, -1);
}

TEST(OpenClipConfig, RefusesTowersItCannotRun) {
  const auto c = read_open_clip_config(
      parse_json(R"({"model_cfg": {"text_cfg": {"hf_model_name": "xlm-roberta-base"}}})", "x").value(),
      "c.json");
  ASSERT_FALSE(c);
  EXPECT_EQ(c.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(c.error().message,
            "c.json: model_cfg.text_cfg.hf_model_name: expected none, got \"xlm-roberta-base\"");
}

// ---- folders ----

class ClipFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    config_ = load_json(golden_path("tiny_clip/config.json"));
    tensors_ = load(golden_path("tiny_clip/model.safetensors"));
  }

  void write_config() { write(folder_.path() / "config.json", config_.dump()); }
  void write_folder() {
    write_config();
    save(folder_.path() / "model.safetensors", tensors_);
  }

  std::string opened() {
    const auto model = ClipText::open(folder_.path());
    if (!model) return shortened(model.error().message);
    const auto out = model->run(ids_);
    return out ? "opened" : out.error().message;
  }

  // Messages name files by their whole path; the folder of this test is taken off.
  std::string shortened(std::string message) const {
    const std::string at = folder_.path().string() + "/";
    return message.starts_with(at) ? message.substr(at.size()) : message;
  }

  TempFolder folder_;
  Json config_;
  Tensors tensors_;
  const std::vector<int> ids_ = {1, 17, 36, 30, 5};
};

TEST_F(ClipFolder, Opens) {
  write_folder();
  EXPECT_EQ(opened(), "opened");
}

TEST_F(ClipFolder, IgnoresTensorsItDoesNotNeed) {
  tensors_["text_model.embeddings.position_ids"] = {{1, 13}, std::vector<float>(13)};
  std::erase_if(tensors_, [](const auto& t) { return t.first.starts_with("vision_model."); });
  write_folder();
  EXPECT_EQ(opened(), "opened");
}

TEST_F(ClipFolder, TellsWhichTensorIsMissing) {
  tensors_.erase("text_model.encoder.layers.2.mlp.fc2.bias");
  write_folder();
  EXPECT_EQ(
      opened(),
      "model.safetensors: text_model.encoder.layers.2.mlp.fc2.bias: expected shape [14], got no such tensor");
}

TEST_F(ClipFolder, TellsBothShapes) {
  tensors_["text_model.encoder.layers.1.mlp.fc1.weight"].shape = {14, 22};
  write_folder();
  EXPECT_EQ(
      opened(),
      "model.safetensors: text_model.encoder.layers.1.mlp.fc1.weight: expected shape [22, 14], got [14, 22]");
}

TEST_F(ClipFolder, ConfigAndTensorsMustAgree) {
  config_["text_config"]["vocab_size"] = 38;
  write_folder();
  EXPECT_EQ(opened(),
            "model.safetensors: text_model.embeddings.token_embedding.weight: expected shape [38, 14], got "
            "[37, 14]");
}

TEST_F(ClipFolder, AWholeClipNeedsItsProjection) {
  tensors_.erase("text_projection.weight");
  write_folder();
  EXPECT_EQ(opened(),
            "model.safetensors: text_projection.weight: expected shape [9, 14], got no such tensor");
}

TEST_F(ClipFolder, ATextTowerMayGoWithoutProjection) {
  Json flat = config_["text_config"];
  config_ = flat;
  write_folder();
  EXPECT_EQ(ClipText::open(folder_.path())->config().projection, 9);  // there, so it is used
  tensors_.erase("text_projection.weight");
  write_folder();
  const auto bare = ClipText::open(folder_.path());
  ASSERT_TRUE(bare) << bare.error().message;
  EXPECT_EQ(bare->config().projection, 0);
  EXPECT_EQ(bare->run(ids_)->embedding.size(), 0);
  config_["architectures"] = {"CLIPTextModelWithProjection"};
  write_folder();
  EXPECT_EQ(opened(),
            "model.safetensors: text_projection.weight: expected shape [9, 14], got no such tensor");
}

TEST_F(ClipFolder, NamesMayLackOrCarryAPrefix) {
  write_folder();
  const Matrix expected = ClipText::open(folder_.path())->run(ids_)->last_hidden;
  const Tensors original = tensors_;
  for (const std::string prefix : {"", "clip.text_model."}) {
    tensors_.clear();
    for (const auto& [name, tensor] : original) {
      if (name.starts_with("text_model.")) tensors_[prefix + name.substr(11)] = tensor;
    }
    tensors_[prefix.empty() ? "text_projection.weight" : "clip.text_projection.weight"] =
        original.at("text_projection.weight");
    write_folder();
    ASSERT_EQ(opened(), "opened") << prefix;
    EXPECT_EQ(ClipText::open(folder_.path())->run(ids_)->last_hidden, expected);
  }
}

TEST_F(ClipFolder, OpenClipTextTowerMayCarryAPrefix) {
  const Tensors original = load(golden_path("tiny_open_clip/open_clip_model.safetensors"));
  Tensors prefixed;
  for (const auto& [name, tensor] : original) prefixed["text." + name] = tensor;
  save(folder_.path() / "open_clip_model.safetensors", prefixed);
  std::filesystem::copy_file(golden_path("tiny_open_clip/open_clip_config.json"),
                             folder_.path() / "open_clip_config.json");
  EXPECT_EQ(opened(), "opened");
}

TEST_F(ClipFolder, ReadsTheHalfPrecisionVariantWhenItIsAlone) {
  write_config();
  save(folder_.path() / "model.fp16.safetensors", tensors_);
  EXPECT_EQ(opened(), "opened");
}

TEST_F(ClipFolder, SaysWhatItLooksFor) {
  const std::string at = folder_.path().string();
  EXPECT_EQ(opened(), at + ": expected config.json or open_clip_config.json, got neither");
  write_config();
  EXPECT_EQ(opened(), at + ": expected model.safetensors, got no such file");
  write(folder_.path() / "pytorch_model.bin", "PK");
  EXPECT_EQ(opened(),
            at + ": expected model.safetensors, got only a .bin file, which may run code and is not read");
}

// An index sends tensors to files; it must not send us outside the folder.
TEST_F(ClipFolder, AnIndexNamesFilesOfItsOwnFolderOnly) {
  write_config();
  save(folder_.path() / "a.safetensors", tensors_);
  const auto index = [&](const char* file) {
    Json map = {{"x", file}};  // "x" is looked at first and read by nobody
    for (const auto& [name, tensor] : tensors_) map[name] = "a.safetensors";
    write(folder_.path() / "model.safetensors.index.json", Json{{"weight_map", map}}.dump());
    return opened();
  };
  const std::string refusal =
      "model.safetensors.index.json: \"x\": expected the name of a file in the same folder, got ";
  EXPECT_EQ(index("a.safetensors"), "opened");
  EXPECT_EQ(index("../a.safetensors"), refusal + "\"../a.safetensors\"");
  EXPECT_EQ(index("/etc/passwd"), refusal + "\"/etc/passwd\"");
  EXPECT_EQ(index(".."), refusal + "\"..\"");
  EXPECT_EQ(index("b\\a"), refusal + "\"b\\\\a\"");
  EXPECT_EQ(index(""), refusal + "\"\"");
  write(folder_.path() / "model.safetensors.index.json", "{}");
  EXPECT_EQ(opened(),
            "model.safetensors.index.json: weight_map: expected an object of tensor to file, got none");
}

// What transformers 4.57 reads of a folder with an index (tried with CLIPTextModel.from_pretrained): every
// shard in the order of the names, the last that holds a tensor counts, one that is not listed is not read.
class Shards : public ClipFolder {
 protected:
  static constexpr const char* kIndex = "model.safetensors.index.json";
  static constexpr const char* kFirst = "model-00001-of-00002.safetensors";
  static constexpr const char* kSecond = "model-00002-of-00002.safetensors";

  // Half of the tensors in each.
  void SetUp() override {
    ClipFolder::SetUp();
    write_config();
    std::size_t count = 0;
    for (const auto& [name, tensor] : tensors_) {
      const bool first = 2 * count++ < tensors_.size() || name == any();
      (first ? first_ : second_)[name] = tensor;
      map_[name] = first ? kFirst : kSecond;
    }
  }
  void write_all() {
    save(folder_.path() / kFirst, first_);
    save(folder_.path() / kSecond, second_);
    write(folder_.path() / kIndex, index_text());
  }
  std::string index_text() const {
    Json json = {{"weight_map", map_}};
    if (total_) json["metadata"] = {{"total_size", *total_}};
    return json.dump();
  }
  std::vector<float> read(const std::string& name) {
    const auto files = open_tensors(folder_.path(), hugging_face_files()).value();
    return files.read(name, files.find(name)->shape).value();
  }
  // What inspect holds against the index; empty: nothing.
  std::string fault() {
    const auto files = open_tensors(folder_.path(), hugging_face_files());
    if (!files) return files.error().message;
    const auto sound = check_index(*files->index, files->files);
    return sound ? "" : sound.error().message;
  }
  std::string at(const char* name) const { return (folder_.path() / name).string(); }
  static std::string any() { return "text_model.embeddings.position_embedding.weight"; }
  Tensors sevens(const std::string& name) const {
    Stored tensor = tensors_.at(name);
    std::ranges::fill(tensor.values, 7.0f);
    return {{name, std::move(tensor)}};
  }

  Tensors first_, second_;
  std::map<std::string, std::string> map_;
  std::optional<double> total_;
};

TEST_F(Shards, ASoundIndexIsRead) {
  write_all();
  EXPECT_EQ(opened(), "opened");
  EXPECT_EQ(fault(), "");
}

TEST_F(Shards, AMissingShardIsAnIncompleteDownload) {
  map_["one.more"] = "model-00003-of-00003.safetensors";
  write_all();
  const std::string said = ": named by the index, not in the folder: the download is incomplete";
  EXPECT_EQ(fault(), at(kIndex) + ": model-00003-of-00003.safetensors" + said);
  EXPECT_THAT(opened(), ::testing::HasSubstr("the download is incomplete"));
  std::filesystem::remove(folder_.path() / kSecond);
  EXPECT_EQ(fault(), at(kIndex) + ": " + kSecond + " (and 1 more of 3)" + said);
  std::filesystem::create_directory(folder_.path() / kSecond);  // a folder of that name is none
  EXPECT_EQ(fault(), at(kIndex) + ": " + kSecond + " (and 1 more of 3)" + said);
}

TEST_F(Shards, OfATensorInTwoTheLastIsRead) {
  const Tensors other = sevens(any());
  second_[any()] = other.begin()->second;  // the index says the first
  write_all();
  EXPECT_EQ(opened(), "opened");
  EXPECT_EQ(read(any()).front(), 7.0f);
  EXPECT_EQ(fault(), at(kIndex) + ": weight_map: tensor '" + any() + "': expected it in " + kFirst +
                         " alone, got " + kFirst + " and " + kSecond + " (the last is read)");
  map_[any()] = kSecond;  // and the other way round: the same file is read
  write_all();
  EXPECT_EQ(read(any()).front(), 7.0f);
  EXPECT_NE(fault(), "");
}

TEST_F(Shards, ATensorInAnotherThanTheNamedOneIsReadAllTheSame) {
  map_[any()] = kSecond;
  write_all();
  EXPECT_EQ(opened(), "opened");
  EXPECT_EQ(fault(), at(kIndex) + ": weight_map: tensor '" + any() + "': expected it in " + kSecond +
                         " alone, got " + kFirst);
}

TEST_F(Shards, ATensorThatNoFileHoldsIsNamed) {
  first_.erase(any());
  write_all();
  EXPECT_THAT(opened(), ::testing::HasSubstr("got no such tensor"));
  EXPECT_THAT(fault(), ::testing::HasSubstr("got no file that holds it"));
}

TEST_F(Shards, OneThatTheIndexDoesNotListIsNotRead) {
  map_.erase(any());
  write_all();
  EXPECT_THAT(opened(), ::testing::HasSubstr("got no such tensor"));
  EXPECT_EQ(fault(), at(kIndex) + ": weight_map: expected tensor '" + any() + "' of '" + kFirst +
                         "', got none: it is not read");
}

TEST_F(Shards, TheTotalIsThatOfTheTensors) {
  write_all();
  std::uint64_t bytes = 0;
  const auto written = open_tensors(folder_.path(), hugging_face_files()).value();
  for (const Safetensors& file : written.files)
    for (const TensorInfo& tensor : file.tensors()) bytes += tensor.end - tensor.begin;
  for (const double right : {static_cast<double>(bytes)}) {
    total_ = right;
    write_all();
    EXPECT_EQ(fault(), "");
  }
  for (const double wrong : {0.0, static_cast<double>(bytes) - 4, 2.0 * static_cast<double>(bytes)}) {
    total_ = wrong;
    write_all();
    EXPECT_EQ(opened(), "opened") << "transformers does not look at it";
    EXPECT_EQ(fault(), fmt::format("{}: metadata.total_size: expected {}, the bytes of all tensors, got {}",
                                   at(kIndex), bytes, static_cast<std::uint64_t>(wrong)));
  }
}

TEST_F(Shards, AStraySingleFileIsReadAndTheIndexLiesUnread) {
  write_all();
  save(folder_.path() / "model.safetensors", sevens(any()));
  write(folder_.path() / "pytorch_model.bin", "PK");
  const WeightFiles found = find_weights(folder_.path()).value();
  EXPECT_EQ(found.used, "model.safetensors");
  EXPECT_EQ(found.files, std::vector<std::string>{"model.safetensors"});
  EXPECT_EQ(found.unread, (std::vector<std::string>{kFirst, kSecond, kIndex, "pytorch_model.bin"}));
  EXPECT_EQ(read(any()).front(), 7.0f);
}

// Diffusers looks for the index first.
TEST_F(Shards, OfADiffusersPartTheIndexIsRead) {
  write_all();
  std::filesystem::rename(folder_.path() / kIndex,
                          folder_.path() / "diffusion_pytorch_model.safetensors.index.json");
  save(folder_.path() / "diffusion_pytorch_model.safetensors", sevens(any()));
  save(folder_.path() / "model-00003.safetensors", sevens(any()));  // of nothing
  const WeightFiles found = find_weights(folder_.path()).value();
  EXPECT_EQ(found.used, "diffusion_pytorch_model.safetensors.index.json");
  EXPECT_EQ(found.files, (std::vector<std::string>{kFirst, kSecond}));
  EXPECT_EQ(found.unread,
            (std::vector<std::string>{"diffusion_pytorch_model.safetensors", "model-00003.safetensors"}));
  EXPECT_EQ(open_tensors(folder_.path(), diffusers_files()).value().files.size(), 2u);
}

}  // namespace
}  // namespace regard::test
