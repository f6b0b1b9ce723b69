// The top row: menus, workspaces, the model in use.
#include <imgui_internal.h>

#include "app/ui/doubled.h"
#include "app/ui/glossary.h"
#include "app/ui/panels.h"
#include "app/ui/presenter.h"
#include "app/ui/shortcuts.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/ui/workspaces.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr float kHeight = 40;

void file_menu(Ui& ui) {
  if (!ImGui::BeginMenu(ui.tr("menu.file"))) return;
  menu_item(ui, "file.gallery", act::toggle_gallery);
  ImGui::Separator();
  menu_item(ui, "file.open_image", act::open_image);
  menu_item(ui, "file.open_session", act::open_session);
  menu_item(ui, "file.save_session", act::save_session);
  menu_item(ui, "file.export_map", act::export_map);
  ImGui::Separator();
  menu_item(ui, "file.quit", act::quit);
  ImGui::EndMenu();
}

void edit_menu(Ui& ui) {
  if (!ImGui::BeginMenu(ui.tr("menu.edit"))) return;
  menu_item(ui, "edit.undo", act::undo, ui.state.history.can_undo());
  menu_item(ui, "edit.redo", act::redo, ui.state.history.can_redo());
  ImGui::Separator();
  menu_item(ui, "edit.reset_weights", act::reset_weights, !ui.views.prompt().parsed.groups.empty());
  menu_item(ui, "edit.new_seed", act::new_seed);
  menu_item(ui, "edit.clear_pins", act::clear_pins, !ui.state.doc.pins.empty());
  ImGui::EndMenu();
}

void theme_menu(Ui& ui) {
  if (!ImGui::BeginMenu(ui.tr("view.theme"))) return;
  theme_items(ui);
  ImGui::EndMenu();
}

void colors_menu(Ui& ui) {
  if (!ImGui::BeginMenu(ui.tr("view.colors"))) return;
  color_items(ui);
  ImGui::EndMenu();
}

void language_menu(Ui& ui) {
  if (!ImGui::BeginMenu(ui.tr("view.language"))) return;
  language_items(ui);
  ImGui::EndMenu();
}

// Those of the workspace in force: no other can be seen.
void panels_menu(Ui& ui) {
  if (!ImGui::BeginMenu(ui.tr("view.panels"))) return;
  std::set<const Panel*>& closed = ui.ui.closed_panels;
  for (const Panel& panel : panels()) {
    if (!panel.in.contains(ui.state.view.workspace)) continue;
    if (panel.own != nullptr && !panel.own->there(ui)) continue;
    if (!ImGui::MenuItem(ui.tr(panel.key), nullptr, !closed.contains(&panel))) continue;
    if (closed.contains(&panel)) {
      fetch_panel(ui, panel);
    } else {
      closed.insert(&panel);
    }
  }
  ImGui::EndMenu();
}

void tokens_menu(Ui& ui) {
  if (!ImGui::BeginMenu(ui.tr("view.tokens"))) return;
  token_items(ui);
  ImGui::EndMenu();
}

void weight_step_menu(Ui& ui) {
  if (!ImGui::BeginMenu(ui.tr("view.weight_step"))) return;
  for (const float step : {0.05f, 0.1f, 0.2f, 0.5f}) {
    if (ImGui::MenuItem(ui.tr.number(step, 2).c_str(), nullptr, ui.state.view.weight_step == step))
      ui.out.emplace_back(SetWeightStep{step});
  }
  ImGui::EndMenu();
}

// "type 16 px · zoom 100 %": what the size of the window and Ctrl +/- make of it, on a monitor of scale 1.
std::string type_line(const Ui& ui) {
  return ui.tr.format("view.type", ui.tr.number(ui.px(kSmall) / ui.monitor, 1),
                      ui.tr.number(100.0f * ui.state.view.zoom, 0));
}

// Why a map has nothing before it here, as words; null: it has.
const char* nothing_before(const Ui& ui) {
  switch (ui.state.view.workspace) {
    case Workspace::kText:
      return ui.views.has_before() ? nullptr : "difference.none.text";
    case Workspace::kCompare:
      return "difference.none.compare";
    case Workspace::kImage:
      return "difference.none.image";
    case Workspace::kPainting:
      return ui.paint.has_before() ? nullptr : "difference.none.painting";
  }
  return nullptr;
}

// What is on can always be put out.
void difference_item(Ui& ui) {
  const char* reason = nothing_before(ui);
  menu_item(ui, "view.difference", act::toggle_difference, reason == nullptr || ui.state.view.difference);
  if (reason != nullptr && ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled))
    tooltip(ui, ui.tr(reason));
}

