// What stays visible beside what is chosen: words left out, other seeds, the value before, trials, what is
// kept from the last start.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "app/state/kept.h"
#include "app/ui/marks.h"
#include "core/engine/text_run.h"
#include "core/formats/json.h"
#include "core/formats/npy.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

Session text_session(const std::string& prompt) {
  Session session = first_session(kEnglish);
  session.doc.prompt = prompt;
  session.doc.pins.clear();
  session.doc.choice = map_choice(2, 2);
  session.has_choice = true;
  session.example.reset();
  return session;
}

void wait(UiRun& run, ImGuiTestContext* ctx) {
  run.wait(ctx, [] { return true; }, 3);
}

constexpr PromptWord kRed{PromptWord::Kind::kWord, 2};

// Before, now and what changed: the last is what the matrix shows.
TEST(Beside, ADifferenceIsExportedAsItIsShown) {
  const auto folder =
      std::filesystem::path(testing::TempDir()) / ("regard_difference" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  UiRun run(text_session("a (red:1.5) cat"));
  run.settle();
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(SetDifference{true});
    wait(run, ctx);
    IM_CHECK(run.program().views().shows_difference());
    run.program().send(ExportMap{folder / "map.npy"});
    wait(run, ctx);
    const auto file = read_npy(folder / "map.npy");
    IM_CHECK(file.has_value());
    const CellImage& shown = run.program().views().matrix();
    const auto count = static_cast<std::size_t>(shown.width);
    IM_CHECK(file->shape == (std::vector<std::size_t>{3, count, count}));
    float most = 0;
    for (std::size_t i = 0; i < count * count; ++i) {
      const float written = file->values[2 * count * count + i], cell = shown.cells[i];
      IM_CHECK_SILENT(std::isnan(written) ? !has_number(cell) : written == cell);
      if (!std::isnan(written)) most = std::max(most, std::abs(written));
    }
    EXPECT_GT(most, 0.01f);
  });
  std::filesystem::remove_all(folder);
}

// A drawing's file says that it is a difference, and holds one: the map in sight, and another head's.
TEST(Beside, ADrawingsDifferenceIsExportedAsOne) {
  const auto folder =
      std::filesystem::path(testing::TempDir()) / ("regard_drawn" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  Session session = painting_session();
  session.doc.paint.edits = {{.what = MuteWord{kRed}}};
  session.doc.paint.word = {PromptWord::Kind::kWord, 6};
  UiRun run(session);
  run.settle();
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(SetDifference{true});
    wait(run, ctx);
    IM_CHECK(run.program().paint().shows_difference());
    run.program().send(ExportMap{folder / "map.json"});
    run.program().send(ExportMap{folder / "head.npy", ShownView{.head = std::pair(2, 1)}});
    wait(run, ctx);
    const auto json = read_json(folder / "map.json");
    IM_CHECK(json.has_value());
    EXPECT_NE((*json)["map"].get<std::string>().find("difference to before"), std::string::npos);
    const PaintViews& paint = run.program().paint();
    float least = 0;
    for (int i = 0; i < paint.patches(); ++i) {
      const float cell = paint.overlay().cells[static_cast<std::size_t>(i)];
      EXPECT_EQ((*json)["attention"][i / paint.columns()][i % paint.columns()].get<float>(), cell);
      least = std::min(least, cell);
    }
    EXPECT_LT(least, 0.0f);
    const auto head = read_npy(folder / "head.npy");
    IM_CHECK(head.has_value());
    MapQuery query = paint.query();
    query.heads = {.set = {{2, 1}}};
    const auto now = evaluate(run.state().painting.run->trace, query);
    const auto before = evaluate(run.state().painting.before->trace, *paint.before_query(query));
    IM_CHECK(now.has_value() && before.has_value());
    for (int i = 0; i < paint.patches(); ++i)
      EXPECT_FLOAT_EQ(head->values[static_cast<std::size_t>(i)], now->values(0, i) - before->values(0, i));
  });
  std::filesystem::remove_all(folder);
}

