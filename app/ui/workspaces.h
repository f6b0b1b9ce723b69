// The workspaces, one line each: words, key, the dock that keeps the places of its panels, and how its places
// share out the window. Menus, tabs, keys and the dock are made from it. (Names in sessions:
// state/session.cpp.)
#pragma once

#include <array>

#include <imgui.h>

#include "app/ui/panels.h"

namespace regard {

struct WorkspaceLine {
  Workspace id;
  const char* key;   // its words in assets/locale
  const char* dock;  // identity of its arrangement: in layout.ini, so it stays
  ImGuiKeyChord shortcut;
  Shares shares;
};

inline constexpr std::array kWorkspaces = std::to_array<WorkspaceLine>({
    {Workspace::kText,
     "workspace.text",
     "dock",
     ImGuiMod_Ctrl | ImGuiKey_1,
     {.top = 258,
      .under = 124,
      .beside = 206,
      .least = 0.38f,
      .most = 0.52f,
      .right = 0.37f,
      .small_main = 0.58f}},
    {Workspace::kCompare,
     "workspace.compare",
     "dock.compare",
     ImGuiMod_Ctrl | ImGuiKey_2,
     {.top = 258, .small_main = 0.62f}},
    {Workspace::kImage,
     "workspace.image",
     "dock.image",
     ImGuiMod_Ctrl | ImGuiKey_3,
     {.under = 160,
      .beside = 28,
      .least = 0.4f,
      .most = 0.62f,
      .right = 0.5f,
      .right_below = 0.42f,
      .middle_below = 0.36f,
      .small_main = 0.58f}},
    {Workspace::kPainting,
     "workspace.painting",
     "dock.painting",
     ImGuiMod_Ctrl | ImGuiKey_4,
     {.stage = true,
      .top = 222,
      .under = 228,
      .beside = 28,
      .least = 0.36f,
      .most = 0.56f,
      .right = 0.44f,
      .small_main = 0.54f}},
});

constexpr bool has_place(const WorkspaceLine& workspace, Place place) {
  return has_place(workspace.shares, place);
}

constexpr const WorkspaceLine& line_of(Workspace id) {
  for (const WorkspaceLine& line : kWorkspaces) {
    if (line.id == id) return line;
  }
  return kWorkspaces.front();  // not reached: checked below
}

namespace checks {
consteval bool each_workspace_once() {
  for (const Workspace id : kAllWorkspaces) {
    int lines = 0;
    for (const WorkspaceLine& line : kWorkspaces) lines += line.id == id ? 1 : 0;
    if (lines != 1) return false;
  }
  return kWorkspaces.size() == std::size(kAllWorkspaces);
}
}  // namespace checks
static_assert(checks::each_workspace_once(), "kWorkspaces: one line each of kAllWorkspaces");

}  // namespace regard
