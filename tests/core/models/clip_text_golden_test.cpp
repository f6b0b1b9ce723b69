// CLIP's text encoder against transformers (eager) on the same files. Made by tests/golden/make_text.py and
// convert_reference.py. Tolerances: attention 1e-5, hidden states 1e-4 (issue 3).
#include <cmath>

#include <hwy/targets.h>

#include "core/models/clip_text.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

constexpr float kAttention = 1e-5f, kHidden = 1e-4f;

struct Worst {
  float attention = 0, hidden = 0, last = 0, embed = 0;
};

ClipTextOutput run(const ClipText& model, const std::vector<int>& ids, const std::vector<float>& bias = {}) {
  auto out = model.run(ids, {bias});
  if (!out) ADD_FAILURE() << out.error().message;
  return std::move(out.value());
}

void compare_hidden(const ClipTextOutput& out, const std::vector<float>& expected, float& worst) {
  const auto size = static_cast<std::size_t>(out.last_hidden.size());
  ASSERT_EQ(expected.size(), size * out.hidden_states->size());
  for (std::size_t l = 0; l < out.hidden_states->size(); ++l) {
    worst = std::max(worst, max_difference((*out.hidden_states)[l], expected.data() + l * size));
  }
}

// `at` turns a kind of tensor into its name in the file.
template <class Name>
void compare(const ClipText& model, const Golden& golden, Name at, Worst& worst) {
  const ClipTextOutput out = run(model, golden.ids(at("ids")));
  worst.attention =
      std::max(worst.attention, attention_difference(*out.record, golden.values(at("attention"))));
  worst.last = std::max(worst.last, max_difference(out.last_hidden, golden.values(at("last")).data()));
  if (golden.has(at("hidden"))) compare_hidden(out, golden.values(at("hidden")), worst.hidden);
  ASSERT_EQ(golden.has(at("embed")), out.embedding.size() > 0);
  if (golden.has(at("embed"))) {
    worst.embed = std::max(worst.embed, max_difference(out.embedding, golden.values(at("embed")).data()));
  }
  if (golden.has(at("pooled"))) {
    worst.last = std::max(worst.last, max_difference(out.pooled, golden.values(at("pooled")).data()));
  }
}

void report_all(const std::string& what, const Worst& worst) {
  report(what + ", attention", worst.attention, kAttention);
  report(what + ", hidden states", worst.hidden, kHidden);
  report(what + ", after the final norm", worst.last, kHidden);
  report(what + ", embedding", worst.embed, kHidden);
}

TEST(ClipTextGolden, BuiltInModelOnTwentyPrompts) {
  const auto model = ClipText::open(REGARD_ASSETS_DIR "/little-world/clip");
  ASSERT_TRUE(model) << model.error().message;
  const Golden golden("text_little_world.safetensors");
  Worst worst;
  for (int i = 0; i < 20; ++i) {
    compare(*model, golden, [i](const char* kind) { return fmt::format("{}_{}", kind, i); }, worst);
  }
  report_all("built-in model", worst);
}

// What a machine with narrower registers would compute.
TEST(ClipTextGolden, BuiltInModelOnEveryInstructionSet) {
  const auto model = ClipText::open(REGARD_ASSETS_DIR "/little-world/clip");
  ASSERT_TRUE(model) << model.error().message;
  const Golden golden("text_little_world.safetensors");
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    Worst worst;
    for (int i = 0; i < 4; ++i) {
      compare(*model, golden, [i](const char* kind) { return fmt::format("{}_{}", kind, i); }, worst);
    }
    report_all(hwy::TargetName(target), worst);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(ClipTextGolden, TrainersOwnReference) {
  const auto model = ClipText::open(REGARD_ASSETS_DIR "/little-world/clip");
  ASSERT_TRUE(model) << model.error().message;
  const Golden golden("reference_text.safetensors");
  Worst worst;
  for (int i = 0; i < 20; ++i) {
    compare(*model, golden, [i](const char* kind) { return fmt::format("{}_{}", kind, i); }, worst);
  }
  report_all("trainer's reference", worst);
}

class TinyClip : public ::testing::TestWithParam<const char*> {};

TEST_P(TinyClip, AgreesWithTransformers) {
  const std::string name = GetParam();
  const auto model = ClipText::open(golden_path(name));
  ASSERT_TRUE(model) << model.error().message;
  const Golden golden("tiny.safetensors");
  Worst worst;
  compare(*model, golden, [&](const char* kind) { return name + "." + kind; }, worst);
  report_all(name, worst);
}

INSTANTIATE_TEST_SUITE_P(Folders, TinyClip,
                         ::testing::Values("tiny_clip", "tiny_open_clip", "tiny_clip_text"),
                         [](const auto& test) { return std::string(test.param); });

// The bias is ln(weight) on a few key columns in all layers and heads, one of them -inf.
void compare_biased(const ClipText& model, const Golden& golden, const std::string& ids,
                    const std::string& at) {
  const std::vector<float> bias = golden.values(at + "bias");
  const ClipTextOutput out = run(model, golden.ids(ids), bias);
  const ClipTextOutput plain = run(model, golden.ids(ids));
  const std::vector<float> expected = golden.values(at + "biased_attention");
  report(at + "attention with a key bias", attention_difference(*out.record, expected), kAttention);
  report(at + "last with a key bias",
         max_difference(out.last_hidden, golden.values(at + "biased_last").data()), kHidden);
  EXPECT_GT(attention_difference(*plain.record, expected), 0.1f) << "the bias should matter";
}

TEST(ClipTextGolden, KeyBiasBuiltIn) {
  const auto model = ClipText::open(REGARD_ASSETS_DIR "/little-world/clip");
  ASSERT_TRUE(model) << model.error().message;
  compare_biased(*model, Golden("text_little_world.safetensors"), "ids_0", "");
}

TEST(ClipTextGolden, KeyBiasTiny) {
  for (const std::string name : {"tiny_clip", "tiny_clip_text"}) {
    const auto model = ClipText::open(golden_path(name));
    ASSERT_TRUE(model) << model.error().message;
    compare_biased(*model, Golden("tiny.safetensors"), name + ".ids", name + ".");
  }
}

// Prompt-to-prompt: attention multiplied after softmax, one factor negative and one 0, not renormalised.
TEST(ClipTextGolden, KeyFactor) {
  const Golden golden("factor.safetensors");
  for (const std::string name : {"little_world", "tiny_clip", "tiny_clip_text"}) {
    const auto model =
        ClipText::open(name == "little_world" ? REGARD_ASSETS_DIR "/little-world/clip" : golden_path(name));
    ASSERT_TRUE(model) << model.error().message;
    const std::vector<int> ids = golden.ids(name + ".ids");
    auto out = model->run(ids, {.key_factor = golden.values(name + ".factor")});
    ASSERT_TRUE(out) << out.error().message;
    const std::vector<float> expected = golden.values(name + ".factored_attention");
    report(name + ", attention with a key factor", attention_difference(*out->record, expected), kAttention);
    report(name + ", last with a key factor",
           max_difference(out->last_hidden, golden.values(name + ".factored_last").data()), kHidden);
    EXPECT_FALSE(out->record->rows_sum_to_one());
    const ClipTextOutput plain = run(*model, ids);
    EXPECT_TRUE(plain.record->rows_sum_to_one());
    EXPECT_GT(attention_difference(*plain.record, expected), 0.1f) << "the factor should matter";
  }
}

}  // namespace
}  // namespace regard::test
