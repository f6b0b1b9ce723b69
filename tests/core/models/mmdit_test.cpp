// What holds for every run of the diffusion transformer whatever the weights, and what it and its reader
// refuse, word for word.
#include <cmath>
#include <limits>

#include "core/attention/attend.h"
#include "core/models/mmdit.h"
#include "core/models/mmdit_weights.h"
#include "tests/support/checkpoint.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int kPatches = 15, kTokens = 5;  // of a 6 x 10 latent, patch 2

class MmditRun : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = Mmdit::open(golden_path("tiny_sd3"));
    ASSERT_TRUE(opened) << opened.error().message;
    model_.emplace(std::move(*opened));
  }

  MmditInput input() const { return {latent_, 6, 10, text_, pooled_, 500.0f}; }

  std::string refusal(const MmditInput& in, const Intervention& change = {}) const {
    const auto out = model_->run(in, change);
    if (out) return "accepted";
    EXPECT_EQ(out.error().code, ErrorCode::kShape);
    return out.error().message;
  }

  std::optional<Mmdit> model_;
  const std::vector<float> latent_ = Golden("mmdit.safetensors").values("tiny_sd3.latent");
  const std::vector<float> pooled_ = Golden("mmdit.safetensors").values("tiny_sd3.pooled");
  const std::vector<float> text_values_ = Golden("mmdit.safetensors").values("tiny_sd3.text");
  const Matrix text_ = ConstMatrixMap(text_values_.data(), kTokens, 14);
};

TEST_F(MmditRun, RowsSumToOne) {
  const auto out = model_->run(input());
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->record->shape(), (AttentionShape{3, 3, kPatches + kTokens, kPatches + kTokens, 8}));
  EXPECT_EQ(out->rows * 100 + out->columns, 305);
  EXPECT_EQ(out->dual, nullptr);
  float worst = 0;
  for (int map = 0; map < 9; ++map) {
    const auto attention = out->record->attention(map / 3, map % 3);
    worst = std::max(worst, (attention.rowwise().sum().array() - 1.0f).abs().maxCoeff());
  }
  report("row sums against 1", worst, 1e-5f);
}

TEST_F(MmditRun, TwoRunsAgreeToTheBit) {
  const auto a = model_->run(input()), b = model_->run(input());
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->predicted, b->predicted);
  EXPECT_EQ(a->record->attention(2, 1), b->record->attention(2, 1));
}

TEST_F(MmditRun, ACutColumnIsNotReadByTheImageAndStillReadByTheText) {
  std::vector<float> bias(kPatches + kTokens, 0.0f);
  bias[kPatches + 2] = -kInfinity;
  const auto out = model_->run(input(), {.key_bias = bias});
  ASSERT_TRUE(out);
  const AttentionRecord& record = *out->record;
  EXPECT_EQ(record.changed_queries(), kPatches);
  for (int map = 0; map < 9; ++map) {
    const auto column = record.attention(map / 3, map % 3).col(kPatches + 2);
    EXPECT_EQ(column.head(kPatches).cwiseAbs().maxCoeff(), 0.0f);
    EXPECT_GT(column.tail(kTokens).minCoeff(), 0.0f);
  }
  EXPECT_FALSE(record.readable(kPatches - 1, kPatches + 2));
  EXPECT_TRUE(record.readable(kPatches, kPatches + 2));
  EXPECT_TRUE(record.readable(0, kPatches + 1));
}

TEST_F(MmditRun, ABiasOfZeroAndAFactorOfOneChangeNothing) {
  const std::size_t tokens = kPatches + kTokens;
  const auto plain = model_->run(input());
  const auto same =
      model_->run(input(), {std::vector<float>(tokens, 0.0f), std::vector<float>(tokens, 1.0f)});
  ASSERT_TRUE(plain && same);
  EXPECT_EQ(plain->predicted, same->predicted);
  EXPECT_TRUE(same->record->rows_sum_to_one());
}

TEST_F(MmditRun, NoPooledTextIsZeros) {
  const std::vector<float> zeros(10, 0.0f);
  const auto a = model_->run({latent_, 6, 10, text_, {}, 500.0f});
  const auto b = model_->run({latent_, 6, 10, text_, zeros, 500.0f});
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->predicted, b->predicted);
}

TEST_F(MmditRun, StopsWhenAsked) {
  std::stop_source source;
  source.request_stop();
  const auto out = model_->run(input(), {}, source.get_token());
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, ErrorCode::kCancelled);
}

