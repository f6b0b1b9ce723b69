// The painting workspace's views: what lies over the drawing is what its MapQuery names, and is computed
// once.
#include "app/views/paint_views.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "app/assets.h"
#include "app/export/paint_map.h"
#include "app/state/paint_session.h"
#include "core/engine/paint_lens.h"

namespace regard {
namespace {

constexpr int kSteps = 3;

class PaintViewsTest : public ::testing::Test {
 protected:
  static AppState drawn() {
    static const auto run = [] {
      PaintRequest request;
      request.model = *open_paint_model(assets_dir() / "little-world");
      request.prompt = "un chat rouge";
      request.steps = kSteps;
      request.keep = KeepRecords::kBoth;
      request.output_space = true;
      return *run_paint(request);
    }();
    AppState state;
    state.doc.prompt = "un chat rouge";
    state.doc.paint.word = PromptWord{PromptWord::Kind::kWord, 3};
    state.painting.run = run;
    state.paint_model = run->request.model;
    return state;
  }

  // As the program does: what takes longer than a frame is answered by a worker.
  void show(const AppState& state, int film_frame = -1) {
    for (int asked = 0; asked < 40; ++asked) {
      views_.refresh(state, film_frame);
      if (!views_.wanted()) return;
      const MapAsk ask = *views_.wanted();
      views_.accept(ask, evaluate_ask(ask));
    }
    FAIL() << "a map is asked for again and again";
  }

  // The float32 numbers behind the header of an .npy of the map over the drawing.
  std::vector<float> written(const AppState& state) {
    PaintMap map;
    map.run = state.painting.run;
    map.values = views_.overlay().cells;
    map.span = views_.span();
    map.maps = views_.maps();
    map.lens = paint_lens_name(state.view.paint.lens);
    const std::string bytes = paint_map_bytes(map, ".npy", Strings::load(kEnglish)).value_or("");
    std::vector<float> values(static_cast<std::size_t>(views_.patches()));
    if (bytes.size() < values.size() * 4) return {};
    std::memcpy(values.data(), bytes.data() + bytes.size() - values.size() * 4, values.size() * 4);
    return values;
  }