TEST(Beside, AWordsBarIsWhatTheEngineGivesWithoutIt) {
  UiRun run(painting_session());
  run.settle();
  const PaintRun& drawn = *run.state().painting.run;
  PaintRequest request = drawn.request;
  request.edits.push_back({.what = MuteWord{kRed}});
  const auto without = run_paint(request);
  ASSERT_TRUE(without.has_value());
  double sum = 0;
  const std::vector<float>&a = drawn.x.back(), &b = (*without)->x.back();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double apart =
        std::clamp(static_cast<double>(a[i]), -1.0, 1.0) - std::clamp(static_cast<double>(b[i]), -1.0, 1.0);
    sum += apart * apart;
  }
  const double rms = std::sqrt(sum / static_cast<double>(a.size())) / 2;
  const SideViews& side = run.program().side();
  EXPECT_EQ(side.words_done(), 4);  // a, red, cat, end: the start cannot be muted
  const WordEffect* red = side.without(kRed, drawn.prompt);
  ASSERT_NE(red, nullptr);
  EXPECT_TRUE(red->problem.empty());
  EXPECT_GT(red->rms, 0.001f);
  EXPECT_NEAR(red->rms, rms, 1e-6);
  EXPECT_GE(side.largest_effect(), red->rms);
}

// "chat" reads "Un" alone, "poursuit" has read "chat" and "rouge": why its map lies on the cat.
TEST(Beside, WhatAWordHasReadIsWhatStandsBeforeIt) {
  Session session = painting_session(2);
  session.doc.prompt = "Un chat rouge poursuit une souris grise";
  UiRun run(session);
  run.settle();
  const auto of = [&](const char* word) {
    return run.program().side().read_before({PromptWord::Kind::kWord, session.doc.prompt.find(word)});
  };
  const auto first = of("Un"), chat = of("chat"), verb = of("poursuit");
  ASSERT_TRUE(first && chat && verb);
  EXPECT_TRUE(first->words.empty());
  ASSERT_EQ(chat->words.size(), 1u);
  EXPECT_EQ(chat->words[0].first, 0u);
  EXPECT_EQ(verb->words.size(), 3u);
  float before = 2;
  for (const auto& [byte, share] : verb->words) {
    EXPECT_LT(byte, session.doc.prompt.find("poursuit"));
    EXPECT_LE(share, before);
    before = share;
  }
}

TEST(Beside, AMutedWordIsMarkedAndNotMutedAgain) {
  Session session = painting_session();
  session.doc.paint.edits = {{.what = MuteWord{kRed}}, {.what = HeadOff{1, 0}}};
  UiRun run(session);
  run.settle();
  Program& program = run.program();
  EXPECT_EQ(program.side().words_done(), 3);
  EXPECT_EQ(program.side().without(kRed, program.paint().text()), nullptr);
  std::vector<Command> out;
  const MapTextures textures;
  const Fonts fonts;
  const Ui ui{program.state(),
              program.views(),
              program.compare(),
              program.picture(),
              program.paint(),
              program.side(),
              program.heads(),
              program.pair(),
              program.doubled(),
              textures,
              program.strings(),
              palette(Theme::kDark),
              fonts,
              program.ui(),
              out,
              1.0f};
  ASSERT_TRUE(trial_on(ui, kRed).has_value());
  EXPECT_TRUE(trial_on(ui, kRed)->struck);
  EXPECT_FALSE(trial_on(ui, {PromptWord::Kind::kWord, 6}).has_value());
  EXPECT_TRUE(trial_on(ui, 1, 0).has_value());
  EXPECT_FALSE(trial_on(ui, 1, 1).has_value());
}

TEST(Beside, TheDieGivesAnotherSeedAndUndoTheOldOne) {
  UiRun run(painting_session());
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    const std::uint64_t before = run.state().doc.paint.seed;
    ctx->ItemClick("//###panel.prompt.painting/**/###die");
    ctx->Yield(2);
    IM_CHECK(run.state().doc.paint.seed != before);
    const std::uint64_t first = run.state().doc.paint.seed;
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_D);
    ctx->Yield(2);
    IM_CHECK(run.state().doc.paint.seed != first);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
    ctx->Yield(2);
    IM_CHECK(run.state().doc.paint.seed == before);
    wait(run, ctx);
  });
}