TEST_F(MmditRun, RefusesWordForWord) {
  EXPECT_EQ(refusal({latent_, 7, 10, text_, pooled_, 1.0f}),
            "picture: expected a height of 2 to 18, a multiple of 2, got 7");
  EXPECT_EQ(refusal({latent_, 6, 20, text_, pooled_, 1.0f}),
            "picture: expected a width of 2 to 18, a multiple of 2, got 20");
  EXPECT_EQ(refusal({latent_, 0, 10, text_, pooled_, 1.0f}),
            "picture: expected a height of 2 to 18, a multiple of 2, got 0");
  EXPECT_EQ(refusal({std::span(latent_).first(239), 6, 10, text_, pooled_, 1.0f}),
            "picture: expected 240 numbers for 4 channels of 10 x 6, got 239");
  EXPECT_EQ(refusal({latent_, 6, 10, text_, std::span(pooled_).first(9), 1.0f}),
            "pooled text: expected 10 numbers, got 9");
  EXPECT_EQ(refusal({latent_, 6, 10, text_, pooled_, std::nanf("")}), "timestep: expected a number, got nan");
  const Matrix narrow = Matrix::Zero(3, 13), none = Matrix::Zero(0, 14);
  EXPECT_EQ(refusal({latent_, 6, 10, narrow, pooled_, 1.0f}),
            "text: expected at least one token of width 14, got 3 of width 13");
  EXPECT_EQ(refusal({latent_, 6, 10, none, pooled_, 1.0f}),
            "text: expected at least one token of width 14, got 0 of width 14");
}

TEST_F(MmditRun, RefusesInterventionsWordForWord) {
  EXPECT_EQ(refusal(input(), {.key_bias = {0.0f}}),
            "key bias: expected 20 numbers, one a patch, then one a token, got 1");
  std::vector<float> values(20, 1.0f);
  values[3] = kInfinity;
  EXPECT_EQ(refusal(input(), {.key_bias = values}), "key bias 4: expected a number or -infinity, got inf");
  values[3] = -kInfinity;
  EXPECT_EQ(refusal(input(), {.key_factor = values}), "key factor 4: expected a number, got -inf");
}

// ------------------------------------------------------------------ bias and factor on the first queries
// only

AttentionRecord attended(double kept_bytes, Matrix& out) {
  AttentionRecord record({1, 1, 70, 9, 4}, kept_bytes);
  record.query(0, 0).setRandom();
  record.key(0, 0).setRandom();
  record.value(0, 0).setRandom();
  record.set_key_bias(Vector::LinSpaced(9, -2.0f, 2.0f));
  record.set_key_factor(Vector::LinSpaced(9, -1.0f, 3.0f));
  record.set_changed_queries(61);  // inside the second block of rows
  attend(record, 0, 0, out);
  return record;
}

TEST(ChangedQueries, KeptAndComputedMapsAgreeWithThePlainFormula) {
  Matrix out(70, 4), again(70, 4);
  std::srand(7);
  const AttentionRecord kept = attended(1e9, out);
  std::srand(7);
  const AttentionRecord computed = attended(0.0, again);
  ASSERT_NE(kept.keeps_maps(), computed.keeps_maps());
  Matrix scores = kept.query(0, 0) * kept.key(0, 0).transpose() / 2.0f;
  scores.topRows(61).rowwise() += kept.key_bias().transpose();
  Matrix attention = (scores.colwise() - scores.rowwise().maxCoeff()).array().exp();
  attention.array().colwise() /= attention.rowwise().sum().eval().array();
  attention.topRows(61).array().rowwise() *= kept.key_factor().transpose().array();
  report("kept", max_difference(kept.attention_map(0, 0), attention.data()), 1e-6f);
  report("computed", max_difference(computed.attention_map(0, 0), attention.data()), 1e-6f);
  report("a tile across the edge",
         max_difference(computed.attention_tile(0, 0, 60, 2, 0, 9), attention.row(60).data()), 1e-6f);
  const Matrix passed = attention * kept.value(0, 0);
  report("passed on", std::max(max_difference(out, passed.data()), max_difference(again, passed.data())),
         1e-5f);
}

// ------------------------------------------------------------------ activations

TEST(MmditActivations, AreTheDocumentedNumbersAndTheirPlainTwins) {
  Matrix x(2, 2);
  x << 1.0f, -1.0f, 0.0f, -100.0f;
  Matrix gelu = x, smooth = x;
  gelu_tanh(gelu);
  silu(smooth);
  const float expected_gelu[] = {0.8411920f, -0.1588080f, 0.0f, 0.0f};
  const float expected_silu[] = {0.7310586f, -0.2689414f, 0.0f, 0.0f};
  report("gelu tanh", max_difference(gelu, expected_gelu), 1e-6f);
  report("silu", max_difference(smooth, expected_silu), 1e-6f);
  Matrix wide = Matrix::Random(7, 33) * 12.0f, fast = wide, plain = wide;
  gelu_tanh(fast);
  gelu_tanh_plain(plain);
  report("gelu tanh, twins", max_difference(fast, plain.data()), 2e-6f);
  fast = plain = wide;
  silu(fast);
  silu_plain(plain);
  report("silu, twins", max_difference(fast, plain.data()), 2e-6f);
}

