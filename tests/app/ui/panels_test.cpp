// What the window does with all panels: each can be drawn, closed and opened, in each of its workspaces.
#include "app/ui/panels.h"

#include "app/ui/workspaces.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

Session session_in(Workspace workspace) {
  Session session = first_session(kEnglish);
  session.view.workspace = workspace;
  session.doc.paint.steps = 1;
  return session;
}

std::string window_of(const Panel& panel, Workspace workspace) {
  for (const WorkspaceLine& first : kWorkspaces) {
    if (!panel.in.contains(first.id)) continue;
    const std::string dock = first.id == workspace ? "dock" : line_of(workspace).dock;
    return "//###" + std::string(panel.key) + dock.substr(4);
  }
  return {};
}

class Panels : public ::testing::TestWithParam<Workspace> {};

TEST_P(Panels, EachIsDrawnAndTheMenuClosesAndOpensIt) {
  const Workspace workspace = GetParam();
  UiRun run(session_in(workspace));
  run.play([&](ImGuiTestContext* ctx) {
    int here = 0;
    for (const Panel& panel : panels()) {
      if (!panel.in.contains(workspace) || panel.own != nullptr) continue;
      ++here;
      const std::string name = window_of(panel, workspace);
      const auto drawn = [&] {
        ctx->Yield(2);
        const ImGuiWindow* window = ctx->WindowInfo(name.c_str(), ImGuiTestOpFlags_NoError).Window;
        return window != nullptr && window->WasActive;
      };
      IM_CHECK(drawn());
      ctx->SetRef("##MainMenuBar");
      const std::string item = std::string("View/Panels/") + run.program().strings()(panel.key);
      ctx->MenuClick(item.c_str());
      IM_CHECK(!drawn());
      ctx->MenuClick(item.c_str());
      IM_CHECK(drawn());
    }
    IM_CHECK_GT(here, 1);
  });
}

// As `regard shot --panel` and a lesson's card ask for it: also from behind a tab.
TEST_P(Panels, InASmallWindowTheOneThatIsAskedForIsInFront) {
  const Workspace workspace = GetParam();
  UiRun run(session_in(workspace), ImVec2(1024, 700));
  run.play([&](ImGuiTestContext* ctx) {
    for (const Panel& panel : panels()) {
      if (!panel.in.contains(workspace) || panel.own != nullptr) continue;
      run.program().ui().layout.focus = &panel;
      ctx->Yield(4);
      const std::string name = window_of(panel, workspace) + "@";
      const ImGuiWindow* window = ctx->WindowInfo(name.c_str(), ImGuiTestOpFlags_NoError).Window;
      IM_CHECK(window != nullptr && window->WasActive);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(All, Panels, ::testing::ValuesIn(kAllWorkspaces));

}  // namespace
}  // namespace regard
