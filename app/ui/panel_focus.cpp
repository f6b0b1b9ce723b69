#include "app/ui/panel_focus.h"

#include <algorithm>
#include <vector>

#include <imgui_internal.h>

#include "app/ui/panels.h"

namespace regard {
namespace {

constexpr int kMostHops = 48, kPatience = 6;  // windows without a stop; frames until a tab is in front
constexpr const char *kStatusBar = "##status", *kCard = "##lesson";  // the card of a lesson

ImGuiContext& context() { return *ImGui::GetCurrentContext(); }

// A menu, list or dialog has the keyboard: it stays there.
bool is_blocked(const Ui& ui) { return context().OpenPopupStack.Size > 0 || ui.ui.dialog.line != nullptr; }

// Where the keyboard can go, in the order of the table. @param behind  with those behind another tab
std::vector<ImGuiWindow*> stops(const Ui& ui, bool behind) {
  std::vector<ImGuiWindow*> windows;
  for (const Panel& panel : panels()) {
    if (!is_open(ui, panel)) continue;
    ImGuiWindow* window = window_of(ui, panel);
    if (window != nullptr && window->WasActive && (behind || in_sight(window))) windows.push_back(window);
  }
  ImGuiWindow* card = ImGui::FindWindowByName(kCard);
  if (card != nullptr && card->WasActive) windows.insert(windows.begin(), card);
  if (ImGuiWindow* status = ImGui::FindWindowByName(kStatusBar)) windows.push_back(status);
  return windows;
}

ImGuiWindow* focused_root() {
  ImGuiWindow* window = context().NavWindow;
  return window != nullptr ? window->RootWindow : nullptr;
}

// The stop `by` places on from where the keyboard is; the first or last when it is nowhere. Null: there is
// none.
ImGuiWindow* stop_after(const std::vector<ImGuiWindow*>& windows, int by) {
  if (windows.empty()) return nullptr;
  const int count = static_cast<int>(windows.size());
  const auto found = std::ranges::find(windows, focused_root());
  const int at = found != windows.end() ? static_cast<int>(found - windows.begin()) : by > 0 ? -1 : count;
  return windows[static_cast<std::size_t>((at + by + count) % count)];
}

void go_on_in(Ui& ui, const ImGuiWindow* window, ImGuiID from, int direction) {
  TabWalk& walk = ui.ui.tab;
  walk.window = window->ID;
  walk.from = from;
  walk.direction = direction;
  walk.patience = kPatience;
}

// What Tab would reach in its window; 0: nothing more, it would begin anew.
ImGuiID tab_result(bool walking) {
  const ImGuiContext& g = context();
  if (g.NavTabbingDir > 0) return g.NavMoveResultLocal.ID;
  if (g.NavTabbingDir == 0)
    return g.NavMoveResultLocal.ID != 0 ? g.NavMoveResultLocal.ID : g.NavTabbingResultFirst.ID;
  // Backwards ImGui stops looking once it has met the item in focus behind another one.
  const bool from_the_end = walking ? g.NavId == 0 : false;
  return from_the_end || !g.NavMoveScoringItems ? g.NavMoveResultLocal.ID : 0;
}

// A part that scrolls is an item of its window: Tab goes through what is inside.
ImGuiWindow* part_of(const ImGuiWindow* window, ImGuiID item) {
  const ImGuiContext& g = context();
  const bool is_field = (g.NavMoveResultLocal.ItemFlags & ImGuiItemFlags_Inputable) != 0 ||
                        (g.NavTabbingResultFirst.ItemFlags & ImGuiItemFlags_Inputable) != 0;
  if (is_field) return nullptr;
  for (ImGuiWindow* each : g.Windows) {
    if (each->ParentWindow == window && each->ChildId == item && each->Active) return each;
  }
  return nullptr;
}

void submit(const TabWalk& walk) {
  ImGuiContext& g = context();
  ImGuiNavMoveFlags flags = ImGuiNavMoveFlags_IsTabbing;
  if (walk.activates) flags |= ImGuiNavMoveFlags_Activate;
  g.NavTabbingDir = walk.direction < 0 ? -1 : walk.from != 0 ? 1 : 0;
  ImGui::NavMoveRequestSubmit(ImGuiDir_None, walk.direction < 0 ? ImGuiDir_Up : ImGuiDir_Down, flags,
                              ImGuiScrollFlags_KeepVisibleEdgeX | ImGuiScrollFlags_KeepVisibleEdgeY);
  g.NavTabbingCounter = -1;
}

}  // namespace

ImGuiWindow* window_of(const Ui& ui, const Panel& panel) {
  return ImGui::FindWindowByName(panel_name(ui, panel).c_str());
}

bool in_sight(const ImGuiWindow* window) {
  return window != nullptr && window->WasActive && !window->Hidden &&
         (window->DockNode == nullptr || window->DockNode->VisibleWindow == window);
}

bool has_keyboard(const ImGuiWindow* window) {
  return context().NavCursorVisible && focused_root() == window;
}

void step_panel(Ui& ui, int by) {
  if (is_blocked(ui)) return;
  ImGuiWindow* next = stop_after(stops(ui, true), by);
  if (next == nullptr) return;
  ImGui::FocusWindow(next);  // brings its tab to the front
  ImGui::SetNavCursorVisible(true);
  ui.ui.tab = {.activates = false};
  if (next->NavLastIds[0] == 0) go_on_in(ui, next, 0, 1);
}

void continue_tab(Ui& ui) {
  TabWalk& walk = ui.ui.tab;
  walk.moving = false;
  if (walk.window == 0) {
    const bool nowhere = context().NavWindow == nullptr || context().NavWindow->DockNodeAsHost != nullptr;
    if (!nowhere || is_blocked(ui) || !ImGui::IsKeyPressed(ImGuiKey_Tab, true) || ImGui::GetIO().KeyCtrl)
      return;
    const int direction = ImGui::GetIO().KeyShift ? -1 : 1;
    walk = {};
    if (const ImGuiWindow* first = stop_after(stops(ui, false), direction)) go_on_in(ui, first, 0, direction);
  }
  ImGuiWindow* window = ImGui::FindWindowByID(walk.window);
  if (!in_sight(window)) {
    if (window == nullptr || --walk.patience < 0) walk = {};
    return;
  }
  ImGui::FocusWindow(window);
  ImGui::SetNavID(walk.from, ImGuiNavLayer_Main, window->NavRootFocusScopeId, ImRect());
  ImGui::SetNavCursorVisible(true);
  submit(walk);
  walk.window = 0;
  walk.moving = true;
}

void follow_tab(Ui& ui) {
  const ImGuiContext& g = context();
  TabWalk& walk = ui.ui.tab;
  const bool tabbing = g.NavMoveSubmitted && (g.NavMoveFlags & ImGuiNavMoveFlags_IsTabbing) != 0 &&
                       (g.NavMoveFlags & ImGuiNavMoveFlags_FocusApi) == 0;
  if (!tabbing || is_blocked(ui) || g.NavWindow == nullptr) return;
  const std::vector<ImGuiWindow*> windows = stops(ui, false);
  if (std::ranges::find(windows, g.NavWindow->RootWindow) == windows.end()) return;
  if (!walk.moving) walk = {.direction = g.NavTabbingDir < 0 ? -1 : 1};
  const ImGuiID found = tab_result(walk.moving);
  const ImGuiWindow* part = found != 0 ? part_of(g.NavWindow, found) : nullptr;
  if ((found != 0 && part == nullptr) || ++walk.hops > kMostHops) return;
  ImGuiWindow* from = g.NavWindow;
  ImGui::NavMoveRequestCancel();
  // A panel, or a part that scrolls, with nothing to use is a stop itself; the panel's ring shows it.
  if (part == nullptr && walk.moving && walk.from == 0) return ImGui::SetNavCursorVisible(true);
  if (part != nullptr) {
    go_on_in(ui, part, 0, walk.direction);
  } else if (from != from->RootWindow && from->ParentWindow != nullptr) {
    go_on_in(ui, from->ParentWindow, from->ChildId, walk.direction);
  } else if (const ImGuiWindow* next = stop_after(windows, walk.direction)) {
    go_on_in(ui, next, 0, walk.direction);
  }
}

}  // namespace regard
