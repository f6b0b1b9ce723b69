// Two pictures side by side, by keyboard and mouse.
#include <algorithm>
#include <filesystem>

#include "app/state/picture_pairs.h"
#include "app/ui/panels.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

Session pair_session() {
  Session session = first_session(kEnglish);
  session.view.workspace = Workspace::kCompare;
  session.first_picture = false;
  session.doc.pair.place = PicturePlace{0.3f, 0.5f};
  return session;
}

const Panel& pair_panel() {
  return *std::ranges::find(panels(), std::string_view("panel.picture_pair"),
                            [](const Panel& panel) { return std::string_view(panel.key); });
}

// Both pictures are read, and the panel is in front.
void show_pair(UiRun& run, ImGuiTestContext* ctx) {
  run.program().ui().layout.focus = &pair_panel();
  ctx->Yield(3);
  run.wait(ctx, [&run] { return run.program().pair().ready(); }, 4);
}

// The cosine reckoned by hand.
double cosine(const PairViews& pair, int first, int second) {
  const auto vector = [&](bool of_second, int patch) {
    const VisionRun& run = pair.run(of_second);
    const Matrix& hidden = (*run.output.hidden_states)[static_cast<std::size_t>(pair.layer())];
    return Eigen::RowVectorXd(hidden.row(run.output.specials + patch).cast<double>());
  };
  const Eigen::RowVectorXd a = vector(false, first), b = vector(true, second);
  return a.dot(b) / (a.norm() * b.norm());
}

TEST(PicturePair, IsChosenByKeysAloneBothWays) {
  UiRun run(pair_session());
  run.play([&](ImGuiTestContext* ctx) {
    show_pair(run, ctx);
    const PairViews& pair = run.program().pair();
    IM_CHECK(pair.matches() != nullptr);
    IM_CHECK_EQ(pair.matches()->best.size(), 5u);
    ctx->MouseMoveToPos(ImVec2(5, 795));
    const std::string window = "//###panel.picture_pair/";
    ctx->NavMoveTo((window + "##first_picture").c_str());
    run.program().ui().pair_cursor[0] = 30;
    ctx->KeyPress(ImGuiKey_RightArrow);
    ctx->Yield(3);
    IM_CHECK_EQ(pair.subject(), (PairPatch{false, 31}));
    const PatchMatches::Match best = pair.matches()->best.front();
    IM_CHECK_LE(std::abs(static_cast<double>(best.cosine) - cosine(pair, 31, best.patch)), 1e-6);
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(3);
    IM_CHECK(run.state().doc.pair.place.has_value());
    IM_CHECK(!run.state().doc.pair.from_second);
    ctx->NavMoveTo((window + "##second_picture").c_str());
    run.program().ui().pair_cursor[1] = 40;
    ctx->KeyPress(ImGuiKey_DownArrow);
    ctx->Yield(3);
    IM_CHECK_EQ(pair.subject(), (PairPatch{true, 52}));
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(3);
    IM_CHECK(run.state().doc.pair.from_second);
    const PatchMatches::Match back = pair.matches()->best.front();
    IM_CHECK_LE(std::abs(static_cast<double>(back.cosine) - cosine(pair, back.patch, 52)), 1e-6);
    ctx->KeyPress(ImGuiKey_Z | ImGuiMod_Ctrl);
    ctx->Yield(3);
    IM_CHECK(!run.state().doc.pair.from_second);
  });
}

TEST(PicturePair, ScenesAndPicturesOfOnesOwnComeInHere) {
  UiRun run(pair_session());
  run.play([&](ImGuiTestContext* ctx) {
    show_pair(run, ctx);
    run.program().send(ShowPair{"itself"});
    run.wait(ctx, [&] {
      return run.state().other_image_name == "scene-2" && run.program().pair().ready() &&
             run.program().pair().run(true).request.image == run.state().other_image;
    });
    const PairViews& pair = run.program().pair();
    IM_CHECK_EQ(pair.matches()->best.front().patch, pair.subject().patch);
    IM_CHECK_GE(pair.matches()->best.front().cosine, 1.0f - 1e-6f);
    // A file that is dropped on the comparison is its second picture.
    const std::filesystem::path assets = std::filesystem::path(REGARD_TEST_DIR).parent_path() / "assets";
    run.program().open_path(assets / "images" / "scenes" / "scene-4.png");
    run.wait(ctx, [&] { return run.state().other_image_name.ends_with("scene-4.png"); });
    IM_CHECK(run.state().view.workspace == Workspace::kCompare);
    IM_CHECK_EQ(run.state().image_name, "scene-2");
    run.program().send(OpenPairImage{true, "/no/such.png"});
    run.wait(ctx, [&] { return run.state().error.has_value(); });
    IM_CHECK(run.state().doc.pair.image.ends_with("scene-4.png"));  // the one in sight stays
    run.program().send(DismissError{});
    run.program().send(OpenPairImage{false, "scene-6"});
    run.wait(ctx, [&] { return run.state().image_name == "scene-6" && run.program().pair().ready(); });
  });
}

TEST(PicturePair, NothingIsReadWhileItIsOutOfSight) {
  UiRun run(pair_session());
  run.settle();
  EXPECT_EQ(run.state().other_image, nullptr);
  EXPECT_EQ(run.state().pair_vision, nullptr);
}

}  // namespace
}  // namespace regard
