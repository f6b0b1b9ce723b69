// What a person does with a picture, done by the test engine's mouse and keyboard.
#include <algorithm>
#include <filesystem>

#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

Session picture_session() {
  Session session = first_session(kEnglish);
  session.view.workspace = Workspace::kImage;
  return session;
}

ImVec2 patch_center(ImGuiTestContext* ctx, const Program& program, int column, int row) {
  const ImGuiTestItemInfo item = ctx->ItemInfo("//###panel.picture/##picture");
  const ImRect box = item.RectFull;
  return {box.Min.x + box.GetWidth() * (static_cast<float>(column) + 0.5f) /
                          static_cast<float>(program.picture().columns()),
          box.Min.y + box.GetHeight() * (static_cast<float>(row) + 0.5f) /
                          static_cast<float>(program.picture().rows())};
}

void wait(UiRun& run, ImGuiTestContext* ctx) {
  run.wait(ctx, [&run] { return run.program().picture().has_run(); }, 3);
}

TEST(ImageWorkspace, OpensWithTheMirrorAndItsHead) {
  UiRun run(picture_session());
  run.settle();
  ASSERT_TRUE(run.program().picture().has_run());
  EXPECT_EQ(run.state().image_name, "scene-2");
  EXPECT_EQ(run.state().doc.picture.pins.size(), 1u);
  EXPECT_GT(run.program().picture().region_mass().maxCoeff(), 0.3);
  EXPECT_FALSE(run.state().error.has_value());
}

// Whether a letter lies within a rectangle: what is not drawn with the white pixel of the atlas.
bool letters_within(const ImDrawList& draw, const ImRect& box) {
  const ImVec2 white = ImGui::GetIO().Fonts->TexUvWhitePixel;
  return std::ranges::any_of(draw.VtxBuffer, [&](const ImDrawVert& v) {
    return (v.uv.x != white.x || v.uv.y != white.y) && box.Contains(v.pos);
  });
}

TEST(ImageWorkspace, ASlidersKnobDoesNotCoverItsNumber) {
  UiRun run(picture_session());
  ImRect slider;
  ImGuiWindow* window = nullptr;
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    ctx->MouseMoveToPos(ImVec2(5, 795));
    ctx->Yield(2);
    const ImGuiTestItemInfo item = ctx->ItemInfo("//###panel.picture/##opacity");
    slider = item.RectFull;
    window = item.Window;
  });
  run.frame();
  ASSERT_NE(window, nullptr);
  EXPECT_FALSE(letters_within(*window->DrawList, slider)) << "the knob goes there";
  slider.TranslateX(slider.GetWidth());
  EXPECT_TRUE(letters_within(*window->DrawList, slider)) << "70 % stands beside it";
}

TEST(ImageWorkspace, HoverShowsAPatchAndAClickHoldsIt) {
  UiRun run(picture_session());
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    run.program().send(ClearPins{});
    ctx->MouseMoveToPos(patch_center(ctx, run.program(), 4, 7));
    ctx->Yield(3);
    const int token = run.program().picture().run().token_of(4, 7);
    IM_CHECK_EQ(run.program().picture().subject(), token);
    ctx->MouseClick(ImGuiMouseButton_Left);
    ctx->Yield(3);
    IM_CHECK_EQ(run.state().doc.picture.pins.size(), 1u);
    IM_CHECK_EQ(run.state().doc.picture.pins.front(), token);
    ctx->MouseMoveToPos(ImVec2(5, 795));
    ctx->Yield(3);
    IM_CHECK_EQ(run.program().picture().subject(), token);
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(3);
    IM_CHECK(run.state().doc.picture.pins.empty());
    IM_CHECK_EQ(run.program().picture().subject(), 0);  // CLS
  });
}

