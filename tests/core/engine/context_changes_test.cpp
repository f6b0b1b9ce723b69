// What weights do to the context and what norm1_context leaves of it: against PyTorch
// (tests/golden/make_context_changes.py), against plain loops over two runs of the transformer, and where
// nothing may change.
#include "core/engine/context_changes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "core/engine/paint_edits.h"
#include "core/engine/paint_text.h"
#include "tests/support/built_in.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

constexpr float kCosine = 1e-5f, kRatio = 1e-4f;

std::shared_ptr<const PaintRun> paint(const PaintRequest& asked) {
  const auto run = run_paint(asked);
  if (!run) ADD_FAILURE() << run.error().message;
  return run.value();
}

ContextChanges changes_of(const PaintRun& run, int drawn) {
  auto found = context_changes(run, drawn, *run.trace.records[static_cast<std::size_t>(drawn)]);
  if (!found) ADD_FAILURE() << found.error().message;
  return std::move(found).value();
}

PaintRequest request(const std::string& prompt, Weighting weighting) {
  PaintRequest out{.model = built_in_paint_model(), .prompt = prompt, .negative = ""};
  out.weighting = weighting;
  out.steps = 3;
  return out;
}

// Largest differences of (cosine, ratio) pairs.
struct Apart {
  float cosine = 0, ratio = 0;
  void see(const VectorChange& got, const float* expected) {
    cosine = std::max(cosine, std::abs(static_cast<float>(got.cosine) - expected[0]));
    ratio = std::max(ratio, std::abs(static_cast<float>(length_ratio(got)) - expected[1]));
  }
  void see(const std::vector<VectorChange>& got, const float* expected) {
    for (std::size_t i = 0; i < got.size(); ++i) see(got[i], expected + 2 * i);
  }
};

struct Scheme {
  const char* name;
  Weighting weighting;
  WeightPlace place = WeightPlace::kPicture;
};

class ContextGolden : public ::testing::TestWithParam<Scheme> {};

TEST_P(ContextGolden, EveryTokenAtEveryPlaceIsPyTorchs) {
  const auto& [name, weighting, place] = GetParam();
  const Golden golden("context_changes.safetensors");
  PaintRequest asked = request(golden.text("prompt"), weighting);
  asked.place = place;
  asked.steps = std::stoi(golden.text("steps"));
  asked.guidance = std::stod(golden.text("guidance"));
  const std::vector<float> noise = Golden("reference_paint_0.safetensors").values("x");
  const int side = asked.model->mmdit.config().sample_side;
  asked.height = asked.width = side;
  asked.noise.assign(noise.begin(), noise.begin() + 3 * side * side);
  const auto run = paint(asked);
  const ContextChanges got = changes_of(*run, std::stoi(golden.text("step")));
  const std::size_t tokens = run->prompt.tokens.size(), layers = got.before.size();
  const auto word = static_cast<std::size_t>(std::stoi(golden.text("word")));
  EXPECT_GT(run->prompt.words[word].last_token, run->prompt.words[word].first_token) << "of several tokens";
  const auto expected = [&](const char* what) { return golden.values(fmt::format("{}.{}", name, what)); };
  ASSERT_EQ(expected("before").size(), layers * tokens * 2);
  Apart apart;
  apart.see(got.encoder.tokens, expected("encoder").data());
  apart.see(got.embedded.tokens, expected("embedded").data());
  for (std::size_t layer = 0; layer < layers; ++layer) {
    apart.see(got.before[layer].tokens, expected("before").data() + layer * tokens * 2);
    apart.see(got.after[layer].tokens, expected("after").data() + layer * tokens * 2);
    apart.see(got.before[layer].words[word], expected("words").data() + layer * 4);
    apart.see(got.after[layer].words[word], expected("words").data() + layer * 4 + 2);
  }
  report(std::string(name) + ", cosine", apart.cosine, kCosine);
  report(std::string(name) + ", length", apart.ratio, kRatio);
}

INSTANTIATE_TEST_SUITE_P(
    Schemes, ContextGolden,
    ::testing::Values(Scheme{"scale", Weighting::kScale}, Scheme{"a1111", Weighting::kA1111},
                      Scheme{"comfyui", Weighting::kComfyUI},
                      Scheme{"attention.picture", Weighting::kAttention},
                      Scheme{"attention.both", Weighting::kAttention, WeightPlace::kBoth}));

