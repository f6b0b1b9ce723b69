// Heads in numbers: order, filter, several together, the plot and many inputs, by mouse and by keyboard.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "app/state/session.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

std::string thumb(int layer, int head) { return "$$" + std::to_string(layer * 4096 + head) + "/##head"; }

void wait_for_numbers(UiRun& run, ImGuiTestContext* ctx) {
  run.wait(ctx, [&run] { return !run.program().heads().all().empty(); }, 4);
}

TEST(Heads, CtrlClickTakesSeveralAndAFusionJoinsThem) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    run.wait_for_run(ctx);
    ctx->SetRef(ctx->WindowInfo("//###panel.heads/##thumbs").ID);
    ctx->ItemClick(ctx->GetID(thumb(0, 1).c_str()));
    ctx->KeyDown(ImGuiMod_Ctrl);
    ctx->ItemClick(ctx->GetID(thumb(2, 3).c_str()));
    ctx->KeyUp(ImGuiMod_Ctrl);
    ctx->KeyDown(ImGuiMod_Shift);
    ctx->ItemClick(ctx->GetID(thumb(1, 0).c_str()));
    ctx->KeyUp(ImGuiMod_Shift);
    ctx->Yield(2);
    const HeadSet expected = {{0, 1}, {1, 0}, {2, 3}};
    IM_CHECK(run.state().doc.choice.heads.set == expected);
    const AttentionRecord& record = run.program().views().record();
    const Matrix mean =
        (Matrix(record.attention(0, 1)) + Matrix(record.attention(1, 0)) + Matrix(record.attention(2, 3))) /
        3.0f;
    IM_CHECK_LT((run.program().views().shown() - mean).cwiseAbs().maxCoeff(), 1e-6f);
    ctx->SetRef("//###panel.heads");
    ctx->ItemClick("###several_max");
    ctx->Yield(2);
    IM_CHECK(run.state().doc.choice.heads.fusion == Fusion::kMax);
    const auto read = parse_session(session_json(run.program().session()), "s.json");
    EXPECT_TRUE(read.has_value()) << read.error().message;
    IM_CHECK_SILENT(read.has_value());
    IM_CHECK(read->doc.choice == run.state().doc.choice);
    run.program().send(Undo{});
    ctx->Yield(2);
    IM_CHECK(run.state().doc.choice.heads.fusion == Fusion::kMean);
    // Taking all but one away leaves one head.
    run.program().send(ToggleHead{0, 1});
    run.program().send(ToggleHead{1, 0});
    ctx->Yield(2);
    IM_CHECK(run.state().doc.choice == map_choice(2, 3));
  });
}

TEST(Heads, AMetricSortsAndFilters) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    run.wait_for_run(ctx);
    wait_for_numbers(run, ctx);
    HeadsView view = heads_view(run.state().view);
    view.order = view.shown = "entropy";
    run.program().send(SetHeadsView{view});
    ctx->Yield(3);
    const HeadViews& heads = run.program().heads();
    const Eigen::MatrixXd* entropy = heads.values("entropy");
    IM_CHECK(entropy != nullptr);
    for (int layer = 0; layer < 4; ++layer) {
      const std::vector<int> order = heads.order(run.state().view, layer, 4);
      for (std::size_t i = 1; i < order.size(); ++i)
        IM_CHECK_GE((*entropy)(layer, order[i - 1]), (*entropy)(layer, order[i]));
    }
    view.least = (entropy->maxCoeff() + entropy->minCoeff()) / 2.0;
    run.program().send(SetHeadsView{view});
    ctx->Yield(3);
    for (int layer = 0; layer < 4; ++layer) {
      for (int head = 0; head < 4; ++head)
        IM_CHECK_EQ(heads.is_dim(run.state().view, layer, head), (*entropy)(layer, head) < *view.least);
    }
    const auto read = parse_session(session_json(run.program().session()), "s.json");
    IM_CHECK(read.has_value());
    IM_CHECK(read->view.heads == run.state().view.heads);
    IM_CHECK(ctx->ItemExists("//###panel.heads/##least"));
  });
}