TEST(ImageWorkspace, ArrowKeysMoveFromPatchToPatch) {
  UiRun run(picture_session());
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    run.program().send(ClearPins{});
    ctx->MouseMoveToPos(ImVec2(5, 795));
    ctx->NavMoveTo("//###panel.picture/##picture");
    run.program().ui().picture.cursor = run.program().picture().run().token_of(4, 4);
    ctx->KeyPress(ImGuiKey_RightArrow);
    ctx->Yield(3);
    const int first = run.program().picture().subject();
    IM_CHECK_EQ(first, run.program().picture().run().token_of(5, 4));
    ctx->KeyPress(ImGuiKey_DownArrow);
    ctx->Yield(3);
    IM_CHECK_EQ(run.program().picture().subject(), first + run.program().picture().columns());
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(3);
    IM_CHECK_EQ(run.state().doc.picture.pins.size(), 1u);
  });
}

TEST(ImageWorkspace, ADragDrawsARegionAndEscapeStops) {
  UiRun run(picture_session());
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    run.program().send(SetRegion{false, {}, 0});
    ctx->SetRef(ctx->WindowInfo("//###panel.regions/##regions").ID);
    ctx->ItemClick("###a");
    IM_CHECK(run.program().ui().picture.drawing == RegionDrag::kRegionA);
    ctx->MouseMoveToPos(patch_center(ctx, run.program(), 2, 2));
    ctx->MouseDown(ImGuiMouseButton_Left);
    for (const auto& [column, row] : {std::pair(5, 2), std::pair(5, 5), std::pair(2, 5)}) {
      ctx->MouseMoveToPos(patch_center(ctx, run.program(), column, row));
      ctx->Yield();
    }
    ctx->MouseUp(ImGuiMouseButton_Left);
    ctx->Yield(3);
    const auto& region = run.state().doc.picture.region_a;
    IM_CHECK_GE(region.size(), 9u);
    const int inner = run.program().picture().run().token_of(4, 3);
    IM_CHECK(std::find(region.begin(), region.end(), inner) != region.end());
    IM_CHECK(run.program().ui().picture.drawing == RegionDrag::kNone);
    run.program().send(Undo{});
    ctx->Yield(2);
    IM_CHECK(run.state().doc.picture.region_a.empty());
    ctx->ItemClick("###b");
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK(run.program().ui().picture.drawing == RegionDrag::kNone);
  });
}

TEST(ImageWorkspace, CaptionsAreComparedAndMapped) {
  UiRun run(picture_session());
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    run.program().send(OpenImage{"scene-1"});
    wait(run, ctx);
    ctx->SetRef(ctx->WindowInfo("//###panel.captions/##list").ID);
    ctx->ItemClick("###add");
    ctx->Yield(2);
    ctx->ItemClick("$$0/##caption");
    ctx->KeyCharsReplace("un chat rouge");
    run.program().send(SetCaptions{{"un chat rouge", "un poisson vert"}, 0, 0});
    wait(run, ctx);
    IM_CHECK_EQ(run.state().matches.size(), 2u);
    IM_CHECK_GT(run.state().matches[0].probability, run.state().matches[1].probability);
    ctx->ItemClick("$$0/##show");
    wait(run, ctx);
    IM_CHECK(run.state().view.picture.lens == PictureLens::kCaption);
    IM_CHECK(run.program().picture().problem().empty());
    // The brightest patch is one of the red cat's.
    const auto& cells = run.program().picture().overlay().cells;
    const int best = static_cast<int>(std::max_element(cells.begin(), cells.end()) - cells.begin()) + 1;
    const auto cat = tokens_of(run.state().objects[0], run.program().picture().run());
    IM_CHECK(std::find(cat.begin(), cat.end(), best) != cat.end());
  });
}