void view_menu(Ui& ui) {
  if (!ImGui::BeginMenu(ui.tr("menu.view"))) return;
  theme_menu(ui);
  colors_menu(ui);
  language_menu(ui);
  panels_menu(ui);
  ImGui::Separator();
  for (const auto& each : kWorkspaces) {
    if (ImGui::MenuItem(ui.tr(each.key), key_name(ui, each.shortcut).c_str(),
                        ui.state.view.workspace == each.id))
      ui.out.emplace_back(SetWorkspace{each.id});
  }
  ImGui::Separator();
  tokens_menu(ui);
  weight_step_menu(ui);
  difference_item(ui);
  menu_item(ui, "view.follow", act::follow_word);
  menu_item(ui, "view.follow_back", act::follow_word_back);
  menu_item(ui, "view.double", act::double_view, can_double(ui));
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled)) tooltip(ui, ui.tr("view.double.tip"));
  ImGui::Separator();
  menu_item(ui, "view.larger", act::larger);
  menu_item(ui, "view.smaller", act::smaller);
  menu_item(ui, "view.actual", act::actual_size);
  ImGui::TextDisabled("%s", type_line(ui).c_str());
  ImGui::Separator();
  menu_item(ui, ui.ui.layout.maximised != nullptr ? "panel.restore" : "panel.maximise", act::maximise);
  menu_item(ui, "view.full_screen", act::toggle_full_screen);
  menu_item(ui, "view.present", act::present);
  ImGui::Separator();
  if (ImGui::MenuItem(ui.tr("view.reduced_motion"), nullptr, ui.state.view.reduced_motion))
    act::toggle_motion(ui);
  if (ImGui::IsItemHovered()) tooltip(ui, ui.tr("view.reduced_motion.tip"));
  if (ImGui::MenuItem(ui.tr("view.details"), nullptr, ui.state.view.details)) act::toggle_details(ui);
  if (ImGui::IsItemHovered()) tooltip(ui, ui.tr("view.details.tip"));
  ImGui::Separator();
  if (ImGui::MenuItem(ui.tr("view.reset_layout"))) ui.ui.reset_layout = true;
  ImGui::EndMenu();
}

void model_menu(Ui& ui) {
  if (!ImGui::BeginMenu(ui.tr("menu.model"))) return;
  if (ImGui::MenuItem(ui.tr("model.builtin"))) ui.out.emplace_back(OpenModel{});
  menu_item(ui, "model.open", act::open_model);
  ImGui::EndMenu();
}

void help_menu(Ui& ui) {
  if (!ImGui::BeginMenu(ui.tr("menu.help"))) return;
  menu_item(ui, "help.start", act::toggle_start);
  menu_item(ui, "help.lessons", act::toggle_lessons);
  menu_item(ui, "help.class", act::open_class);
  menu_item(ui, "help.glossary", act::open_glossary);
  menu_item(ui, "help.keys", act::toggle_keys);
  if (ImGui::MenuItem(ui.tr("help.about"))) ui.ui.show_about = true;
  ImGui::EndMenu();
}

// Instead of the tabs in a narrow window. @return where it ends, pixels; `menus_end` when it has no room
// either
float workspace_list(Ui& ui, float menus_end) {
  const std::string text = ui.tr(line_of(ui.state.view.workspace).key);
  const ImVec2 window = ImGui::GetWindowPos(), cursor = ImGui::GetCursorScreenPos();
  const float left = menus_end + ui.px(8), end = left + dropdown_width(ui, text);
  if (end > window.x + ImGui::GetWindowWidth() - ui.px(8)) return menus_end;
  ImGui::SetCursorScreenPos(ImVec2(left, window.y + ui.px(9)));
  if (begin_dropdown(ui, "workspaces", text)) {
    for (const auto& each : kWorkspaces) {
      if (ImGui::MenuItem(ui.tr(each.key), key_name(ui, each.shortcut).c_str(),
                          ui.state.view.workspace == each.id))
        ui.out.emplace_back(SetWorkspace{each.id});
    }
    ImGui::EndPopup();
  }
  ImGui::SetCursorScreenPos(cursor);
  return end;
}

