// Binding accuracy and what a head is worth for it: against passes of its own, and sums done by hand.
#include <gmock/gmock.h>

#include <cmath>
#include <memory>

#include "core/engine/binding.h"
#include "core/engine/match.h"
#include "core/engine/vision_run.h"
#include "core/formats/json.h"
#include "tests/support/built_in.h"

namespace regard::test {
namespace {

std::vector<BindingCase> built_in_cases() { return read_binding_cases(REGARD_ASSETS_DIR "/surveys").value(); }

// The towers' own passes, without requests and edits.
RowVector slow_text(const TextModel& model, const std::string& text, const Intervention& change) {
  std::vector<int> ids{model.tokenizer.bos_id()};
  for (const Piece& piece : model.tokenizer.encode(text)) ids.push_back(piece.id);
  ids.push_back(model.tokenizer.eos_id());
  return model.encoder.run(ids, change).value().embedding;
}

RowVector slow_picture(const VisionModel& model, const Image& image, const Intervention& change) {
  const PreparedImage seen = prepare(image, model.processor).value();
  return model.encoder.run(seen.pixels, seen.width, seen.height, change).value().embedding;
}

double slow_margin(const RowVector& picture, const RowVector& caption, const RowVector& twin) {
  const auto cosine = [&](const RowVector& text) {
    double dot = 0, a = 0, b = 0;
    for (Eigen::Index i = 0; i < text.size(); ++i) {
      dot += static_cast<double>(picture(i)) * static_cast<double>(text(i));
      a += static_cast<double>(picture(i)) * static_cast<double>(picture(i));
      b += static_cast<double>(text(i)) * static_cast<double>(text(i));
    }
    return dot / std::sqrt(a * b);
  };
  return cosine(caption) - cosine(twin);
}

Intervention without(const WithoutHead& off) {
  Intervention change;
  (off.mean ? change.heads_mean : change.heads_off) = {{off.layer, off.head}};
  return change;
}

TEST(Binding, TheCasesAreCaptionsWithTwoColours) {
  const auto cases = built_in_cases();
  EXPECT_GT(cases.size(), 150u);
  EXPECT_EQ(cases.size(), read_json(REGARD_ASSETS_DIR "/surveys/bindings.json").value().size());
  const auto french = std::ranges::count(cases, "fr", &BindingCase::language);
  EXPECT_GT(french, 60);
  EXPECT_GT(std::ssize(cases) - french, 60);
  for (const BindingCase& one : cases) {
    EXPECT_NE(one.caption, one.twin);
    EXPECT_EQ(one.picture->width, cases.front().picture->width);
    EXPECT_EQ(one.picture->height, one.picture->width);
    EXPECT_EQ(std::ssize(one.picture->rgb), std::ptrdiff_t{3} * one.picture->width * one.picture->width);
  }
  EXPECT_FALSE(read_binding_cases("/no/such/folder").has_value());
}

TEST(Binding, EachRemovalIsAPassWithoutTheHead) {
  const auto text = built_in_text_model();
  const auto vision = open_vision_model(REGARD_ASSETS_DIR "/little-world").value();
  const auto all = built_in_cases();
  const std::vector<BindingCase> few{all[0], all[120]};
  int told = 0;
  const auto seen = [&](int done, int of) { told = done == of ? done : told; };
  for (const ClipTower tower : {ClipTower::kText, ClipTower::kPicture}) {
    const BindingStudy study = study_binding(text, vision, few, tower, seen).value();
    const bool of_text = tower == ClipTower::kText;
    const int heads = of_text ? 16 : 20;
    ASSERT_EQ(std::ssize(study.removals), 2 * heads);
    EXPECT_EQ(told, 2 * heads);
    for (std::size_t i = 0; i < few.size(); ++i) {
      const RowVector picture = slow_picture(*vision, *few[i].picture, {});
      const RowVector caption = slow_text(*text, few[i].caption, {}),
                      twin = slow_text(*text, few[i].twin, {});
      EXPECT_NEAR(study.whole[i], slow_margin(picture, caption, twin), 1e-5);
      EXPECT_GT(study.whole[i], 0.0);
      for (std::size_t r = 0; r < study.removals.size(); r += 7) {
        const Intervention change = without(study.removals[r].off);
        const double expected =
            of_text ? slow_margin(picture, slow_text(*text, few[i].caption, change),
                                  slow_text(*text, few[i].twin, change))
                    : slow_margin(slow_picture(*vision, *few[i].picture, change), caption, twin);
        EXPECT_NEAR(study.removals[r].margins[i], expected, 1e-5) << r;
      }
    }
  }
}

TEST(Binding, CostsAreCountedByLanguage) {
  const BindingStudy study{.tower = ClipTower::kText,
                           .languages = {"fr", "fr", "en", "fr", "en"},
                           .whole = {0.3, 0.1, 0.2, -0.1, 0.0},
                           .removals = {}};
  const BindingMargins without{-0.1, 0.2, -0.2, 0.1, 0.4};
  const Accuracy french = accuracy_of(study, study.whole, "fr"), all = accuracy_of(study, study.whole, "");
  EXPECT_EQ(french.n, 3);
  EXPECT_EQ(french.right, 2);
  EXPECT_EQ(all.right, 3) << "as near to both is not right";
  // Wilson's interval of 2 in 3, by hand.
  EXPECT_NEAR(french.low, 0.2077, 1e-4);
  EXPECT_NEAR(french.high, 0.9385, 1e-4);
  const BindingCost cost = cost_of(study, without, "fr");
  EXPECT_EQ(cost.lost, 1);
  EXPECT_EQ(cost.won, 1);
  EXPECT_DOUBLE_EQ(cost.cost, 0.0);
  EXPECT_NEAR(cost.margin, (0.4 - 0.1 - 0.2) / 3, 1e-12);
  // Bonett and Price: 2/5 against 2/5, half width 1.96 sqrt(0.8 / 5).
  EXPECT_NEAR(cost.high, 1.959964 * std::sqrt(0.8 / 5), 1e-6);
  EXPECT_NEAR(cost.low, -cost.high, 1e-12);
  EXPECT_EQ(cost_of(study, without, "").lost, 2);
  EXPECT_EQ(cost_of(study, without, "").won, 2);
  EXPECT_EQ(cost_of(study, without, "de").n, 0);
  EXPECT_TRUE(std::isnan(cost_of(study, without, "de").cost));
}

TEST(Binding, IsStopped) {
  std::stop_source stop;
  stop.request_stop();
  const auto vision = open_vision_model(REGARD_ASSETS_DIR "/little-world").value();
  const auto study =
      study_binding(built_in_text_model(), vision, built_in_cases(), ClipTower::kText, {}, stop.get_token());
  ASSERT_FALSE(study.has_value());
  EXPECT_EQ(study.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace regard::test
