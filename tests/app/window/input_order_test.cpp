// What ImGui sees of keys and clicks that came within one slow frame.
#include "app/window/input_order.h"

#include <vector>

#include <gtest/gtest.h>
#include <imgui.h>

namespace regard {
namespace {

class InputOrder : public ::testing::Test {
 protected:
  void SetUp() override {
    ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.DisplaySize = ImVec2(100, 100);
    io.BackendFlags |= ImGuiBackendFlags_RendererHasTextures;
    frame();
  }
  void TearDown() override {
    for (ImTextureData* texture : ImGui::GetPlatformIO().Textures)
      texture->SetStatus(ImTextureStatus_Destroyed);
    ImGui::DestroyContext();
  }

  static void key(ImGuiKey key, bool down) { ImGui::GetIO().AddKeyEvent(key, down); }
  static void ctrl(bool down) {
    key(ImGuiMod_Ctrl, down);
    key(ImGuiKey_LeftCtrl, down);
  }
  // Frames until nothing waits. @return  how often Ctrl+Up was pressed, and Up without it
  struct Seen {
    int with = 0, without = 0, clicks_with = 0, clicks_without = 0, frames = 0;
  };
  static Seen play() {
    Seen seen;
    do {
      frame();
      const bool held = ImGui::GetIO().KeyMods == ImGuiMod_Ctrl;
      const bool up = ImGui::IsKeyPressed(ImGuiKey_UpArrow, false);
      const bool click = ImGui::IsMouseClicked(ImGuiMouseButton_Left);
      seen.with += up && held ? 1 : 0;
      seen.without += up && !held ? 1 : 0;
      seen.clicks_with += click && held ? 1 : 0;
      seen.clicks_without += click && !held ? 1 : 0;
    } while (++seen.frames < 100 && input_waits());
    return seen;
  }

 private:
  static void frame() {
    ImGui::GetIO().DeltaTime = 0.3f;
    {
      const HoldBack one_frame;
      ImGui::NewFrame();
    }
    ImGui::EndFrame();
  }
};

TEST_F(InputOrder, CtrlLetGoRightAfterTheKeyStillCounts) {
  ctrl(true);
  play();
  key(ImGuiKey_UpArrow, true);
  ctrl(false);
  key(ImGuiKey_UpArrow, false);
  const Seen seen = play();
  EXPECT_EQ(seen.with, 1);
  EXPECT_EQ(seen.without, 0);
  EXPECT_EQ(ImGui::GetIO().KeyMods, 0);
}

TEST_F(InputOrder, CtrlPressedAndLetGoWithinTheFrameCounts) {
  ctrl(true);
  key(ImGuiKey_UpArrow, true);
  key(ImGuiKey_UpArrow, false);
  ctrl(false);
  EXPECT_EQ(play().with, 1);
}

TEST_F(InputOrder, CtrlThatComesAfterTheKeyDoesNotCount) {
  key(ImGuiKey_UpArrow, true);
  ctrl(true);
  key(ImGuiKey_UpArrow, false);
  ctrl(false);
  const Seen seen = play();
  EXPECT_EQ(seen.with, 0);
  EXPECT_EQ(seen.without, 1);
}

TEST_F(InputOrder, EveryStepOfAFastHandIsSeen) {
  for (int step = 0; step < 10; ++step) {
    ctrl(true);
    key(ImGuiKey_UpArrow, true);
    ctrl(false);
    key(ImGuiKey_UpArrow, false);
  }
  EXPECT_EQ(play().with, 10);
}

TEST_F(InputOrder, AClickHasTheModifiersItWasMadeWith) {
  ImGui::GetIO().AddMousePosEvent(50, 50);
  ctrl(true);
  play();
  ImGui::GetIO().AddMouseButtonEvent(ImGuiMouseButton_Left, true);
  ctrl(false);
  ImGui::GetIO().AddMouseButtonEvent(ImGuiMouseButton_Left, false);
  const Seen seen = play();
  EXPECT_EQ(seen.clicks_with, 1);
  EXPECT_EQ(seen.clicks_without, 0);
}

TEST_F(InputOrder, NothingIsLostOrTurnedRound) {
  for (const unsigned letter : {'a', 'b', 'c'}) {
    key(static_cast<ImGuiKey>(ImGuiKey_A + (letter - 'a')), true);
    ImGui::GetIO().AddInputCharacter(letter);
    ctrl(true);
    key(static_cast<ImGuiKey>(ImGuiKey_A + (letter - 'a')), false);
    ctrl(false);
  }
  std::vector<unsigned> typed;
  for (int i = 0; i < 50 && input_waits(); ++i) {
    ImGui::GetIO().DeltaTime = 0.3f;
    {
      const HoldBack one_frame;
      ImGui::NewFrame();
    }
    for (const ImWchar c : ImGui::GetIO().InputQueueCharacters) typed.push_back(c);
    ImGui::EndFrame();
  }
  EXPECT_EQ(typed, (std::vector<unsigned>{'a', 'b', 'c'}));
}

TEST_F(InputOrder, AnEscapeIsSeenInTheQueue) {
  EXPECT_FALSE(escape_waits());
  key(ImGuiKey_A, true);
  key(ImGuiKey_Escape, true);
  EXPECT_TRUE(escape_waits());
  play();
  EXPECT_FALSE(escape_waits());
}

}  // namespace
}  // namespace regard
