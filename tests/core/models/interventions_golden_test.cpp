// What interventions come to in the text and vision towers, against PyTorch with the same hooked into it:
// tests/golden/make_interventions.py. Tolerances: attention 1e-5, hidden states 1e-4.
#include "core/models/clip_text.h"
#include "core/models/vit.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

constexpr float kAttention = 1e-5f, kHidden = 1e-4f;

struct Out {
  std::shared_ptr<const AttentionRecord> record;
  std::shared_ptr<const std::vector<Matrix>> hidden;
  Matrix last;
};

class Interventions : public ::testing::TestWithParam<const char*> {
 protected:
  bool is_text() const { return name_ == "text"; }
  std::string at(const std::string& what) const { return name_ + "." + what; }

  Out run(const Intervention& change, const char* input = "input") const {
    if (is_text()) {
      static const ClipText model = std::move(ClipText::open(golden_path("tiny_clip")).value());
      auto out = model.run(golden_.ids(at(input)), change);
      if (!out) ADD_FAILURE() << out.error().message;
      return {out->record, out->hidden_states, out->last_hidden};
    }
    static const Vit model = std::move(Vit::open(golden_path("vision/dinov2_registers")).value());
    const auto shape = golden_.shape(at(input));  // [C][H][W]
    auto out =
        model.run(golden_.values(at(input)), static_cast<int>(shape[2]), static_cast<int>(shape[1]), change);
    if (!out) ADD_FAILURE() << out.error().message;
    return {out->record, out->hidden_states, out->last_hidden};
  }

  void expect(const std::string& what, const Intervention& change) const {
    const Out out = run(change);
    report(at(what) + " attention",
           attention_difference(*out.record, golden_.values(at(what + ".attention"))), kAttention);
    const std::vector<float> hidden = golden_.values(at(what + ".hidden"));
    const auto size = static_cast<std::size_t>(out.last.size());
    ASSERT_EQ(hidden.size(), size * out.hidden->size());
    float worst = max_difference(out.last, golden_.values(at(what + ".last")).data());
    for (std::size_t l = 0; l < out.hidden->size(); ++l)
      worst = std::max(worst, max_difference((*out.hidden)[l], hidden.data() + l * size));
    report(at(what) + " hidden states", worst, kHidden);
  }

  const std::string name_ = GetParam();
  const Golden golden_{"interventions.safetensors"};
};

TEST_P(Interventions, HeadsAndBlocksOff) {
  expect("plain", {});
  expect("off", {.heads_off = {{1, 0}}});
  expect("mean", {.heads_mean = {{0, 1}}});
  expect("both", {.heads_off = {{1, 0}, {1, 1}}, .heads_mean = {{0, 1}}});
  expect("block", {.blocks_off = {1}});
}

TEST_P(Interventions, KeysHiddenAndEdgesCut) {
  Intervention masked;
  masked.hide(2, static_cast<std::size_t>(run({}).record->shape().keys));
  expect("masked", masked);
  expect("edge", {.cut_edges = {{.query = 5, .key = 1}, {.query = 4, .key = 3, .layer = 0, .head = 1}}});
}

TEST_P(Interventions, PatternsAndActivationsOfAnotherRun) {
  const Out other = run({}, "other");
  expect("frozen",
         {.kept = KeptMaps{
              .from = other.record, .key = golden_.ids(at("key")), .query = golden_.ids(at("query"))}});
  expect("patched", {.patches = {{.after = 1, .position = 3, .values = (*other.hidden)[1].row(3)},
                                 {.after = 0, .position = 1, .values = (*other.hidden)[0].row(1)}}});
}

INSTANTIATE_TEST_SUITE_P(Towers, Interventions, ::testing::Values("text", "vision"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace regard::test
