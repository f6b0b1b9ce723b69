// Vision transformers against transformers (eager) on the same files: tests/golden/make_vision.py and
// convert_reference.py. Tolerances: attention 1e-5, hidden states 1e-4.
#include <hwy/targets.h>

#include "core/models/vit.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

constexpr float kAttention = 1e-5f, kHidden = 1e-4f;

Vit open(const std::string& name) {
  auto model = Vit::open(golden_path("vision/" + name));
  if (!model) ADD_FAILURE() << model.error().message;
  return std::move(model.value());
}

VitOutput run(const Vit& model, const Golden& golden, const std::string& at, double kept_bytes = 1e9) {
  const auto shape = golden.shape(at + "pixels");  // [C][H][W]
  auto out = model.run(golden.values(at + "pixels"), static_cast<int>(shape[2]), static_cast<int>(shape[1]),
                       {}, {}, {.any_size = true, .kept_map_bytes = kept_bytes});
  if (!out) ADD_FAILURE() << out.error().message;
  return std::move(out.value());
}

// Largest difference of every map, asked as a whole, whichever way the record stores it.
float maps_difference(const AttentionRecord& got, const std::vector<float>& expected) {
  const AttentionShape& s = got.shape();
  const std::size_t map = static_cast<std::size_t>(s.queries) * static_cast<std::size_t>(s.keys);
  EXPECT_EQ(expected.size(), map * static_cast<std::size_t>(s.layers * s.heads));
  float worst = 0.0f;
  for (int i = 0; i < s.layers * s.heads; ++i) {
    worst = std::max(worst, max_difference(got.attention_map(i / s.heads, i % s.heads),
                                           expected.data() + map * static_cast<std::size_t>(i)));
  }
  return worst;
}

struct Case {
  const char* folder;
  const char* golden;  // whose run it must repeat: NAME.i
  bool pooled = true;  // timm has no pooler
};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.folder << " as " << c.golden; }

void compare(const Case& c) {
  const Golden golden("vision.safetensors");
  const Vit model = open(c.folder);
  const std::string at = std::string(c.golden) + ".";
  for (const double kept_bytes : {1e9, 0.0}) {
    const VitOutput out = run(model, golden, at, kept_bytes);
    EXPECT_EQ(out.record->keeps_maps(), kept_bytes > 0);
    report(at + "attention", maps_difference(*out.record, golden.values(at + "attention")), kAttention);
    const std::vector<float> hidden = golden.values(at + "hidden");
    const auto size = static_cast<std::size_t>(out.last_hidden.size());
    ASSERT_EQ(hidden.size(), size * out.hidden_states->size());
    float worst = 0.0f;
    for (std::size_t l = 0; l < out.hidden_states->size(); ++l)
      worst = std::max(worst, max_difference((*out.hidden_states)[l], hidden.data() + l * size));
    report(at + "hidden", worst, kHidden);
    report(at + "last", max_difference(out.last_hidden, golden.values(at + "last").data()), kHidden);
    if (c.pooled)
      report(at + "pooled", max_difference(out.pooled, golden.values(at + "pooled").data()), kHidden);
    ASSERT_EQ(golden.has(at + "embed"), out.embedding.size() > 0);
    if (out.embedding.size() > 0)
      report(at + "embed", max_difference(out.embedding, golden.values(at + "embed").data()), kHidden);
  }
}

class Family : public ::testing::TestWithParam<Case> {};

