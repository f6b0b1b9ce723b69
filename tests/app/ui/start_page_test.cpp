// The start page: the keyboard alone is enough, what it offers opens, Escape closes it and nothing else, and
// nothing of it is cut in a small window or at twice the size.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

TEST(StartPage, EnterBeginsTheFirstLesson) {
  for (const char* language : {"en", "es", "fr"}) {
    UiRun run(first_session(language));
    run.play([&](ImGuiTestContext* ctx) {
      IM_CHECK(!run.program().ui().start.open);  // a picture of the window, a test: never by itself
      ctx->KeyPress(ImGuiKey_F8);
      ctx->Yield(4);
      IM_CHECK(run.program().ui().start.open);
      ctx->KeyPress(ImGuiKey_Enter);
      run.wait(ctx);
      IM_CHECK(!run.program().ui().start.open);
      IM_CHECK(run.program().lesson().open());
      IM_CHECK_EQ(run.program().lesson().lesson().order, 1);
    });
  }
}

TEST(StartPage, EscapeClosesItAndNothingElse) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_F8);
    ctx->Yield(3);
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK(!run.program().ui().start.open);
    IM_CHECK(!run.state().doc.pins.empty());
  });
}

TEST(StartPage, WhatItOffersOpens) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    UiState& screen = run.program().ui();
    const auto press = [&](const char* item) {
      screen.start.open = true;
      ctx->Yield(3);
      ctx->ItemClick((std::string("//###start/") + item).c_str());
      ctx->Yield(3);
      IM_CHECK(!screen.start.open);
    };
    press("##all_lessons");
    IM_CHECK(screen.show_lessons);
    screen.show_lessons = false;
    press("##gallery");
    IM_CHECK(screen.show_gallery);
    screen.show_gallery = false;
    press("start.sample.image");
    IM_CHECK(run.state().view.workspace == Workspace::kImage);
    press("start.sample.text");
    IM_CHECK(run.state().view.workspace == Workspace::kText);
    press("file.open_session");
    IM_CHECK(screen.dialog.line != nullptr);
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    ctx->SetRef("##MainMenuBar");
    ctx->MenuClick("Help/Start page");
    ctx->Yield(2);
    IM_CHECK(screen.start.open);
  });
}

TEST(StartPage, NothingIsCutInSmallWindowsAndLargeType) {
  UiRun run;
  std::vector<DrawnText> texts;
  run.play([&](ImGuiTestContext* ctx) {
    run.program().ui().start.open = true;
    for (const char* language : {"en", "es", "fr"}) {
      run.program().send(SetLanguage{language});
      for (const ImVec2 size : {ImVec2(800, 600), ImVec2(1280, 800), ImVec2(1920, 1080)}) {
        for (const float zoom : {1.0f, 2.0f}) {
          run.resize(size);
          run.program().send(SetZoom{zoom});
          ctx->Yield(6);
          run.program().ui().drawn_texts = &texts;
          ctx->Yield(2);
          run.program().ui().drawn_texts = nullptr;
          const ImGuiWindow* page = ImGui::FindWindowByName("###start");
          IM_CHECK_SILENT(page != nullptr);
          const ImRect rect = page->Rect();
          IM_CHECK(rect.Min.x >= 0 && rect.Min.y >= 0 && rect.Max.x <= size.x && rect.Max.y <= size.y);
          IM_CHECK_EQ(page->ScrollMax.x, 0.0f);
          int of_page = 0;
          for (const DrawnText& text : texts) {
            if (text.list != page->DrawList) continue;
            ++of_page;
            EXPECT_LE(text.box.z, text.clip.z + 1)
                << text.text << " " << language << " " << size.x << " " << zoom;
            EXPECT_TRUE(text.text.find("…") == std::string::npos || text.text.ends_with("…"));
          }
          IM_CHECK_GT(of_page, 10);
        }
      }
    }
  });
}

}  // namespace
}  // namespace regard