// One pass of the transformer with every state kept, and what norm1_context makes of the words by loops.
struct Passed {
  std::vector<Matrix> entered, normed;  // [L] of [T][D]
};

Passed pass_of(const PaintRun& run, int drawn, const StepChange& change) {
  const PaintModel& model = *run.request.model;
  const float timestep = run.times[static_cast<std::size_t>(run.first_step + drawn)] *
                         static_cast<float>(model.schedule.train_steps);
  const auto out = model.mmdit.run({.latent = run.x[static_cast<std::size_t>(drawn)],
                                    .height = run.height,
                                    .width = run.width,
                                    .text = *change.states,
                                    .pooled = *change.pooled,
                                    .timestep = timestep,
                                    .keep_states = true},
                                   change.conditional);
  Passed found;
  for (int layer = 0; layer < model.mmdit.config().layers; ++layer) {
    const Matrix joint = out->hidden_states[static_cast<std::size_t>(layer)];
    const Matrix x = joint.bottomRows(joint.rows() - run.patches());
    const LayerNorm norm =
        model.mmdit.modulation(model.mmdit.condition(*change.pooled, timestep), layer, MmditPart::kText)
            .norm1;
    Matrix y(x.rows(), x.cols());
    for (Eigen::Index t = 0; t < x.rows(); ++t) {
      double mean = 0, spread = 0;
      for (Eigen::Index d = 0; d < x.cols(); ++d) mean += static_cast<double>(x(t, d)) / x.cols();
      for (Eigen::Index d = 0; d < x.cols(); ++d)
        spread += std::pow(static_cast<double>(x(t, d)) - mean, 2) / x.cols();
      for (Eigen::Index d = 0; d < x.cols(); ++d)
        y(t, d) = static_cast<float>((static_cast<double>(x(t, d)) - mean) / std::sqrt(spread + 1e-6) *
                                         static_cast<double>(norm.gain(d)) +
                                     static_cast<double>(norm.bias(d)));
    }
    found.entered.push_back(x);
    found.normed.push_back(y);
  }
  return found;
}

void expect_change(const VectorChange& got, const Matrix& without, const Matrix& with, int first, int last) {
  double dot = 0, a = 0, b = 0, apart = 0;
  for (int t = first; t <= last; ++t) {
    for (Eigen::Index d = 0; d < without.cols(); ++d) {
      const auto x = static_cast<double>(without(t, d)), y = static_cast<double>(with(t, d));
      dot += x * y, a += x * x, b += y * y, apart += (x - y) * (x - y);
    }
  }
  EXPECT_NEAR(got.cosine, dot / std::sqrt(a * b), 1e-5);
  EXPECT_NEAR(got.length_before, std::sqrt(a), 1e-4 * std::sqrt(a));
  EXPECT_NEAR(got.length_after, std::sqrt(b), 1e-4 * std::sqrt(b));
  EXPECT_NEAR(moved(got), std::sqrt(apart / a), 1e-3);
}