TEST(Beside, NineSeedsAreDrawnOnceLookedAtAndAClickTakesOne) {
  UiRun run(painting_session(2));
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    const SideViews& side = run.program().side();
    IM_CHECK(side.seeds() == nullptr);  // out of sight
    ctx->WindowFocus("//###panel.paint_seeds");
    wait(run, ctx);
    IM_CHECK(side.seeds() != nullptr);
    IM_CHECK_EQ(side.seeds()->done(), kSeedsShown);
    IM_CHECK_EQ(side.seeds_sheet().tiles, kSeedsShown);
    // The seed in sight is among them, and its picture is the drawing's.
    IM_CHECK(side.seeds()->pictures[0]->x == run.state().painting.run->x.back());
    ctx->ItemClick("//###panel.paint_seeds/**/$$4/##seed");
    wait(run, ctx);
    IM_CHECK(run.state().doc.paint.seed == 5u);
    IM_CHECK(side.seeds()->pictures[4]->x == run.state().painting.run->x.back());
    PaintDocument paint = run.state().doc.paint;
    paint.seeds.without = LeftOut::kWord;
    paint.seeds.word = kRed;
    run.program().send(SetPaint{paint, 0});
    wait(run, ctx);
    IM_CHECK_EQ(side.seeds()->done(), 2 * kSeedsShown);
    IM_CHECK(!side.change(8).has_value());  // seed 5 as it is: what the other is compared with
    IM_CHECK(side.change(9).value_or(0.0f) > 0.0f);
  });
}

// From one noise: every scheme, of which those that act differently draw something else; and one word's
// weight.
TEST(Beside, SchemesAndWeightsAreDrawnFromTheSameNoise) {
  Session session = painting_session(2);
  session.doc.prompt = "a (red:1.5) cat";
  session.doc.paint.word = {PromptWord::Kind::kWord, 12};
  session.doc.paint.seeds.series = Series::kWeightings;
  UiRun run(session);
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    ctx->WindowFocus("//###panel.paint_seeds");
    wait(run, ctx);
    const SideViews& side = run.program().side();
    IM_CHECK_EQ(side.seeds()->done(), static_cast<int>(kAllWeightings.size()));
    for (std::size_t i = 0; i < kAllWeightings.size(); ++i) {
      const Weighting weighting = *side.seeds()->list.each[i].weighting;
      IM_CHECK_STR_EQ(side.seeds()->pictures[i]->problem.c_str(), "");
      IM_CHECK_EQ(side.change(i).has_value(), weighting != Weighting::kNone);
      if (weighting != Weighting::kNone) IM_CHECK_SILENT(*side.change(i) > 0.0f);
      if (weighting == run.state().doc.weighting)
        IM_CHECK(side.seeds()->pictures[i]->x == run.state().painting.run->x.back());
    }
    ctx->ItemClick("//###panel.paint_seeds/**/$$5/##seed");  // ComfyUI's
    wait(run, ctx);
    IM_CHECK(run.state().doc.weighting == Weighting::kComfyUI);
    PaintDocument paint = run.state().doc.paint;
    paint.seeds.series = Series::kWeights;
    run.program().send(SetPaint{paint, 0});
    wait(run, ctx);
    IM_CHECK_EQ(side.seeds()->done(), static_cast<int>(std::size(kStripWeights)));
    IM_CHECK(side.seeds()->pictures[2]->x == run.state().painting.run->x.back());  // cat weighs 1
    IM_CHECK(*side.change(4) > 0.0f);
    ctx->ItemClick("//###panel.paint_seeds/**/$$3/##seed");
    wait(run, ctx);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "a (red:1.5) (cat:1.5)");
    IM_CHECK(side.seeds()->pictures[3]->x == run.state().painting.run->x.back());
  });
}

const StripFrame& frame_at(const WeightStrip& strip, double weight) {
  return *std::ranges::find(strip.frames, weight, &StripFrame::weight);
}

// A tile or slider of the prompt. @param panel  "//###panel..."
void point_in_strip(ImGuiTestContext* ctx, const std::string& panel, const char* item) {
  ctx->MouseMove(ctx->GetID(item, ctx->WindowInfo((panel + "/##strip").c_str()).ID));
}

