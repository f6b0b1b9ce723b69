// The whole program drawn as a window draws it, on the last frame where it differs, is what it is drawn
// whole.
#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <imgui.h>

#include "app/app.h"
#include "app/window/offscreen.h"

namespace regard {
namespace {

class AppRetained : public ::testing::Test {
 protected:
  void SetUp() override {
    auto context = Offscreen::create({.retained = true});
    ASSERT_TRUE(context) << context.error().message;
    context_ = std::move(*context);
    Session session = first_session(kEnglish);
    session.doc.paint.steps = 2;
    auto app = App::create(*context_, session);
    ASSERT_TRUE(app) << app.error().message;
    app_ = std::move(*app);
    settle("start");
  }

  // @return  how many pixels were drawn
  int frame(const std::string& what) {
    app_->frame();
    const SizePx size = context_->framebuffer_px();
    std::vector<std::uint32_t> whole = context_->frame().drawn_whole();
    flip_rows(whole, size.width, size.height);
    EXPECT_TRUE(context_->read_rgba() == whole) << what << ", frame " << ImGui::GetFrameCount();
    return context_->frame().pixels_drawn();
  }

  void settle(const std::string& what) {
    for (int calm = 0, i = 0; calm < 4 && i < 20'000; ++i) {
      frame(what);
      calm = app_->program().busy() || app_->frame_due() ? 0 : calm + 1;
      if (app_->program().busy()) context_->pause_ms(50);
    }
    EXPECT_EQ(frame(what), 0) << what << ": nothing changes any more";
  }

  void point(float x, float y) { ImGui::GetIO().AddMousePosEvent(x, y); }
  void click() {
    ImGui::GetIO().AddMouseButtonEvent(0, true);
    ImGui::GetIO().AddMouseButtonEvent(0, false);
  }
  void press(ImGuiKey key) {
    ImGui::GetIO().AddKeyEvent(key, true);
    ImGui::GetIO().AddKeyEvent(key, false);
  }

  std::unique_ptr<Offscreen> context_;
  std::unique_ptr<App> app_;
};

TEST_F(AppRetained, EveryStateIsThatDrawnWhole) {
  const auto send = [this](Command command) { return [this, command] { app_->program().send(command); }; };
  // What changes, and whether pixels must: texture contents change without any other sign of it.
  const std::vector<std::pair<std::string, std::function<void()>>> changes = {
      {"pointing at the map", [this] { point(500, 400); }},
      {"at another cell", [this] { point(540, 430); }},
      {"at a word", [this] { point(200, 160); }},
      {"a menu",
       [this] {
         point(30, 20);
         click();
       }},
      {"another menu", [this] { point(150, 20); }},
      {"no menu", [this] { press(ImGuiKey_Escape); }},
      {"the gallery", [this] { press(ImGuiKey_F2); }},
      {"no gallery", [this] { press(ImGuiKey_Escape); }},
      {"the light theme", send(SetTheme{Theme::kLight})},
      {"other colours of the maps", send(SetColors{MapColors::kMagma})},
      {"another head", send(SelectMap{map_choice(1, 1)})},
      {"another prompt", send(SetPrompt{"a (red:1.5) cat chases a grey mouse"})},
      {"the difference", send(SetDifference{true})},
      {"larger", send(SetZoom{1.2f})},
      {"a smaller window", [this] { ASSERT_TRUE(context_->resize({900, 640})); }},
      {"a large window", [this] { ASSERT_TRUE(context_->resize({1400, 900})); }},
      {"the dark theme", send(SetTheme{Theme::kDark})},
      {"comparison", send(SetWorkspace{Workspace::kCompare})},
      {"image", send(SetWorkspace{Workspace::kImage})},
      {"a patch", [this] { point(300, 400); }},
      {"painting", send(SetWorkspace{Workspace::kPainting})},
      {"the keys", [this] { press(ImGuiKey_F1); }},
  };
  for (const auto& [what, change] : changes) {
    change();
    settle(what);
  }
}

TEST_F(AppRetained, OtherColoursAreDrawnThoughNoVertexMoves) {
  const std::vector<std::uint32_t> before = context_->read_rgba();
  app_->program().send(SetColors{MapColors::kCividis});
  int drawn = 0;
  for (int i = 0; i < 3; ++i) drawn += frame("colours");
  EXPECT_GT(drawn, 0);
  EXPECT_TRUE(context_->read_rgba() != before);
}

TEST_F(AppRetained, APointerThatMovesDrawsLittleOfTheWindow) {
  point(520, 420);
  settle("pointing");
  point(560, 450);
  int most = 0;
  for (int i = 0; i < 4; ++i) most = std::max(most, frame("pointing"));
  EXPECT_LT(most, 1280 * 800 * 3 / 4);
}

}  // namespace
}  // namespace regard