// With trials, weights of two words, and a drawing that begins with a picture.
TEST(ContextChanges, AreThoseOfTwoPassesByPlainLoops) {
  PaintRequest asked = request("un (petit:1.6) chat (rouge:0.4) dort", Weighting::kScale);
  asked.picture = paint(request("un chien", Weighting::kNone))->x.back();
  asked.first_step = 1;
  asked.edits = {{MuteWord{{PromptWord::Kind::kWord, 18}}}, {HeadOff{2, 0}}};
  const auto run = paint(asked);
  const int drawn = 1;
  const ContextChanges got = changes_of(*run, drawn);
  EXPECT_EQ(got.step, 2);

  PaintRun plain = *run;
  plain.request.weighting = Weighting::kNone;
  plain.prompt = read_paint_text(plain.request, asked.prompt).value();
  const auto edits = PaintEdits::read(*run), plain_edits = PaintEdits::read(plain);
  const StepChange with = edits->at(2), without = plain_edits->at(2);
  const Passed a = pass_of(*run, drawn, without), b = pass_of(*run, drawn, with);
  EXPECT_NE(*with.states, run->prompt.states) << "a muted word is read otherwise by those behind it";
  ASSERT_EQ(got.before.size(), a.entered.size());
  ASSERT_EQ(got.encoder.tokens.size(), run->prompt.tokens.size());
  ASSERT_EQ(got.encoder.words.size(), run->prompt.words.size());
  for (int t = 0; t < std::ssize(run->prompt.tokens); ++t) {
    const auto at = static_cast<std::size_t>(t);
    expect_change(got.encoder.tokens[at], *without.states, *with.states, t, t);
    for (std::size_t layer = 0; layer < a.entered.size(); ++layer) {
      expect_change(got.before[layer].tokens[at], a.entered[layer], b.entered[layer], t, t);
      expect_change(got.after[layer].tokens[at], a.normed[layer], b.normed[layer], t, t);
    }
  }
  for (std::size_t w = 0; w < run->prompt.words.size(); ++w) {
    const Word& word = run->prompt.words[w];
    expect_change(got.encoder.words[w], *without.states, *with.states, word.first_token, word.last_token);
    for (std::size_t layer = 0; layer < a.entered.size(); ++layer) {
      expect_change(got.before[layer].words[w], a.entered[layer], b.entered[layer], word.first_token,
                    word.last_token);
      expect_change(got.after[layer].words[w], a.normed[layer], b.normed[layer], word.first_token,
                    word.last_token);
    }
  }
}

void expect_same(const ContextPlace& place) {
  for (const auto* each : {&place.tokens, &place.words}) {
    for (const VectorChange& change : *each) {
      EXPECT_EQ(change.length_before, change.length_after);
      EXPECT_LT(moved(change), 1e-6);
    }
  }
}

TEST(ContextChanges, WithoutWeightsThereAreNone) {
  for (const Weighting each : {Weighting::kScale, Weighting::kAttention, Weighting::kCompel}) {
    const ContextChanges got = changes_of(*paint(request("un chat rouge", each)), 1);
    expect_same(got.encoder);
    expect_same(got.embedded);
    for (const auto* places : {&got.before, &got.after}) {
      for (const ContextPlace& place : *places) expect_same(place);
    }
  }
}

// What acts on scores reaches the words by way of the patches alone.
TEST(ContextChanges, OfASchemeThatActsOnScoresTheFirstBlockReadsTheSame) {
  for (const Weighting each : {Weighting::kAttention, Weighting::kPromptToPrompt}) {
    PaintRequest in_picture = request("un chat (rouge:1.8)", each);
    in_picture.place = WeightPlace::kPicture;
    const ContextChanges got = changes_of(*paint(in_picture), 1);
    for (const ContextPlace* place : {&got.encoder, &got.embedded, &got.before.front(), &got.after.front()})
      expect_same(*place);
    EXPECT_GT(moved(got.before.back().words[2]), 1e-4);
  }
}

TEST(ContextChanges, AScaledVectorIsMostlyScaledBack) {
  const auto run = paint(request("un chat (rouge:1.8)", Weighting::kScale));
  const ContextChanges got = changes_of(*run, 0);
  const VectorChange &before = got.before.front().words[2], &after = got.after.front().words[2];
  EXPECT_NEAR(length_ratio(before), 1.8, 0.02);
  EXPECT_NEAR(length_ratio(after), 1.0, 0.02);
  EXPECT_GT(after.cosine, 0.999);
  EXPECT_LT(moved(after), 0.05 * moved(before));
  expect_same({{got.encoder.tokens.front()}, {got.encoder.words.front()}});  // of no weight
}

TEST(ContextChanges, ALengthOf0HasNoRatio) {
  EXPECT_TRUE(std::isnan(length_ratio({0.0, 1.0, 1.0})));
  EXPECT_TRUE(std::isnan(moved({0.0, 1.0, 1.0})));
  EXPECT_EQ(moved({2.0, 0.0, 1.0}), 1.0);   // weight 0
  EXPECT_EQ(moved({2.0, 2.0, -1.0}), 2.0);  // weight -1
  EXPECT_EQ(moved({2.0, 3.0, 1.0}), 0.5);
}

}  // namespace
}  // namespace regard::test
