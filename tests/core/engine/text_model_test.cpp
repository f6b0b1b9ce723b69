// Opening a text model whatever its folder looks like.
#include <unistd.h>

#include "core/engine/text_model.h"
#include "tests/support/checkpoint.h"

namespace regard::test {
namespace {

namespace fs = std::filesystem;

const fs::path kBuiltIn = REGARD_ASSETS_DIR "/little-world";

std::string error_of(const fs::path& folder) {
  const auto model = open_text_model(folder);
  return model ? "opened" : model.error().message;
}

TEST(TextModel, BuiltIn) {
  const auto model = open_text_model(kBuiltIn);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->name, "Little World");
  EXPECT_EQ((*model)->folder, kBuiltIn / "clip");
  EXPECT_EQ((*model)->encoder.config().vocab, (*model)->tokenizer.vocab_size());
}

TEST(TextModel, AClipFolderIsNamedAfterItself) {
  const auto model = open_text_model(kBuiltIn / "clip" / "");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->name, "clip");
}

class Pipeline : public ::testing::Test {
 protected:
  // diffusers keeps the encoder and the tokenizer in folders named as the entries are.
  void SetUp() override {
    fs::create_directories(at_ / "text_encoder");
    fs::create_directories(at_ / "tokenizer");
    for (const char* name : {"config.json", "model.safetensors"}) {
      fs::copy_file(kBuiltIn / "clip" / name, at_ / "text_encoder" / name);
    }
    for (const char* name :
         {"vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"}) {
      fs::copy_file(kBuiltIn / "clip" / name, at_ / "tokenizer" / name);
    }
    index_ = Json::parse(R"({"_class_name": "StableDiffusion3Pipeline",
        "text_encoder": ["transformers", "CLIPTextModelWithProjection"], "tokenizer": ["transformers", "CLIPTokenizer"]})");
    write_index();
  }
  void write_index() { write(at_ / "model_index.json", index_.dump()); }

  TempFolder folder_;
  const fs::path at_ = folder_.path();
  Json index_;
};

TEST_F(Pipeline, OfDiffusers) {
  const auto model = open_text_model(at_);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->name, at_.filename().string());
  EXPECT_EQ((*model)->folder, at_ / "text_encoder");
}

TEST_F(Pipeline, ACardTitledLikeOursNamesTheModel) {
  write(at_ / "README.md", "# Big Moon : a model\nmore\n");
  EXPECT_EQ(open_text_model(at_).value()->name, "Big Moon");
  write(at_ / "README.md", "---\nlicense: mit\n---\n# Model Card: CLIP\n");
  EXPECT_EQ(open_text_model(at_).value()->name, at_.filename().string());
}

TEST_F(Pipeline, RefusesWordForWord) {
  const std::string label = (at_ / "model_index.json").string();
  index_["tokenizer"] = {"transformers", "CLIPTokenizer", "../tokenizer"};
  write_index();
  EXPECT_EQ(error_of(at_), label + ": tokenizer: expected the name of a sub-folder, got \"../tokenizer\"");
  index_.erase("tokenizer");
  write_index();
  EXPECT_EQ(error_of(at_), label + ": tokenizer: expected [library, class], got none");
  index_["text_encoder"] = Json::array({nullptr, nullptr});
  write_index();
  EXPECT_EQ(error_of(at_), label + ": text_encoder: expected [library, class], got [null,null]");
  write(at_ / "model_index.json", "[1]");
  EXPECT_EQ(error_of(at_), label + ": expected an object, got [1]");
}

TEST_F(Pipeline, TheVocabularyMustFitTheEncoder) {
  const fs::path encoder = at_ / "text_encoder";
  for (const char* name : {"config.json", "model.safetensors"}) {
    fs::copy_file(golden_path("tiny_clip") / name, encoder / name, fs::copy_options::overwrite_existing);
  }
  EXPECT_EQ(error_of(at_), (at_ / "tokenizer").string() +
                               ": vocabulary: expected at most 37 entries, as the encoder has, got 745");
}

TEST(TextModelErrors, NothingThere) {
  TempFolder folder;
  EXPECT_EQ(error_of(folder.path()),
            folder.path().string() + ": expected config.json or open_clip_config.json, got neither");
  EXPECT_EQ(error_of(folder.path() / "no"),
            (folder.path() / "no").string() +
                ": expected a model folder or the name of an installed model, got no such folder");
}

}  // namespace
}  // namespace regard::test
