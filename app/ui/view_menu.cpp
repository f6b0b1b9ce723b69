#include "app/ui/view_menu.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <imgui_internal.h>

#include "app/ui/actions.h"
#include "app/ui/doubled.h"
#include "app/ui/panel_focus.h"
#include "app/ui/panels.h"
#include "app/ui/shortcuts.h"
#include "app/ui/strip_parts.h"
#include "app/ui/trials.h"
#include "app/ui/widgets.h"
#include "app/views/compare_views.h"
#include "app/views/doubled_maps.h"
#include "app/views/head_views.h"
#include "app/views/pair_views.h"
#include "app/views/picture_views.h"
#include "app/views/side_views.h"

namespace regard {
namespace {

constexpr const char* kViewMenu = "##view_menu";

// The panels that show another map than the one in force.
struct ShownLine {
  std::string_view panel;
  ShownView::Map figure, numbers;
};
constexpr ShownLine kShown[] = {
    {"panel.paint_joint", ShownView::Map::kJoint, ShownView::Map::kJoint},
    {"panel.patch_matrix", ShownView::Map::kPatches, ShownView::Map::kPatches},
    {"panel.heads_plot", ShownView::Map::kHeads, ShownView::Map::kHeads},
    {"panel.heads_survey", ShownView::Map::kHeads, ShownView::Map::kHeads},
    {"panel.captions", ShownView::Map::kInForce, ShownView::Map::kCaptions},
    {"panel.ledger", ShownView::Map::kInForce, ShownView::Map::kLedger},
    {"panel.picture_pair", ShownView::Map::kPair, ShownView::Map::kPair},
    {"panel.paint_seeds", ShownView::Map::kStrip, ShownView::Map::kStrip},
};

// The panel under the pointer.
const Panel* panel_under_pointer(const Ui& ui) {
  const ImGuiWindow* window = ImGui::GetCurrentContext()->HoveredWindow;
  if (window == nullptr) return nullptr;
  for (const Panel& panel : panels()) {
    if (is_open(ui, panel) && window->RootWindow == window_of(ui, panel)) return &panel;
  }
  return nullptr;
}

// A click that something under the pointer has a menu of its own for has opened that one.
bool is_right_click(const Ui& ui) {
  return ImGui::IsMouseReleased(ImGuiMouseButton_Right) && ui.ui.in_front.popups == 0 &&
         ImGui::GetCurrentContext()->OpenPopupStack.Size == 0;
}

std::string menu_title(const Ui& ui, const Panel& panel, const std::optional<std::pair<int, int>>& head) {
  std::string title = panel.own != nullptr ? tab_words(ui, panel) : std::string(ui.tr(panel.key));
  if (!head) return title;
  const bool paints = ui.state.view.workspace == Workspace::kPainting;
  return title + " · " +
         (paints ? ui.tr.format("paint.block_head", head->first + 1, head->second + 1)
                 : choice_label(ui, map_choice(head->first, head->second)));
}

bool has_figure(const Ui& ui, const ShownView& view) {
  if (view.map == ShownView::Map::kHeads) return !ui.heads.all().empty();
  if (view.map == ShownView::Map::kCaptions) return !ui.state.matches.empty();
  if (view.map == ShownView::Map::kLedger) return ui.state.ledger.found != nullptr;
  if (view.map == ShownView::Map::kPair) return ui.pair.ready() && ui.pair.matches() != nullptr;
  if (view.map == ShownView::Map::kDoubled)
    return ui.doubled.cells(static_cast<std::size_t>(view.doubled)).width > 0;
  if (view.map == ShownView::Map::kStrip) {
    const auto strip = ui.side.strip();
    return strip != nullptr && strip->complete();
  }
  if (ui.state.view.workspace == Workspace::kCompare) return ui.compare.ready();
  return has_map(ui);
}

}  // namespace

ShownView view_of(const Ui& ui, const Panel& panel, bool numbers) {
  if (const std::size_t number = doubled_number(panel); number < kMostDoubled)
    return {.map = ShownView::Map::kDoubled, .doubled = static_cast<int>(number)};
  const auto* const line = std::ranges::find(kShown, std::string_view(panel.key), &ShownLine::panel);
  if (line == std::end(kShown)) return {};
  const bool other_series =
      line->figure == ShownView::Map::kStrip && ui.state.doc.paint.seeds.series != Series::kWeights;
  if (other_series) return {};
  return {.map = numbers ? line->numbers : line->figure};
}

std::string explanation_key(const Ui& ui, const Panel& panel) {
  if (panel.own != nullptr) return "view.double.tip";
  const std::string own = std::string(panel.key) + ".tip";
  return ui.tr.all().contains(own) ? own : "view.any";
}

void open_view_menu_of(Ui& ui, const Panel& panel) {
  ui.ui.menu_of = &panel;
  ui.ui.menu_view = {.head = ui.ui.pointed_head};
  ui.ui.menu_trial = pointed_trial(ui);
  ui.ui.menu_trial.head = ui.ui.pointed_head;
  ui.ui.menu_opens = true;
}

void view_menu_items(Ui& ui, const Panel& panel, const std::optional<std::pair<int, int>>& head) {
  ShownView figure = view_of(ui, panel, false), numbers = view_of(ui, panel, true);
  figure.head = numbers.head = head;
  if (ImGui::MenuItem(ui.tr("view.copy_figure"), nullptr, false, has_figure(ui, figure)))
    ui.out.emplace_back(CopyFigure{figure, ui.ui.sheet.look});
  if (ImGui::MenuItem(ui.tr("view.copy_numbers"), nullptr, false, has_figure(ui, numbers)))
    ui.out.emplace_back(CopyNumbers{numbers});
  const std::string key = key_name(ui, ImGuiMod_Ctrl | ImGuiKey_E);
  if (ImGui::MenuItem(ui.tr("file.export_map"),
                      head || figure.map != ShownView::Map::kInForce ? nullptr : key.c_str(), false,
                      has_figure(ui, figure)))
    open_export_sheet(ui, figure);
  ImGui::Separator();
  if (const std::size_t number = doubled_number(panel); number < kMostDoubled) {
    if (ImGui::MenuItem(ui.tr("doubled.again"), nullptr, false, can_double(ui))) pin_again(ui, number);
    if (ImGui::MenuItem(ui.tr("panel.close"))) close_doubled(ui, number);
  } else if (!head && figure.map == ShownView::Map::kInForce) {
    menu_item(ui, "view.double", act::double_view, can_double(ui));
  }
  if (ImGui::MenuItem(ui.tr("view.explain"))) ui.ui.explained = &panel;
}

void draw_view_menu(Ui& ui) {
  if (is_right_click(ui)) {
    if (const Panel* panel = panel_under_pointer(ui)) open_view_menu_of(ui, *panel);
  }
  if (ui.ui.menu_of == nullptr) return;
  if (std::exchange(ui.ui.menu_opens, false)) {
    ImGui::OpenPopup(kViewMenu);
    const ImGuiWindow* window = window_of(ui, *ui.ui.menu_of);
    if (!ImGui::IsMouseReleased(ImGuiMouseButton_Right) && window != nullptr)  // by a key
      ImGui::SetNextWindowPos(ImVec2(window->Pos.x + ui.px(28), window->Pos.y + ui.px(48)));
  }
  if (!ImGui::BeginPopup(kViewMenu)) {
    if (!ImGui::IsPopupOpen(kViewMenu)) ui.ui.menu_of = nullptr;
    return;
  }
  text_sized(ui, kSmall, ui.colors.secondary, menu_title(ui, *ui.ui.menu_of, ui.ui.menu_view.head),
             ui.fonts.bold);
  ImGui::Spacing();
  view_menu_items(ui, *ui.ui.menu_of, ui.ui.menu_view.head);
  const TrialTarget& target = ui.ui.menu_trial;
  if (target.head || target.edge || target.place) ImGui::Separator();
  trial_items(ui, target);
  if (target.place) strip_item(ui, *target.place);
  ImGui::EndPopup();
}

namespace act {

void open_view_menu(Ui& ui) {
  const ImGuiWindow* focused = ImGui::GetCurrentContext()->NavWindow;
  if (focused == nullptr || ui.ui.in_front.popups > 0) return;
  for (const Panel& panel : panels()) {
    if (!panel.in.contains(ui.state.view.workspace) || focused->RootWindow != window_of(ui, panel)) continue;
    open_view_menu_of(ui, panel);
    return;
  }
}

}  // namespace act
}  // namespace regard
