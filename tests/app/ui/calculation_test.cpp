// The calculation of one number, followed to the end: which cell is explained, its stages by mouse and keys,
// and the lenses that come of it.
#include <algorithm>
#include <string>

#include "app/state/session.h"
#include "app/ui/why_parts.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

Session session_of(Workspace workspace) {
  Session session = workspace == Workspace::kPainting ? painting_session(2) : first_session(kEnglish);
  session.view.workspace = workspace;
  if (workspace == Workspace::kText) {
    session.doc.prompt = "a red cat";
    session.doc.choice = map_choice(1, 0);
    session.has_choice = true;
  }
  return session;
}

// Whether the newest frame wrote this, whole or as a part.
bool is_written(const std::vector<DrawnText>& texts, const std::string& part) {
  return std::ranges::any_of(texts,
                             [&](const DrawnText& t) { return t.text.find(part) != std::string::npos; });
}

std::vector<DrawnText> texts_of(UiRun& run, ImGuiTestContext* ctx) {
  std::vector<DrawnText> texts;
  run.program().ui().drawn_texts = &texts;
  ctx->Yield(2);
  run.program().ui().drawn_texts = nullptr;
  return texts;
}

TEST(Calculation, KeysGoFromStageToStageAndTheLastTwoAreOfADrawing) {
  for (const Workspace workspace : {Workspace::kText, Workspace::kImage, Workspace::kPainting}) {
    UiRun run(session_of(workspace));
    const std::size_t stages = workspace == Workspace::kPainting ? 6 : 4;
    run.play([&](ImGuiTestContext* ctx) {
      run.wait(ctx);
      IM_CHECK(run.state().view.calculation.stage == CalculationStage::kSoftmax);
      for (std::size_t i = 0; i < 8; ++i) {
        ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_PageDown);
        run.wait(ctx);
      }
      IM_CHECK(run.state().view.calculation.stage == kAllStages[stages - 1]);
      for (std::size_t i = 0; i < 8; ++i) {
        ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_PageUp);
        run.wait(ctx);
      }
      IM_CHECK(run.state().view.calculation.stage == CalculationStage::kProduct);
    });
  }
}

TEST(Calculation, EveryStageIsDrawnInEveryWorkspaceWithTheRecordsNumbers) {
  for (const Workspace workspace : {Workspace::kText, Workspace::kImage, Workspace::kPainting}) {
    Session session = session_of(workspace);
    session.first_picture = false;  // else the first example chooses its own head
    if (workspace == Workspace::kImage) session.doc.picture.choice = map_choice(1, 0);
    if (workspace == Workspace::kPainting) {
      session.doc.paint.maps = {{1, 0}};
      session.doc.paint.patch = 30;
    }
    UiRun run(session);
    run.play([&](ImGuiTestContext* ctx) {
      run.wait(ctx);
      ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_PageUp);  // into sight, too
      run.wait(ctx);
      const int query = 2, key = 1;
      CalculationView view = run.state().view.calculation;
      view.cell = {query, key};
      const AttentionRecord& record = workspace == Workspace::kText ? *run.state().run->output.record
                                      : workspace == Workspace::kImage
                                          ? *run.state().vision->output.record
                                          : *run.state().painting.run->trace.records.back();
      const CellCalculation cell = calculate_cell(record, 1, 0, query, key);
      const Strings english = Strings::load(kEnglish);
      const auto shown = [&](CalculationStage stage, float value, int decimals) {
        view.stage = stage;
        run.program().send(SetCalculation{view});
        run.wait(ctx);
        IM_CHECK(is_written(texts_of(run, ctx), english.number(static_cast<double>(value), decimals)));
      };
      shown(CalculationStage::kProduct, cell.dot, 3);
      shown(CalculationStage::kSoftmax, cell.scaled, 3);
      shown(CalculationStage::kValues, cell.passed.norm(), 3);
      shown(CalculationStage::kResidual, cell.written.norm(), 3);
      if (workspace != Workspace::kPainting) return;
      for (const CalculationStage stage : {CalculationStage::kGuidance, CalculationStage::kEuler}) {
        view.stage = stage;
        run.program().send(SetCalculation{view});
        run.wait(ctx);
        IM_CHECK(
            is_written(texts_of(run, ctx), stage == CalculationStage::kGuidance ? "guided" : "heading for"));
      }
    });
  }
}

TEST(Calculation, AKeyOfTheRowIsHeldUntilAnotherIsPointedAtOrPinned) {
  UiRun run(session_of(Workspace::kText));
  run.play([&](ImGuiTestContext* ctx) {
    run.wait_for_run(ctx);
    run.program().send(TogglePin{{Pin::Kind::kText, 6}});  // cat
    run.wait(ctx);
    IM_CHECK(!run.state().view.calculation.cell.has_value());
    ctx->SetRef(ctx->WindowInfo("//###panel.why/##row").ID);
    ctx->ItemClick("$$1/##bar");
    run.wait(ctx);
    IM_CHECK(run.state().view.calculation.cell == std::optional(std::pair(3, 1)));
    run.program().send(SetWordWeight{2, 5, 1.5, 0});  // its weight moves, the cell stays
    run.wait_for_run(ctx);
    IM_CHECK(run.state().view.calculation.cell.has_value());
    run.program().send(TogglePin{{Pin::Kind::kText, 3}});
    run.wait(ctx);
    IM_CHECK(!run.state().view.calculation.cell.has_value());
  });
}

TEST(Calculation, ItsChoicesAreInASession) {
  Session session = first_session(kEnglish);
  session.doc.choice.lens = session.doc.picture.choice.lens = "written";
  session.view.paint.lens = PaintLens::kValue;
  session.has_choice = true;
  session.view.calculation = {.stage = CalculationStage::kResidual, .sorted = true, .cell = std::pair(3, 1)};
  const auto read = parse_session(session_json(session), "s.json", first_session(kEnglish));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->doc.choice, session.doc.choice);
  EXPECT_EQ(read->doc.picture.choice, session.doc.picture.choice);
  EXPECT_EQ(read->view.paint.lens, PaintLens::kValue);
  EXPECT_EQ(read->view.calculation, session.view.calculation);
}

// Scores are of attention: one of the two is in force.
TEST(Calculation, ALensOfHeadsShowsItsLengths) {
  UiRun run(session_of(Workspace::kText));
  run.play([&](ImGuiTestContext* ctx) {
    run.wait_for_run(ctx);
    run.program().send(SetScores{true});
    const HeadChoice heads = one_head(1, 0);
    run.program().send(SelectMap{{.heads = heads, .lens = "written"}});
    run.wait(ctx);
    IM_CHECK(!run.state().view.scores);
    const TextViews& views = run.program().views();
    IM_CHECK(views.shows_lengths());
    IM_CHECK(!views.matrix_range().share);
    const auto map = evaluate(run.state().run->trace, {.lens = "written", .heads = heads});
    IM_CHECK(map.has_value() && views.shown() == map->values);
    const auto attention = evaluate(run.state().run->trace, {.heads = heads});
    IM_CHECK(views.attention() == attention->values);
    run.program().send(StepMap{0, 1});  // another head says the same
    run.wait(ctx);
    IM_CHECK(run.state().doc.choice == (MapChoice{.heads = one_head(1, 1), .lens = "written"}));
    run.program().send(SetScores{true});
    run.wait(ctx);
    IM_CHECK(run.state().doc.choice == map_choice(1, 1));
  });
}

}  // namespace
}  // namespace regard
