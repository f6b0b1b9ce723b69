// The workspaces, one line each: words, key, the dock that keeps the places of its panels, and how much of
// the window each place gets. Menus, tabs, keys and the dock are made from it. (Names in sessions:
// state/session.cpp.)
#pragma once

#include <array>

#include <imgui.h>

#include "app/ui/panels.h"

namespace regard {

/// How much of the window, in the place's direction: `units` of the drawings at 1280x800, at most `most` of
/// the whole; without units `most` of what is left. Nothing: the workspace has no such place.
struct Extent {
  float units = 0.0f, most = 0.0f;
};

struct WorkspaceLine {
  Workspace id;
  const char* key;   // its words in assets/locale
  const char* dock;  // identity of its arrangement: in layout.ini, so it stays
  ImGuiKeyChord shortcut;
  Extent extent[kPlaces - 1];  // by Place; kMain has what is left
};

inline constexpr std::array kWorkspaces = std::to_array<WorkspaceLine>({
    // id, words, dock, key, {top, right, right below, middle}
    {Workspace::kText,
     "workspace.text",
     "dock",
     ImGuiMod_Ctrl | ImGuiKey_1,
     {{258, 0.5f}, {248, 0.24f}, {}, {424, 0.34f}}},
    {Workspace::kCompare,
     "workspace.compare",
     "dock.compare",
     ImGuiMod_Ctrl | ImGuiKey_2,
     {{258, 0.5f}, {}, {}, {}}},
    {Workspace::kImage,
     "workspace.image",
     "dock.image",
     ImGuiMod_Ctrl | ImGuiKey_3,
     {{}, {310, 0.27f}, {0, 0.46f}, {0, 0.36f}}},
    {Workspace::kPainting,
     "workspace.painting",
     "dock.painting",
     ImGuiMod_Ctrl | ImGuiKey_4,
     {{190, 0.5f}, {0, 0.29f}, {0, 0.43f}, {0, 0.5f}}},
});

constexpr bool has_place(const WorkspaceLine& workspace, Place place) {
  return place == Place::kMain || workspace.extent[static_cast<int>(place)].most > 0.0f;
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
