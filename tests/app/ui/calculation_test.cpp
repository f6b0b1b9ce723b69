// The calculation of one number, followed to the end: which cell is explained, its stages by mouse and keys,
// and the lenses that come of it.
#include <algorithm>
#include <string>

#include "app/state/session.h"
#include "app/ui/why_parts.h"
#include "core/analysis/word_cell.h"
#include "core/engine/context_changes.h"
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

TEST(Calculation, KeysGoFromStageToStageAndSomeAreOfADrawing) {
  for (const Workspace workspace : {Workspace::kText, Workspace::kImage, Workspace::kPainting}) {
    UiRun run(session_of(workspace));
    const bool drawn = workspace == Workspace::kPainting;
    run.play([&](ImGuiTestContext* ctx) {
      run.wait(ctx);
      IM_CHECK(run.state().view.calculation.stage == CalculationStage::kSoftmax);
      for (std::size_t i = 0; i < 8; ++i) {
        ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_PageDown);
        run.wait(ctx);
      }
      IM_CHECK(run.state().view.calculation.stage ==
               (drawn ? CalculationStage::kEuler : CalculationStage::kResidual));
      for (std::size_t i = 0; i < 8; ++i) {
        ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_PageUp);
        run.wait(ctx);
      }
      IM_CHECK(run.state().view.calculation.stage ==
               (drawn ? CalculationStage::kContext : CalculationStage::kProduct));
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

// Words as one: the cell of a word of several tokens ends in the number of the map; keys step through its
// pairs.
TEST(Calculation, OfAWordGoesThroughItsTokens) {
  Session session = session_of(Workspace::kText);
  session.doc.prompt = "un petit chat";
  session.view.tokens.words = true;
  UiRun run(session);
  run.play([&](ImGuiTestContext* ctx) {
    run.wait_for_run(ctx);
    const Trace& trace = run.state().run->trace;
    const PositionGroup petit = word_around(trace.prompt, 2);
    IM_CHECK_GT(petit.last, petit.first);
    const int chat = petit.last + 1;
    CalculationView view;
    view.cell = {chat, petit.first};
    run.program().send(SetCalculation{view});
    run.wait(ctx);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_PageDown);  // softmax, then the word
    run.wait(ctx);
    IM_CHECK(run.state().view.calculation.stage == CalculationStage::kWord);
    const Strings english = Strings::load(kEnglish);
    const auto map = evaluate(trace, {.heads = one_head(1, 0), .words = true});
    const auto column = std::ranges::find(map->columns, petit.first) - map->columns.begin(),
               row = std::ranges::find(map->rows, chat) - map->rows.begin();
    const auto value = static_cast<double>(map->values(row, column));
    const std::vector<DrawnText> texts = texts_of(run, ctx);
    IM_CHECK(is_written(texts, english.percent(value, 2)));
    IM_CHECK(is_written(texts, "petit"));
    const float last = trace.records[0]->attention(1, 0)(chat, petit.last);
    IM_CHECK(is_written(texts, english.percent(static_cast<double>(last), 2)));
    for (int token = petit.first + 1; token <= petit.last; ++token) {
      ctx->KeyPress(ImGuiMod_Ctrl | ImGuiMod_Shift | ImGuiKey_PageDown);
      run.wait(ctx);
      IM_CHECK(run.state().view.calculation.cell == std::optional(std::pair(chat, token)));
    }
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiMod_Shift | ImGuiKey_PageDown);  // around the end
    run.wait(ctx);
    IM_CHECK(run.state().view.calculation.cell == std::optional(std::pair(chat, petit.first)));
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiMod_Shift | ImGuiKey_PageUp);
    run.wait(ctx);
    IM_CHECK(run.state().view.calculation.cell == std::optional(std::pair(chat, petit.last)));
    run.program().send(SetTokensView{});  // apart: there is no such stage
    run.wait(ctx);
    IM_CHECK(!is_written(texts_of(run, ctx), "mean of sums"));
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiMod_Shift | ImGuiKey_PageDown);
    run.wait(ctx);
    IM_CHECK(run.state().view.calculation.cell == std::optional(std::pair(chat, petit.last)));
  });
}

// What a weight is before and after the norm of the context, of the scheme in force.
TEST(Calculation, OfADrawingSaysWhatNormalisingLeavesOfAWeight) {
  Session session = session_of(Workspace::kPainting);
  session.doc.prompt = "un chat (rouge:1.8)";
  session.doc.weighting = Weighting::kScale;
  session.doc.paint.place = WeightPlace::kPicture;
  session.doc.paint.word = PromptWord{PromptWord::Kind::kWord, 9};
  session.doc.paint.maps = {{1, 0}};
  session.view.calculation.stage = CalculationStage::kContext;
  UiRun run(session);
  run.play([&](ImGuiTestContext* ctx) {
    run.wait(ctx);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_PageUp);  // into sight
    run.wait(ctx, [&] { return run.state().painting.context.found != nullptr; });
    const auto expected = context_changes({run.state().painting.run, run.program().paint().span().second});
    IM_CHECK(expected.has_value());
    const Strings english = Strings::load(kEnglish);
    const VectorChange &before = expected->before[1].words[2], &after = expected->after[1].words[2];
    const std::vector<DrawnText> texts = texts_of(run, ctx);
    IM_CHECK(is_written(texts, "×" + english.number(length_ratio(before), 2)));
    IM_CHECK(is_written(texts, english.number(after.cosine, 3)));
    IM_CHECK(is_written(texts, "times as long"));
    run.program().send(SetWeighting{Weighting::kAttention});
    run.wait(ctx, [&] {
      const ContextState& context = run.state().painting.context;
      return context.of && context.of->run == run.state().painting.run;
    });
    IM_CHECK(is_written(texts_of(run, ctx), "behind this norm"));
    run.program().send(SetWordWeight{9, 14, 1.0, 0});
    run.wait(ctx);
    IM_CHECK(is_written(texts_of(run, ctx), "No word of this prompt has a weight"));
  });
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
