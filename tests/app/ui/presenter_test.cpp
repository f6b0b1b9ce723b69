// Presenting: what a lecturer sees and does, and that the desk is as it was afterwards.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "app/ui/panels.h"
#include "app/ui/presenter.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

TEST(Presenter, OnePanelInLargeTypeAndBack) {
  for (const ImVec2 size : {ImVec2(1280, 800), ImVec2(1920, 1080)}) {
    UiRun run(first_session("fr"), size);
    std::vector<DrawnText> texts;
    run.play([&](ImGuiTestContext* ctx) {
      run.program().send(SetTheme{Theme::kDark});
      ctx->Yield(2);
      ctx->KeyPress(ImGuiKey_F5);
      ctx->Yield(6);
      IM_CHECK(run.program().ui().presenter.before.has_value());
      IM_CHECK(run.state().full_screen);
      IM_CHECK_SILENT(run.program().ui().layout.maximised != nullptr);
      IM_CHECK_STR_EQ(run.program().ui().layout.maximised->key, "panel.matrix");
      IM_CHECK(&run.program().colors() == &projector_palette());
      IM_CHECK_GE(run.state().view.zoom, kPresentedZoom);
      run.program().ui().drawn_texts = &texts;
      ctx->Yield(2);
      run.program().ui().drawn_texts = nullptr;
      IM_CHECK_GT(texts.size(), 10u);
      // The session that would be kept is that of the desk.
      IM_CHECK(run.program().session().view.theme == Theme::kDark);
      IM_CHECK_EQ(run.program().session().view.zoom, 1.0f);
      ctx->KeyPress(ImGuiKey_Escape);
      ctx->Yield(4);
      IM_CHECK(!run.program().ui().presenter.before.has_value());
      IM_CHECK(run.program().ui().layout.maximised == nullptr);
      IM_CHECK(!run.state().full_screen);
      IM_CHECK(run.state().view.theme == Theme::kDark);
      IM_CHECK_EQ(run.state().view.zoom, 1.0f);
    });
    for (const DrawnText& text : texts) {
      if (text.angle != 0) continue;
      EXPECT_GE(text.box.w - text.box.y, kPresentedType * size.y) << text.text << " at " << size.y;
    }
  }
}

TEST(Presenter, MapsHoldStillWhileThePointerShows) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_F5);
    ctx->Yield(6);
    PresenterUi& presenter = run.program().ui().presenter;
    ctx->MouseMoveToPos(ImVec2(300, 300));
    ctx->KeyPress(ImGuiKey_M);
    ctx->Yield();
    IM_CHECK_EQ(presenter.marks.size(), 1u);
    IM_CHECK_LT(std::abs(presenter.marks[0].x * 1280 - 300), 2.0f);
    ctx->KeyPress(ImGuiKey_Delete);
    ctx->Yield();
    IM_CHECK(presenter.marks.empty());
    ctx->KeyPress(ImGuiKey_F);
    ctx->Yield();
    IM_CHECK(presenter.still);
    ctx->KeyPress(ImGuiKey_B);
    ctx->Yield();
    IM_CHECK(presenter.black);
    ctx->KeyPress(ImGuiKey_Escape);  // the black screen is in front
    ctx->Yield();
    IM_CHECK(!presenter.black);
    IM_CHECK(presenter.before.has_value());
    ctx->KeyPress(ImGuiKey_T);
    ctx->Yield(2);
    IM_CHECK(presenter.since.has_value());
    ctx->KeyPress(ImGuiKey_T);
    ctx->Yield();
    IM_CHECK(!presenter.since.has_value());
    IM_CHECK(presenter.timed());
    ctx->KeyPress(ImGuiKey_T);
    ctx->Yield();
    IM_CHECK(!presenter.timed());
  });
}

// A letter that is typed into the prompt is typed into the prompt.
TEST(Presenter, KeysAreLettersWhileOneTypes) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    ctx->Yield(2);
    ctx->KeyPress(ImGuiKey_B);
    ctx->Yield();
    IM_CHECK(!run.program().ui().presenter.black);  // nobody presents
  });
}

}  // namespace
}  // namespace regard
