// The order of a frame: shortcuts, menus, the dock with its panels, the status line, sheets on top.
#include "app/ui/ui.h"

#include <algorithm>

#include <imgui_internal.h>

namespace regard {
namespace {

// Sizes of the drawings at 1280x800; the matrix takes what is left, so it grows with the window. In a smaller
// window the others give way.
constexpr float kPromptHeight = 258, kHeadsWidth = 424, kWhyWidth = 248, kNumbersWidth = 310;
constexpr float kPaintPromptHeight = 190;
constexpr float kMostHeads = 0.34f, kMostWhy = 0.24f, kMostPrompt = 0.5f;  // of the dock

using Places = std::initializer_list<std::pair<PanelId, ImGuiID>>;

void place_panels(Ui& ui, Places places) {
  for (const auto& [panel, node] : places) {
    ImGui::DockBuilderDockWindow(panel_name(ui, panel).c_str(), node);
    if (ImGuiDockNode* found = ImGui::DockBuilderGetNode(node)) {
      // The panel's own header is its handle; a tab bar would say its name twice. It comes when a second
      // panel joins.
      found->SetLocalFlags(found->LocalFlags | ImGuiDockNodeFlags_AutoHideTabBar);
    }
    ui.ui.panel_open[static_cast<int>(panel)] = true;
  }
}

ImGuiID split_prompt(Ui& ui, ImVec2 size, ImGuiID& rest) {
  return ImGui::DockBuilderSplitNode(rest, ImGuiDir_Up, std::min(kMostPrompt, ui.px(kPromptHeight) / size.y),
                                     nullptr, &rest);
}

void dock_text(Ui& ui, ImGuiID rest, ImVec2 size) {
  const float why_width = std::min(ui.px(kWhyWidth), kMostWhy * size.x);
  const ImGuiID prompt = split_prompt(ui, size, rest);
  const ImGuiID why = ImGui::DockBuilderSplitNode(rest, ImGuiDir_Right, why_width / size.x, nullptr, &rest);
  const float left = size.x - why_width - ui.px(12);
  const ImGuiID heads = ImGui::DockBuilderSplitNode(
      rest, ImGuiDir_Right, std::min(ui.px(kHeadsWidth), kMostHeads * size.x) / left, nullptr, &rest);
  place_panels(ui, {{PanelId::kPrompt, prompt},
                    {PanelId::kEffect, why},
                    {PanelId::kWhy, why},
                    {PanelId::kHeads, heads},
                    {PanelId::kMatrix, rest}});
  if (ImGuiDockNode* column = ImGui::DockBuilderGetNode(why)) {
    column->SetLocalFlags(column->LocalFlags | ImGuiDockNodeFlags_NoWindowMenuButton |
                          ImGuiDockNodeFlags_NoCloseButton);
  }
}

void dock_image(Ui& ui, ImGuiID rest, ImVec2 size) {
  const float right = std::min(ui.px(kNumbersWidth), 0.27f * size.x);
  const ImGuiID side = ImGui::DockBuilderSplitNode(rest, ImGuiDir_Right, right / size.x, nullptr, &rest);
  const ImGuiID captions = ImGui::DockBuilderSplitNode(side, ImGuiDir_Down, 0.46f, nullptr, nullptr);
  const ImGuiID numbers = ImGui::DockBuilderGetNode(side)->ChildNodes[0]->ID;
  const ImGuiID heads = ImGui::DockBuilderSplitNode(rest, ImGuiDir_Right, 0.36f, nullptr, &rest);
  place_panels(ui, {{PanelId::kPicture, rest},
                    {PanelId::kPatchMatrix, heads},
                    {PanelId::kPatchHeads, heads},
                    {PanelId::kPatchNumbers, numbers},
                    {PanelId::kCaptions, captions}});
  if (ImGuiDockNode* tabs = ImGui::DockBuilderGetNode(heads)) {
    tabs->SetLocalFlags(tabs->LocalFlags | ImGuiDockNodeFlags_NoWindowMenuButton |
                        ImGuiDockNodeFlags_NoCloseButton);
  }
}

void dock_painting(Ui& ui, ImGuiID rest, ImVec2 size) {
  const ImGuiID prompt = ImGui::DockBuilderSplitNode(
      rest, ImGuiDir_Up, std::min(kMostPrompt, ui.px(kPaintPromptHeight) / size.y), nullptr, &rest);
  const ImGuiID side = ImGui::DockBuilderSplitNode(rest, ImGuiDir_Right, 0.29f, nullptr, &rest);
  const ImGuiID heads = ImGui::DockBuilderSplitNode(side, ImGuiDir_Down, 0.43f, nullptr, nullptr);
  const ImGuiID numbers = ImGui::DockBuilderGetNode(side)->ChildNodes[0]->ID;
  const ImGuiID middle = ImGui::DockBuilderSplitNode(rest, ImGuiDir_Right, 0.5f, nullptr, &rest);
  place_panels(ui, {{PanelId::kPrompt, prompt},
                    {PanelId::kPaint, rest},
                    {PanelId::kPaintWords, middle},
                    {PanelId::kPaintJoint, middle},
                    {PanelId::kPaintEdits, middle},
                    {PanelId::kPaintNumbers, numbers},
                    {PanelId::kPaintHeads, heads}});
  if (ImGuiDockNode* tabs = ImGui::DockBuilderGetNode(middle)) {
    tabs->SetLocalFlags(tabs->LocalFlags | ImGuiDockNodeFlags_NoWindowMenuButton |
                        ImGuiDockNodeFlags_NoCloseButton);
  }
}

void dock_default(Ui& ui, ImGuiID dock, ImVec2 size) {
  ImGui::DockBuilderRemoveNode(dock);
  ImGui::DockBuilderAddNode(dock, ImGuiDockNodeFlags_DockSpace);
  ImGui::DockBuilderSetNodeSize(dock, size);
  ImGuiID rest = dock;
  switch (ui.state.view.workspace) {
    case Workspace::kText:
      dock_text(ui, rest, size);
      break;
    case Workspace::kCompare: {
      const ImGuiID prompt = split_prompt(ui, size, rest);
      place_panels(ui, {{PanelId::kPrompt, prompt}, {PanelId::kCompare, rest}});
      break;
    }
    case Workspace::kImage:
      dock_image(ui, rest, size);
      break;
    case Workspace::kPainting:
      dock_painting(ui, rest, size);
      break;
  }
  ImGui::DockBuilderFinish(dock);
}

// One arrangement a workspace; those out of sight keep theirs.
constexpr std::pair<Workspace, const char*> kDocks[] = {{Workspace::kText, "dock"},
                                                        {Workspace::kCompare, "dock.compare"},
                                                        {Workspace::kImage, "dock.image"},
                                                        {Workspace::kPainting, "dock.painting"}};

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
  for (const auto& [workspace, name] : kDocks) {
    const ImGuiID dock = ImGui::GetID(name);
    if (workspace != ui.state.view.workspace) {
      if (ImGui::DockBuilderGetNode(dock) != nullptr)
        ImGui::DockSpace(dock, ImVec2(0, 0), ImGuiDockNodeFlags_KeepAliveOnly);
      continue;
    }
    if (ui.ui.reset_layout || ImGui::DockBuilderGetNode(dock) == nullptr) {
      dock_default(ui, dock, size);
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

void UiState::advance_film(float seconds, int steps) {
  constexpr float kStepSeconds = 0.12f, kLastSeconds = 0.6f;
  if (!film_playing) return;
  film_time += seconds;
  if (film_at + 1 >= steps) {
    film_playing = film_time < kLastSeconds && steps > 0;
    return;
  }
  if (film_time < kStepSeconds) return;
  film_time = 0;
  ++film_at;
}

void draw_ui(Ui& ui) {
  UiState& screen = ui.ui;
  ++screen.frames;
  screen.hovered_token = screen.next_hovered_token;
  screen.hovered_cell = screen.next_hovered_cell;
  screen.next_hovered_token = -1;
  screen.next_hovered_cell.reset();
  screen.compared_cell = screen.next_compared_cell;
  screen.next_compared_cell.reset();
  handle_shortcuts(ui);
  draw_background(ui);
  draw_menu_bar(ui);
  draw_status_bar(ui);
  draw_dock(ui);
  screen.hovered_patch = screen.next_hovered_patch;
  screen.next_hovered_patch = -1;
  screen.matrix_in_sight = false;
  screen.paint_patch = screen.next_paint_patch;
  screen.next_paint_patch = -1;
  screen.joint_in_sight = false;
  if (ui.state.view.workspace != Workspace::kImage) draw_prompt_panel(ui);
  if (ui.state.view.workspace == Workspace::kText) {
    draw_matrix_panel(ui);
    draw_heads_panel(ui);
    draw_effect_panel(ui);
    draw_why_panel(ui);  // after its neighbour: the one that appears last is in front
  } else if (ui.state.view.workspace == Workspace::kCompare) {
    draw_compare_panel(ui);
  } else if (ui.state.view.workspace == Workspace::kPainting) {
    draw_paint_panel(ui);
    draw_paint_numbers_panel(ui);
    draw_paint_heads_panel(ui);
    draw_paint_words_panel(ui);
    draw_paint_joint_panel(ui);
    draw_paint_edits_panel(ui);
  } else {
    draw_picture_panel(ui);
    draw_patch_numbers_panel(ui);
    draw_captions_panel(ui);
    draw_patch_matrix_panel(ui);
    draw_patch_heads_panel(ui);  // after its neighbour: in front
  }
  draw_keys_window(ui);
  draw_about_window(ui);
  draw_file_dialog(ui);
}

}  // namespace regard