// A drawing of two steps whose panel shows "red" at some weights.
Session strip_session(std::vector<double> weights) {
  Session session = painting_session(2);
  session.doc.paint.seeds.series = Series::kWeights;
  session.doc.paint.seeds.weights = std::move(weights);
  session.doc.paint.word = kRed;
  return session;
}

void look_at_strip(UiRun& run, ImGuiTestContext* ctx) {
  wait(run, ctx);
  ctx->WindowFocus("//###panel.paint_seeds");
  wait(run, ctx);
}

// From the word's own menu: the panel comes, the word is drawn at its weights, and what stands below is what
// the engine measures.
TEST(Beside, AWordIsDrawnAtFiveWeightsFromItsMenu) {
  Session session = painting_session(2);
  session.doc.prompt = "un (chat:1.5) rouge";
  UiRun run(session);
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    point_in_strip(ctx, "//###panel.prompt.painting", "$$3/##tile");
    ctx->MouseClick(ImGuiMouseButton_Right);
    ctx->ItemClick("//$FOCUSED/###strip_item");
    wait(run, ctx);
    const PaintDocument& paint = run.state().doc.paint;
    IM_CHECK(paint.seeds.series == Series::kWeights);
    IM_CHECK(paint.word && paint.word->byte >= 14);  // rouge
    const auto strip = run.program().side().strip();
    IM_CHECK(strip != nullptr);
    IM_CHECK_EQ(strip->done(), 5);
    IM_CHECK(strip->letters() == "rouge");
    const auto engine = draw_weight_strip(
        {.drawing = run.state().painting.run->request, .byte = strip->word.start, .weights = {0.5, 1.0}});
    IM_CHECK(engine.has_value());
    IM_CHECK(frame_at(*strip, 0.5).x == engine->frames[0].x);
    IM_CHECK(frame_at(*strip, 0.5).change == engine->frames[0].change);
    IM_CHECK(frame_at(*strip, 0.5).drawn == engine->frames[0].drawn);
    IM_CHECK(frame_at(*strip, 1.0).x == run.state().painting.run->x.back());
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
    ctx->Yield(2);
    IM_CHECK(run.state().doc.paint.seeds.series == Series::kSeeds);  // one step of undo
  });
}

// From the text workspace, under the slider: the painting comes.
TEST(Beside, TheSlidersMenuGoesToThePainting) {
  UiRun run(text_session("un chat rouge"));
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    point_in_strip(ctx, "//###panel.prompt", "$$100001/##weight");
    ctx->MouseClick(ImGuiMouseButton_Right);
    ctx->ItemClick("//$FOCUSED/###strip_item");
    run.wait(ctx, [&] {
      const auto strip = run.program().side().strip();
      return strip != nullptr && strip->done() == 5;
    });
    IM_CHECK(run.state().view.workspace == Workspace::kPainting);
    IM_CHECK(run.program().side().strip()->letters() == "chat");
  });
}

// Other weights are typed; one that is not there is drawn to compare with; what is no list changes nothing.
TEST(Beside, TheWeightsOfAStripAreTyped) {
  UiRun run(strip_session({std::begin(kStripWeights), std::end(kStripWeights)}));
  run.play([&](ImGuiTestContext* ctx) {
    look_at_strip(run, ctx);
    const auto type = [&](const char* text) {
      ctx->ItemClick("//###panel.paint_seeds/**/weights/##open");
      ctx->ItemInputValue("//$FOCUSED/##weights", text);
      wait(run, ctx);
    };
    type("2 0.25");
    IM_CHECK(run.state().doc.paint.seeds.weights == (std::vector<double>{2.0, 0.25}));
    const auto strip = run.program().side().strip();
    IM_CHECK_EQ(std::ssize(strip->frames), 2);
    IM_CHECK(run.program().side().seeds()->list.each.size() == 3);  // and the one at 1
    IM_CHECK(strip->frames[0].change.has_value() && strip->frames[1].change.has_value());
    IM_CHECK(strip->plain == run.state().painting.run->x.back());
    type("2 much");
    IM_CHECK(run.program().ui().strip.wrong);
    IM_CHECK(run.state().doc.paint.seeds.weights == (std::vector<double>{2.0, 0.25}));
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
    wait(run, ctx);
    IM_CHECK_EQ(std::ssize(run.state().doc.paint.seeds.weights), 5);
  });
}