  PaintViews views_;
};

TEST_F(PaintViewsTest, WhatIsWrittenIsWhatIsShown) {
  AppState state = drawn();
  int compared = 0;
  for (const PaintLens lens :
       {PaintLens::kAttention, PaintLens::kValue, PaintLens::kWritten, PaintLens::kShare, PaintLens::kRollout,
        PaintLens::kOutput, PaintLens::kNorms, PaintLens::kCosine}) {
    for (const HeadSet& heads : {HeadSet{}, HeadSet{{2, 1}}, HeadSet{{0, 0}, {1, 3}, {4, 2}}}) {
      for (const int patch : {-1, 77}) {
        for (const bool reverse : {false, true}) {
          for (const bool negative : {false, true}) {
            for (const int film_frame : {-1, 1}) {
              state.doc.paint.maps = heads;
              state.doc.paint.patch = patch;
              state.view.paint.lens = lens;
              state.view.paint.reverse = reverse;
              state.view.paint.unconditional = negative;
              show(state, film_frame);
              // A map of zeros alone is said, too: the negative prompt is empty here.
              if (!views_.problem().empty() && views_.problem() != "paint.zero") {
                // That half has no outputs of its words alone.
                EXPECT_TRUE(negative && lens == PaintLens::kOutput) << views_.problem();
                continue;
              }
              const auto map = evaluate(state.painting.run->trace, views_.query());
              ASSERT_TRUE(map) << map.error().message;
              const std::vector<float> file = written(state);
              ASSERT_EQ(std::ssize(file), views_.patches());
              for (int i = 0; i < views_.patches(); ++i) {
                const float cell = views_.overlay().cells[static_cast<std::size_t>(i)];
                ASSERT_EQ(file[static_cast<std::size_t>(i)], cell) << i;
                const float value = map->values(0, i);
                ASSERT_NEAR(cell, value, 1e-6f + 1e-5f * std::abs(value))
                    << paint_lens_name(lens) << " heads " << heads.size() << " patch " << patch << " reverse "
                    << reverse << " negative " << negative << " at " << i;
              }
              ++compared;
            }
          }
        }
      }
    }
  }
  EXPECT_EQ(compared, 8 * 3 * 2 * 2 * 2 * 2 - 3 * 2 * 2 * 2)
      << "all but the outputs of words in the negative half";
}

// The map over the drawing as the smallest set that holds a share, and as places: what evaluate() says of the
// query that is shown; sentences and measures go on reading shares, and so do the words' tiles.
TEST_F(PaintViewsTest, TheMapHoldsAShareAndCountsPlaces) {
  AppState state = drawn();
  for (const PaintLens lens :
       {PaintLens::kAttention, PaintLens::kShare, PaintLens::kRollout, PaintLens::kCosine}) {
    for (const int patch : {-1, 77}) {
      state.view.paint.lens = lens;
      state.doc.paint.patch = patch;
      state.view.tokens = {};
      show(state);
      const std::vector<float> plain = views_.overlay().cells, words = views_.word_atlas().cells;
      for (const auto& [rank, hold] :
           {std::pair(false, true), std::pair(true, false), std::pair(true, true)}) {
        state.view.tokens.rank = rank;
        state.view.tokens.hold = hold ? std::optional(0.8) : std::nullopt;
        show(state);
        ASSERT_EQ(views_.query().mass.has_value(), hold && lens != PaintLens::kCosine);
        const Map map = evaluate(state.painting.run->trace, views_.query()).value();
        int empty = 0;
        for (int i = 0; i < views_.patches(); ++i) {
          const auto at = static_cast<std::size_t>(i);
          const float cell = views_.overlay().cells[at];
          empty += cell == kMaskedValue ? 1 : 0;
          ASSERT_EQ(cell == kMaskedValue, map.is_hidden(0, i)) << paint_lens_name(lens) << ' ' << i;
          if (cell == kMaskedValue) continue;
          EXPECT_NEAR(cell, map.values(0, i), rank ? 0.0f : 1e-6f);
          EXPECT_EQ(views_.numbers().cells[at], plain[at]);
        }
        EXPECT_EQ(empty > 0, views_.query().mass.has_value());
        EXPECT_EQ(views_.word_atlas().cells, words);
        EXPECT_EQ(views_.overlay_range().max < views_.overlay_range().min, rank) << "1 has the most colour";
      }
    }
  }
}

// Each way to make one map of several heads, against plain loops over what every head has.
TEST_F(PaintViewsTest, SeveralHeadsBecomeOneMapAsChosen) {
  AppState state = drawn();
  const HeadSet heads{{0, 0}, {1, 1}, {4, 2}};
  state.doc.paint.maps = heads;
  views_.want_joint(true);
  // Heads become one in each step; of steps it is the mean.
  const auto expected = [&](Fusion fusion, MapQuery query, int column) {
    float sum = 0.0f;
    for (int step = 0; step < kSteps; ++step) {
      std::vector<float> each;
      for (const auto& [block, head] : heads) {
        query.heads = one_head(block, head);
        query.steps = StepSpan{step, step};
        each.push_back(evaluate(state.painting.run->trace, query).value().values(0, column));
      }
      float out = fusion == Fusion::kProduct ? 1.0f : 0.0f;
      for (const float value : each)
        out = fusion == Fusion::kProduct ? out * value : out + value / static_cast<float>(heads.size());
      if (fusion == Fusion::kMax) out = *std::ranges::max_element(each);
      if (fusion == Fusion::kMin) out = *std::ranges::min_element(each);
      sum += out;
    }
    return sum / static_cast<float>(kSteps);
  };
  std::vector<float> shares;
  for (const Fusion fusion : {Fusion::kMean, Fusion::kMax, Fusion::kMin, Fusion::kProduct}) {
    state.doc.paint.fusion = fusion;
    for (const int patch : {-1, 77}) {
      state.doc.paint.patch = patch;
      show(state);
      EXPECT_EQ(views_.fusion(), fusion);
      const std::vector<float> file = written(state);
      const RowVector row = views_.row_of(40);
      const MapQuery of_row{.steps = StepSpan{0, kSteps - 1}, .subject = {40}};
      for (const int at : {0, 5, 77, 143}) {
        const float value = expected(fusion, views_.query(), at);
        EXPECT_NEAR(views_.overlay().cells[static_cast<std::size_t>(at)], value, 1e-7f + 1e-5f * value);
        EXPECT_EQ(file[static_cast<std::size_t>(at)], views_.overlay().cells[static_cast<std::size_t>(at)]);
        const float read = expected(fusion, of_row, at);
        EXPECT_NEAR(row(at), read, 1e-7f + 1e-5f * read);
        const auto cell = static_cast<std::size_t>(40 * views_.joint().width + at);
        EXPECT_NEAR(views_.joint().cells[cell], read, 1e-7f + 1e-5f * read);
      }
    }
    // What the words get is shared out by the mean: it stays.
    std::vector<float> now;
    for (const PaintWord& word : views_.words()) now.push_back(word.share);
    if (shares.empty()) shares = now;
    EXPECT_EQ(now, shares);
  }
  state.doc.paint.maps = {{2, 1}};
  show(state);
  EXPECT_EQ(views_.fusion(), Fusion::kMean) << "of one head there is nothing to fuse";
}

TEST_F(PaintViewsTest, TheThumbnailOfAHeadIsItsMap) {
  AppState state = drawn();
  state.view.paint.absolute = true;
  show(state);
  MapQuery query = views_.query();
  query.heads = one_head(2, 1);
  const Map map = evaluate(state.painting.run->trace, query).value();
  float top = 0.0f;
  const CellImage& atlas = views_.head_atlas();
  for (const float cell : atlas.cells) top = std::max(top, has_number(cell) ? cell : 0.0f);
  EXPECT_FLOAT_EQ(top, 1.0f) << "of the largest of all heads";
  for (int i = 1; i < views_.patches(); ++i) {
    const int x = 2 * views_.pitch_x() + i % views_.columns(), y = views_.pitch_y() + i / views_.columns();
    const int x0 = 2 * views_.pitch_x(), y0 = views_.pitch_y();
    const float first = atlas.cells[static_cast<std::size_t>(y0 * atlas.width + x0)];
    EXPECT_NEAR(atlas.cells[static_cast<std::size_t>(y * atlas.width + x)] * map.values(0, 0),
                first * map.values(0, i), 1e-5f);
  }
}

TEST_F(PaintViewsTest, NothingIsEvaluatedAgainThatDidNotChange) {
  AppState state = drawn();
  views_.want_joint(true);
  show(state);
  for (int frame = 0; frame < kSteps; ++frame) show(state, frame);
  const long before = evaluations();
  const std::uint64_t version = views_.head_atlas().version;
  show(state, kSteps - 1);
  state.view.paint.opacity = 0.1f;
  show(state, kSteps - 1);
  state.view.paint.smooth = !state.view.paint.smooth;
  show(state, kSteps - 1);
  state.doc.paint.negative = "un ch";
  show(state, kSteps - 1);
  EXPECT_EQ(views_.head_atlas().version, version) << "not even filled again";
  for (int frame = 0; frame < kSteps; ++frame) show(state, frame);
  EXPECT_EQ(evaluations(), before) << "an opacity drag, typing and the film once more";
  state.doc.paint.word = PromptWord{PromptWord::Kind::kWord, 8};
  show(state, kSteps - 1);
  EXPECT_GT(evaluations(), before) << "the count counts";
}

// The way back is of one step, the last of those looked at, whose picture is seen.
TEST_F(PaintViewsTest, LensesOfGradientsAreOfTheStepThatIsSeen) {
  AppState state = drawn();
  const PaintRun& run = *state.painting.run;
  for (const PaintLens lens : {PaintLens::kAttnLrp, PaintLens::kChefer, PaintLens::kLeGrad}) {
    for (const int patch : {-1, 77}) {
      for (const bool negative : {false, true}) {
        SCOPED_TRACE(fmt::format("{} {} {}", paint_lens_name(lens), patch, negative));
        state.doc.paint.patch = patch;
        state.doc.paint.step_span = std::pair(0, 1);
        state.view.paint.lens = lens;
        state.view.paint.unconditional = negative;
        show(state);
        ASSERT_EQ(views_.problem(), "");
        EXPECT_EQ(views_.query().steps, (StepSpan{1, 1}));
        const auto map = evaluate(run.trace, views_.query(), lens_context(run, views_.query()));
        ASSERT_TRUE(map) << map.error().message;
        for (int i = 0; i < views_.patches(); ++i)
          ASSERT_EQ(views_.overlay().cells[static_cast<std::size_t>(i)], map->values(0, i)) << i;
        EXPECT_EQ(views_.overlay_range().min < 0.0f, lens == PaintLens::kAttnLrp);
        EXPECT_FALSE(views_.overlay_range().share);
      }
    }
  }
  auto tried = std::make_shared<PaintRun>(run);
  tried->request.edits = {{.what = HeadOff{2, 1}}};
  state.painting.run = tried;
  show(state);
  EXPECT_EQ(views_.problem(), "paint.gradients.tried");
}

// Principal components are colours, of the block that was chosen; words keep their attention beside them.
TEST_F(PaintViewsTest, ComponentsAreColours) {
  AppState state = drawn();
  show(state);
  const CellImage words = views_.word_atlas();
  EXPECT_TRUE(views_.colours().empty());
  state.view.paint.lens = PaintLens::kPca;
  state.doc.paint.maps = {{1, 0}, {3, 2}};
  show(state);
  ASSERT_EQ(views_.problem(), "");
  ASSERT_EQ(std::ssize(views_.colours()), views_.patches());
  ASSERT_EQ(views_.explained().size(), 3u);
  EXPECT_GE(views_.explained()[0], views_.explained()[1]);
  EXPECT_EQ(views_.block(), 3);
  EXPECT_EQ(views_.query().heads.layer, 3);
  state.doc.paint.maps = {};
  show(state);
  EXPECT_EQ(views_.word_atlas().cells, words.cells);
  EXPECT_EQ(views_.block(), state.painting.run->trace.shape().layers - 1);
}

}  // namespace
}  // namespace regard