TEST_P(Family, AgreesWithTransformers) { compare(GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Tiny, Family,
    ::testing::Values(
        Case{"clip", "clip.0"}, Case{"clip", "clip.1"}, Case{"open_clip", "clip.0"},
        Case{"timm_clip", "timm_clip.0"}, Case{"clip_vision", "clip_vision.0"}, Case{"vit", "vit.0"},
        Case{"vit", "vit.1"}, Case{"timm_vit", "vit.0", false}, Case{"vit_wide", "vit_wide.0"},
        Case{"deit", "deit.0"}, Case{"deit", "deit.1"}, Case{"timm_deit", "deit.0", false},
        Case{"dinov2", "dinov2.0"}, Case{"dinov2", "dinov2.1"}, Case{"dinov2", "dinov2.2"},
        Case{"dinov2_swiglu", "dinov2_swiglu.0"}, Case{"dinov2_registers", "dinov2_registers.0"},
        Case{"dinov2_registers", "dinov2_registers.1"}, Case{"dinov2_registers", "dinov2_registers.2"},
        Case{"own_registers", "dinov2_registers.1"}, Case{"timm_registers", "dinov2_registers.2"}),
    [](const auto& test) {
      std::string name = std::string(test.param.folder) + "_as_" + test.param.golden;
      std::ranges::replace(name, '.', '_');
      return name;
    });

// What a machine with narrower registers would compute.
TEST(VitGolden, EveryInstructionSet) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(hwy::TargetName(target));
    compare({"dinov2_registers", "dinov2_registers.1"});
    compare({"clip", "clip.1"});
  }
  hwy::SetSupportedTargetsForTest(0);
}

Vit little_world() {
  auto model = Vit::open(REGARD_ASSETS_DIR "/little-world/clip");
  if (!model) ADD_FAILURE() << model.error().message;
  return std::move(model.value());
}

TEST(VitGolden, BuiltInModelOnTheTrainersReference) {
  const Vit model = little_world();
  const Golden golden("reference_vision.safetensors");
  ASSERT_TRUE(model.logit_scale());
  EXPECT_NEAR(std::exp(*model.logit_scale()), golden.values("multiplier")[0], 1e-3);
  float maps = 0, cls = 0, embed = 0;
  for (int i = 0; i < 4; ++i) {
    const auto name = [i](const char* kind) { return fmt::format("{}_{}", kind, i); };
    const auto out = model.run(golden.values(name("pixels")), 48, 48);
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(out->columns, 12);
    EXPECT_EQ(out->rows, 12);
    EXPECT_EQ(out->specials, 1);
    embed = std::max(embed, max_difference(out->embedding, golden.values(name("embed")).data()));
    if (i < 2) maps = std::max(maps, attention_difference(*out->record, golden.values(name("attention"))));
    const std::vector<float> rows = golden.values(name("cls"));  // [L][H][T]
    for (int l = 0; l < 5; ++l) {
      for (int h = 0; h < 4; ++h)
        cls = std::max(cls,
                       max_difference(out->record->attention_row(l, h, 0), rows.data() + (l * 4 + h) * 145));
    }
  }
  report("built-in model, attention", maps, kAttention);
  report("built-in model, attention of CLS", cls, kAttention);
  report("built-in model, embedding", embed, kHidden);
}

TEST(VitGolden, BuiltInModelKeptAndComputedAgree) {
  const Vit model = little_world();
  const Golden golden("reference_vision.safetensors");
  const std::vector<float> pixels = golden.values("pixels_0");
  Intervention change{std::vector<float>(145, 0.0f), std::vector<float>(145, 1.0f)};
  change.key_bias[7] = -std::numeric_limits<float>::infinity();
  change.key_bias[60] = 2.0f;
  change.key_factor[3] = -0.5f;
  for (const Intervention& c : {Intervention{}, change}) {
    const auto kept = model.run(pixels, 48, 48, c);
    const auto lean = model.run(pixels, 48, 48, c, {}, {.kept_map_bytes = 0});
    ASSERT_TRUE(kept && lean);
    EXPECT_EQ(lean->last_hidden, kept->last_hidden);
    float worst = 0;
    for (int l = 0; l < 5; ++l) {
      for (int h = 0; h < 4; ++h) {
        const Matrix map = kept->record->attention(l, h);
        worst = std::max(worst, max_difference(lean->record->attention_map(l, h), map.data()));
        for (const int t : {0, 77, 144}) {
          const RowVector row = map.row(t);
          const Vector column = map.col(t);
          worst = std::max(worst, max_difference(lean->record->attention_row(l, h, t), row.data()));
          worst =
              std::max(worst, max_difference(Matrix(lean->record->attention_column(l, h, t)), column.data()));
        }
      }
    }
    report("kept against computed", worst, 1e-6f);
  }
}

}  // namespace
}  // namespace regard::test