// The figure and the numbers that leave the window are those of the strip.
TEST(Beside, AStripIsExportedWithItsNumbers) {
  const auto folder =
      std::filesystem::path(testing::TempDir()) / ("regard_strip" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  UiRun run(strip_session({0.0, 1.0}));
  run.play([&](ImGuiTestContext* ctx) {
    look_at_strip(run, ctx);
    const ShownView view{.map = ShownView::Map::kStrip};
    run.program().send(ExportMap{folder / "strip.json", view});
    run.program().send(ExportMap{folder / "strip.npy", view});
    run.program().send(ExportMap{folder / "strip.svg", view});
    wait(run, ctx);
    const auto json = read_json(folder / "strip.json");
    IM_CHECK(json.has_value());
    const auto strip = run.program().side().strip();
    EXPECT_EQ((*json)["word"], "red");
    EXPECT_EQ((*json)["frames"][0]["change"].get<double>(), strip->frames[0].change);
    EXPECT_TRUE((*json)["frames"][1]["change"].is_null());
    EXPECT_EQ((*json)["frames"][1]["area"].get<int>(), strip->frames[1].drawn->area);
    const auto pictures = read_npy(folder / "strip.npy");
    IM_CHECK(pictures.has_value());
    EXPECT_EQ(pictures->shape[0], 2u);
    EXPECT_TRUE(
        std::ranges::equal(std::span(pictures->values).first(strip->frames[0].x.size()), strip->frames[0].x));
    IM_CHECK(std::filesystem::file_size(folder / "strip.svg") > 1000);
  });
  std::filesystem::remove_all(folder);
}

// While a weight is dragged the picture follows in drafts, each drawn to its end; at rest it is whole.
TEST(Beside, ThePictureFollowsADraggedWeight) {
  UiRun run(painting_session(24));
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    const PaintState& painting = run.state().painting;
    point_in_strip(ctx, "//###panel.prompt.painting", "$$100001/##weight");
    ctx->MouseDown(ImGuiMouseButton_Left);
    std::vector<std::shared_ptr<const PaintRun>> drafts;
    const ImVec2 from = ImGui::GetMousePos();
    const auto begin = std::chrono::steady_clock::now();
    double first_ms = 0.0;
    for (int i = 1; i < 2000 && drafts.size() < 4; ++i) {
      ctx->MouseMoveToPos(ImVec2(from.x + static_cast<float>(i % 30), from.y));
      ctx->Yield();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      IM_CHECK_SILENT(painting.run->drawn() == painting.run->steps);  // never half of a picture
      if (!painting.draft || (!drafts.empty() && drafts.back() == painting.run)) continue;
      if (drafts.empty())
        first_ms =
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
      drafts.push_back(painting.run);
      IM_CHECK_EQ_NO_RET(painting.run->steps, kDraftSteps);
    }
    IM_CHECK_EQ(std::ssize(drafts), 4);
    IM_CHECK(drafts[0]->request.prompt != drafts[1]->request.prompt);
    RecordProperty("first_draft_ms", std::to_string(first_ms));
    ctx->MouseUp(ImGuiMouseButton_Left);
    wait(run, ctx);
    IM_CHECK(!painting.draft && !painting.drawing);
    IM_CHECK_EQ(painting.run->drawn(), 24);
    IM_CHECK(painting.run->request.prompt == run.state().doc.prompt);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);  // the whole drag
    wait(run, ctx);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "a red cat");
  });
}