// One tab a workspace, in the middle of the bar; a list when the window is too narrow.
// @return where they end, pixels; `menus_end` without them
float workspace_tabs(Ui& ui, float menus_end) {
  float width = 0;
  for (const auto& each : kWorkspaces)
    width += measure(ui, kBody, ui.tr(each.key), ui.fonts.bold).x + ui.px(32);
  const ImVec2 window = ImGui::GetWindowPos();
  float left = window.x + std::max((ImGui::GetWindowWidth() - width) / 2, menus_end - window.x + ui.px(8));
  if (left + width > window.x + ImGui::GetWindowWidth()) return workspace_list(ui, menus_end);
  const ImVec2 cursor = ImGui::GetCursorScreenPos();
  const float top = window.y + ui.px(6), bottom = window.y + ui.px(34);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  for (const auto& each : kWorkspaces) {
    const char* label = ui.tr(each.key);
    const ImVec2 size = measure(ui, kBody, label, ui.fonts.bold);
    const float right = left + size.x + ui.px(32);
    const bool chosen = ui.state.view.workspace == each.id;
    ImGui::SetCursorScreenPos(ImVec2(left, top));
    if (ImGui::InvisibleButton(each.key, ImVec2(right - left, bottom - top), ImGuiButtonFlags_EnableNav))
      ui.out.emplace_back(SetWorkspace{each.id});
    const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
    if (chosen) draw->AddRectFilled(ImVec2(left, top), ImVec2(right, bottom), ui.colors.raised, ui.px(6));
    draw_text(ui, draw, ImVec2(left + ui.px(16), top + ui.px(6)), kBody,
              chosen || hot ? ui.colors.text : ui.colors.secondary, label,
              chosen ? ui.fonts.bold : ui.fonts.regular);
    if (chosen) {
      draw->AddRectFilled(ImVec2(left + ui.px(8), bottom - ui.px(1)),
                          ImVec2(right - ui.px(8), bottom + ui.px(1)), ui.colors.accent);
    }
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, key_name(ui, each.shortcut).c_str());
    left = right;
  }
  ImGui::SetCursorScreenPos(cursor);
  return left;
}

// "DINOv2 small · 37 × 37 patches": the model of the workspace in force.
std::string model_line(const Ui& ui) {
  if (ui.state.view.workspace == Workspace::kImage) {
    if (!ui.state.vision_model) return {};
    std::string text = ui.state.vision_model->name;
    if (ui.picture.has_run())
      text += " · " + ui.tr.format("picture.patches", ui.picture.columns(), ui.picture.rows());
    return text;
  }
  if (ui.state.view.workspace == Workspace::kPainting) {
    if (!ui.state.paint_model) return {};
    std::string text = ui.state.paint_model->name + " · MMDiT";
    if (ui.paint.has_run())
      text += " · " + ui.tr.format("paint.model", ui.paint.patches(), ui.paint.run().prompt.tokens.size());
    return text;
  }
  if (!ui.state.model) return {};
  std::string text = ui.state.model->name + " · " + ui.tr("model.kind.clip");
  if (ui.views.has_map()) text += " · " + ui.tr.format("status.tokens", ui.views.run().tokens.size());
  return text;
}

void model_text(Ui& ui, float from) {
  const std::string text = model_line(ui);
  if (text.empty()) return;
  const ImVec2 size = measure(ui, kBody, text);
  const ImVec2 window = ImGui::GetWindowPos();
  if (window.x + ImGui::GetWindowWidth() - ui.px(24) - size.x < from) return;
  draw_text(ui, ImGui::GetWindowDrawList(),
            ImVec2(window.x + ImGui::GetWindowWidth() - ui.px(16) - size.x, window.y + ui.px(12)), kBody,
            ui.colors.secondary, text);
}

}  // namespace

void draw_menu_bar(Ui& ui) {
  const float padding = (ui.px(kHeight) - ImGui::GetFontSize()) / 2;
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(10), padding));
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(ui.px(18), ui.px(6)));
  if (ImGui::BeginMainMenuBar()) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + ui.px(6), at.y + ui.px(11)), 15, ui.colors.text,
              ui.tr("app.title"), ui.fonts.bold);
    ImGui::SetCursorPosX(ImGui::GetCursorPosX() + ui.px(76));
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(8), ui.px(5)));  // inside the lists
    file_menu(ui);
    edit_menu(ui);
    view_menu(ui);
    model_menu(ui);
    help_menu(ui);
    ImGui::PopStyleVar();
    const float menus_end = ImGui::GetCursorScreenPos().x;
    model_text(ui, workspace_tabs(ui, menus_end));
    ImGui::EndMainMenuBar();
  }
  ImGui::PopStyleVar(2);
}

}  // namespace regard