TEST(MmditActivations, RmsNormOfARow) {
  Matrix x(1, 2);
  x << 3.0f, 4.0f;
  RowVector gain(2);
  gain << 2.0f, 0.5f;
  rms_norm(x, gain, 0.0f);  // root mean square of 3, 4 is 3.5355339
  const float expected[] = {6.0f / 3.5355339f, 2.0f / 3.5355339f};
  report("rms norm", max_difference(x, expected), 1e-6f);
}

// ------------------------------------------------------------------ reading a folder

class MmditFolder : public ::testing::Test {
 protected:
  std::string open() const {
    const auto model = Mmdit::open(folder_.path());
    return model ? "opened" : model.error().message;
  }
  std::string in_folder(const std::string& rest) const { return folder_.path().string() + "/" + rest; }
  void write_config(const Json& config) const { write(folder_.path() / "config.json", config.dump()); }
  void write_tensors(const Tensors& tensors) const {
    save(folder_.path() / "diffusion_pytorch_model.safetensors", tensors);
  }

  TempFolder folder_;
  Json config_ = load_json(golden_path("tiny_sd35/config.json"));
  Tensors tensors_ = load(golden_path("tiny_sd35/diffusion_pytorch_model.safetensors"));
};

TEST_F(MmditFolder, OpensWhatItWasMadeOf) {
  write_config(config_);
  write_tensors(tensors_);
  EXPECT_EQ(open(), "opened");
  const auto model = Mmdit::open(folder_.path());
  EXPECT_EQ(model->config().dual_layers, (std::vector<int>{0, 2}));
  EXPECT_TRUE(model->config().qk_norm);
}

TEST_F(MmditFolder, RefusesTensorsWordForWord) {
  write_config(config_);
  EXPECT_EQ(open(),
            folder_.path().string() + ": expected diffusion_pytorch_model.safetensors, got no such file");
  Tensors broken = tensors_;
  broken.erase("transformer_blocks.2.attn2.norm_k.weight");
  write_tensors(broken);
  EXPECT_EQ(open(),
            in_folder("diffusion_pytorch_model.safetensors: transformer_blocks.2.attn2.norm_k.weight: "
                      "expected shape [14], got no such tensor"));
  broken = tensors_;
  broken["pos_embed.pos_embed"].shape = {1, 28, 49};
  write_tensors(broken);
  EXPECT_EQ(open(),
            in_folder("diffusion_pytorch_model.safetensors: pos_embed.pos_embed: expected shape [1, 49, 28], "
                      "got [1, 28, 49]"));
}

TEST_F(MmditFolder, RefusesConfigurationsWordForWord) {
  write_tensors(tensors_);
  const auto with = [&](const char* key, const Json& value) {
    Json config = config_;
    config[key] = value;
    write_config(config);
    return open();
  };
  const std::string at = in_folder("config.json: ");
  EXPECT_EQ(with("_class_name", "FluxTransformer2DModel"),
            at + "_class_name: expected \"SD3Transformer2DModel\", got \"FluxTransformer2DModel\"");
  EXPECT_EQ(with("qk_norm", "layer_norm"), at + "qk_norm: expected null or \"rms_norm\", got \"layer_norm\"");
  EXPECT_EQ(with("dual_attention_layers", {0, 4}),
            at + "dual_attention_layers: expected blocks from 1 to 3, rising, got 4");
  EXPECT_EQ(with("dual_attention_layers", {2, 2}),
            at + "dual_attention_layers: expected blocks from 3 to 3, rising, got 2");
  EXPECT_EQ(with("dual_attention_layers", 2), at + "dual_attention_layers: expected a list of blocks, got 2");
  EXPECT_EQ(with("caption_projection_dim", 27),
            at + "caption_projection_dim: expected 28 (num_attention_heads x attention_head_dim), got 27");
  EXPECT_EQ(with("num_layers", 0), at + "num_layers: expected a whole number from 1 to 512, got 0");
  EXPECT_EQ(with("attention_head_dim", 65'536),
            at + "num_attention_heads: expected at most 1 of width 65536, got 2");
}

}  // namespace
}  // namespace regard::test