TEST(ImageWorkspace, EveryLensOfTheListIsDrawn) {
  UiRun run(picture_session());
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    run.program().send(SetCaptions{{"un chat rouge"}, 0, 0});
    wait(run, ctx);
    for (const char* lens :
         {"norms", "cosine", "PCA colours", "AttnLRP", "Chefer", "LeGrad", "rollout", "mass"}) {
      ctx->SetRef("//###panel.picture");
      ctx->ItemClick("lens/##open");
      ctx->Yield(2);
      ctx->SetRef("//$FOCUSED");
      ctx->ItemClick(lens);
      wait(run, ctx);
      IM_CHECK_STR_EQ(run.program().picture().problem().c_str(), "");
      IM_CHECK_EQ(run.program().picture().colours().empty(), std::string(lens) != "PCA colours");
    }
    IM_CHECK(run.state().view.picture.lens == PictureLens::kMass);
    IM_CHECK_STR_EQ(run.state().doc.picture.choice.lens.c_str(), "rollout");
  });
}

TEST(ImageWorkspace, ACaptionThatIsCutSaysSo) {
  UiRun run(picture_session());
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    std::string longer;
    for (int i = 0; i < 40; ++i) longer += "chat ";
    run.program().send(SetCaptions{{longer, "un chat"}, 0, 0});
    wait(run, ctx);
    ctx->SetRef(ctx->WindowInfo("//###panel.captions/##list").ID);
    IM_CHECK_EQ(run.state().matches.size(), 2u);
    IM_CHECK_EQ(run.state().matches[0].tokens_cut, 10);
    IM_CHECK(ctx->ItemExists("$$0/##cut"));
    IM_CHECK(!ctx->ItemExists("$$1/##cut"));
  });
}

TEST(ImageWorkspace, ThePatchMatrixIsComputedWhenItsTabIsOpened) {
  UiRun run(picture_session());
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    IM_CHECK(run.program().picture().order().empty());
    ctx->WindowFocus("//###panel.patch_matrix");
    ctx->Yield(4);
    IM_CHECK_EQ(run.program().picture().order().size(), 145u);
    IM_CHECK_EQ(run.program().picture().matrix().width, 145);
    ctx->MouseMove("//###panel.patch_matrix/##cells");
    ctx->Yield(3);
    IM_CHECK_GT(run.program().picture().subject(), 0);
  });
}

TEST(ImageWorkspace, TheMapInForceIsExported) {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "regard_ui_look";
  std::filesystem::create_directories(folder);
  UiRun run(picture_session());
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    for (const char* name : {"look.svg", "look.png", "look.csv", "look.npy", "look.json"}) {
      run.program().send(ExportMap{folder / name});
      wait(run, ctx);
      IM_CHECK_GT(std::filesystem::file_size(folder / name), 100u);
    }
    IM_CHECK(run.state().error && run.state().error->good);  // it says where the file is
    run.program().send(SelectPictureMap{lens_choice("flow")});
    ctx->Yield(2);
    wait(run, ctx);
    run.program().send(ExportMap{folder / "flow.csv"});
    wait(run, ctx);
    IM_CHECK(run.state().error && run.state().error->good);
    IM_CHECK_GT(std::filesystem::file_size(folder / "flow.csv"), 100u);
  });
  std::filesystem::remove_all(folder);
}

TEST(ImageWorkspace, ABadPictureIsOneLineAndChangesNothing) {
  UiRun run(picture_session());
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    run.program().open_path("/no/such/picture.png");
    wait(run, ctx);
    IM_CHECK(run.state().error.has_value());
    IM_CHECK_STR_EQ(run.state().image_name.c_str(), "scene-2");
    IM_CHECK_STR_EQ(run.state().doc.picture.image.c_str(), "scene-2");
    IM_CHECK(run.program().picture().has_run());
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK(!run.state().error.has_value());
  });
}

TEST(ImageWorkspace, AWindowOfAnySizeIsDrawnWithoutHarm) {
  for (const ImVec2 size : {ImVec2(1, 1), ImVec2(64, 48), ImVec2(320, 240), ImVec2(3000, 200)}) {
    UiRun run(picture_session(), size);
    run.settle();
    EXPECT_TRUE(run.program().picture().has_run());
  }
}

}  // namespace
}  // namespace regard
