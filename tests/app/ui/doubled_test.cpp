// Views that are doubled: they stay while the selection moves.
#include <algorithm>
#include <string>

#include "app/ui/doubled.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

std::size_t kind(const Program& program) {
  return static_cast<std::size_t>(run_kind(program.state().view.workspace));
}

const std::optional<MapQuery>& doubled(const Program& program, std::size_t number) {
  return program.state().view.doubled[kind(program)][number];
}

// What the panel shows is what evaluate() says of its query.
void check_cells(const Program& program, std::size_t number) {
  const auto ask = program.doubled().ask(program.state(), number);
  ASSERT_TRUE(ask.has_value());
  const auto map = evaluate(*ask->trace, ask->query);
  ASSERT_TRUE(map.has_value()) << map.error().message;
  const CellImage& cells = program.doubled().cells(number);
  ASSERT_GT(cells.width, 0) << program.doubled().problem(number);
  const int from = static_cast<int>(map->values.size()) - cells.width * cells.height;
  ASSERT_GE(from, 0);
  for (int i = 0; i < cells.width * cells.height; ++i) {
    const float cell = cells.cells[static_cast<std::size_t>(i)];
    const bool first = program.state().view.workspace != Workspace::kPainting;
    const Eigen::Index at = first ? from + i : i;
    if (has_number(cell)) {
      EXPECT_EQ(cell, map->values.data()[at]) << i;
    }
  }
}

// Words as one, BOS and EOS left out: as the map in force at that time, also when it is another later.
TEST(DoubledTokens, StayAsTheyWereArranged) {
  Session session = painting_session(2);
  session.view.workspace = Workspace::kText;
  UiRun run(session);
  Program& program = run.program();
  run.play([&](ImGuiTestContext* ctx) {
    run.wait(ctx);
    program.send(SetHideSpecial{true});
    program.send(SetTokensView{{.words = true, .renormalise = true}});
    run.wait(ctx);
    const std::vector<int> positions = program.views().positions();
    ctx->KeyPress(ImGuiKey_V | ImGuiMod_Alt);
    run.wait(ctx, [&] { return program.doubled().cells(0).width > 0; }, 6);
    program.send(SetTokensView{});
    run.wait(ctx);
    IM_CHECK(program.doubled().positions(0) == positions);
    IM_CHECK_EQ(program.doubled().cells(0).width, static_cast<int>(positions.size()));
    IM_CHECK_EQ(program.doubled().row_of(0, positions.back()), static_cast<int>(positions.size()) - 1);
    IM_CHECK_EQ(program.doubled().row_of(0, 0), -1);
    check_cells(program, 0);
  });
}

class Doubled : public ::testing::TestWithParam<Workspace> {};

TEST_P(Doubled, StaysWhileAnotherMapIsChosenByKeysAlone) {
  Session session = painting_session(2);
  session.view.workspace = GetParam();
  UiRun run(session);
  Program& program = run.program();
  run.play([&](ImGuiTestContext* ctx) {
    run.wait(ctx);
    ctx->MouseMoveToPos(ImVec2(5, 795));
    program.send(StepMap{-99, -99});  // the first head of the first layer
    run.wait(ctx);
    ctx->KeyPress(ImGuiKey_V | ImGuiMod_Alt);
    run.wait(ctx, [&] { return program.doubled().cells(0).width > 0; }, 6);
    const std::optional<MapQuery> kept = doubled(program, 0);
    IM_CHECK(kept.has_value());
    check_cells(program, 0);
    const CellImage before = program.doubled().cells(0);
    ctx->KeyPress(ImGuiKey_DownArrow | ImGuiMod_Alt);
    ctx->KeyPress(ImGuiKey_RightArrow | ImGuiMod_Alt);
    run.wait(ctx);
    IM_CHECK(doubled(program, 0) == kept);
    IM_CHECK(program.doubled().cells(0).cells == before.cells);
    // A second one is of the map in force now.
    ctx->KeyPress(ImGuiKey_V | ImGuiMod_Alt);
    run.wait(ctx, [&] { return program.doubled().cells(1).width > 0; }, 6);
    IM_CHECK(doubled(program, 1).has_value());
    IM_CHECK(doubled(program, 1) != kept);
    check_cells(program, 1);
    for (int i = 0; i < 3; ++i) ctx->KeyPress(ImGuiKey_V | ImGuiMod_Alt);
    ctx->Yield(3);
    IM_CHECK(doubled(program, kMostDoubled - 1).has_value());
    IM_CHECK(run.state().error.has_value());  // that there are no more
    run.program().send(DismissError{});
    // Kept in a session.
    const auto read = parse_session(session_json(program.session()), "s.json");
    IM_CHECK(read.has_value());
    IM_CHECK(read->view.doubled == run.state().view.doubled);
    // Closed from the menu, its number is free again.
    ctx->SetRef("##MainMenuBar");
    ctx->MenuClick(("View/Panels/" + std::string(program.strings()("panel.doubled.1"))).c_str());
    ctx->Yield(4);
    IM_CHECK(!doubled(program, 0).has_value());
    IM_CHECK(doubled(program, 1).has_value());
    // And one is pinned to the map in force.
    const std::string window =
        "//###panel.doubled.2" + std::string(GetParam() == Workspace::kText    ? ""
                                             : GetParam() == Workspace::kImage ? ".image"
                                                                               : ".painting");
    ctx->WindowFocus(window.c_str());
    ctx->Yield(3);
    ctx->KeyPress(ImGuiKey_LeftArrow | ImGuiMod_Alt);
    run.wait(ctx);
    const std::optional<MapQuery> old = doubled(program, 1);
    ctx->ItemClick((window + "/" + program.strings()("doubled.again")).c_str());
    ctx->Yield(4);
    IM_CHECK(doubled(program, 1) != old);
    ctx->ItemClick((window + "/" + program.strings()("doubled.close")).c_str());
    ctx->Yield(4);
    IM_CHECK(!doubled(program, 1).has_value());
  });
}

INSTANTIATE_TEST_SUITE_P(All, Doubled,
                         ::testing::Values(Workspace::kText, Workspace::kImage, Workspace::kPainting));

TEST(DoubledViews, NothingIsComputedOutOfSight) {
  Session session = first_session(kEnglish);
  session.view.workspace = Workspace::kText;
  UiRun run(session);
  run.play([&](ImGuiTestContext* ctx) {
    run.wait_for_run(ctx);
    ctx->KeyPress(ImGuiKey_V | ImGuiMod_Alt);
    ctx->Yield(8);
    IM_CHECK(run.program().ui().in_sight.doubled[0]);
    ctx->WindowFocus("//###panel.heads");  // its tab is in front
    ctx->Yield(4);
    IM_CHECK(!run.program().ui().in_sight.doubled[0]);
    const CellImage before = run.program().doubled().cells(0);
    run.program().send(SetHideSpecial{true});
    ctx->Yield(4);
    IM_CHECK_EQ(run.program().doubled().cells(0).version, before.version);
  });
}

}  // namespace
}  // namespace regard
