// The order of a frame: shortcuts, menus, the dock with its panels, the status line, sheets on top.
#include "app/ui/ui.h"

#include <algorithm>
#include <array>
#include <utility>

#include <imgui_internal.h>

#include "app/ui/panels.h"
#include "app/ui/shortcuts.h"
#include "app/ui/workspaces.h"

namespace regard {
namespace {

// Nodes of the dock by Place; 0: no such place here.
using Nodes = std::array<ImGuiID, kPlaces>;

// The share of `left` pixels that an extent means in a window of `whole` pixels.
float share_of(const Ui& ui, const Extent& extent, float whole, float left) {
  return extent.units > 0 ? std::min(ui.px(extent.units), extent.most * whole) / left : extent.most;
}

// Drawings are made for 1280x800; the main place takes what is left, so it grows with the window. In a
// smaller window the others give way.
Nodes split_dock(const Ui& ui, const WorkspaceLine& workspace, ImGuiID rest, ImVec2 size) {
  Nodes nodes{};
  const auto extent = [&](Place place) { return workspace.extent[static_cast<int>(place)]; };
  const auto split = [&](Place place, ImGuiDir side, float share) {
    nodes[static_cast<std::size_t>(place)] = ImGui::DockBuilderSplitNode(rest, side, share, nullptr, &rest);
  };
  if (has_place(workspace, Place::kTop))
    split(Place::kTop, ImGuiDir_Up, share_of(ui, extent(Place::kTop), size.y, size.y));
  float left = size.x;
  if (has_place(workspace, Place::kRight)) {
    const float share = share_of(ui, extent(Place::kRight), size.x, size.x);
    split(Place::kRight, ImGuiDir_Right, share);
    left -= share * size.x + ui.px(12);
  }
  if (has_place(workspace, Place::kRightBelow)) {
    ImGuiID& right = nodes[static_cast<std::size_t>(Place::kRight)];
    nodes[static_cast<std::size_t>(Place::kRightBelow)] =
        ImGui::DockBuilderSplitNode(right, ImGuiDir_Down, extent(Place::kRightBelow).most, nullptr, &right);
  }
  if (has_place(workspace, Place::kMiddle))
    split(Place::kMiddle, ImGuiDir_Right, share_of(ui, extent(Place::kMiddle), size.x, left));
  nodes[static_cast<std::size_t>(Place::kMain)] = rest;
  return nodes;
}

void dock_default(Ui& ui, const WorkspaceLine& workspace, ImGuiID dock, ImVec2 size) {
  ImGui::DockBuilderRemoveNode(dock);
  ImGui::DockBuilderAddNode(dock, ImGuiDockNodeFlags_DockSpace);
  ImGui::DockBuilderSetNodeSize(dock, size);
  const Nodes nodes = split_dock(ui, workspace, dock, size);
  for (const Panel& panel : panels()) {
    if (!panel.in.contains(workspace.id)) continue;
    const ImGuiID node = nodes[static_cast<std::size_t>(panel.place)];
    ImGui::DockBuilderDockWindow(panel_name(ui, panel).c_str(), node);
    if (ImGuiDockNode* found = ImGui::DockBuilderGetNode(node)) {
      // The panel's own header is its handle; a tab bar would say its name twice. It comes when a second
      // panel joins, without buttons of its own where tabs are at home.
      found->SetLocalFlags(found->LocalFlags | ImGuiDockNodeFlags_AutoHideTabBar);
      if (!panel.in_front) {
        found->SetLocalFlags(found->LocalFlags | ImGuiDockNodeFlags_NoWindowMenuButton |
                             ImGuiDockNodeFlags_NoCloseButton);
      }
    }
    ui.ui.closed_panels.erase(&panel);
  }
  ImGui::DockBuilderFinish(dock);
}

void draw_dock(Ui& ui) {
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const ImVec2 low(viewport->WorkPos.x + ui.px(12), viewport->WorkPos.y + ui.px(4));
  const ImVec2 size(viewport->WorkSize.x - ui.px(24), viewport->WorkSize.y - ui.px(4 + 28 + 10));
  if (size.x < 1 || size.y < 1) return;
  ImGui::SetNextWindowPos(low);
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, ImVec2(1, 1));
  ImGui::Begin("##dock_host", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoNavFocus);
  ImGui::PopStyleVar(2);
  // One arrangement a workspace; those out of sight keep theirs.
  for (const WorkspaceLine& workspace : kWorkspaces) {
    const ImGuiID dock = ImGui::GetID(workspace.dock);
    if (workspace.id != ui.state.view.workspace) {
      if (ImGui::DockBuilderGetNode(dock) != nullptr)
        ImGui::DockSpace(dock, ImVec2(0, 0), ImGuiDockNodeFlags_KeepAliveOnly);
      continue;
    }
    if (ui.ui.reset_layout || ImGui::DockBuilderGetNode(dock) == nullptr) {
      dock_default(ui, workspace, dock, size);
      ui.ui.reset_layout = false;
    }
    ImGui::PushStyleColor(ImGuiCol_Border,
                          IM_COL32_BLACK_TRANS);  // ImGui paints the gaps in it; empty is quieter
    ImGui::PushStyleColor(ImGuiCol_WindowBg, ui.colors.background);
    ImGui::DockSpace(dock, ImVec2(0, 0), ImGuiDockNodeFlags_AutoHideTabBar);
    ImGui::PopStyleColor(2);
  }
  ImGui::End();
}

void draw_background(Ui& ui) {
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  ImGui::GetBackgroundDrawList()->AddRectFilled(
      viewport->Pos, ImVec2(viewport->Pos.x + viewport->Size.x, viewport->Pos.y + viewport->Size.y),
      ui.colors.background);
}

}  // namespace

void Film::advance(float seconds, int steps) {
  constexpr float kStepSeconds = 0.12f, kLastSeconds = 0.6f;
  if (!playing) return;
  time += seconds;
  if (at + 1 >= steps) {
    playing = time < kLastSeconds && steps > 0;
    return;
  }
  if (time < kStepSeconds) return;
  time = 0;
  ++at;
}

void draw_ui(Ui& ui) {
  UiState& screen = ui.ui;
  ++screen.frames;
  screen.hovered = std::exchange(screen.next_hovered, {});
  screen.in_sight = {};
  follow_prompt(ui);
  handle_shortcuts(ui);
  draw_background(ui);
  draw_menu_bar(ui);
  draw_status_bar(ui);
  draw_dock(ui);
  for (const Panel& panel : panels()) {
    if (!panel.in.contains(ui.state.view.workspace) || screen.closed_panels.contains(&panel)) continue;
    ui.panel = &panel;
    panel.draw(ui);
  }
  ui.panel = nullptr;
  draw_keys_window(ui);
  draw_about_window(ui);
  draw_file_dialog(ui);
}

}  // namespace regard