TEST(Beside, TheValueBeforeIsThatOfThePromptWithoutWeights) {
  UiRun run(text_session("Un (chat:1.6) rouge"));
  run.settle();
  const TextViews& views = run.program().views();
  ASSERT_TRUE(views.has_before());
  const auto plain = run_text({.model = run.state().model, .prompt = "Un chat rouge"});
  ASSERT_TRUE(plain.has_value());
  const auto then = (*plain)->output.record->attention(2, 2);
  const auto now = run.state().run->output.record->attention(2, 2);
  for (int k = 0; k <= 3; ++k) {
    ASSERT_TRUE(views.before(3, k).has_value());
    EXPECT_NEAR(*views.before(3, k), then(3, k), 1e-6f);
  }
  EXPECT_FALSE(views.before(1, 3).has_value());  // masked
  EXPECT_FALSE(views.shows_difference());
  run.play([&](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiMod_Alt | ImGuiKey_D);
    ctx->Yield(3);
    IM_CHECK(views.shows_difference());
    const int count = views.count();
    IM_CHECK(std::abs(views.matrix().cells[static_cast<std::size_t>(3 * count + 2)] -
                      (now(3, 2) - then(3, 2))) < 1e-6f);
    IM_CHECK(!has_number(views.matrix().cells[static_cast<std::size_t>(count + 3)]));
    IM_CHECK(views.matrix_range().center == 0.0f);
    ctx->KeyPress(ImGuiMod_Alt | ImGuiKey_D);
    ctx->Yield(3);
    IM_CHECK(!views.shows_difference());
  });
  run.program().send(SetPrompt{"Un chat rouge", 0});
  run.settle();
  EXPECT_FALSE(views.has_before());
}

TEST(Beside, ADrawingsMapsShowWhatATrialChanged) {
  Session session = painting_session();
  session.doc.paint.edits = {{.what = MuteWord{kRed}}};
  session.doc.paint.word = PromptWord{PromptWord::Kind::kWord, 6};
  UiRun run(session);
  run.settle();
  const PaintViews& paint = run.program().paint();
  ASSERT_TRUE(paint.has_before());
  const PaintWord& cat = paint.words()[3];
  ASSERT_TRUE(cat.share_before.has_value());
  float whole = 0;
  for (const PaintWord& word : paint.words()) whole += word.share_before.value_or(0.0f);
  EXPECT_NEAR(whole, 1.0f, 1e-4f);
  EXPECT_GT(*paint.words()[2].share_before, 0.0f);  // red was read before it was muted
  EXPECT_EQ(paint.words()[2].share, 0.0f);
  const std::vector<float> now = paint.overlay().cells;
  run.program().send(SetDifference{true});
  run.settle();
  ASSERT_TRUE(paint.shows_difference());
  EXPECT_EQ(paint.overlay_range().center, 0.0f);
  const auto then = run.state().painting.before;
  const auto map = evaluate(then->trace, paint.query());
  ASSERT_TRUE(map.has_value());
  for (std::size_t i = 0; i < now.size(); ++i)
    EXPECT_NEAR(paint.overlay().cells[i], now[i] - map->values(0, static_cast<Eigen::Index>(i)), 1e-6f);
}

TEST(Beside, TheSliderInsideTheCalculationIsTheWords) {
  UiRun run(text_session("Un chat rouge"));
  run.program().send(TogglePin{{Pin::Kind::kText, 8}});
  run.play([&](ImGuiTestContext* ctx) {
    run.wait_for_run(ctx);
    ctx->ItemInputValue("//###panel.why/**/weight/##weight", 1.5f);
    run.wait_for_run(ctx);
    IM_CHECK(run.state().doc.prompt.find("1.5") != std::string::npos);
  });
}

TEST(Beside, WhatIsKeptFromTheLastStartIsSaidAndCanBeReset) {
  Session session = painting_session(2);
  session.restored = true;
  session.doc.paint.edits = {{.what = MuteWord{kRed}}};
  session.doc.paint.negative = "blue";
  UiRun run(session);
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    IM_CHECK_EQ(kept_things(run.state()).size(), 2u);
    ctx->ItemClick("//##status/###kept_reset");
    wait(run, ctx);
    IM_CHECK(run.state().doc.paint.edits.empty());
    IM_CHECK(run.state().doc.paint.negative.empty());
    IM_CHECK(run.state().doc.prompt == "a red cat");
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
    wait(run, ctx);
    IM_CHECK_EQ(run.state().doc.paint.edits.size(), 1u);
  });
}

}  // namespace
}  // namespace regard