TEST(Heads, ThePlotIsUsedByKeyboardAlone) {
  for (const Workspace workspace : {Workspace::kText, Workspace::kImage}) {
    Session session = first_session(kEnglish);
    session.view.workspace = workspace;
    UiRun run(session);
    run.play([&](ImGuiTestContext* ctx) {
      run.wait(ctx);
      const std::string panel =
          workspace == Workspace::kText ? "//###panel.heads_plot" : "//###panel.heads_plot.image";
      ctx->WindowFocus(panel.c_str());
      wait_for_numbers(run, ctx);
      ctx->NavMoveTo(ctx->GetID("##plot", ctx->WindowInfo((panel + "/##room").c_str()).ID));
      ctx->KeyPress(ImGuiKey_RightArrow);
      ctx->KeyPress(ImGuiKey_UpArrow);
      const int cursor = run.program().ui().plot_cursor;
      IM_CHECK_GE(cursor, 0);
      ctx->KeyPress(ImGuiKey_Enter);
      ctx->Yield(3);
      const HeadSet one = {{cursor / 4096, cursor % 4096}};
      IM_CHECK(run.program().heads().chosen(run.state()) == one);
      ctx->KeyPress(ImGuiKey_RightArrow);
      ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Space);
      ctx->Yield(3);
      IM_CHECK_EQ(run.program().heads().chosen(run.state()).size(), 2u);
    });
  }
}

TEST(Heads, ManyInputsAreReadInTheBackgroundAndOneIsOpened) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    run.wait_for_run(ctx);
    IM_CHECK(run.program().heads().survey_of_kind() == nullptr);
    run.program().send(SelectMap{map_choice(0, 2)});
    ctx->WindowFocus("//###panel.heads_survey");
    run.wait(ctx, [&] {
      const auto survey = run.program().heads().survey_of_kind();
      return survey != nullptr && survey->inputs.size() == 500;
    });
    const auto survey = run.program().heads().survey_of_kind();
    const int metric = survey->find(find_head_metric("own-adjective"));
    const SurveyOfHead& of_head = run.program().heads().of_head(metric, 0, 2);
    IM_CHECK_EQ(of_head.statistics.n, 108 + 97);
    const std::string strongest = survey->inputs[static_cast<std::size_t>(of_head.ranked.front())];
    ctx->ItemClick(ctx->GetID("$$0/##example", ctx->WindowInfo("//###panel.heads_survey/##survey").ID));
    ctx->Yield(2);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), strongest.c_str());
  });
}

TEST(Heads, DrawingsOfManyPromptsAreMeasured) {
  const auto list = std::filesystem::temp_directory_path() / "regard_survey_of_drawings.txt";
  std::ofstream(list) << "a red cat\na red cat and a blue dog\n";
  UiRun run(painting_session(2));
  run.play([&](ImGuiTestContext* ctx) {
    run.wait(ctx);
    run.program().send(SetInputs{list});
    ctx->WindowFocus("//###panel.heads_survey.painting");
    run.wait(ctx, [&] {
      const auto survey = run.program().heads().survey_of_kind();
      return survey != nullptr && survey->inputs.size() == 2;
    });
    const auto survey = run.program().heads().survey_of_kind();
    IM_CHECK_EQ(survey->layers, 6);
    IM_CHECK_EQ(survey->heads, 3);
    IM_CHECK_EQ(survey->numbers(survey->find(find_head_metric("text-share")), 5, 2).size(), 2u);
    IM_CHECK_EQ(survey->numbers(survey->find(find_head_metric("own-adjective")), 5, 2).size(), 1u);
  });
  std::filesystem::remove(list);
}

TEST(Heads, EscapeStopsTheList) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    run.wait_for_run(ctx);
    ctx->WindowFocus("//###panel.heads_survey");
    ctx->Yield(2);
    run.program().send(CancelRun{});
    ctx->Yield(2);
    const auto survey = run.program().heads().survey_of_kind();
    const bool whole = survey != nullptr && survey->inputs.size() == 500;  // it may have been faster
    IM_CHECK(whole || run.state().survey_stopped);
    IM_CHECK(!run.program().busy());
    run.program().send(SurveyAgain{});
    run.wait(ctx, [&] { return run.program().heads().survey_of_kind() != nullptr; });
    IM_CHECK(!run.state().survey_stopped);
    run.program().send(SetInputs{"/no/such/list.txt"});
    run.wait(ctx, [&] { return run.state().error.has_value(); });
    IM_CHECK(run.state().error->text.find("/no/such/list.txt") != std::string::npos);
  });
}

}  // namespace
}  // namespace regard
