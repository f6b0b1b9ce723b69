// Where the panels stand: docks in a wide window, fixed places and tabs in a small one, one panel alone when
// it was maximised. Sizes follow from the table at each new size of the window, except where the person
// dragged a line between panels: there his share is kept.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <imgui_internal.h>

#include "app/ui/lesson_view.h"
#include "app/ui/panels.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/ui/workspaces.h"
#include "app/views/picture_views.h"

namespace regard {
namespace {

constexpr float kTabRow = 30, kTabPadding = 6, kMostOwnTop = 0.55f;
// The prompt measures itself while it is drawn, and is drawn anew when its width has changed.
constexpr int kMeasureFrames = 4;
// Grows when the default arrangement changes: one kept in layout.ini is of this number.
constexpr const char* kArrangement = "#3";

const WorkspaceLine& line_in_force(const Ui& ui) { return line_of(ui.state.view.workspace); }

std::size_t index_of(const Ui& ui) { return static_cast<std::size_t>(ui.state.view.workspace); }

ImGuiID dock_id(const WorkspaceLine& line) {
  return ImGui::GetID((std::string(line.dock) + kArrangement).c_str());
}

// Width over height of what the main place shows.
float main_aspect(const Ui& ui) {
  if (ui.state.view.workspace != Workspace::kImage || !ui.state.image || ui.state.image->height <= 0)
    return 1.0f;
  return std::clamp(static_cast<float>(ui.state.image->width) / static_cast<float>(ui.state.image->height),
                    0.7f, 1.7f);
}

ArrangeAsk ask_for(const Ui& ui, ImVec2 size) {
  const LayoutUi& layout = ui.ui.layout;
  return {.width = size.x / ui.scale,
          .height = size.y / ui.scale,
          .top_needs = layout.laid_out[index_of(ui)].top / ui.scale,
          .aspect = main_aspect(ui),
          .dragged = layout.dragged[index_of(ui)]};
}

// ---- docks ------------------------------------------------------------------------------------------------

// Leaves of a dock's tree by Place; null: not there.
using Leaves = std::array<ImGuiDockNode*, kPlaces>;

bool below(const ImGuiDockNode* node, const ImGuiDockNode* root) {
  for (; node != nullptr; node = node->ParentNode) {
    if (node == root) return true;
  }
  return false;
}

// @return false when the person arranged panels in another way: nothing of the table fits then
bool find_leaves(const Ui& ui, const ImGuiDockNode* root, Leaves& leaves) {
  leaves.fill(nullptr);
  for (const Panel& panel : panels()) {
    // Where a doubled view stands is the person's: the others keep to the table.
    if (panel.own != nullptr || !panel.in.contains(ui.state.view.workspace)) continue;
    const ImGuiWindow* window = ImGui::FindWindowByName(docked_name(ui, panel).c_str());
    ImGuiDockNode* node =
        window != nullptr && window->DockId != 0 ? ImGui::DockBuilderGetNode(window->DockId) : nullptr;
    if (node == nullptr) continue;  // dragged out
    if (!below(node, root) || !node->IsLeafNode()) return false;
    ImGuiDockNode*& leaf = leaves[static_cast<std::size_t>(panel.place)];
    if (leaf != nullptr && leaf != node) return false;
    leaf = node;
  }
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (leaves[i] != nullptr && leaves[i] == leaves[j]) return false;
    }
  }
  return true;
}

// The sides of a split that has children: what its places need, along the axis. Units.
struct Sides {
  float first = 0, second = 0;  // sizes
  bool in_order = true;         // the first ends before the second begins
  std::array<bool, kPlaces> in_first{}, in_second{};
  float share() const { return first / std::max(1.0f, first + second); }
};

Sides sides_of(const ImGuiDockNode& node, const Leaves& leaves, const Boxes& boxes) {
  Sides sides;
  const auto extent = [&](const ImGuiDockNode* child, std::array<bool, kPlaces>& in) {
    float low = 1e9f, high = -1e9f;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      if (leaves[i] == nullptr || !below(leaves[i], child)) continue;
      in[i] = true;
      const Box& box = boxes[i];
      low = std::min(low, node.SplitAxis == ImGuiAxis_X ? box.x : box.y);
      high = std::max(high, node.SplitAxis == ImGuiAxis_X ? box.right() : box.bottom());
    }
    return std::pair(low, high);
  };
  const auto [low, first_end] = extent(node.ChildNodes[0], sides.in_first);
  const auto [second_begin, high] = extent(node.ChildNodes[1], sides.in_second);
  sides.first = std::max(0.0f, first_end - low);
  sides.second = std::max(0.0f, high - second_begin);
  sides.in_order = sides.first <= 0 || sides.second <= 0 || first_end <= second_begin;
  return sides;
}

bool has(const std::array<bool, kPlaces>& set, Place place) { return set[static_cast<std::size_t>(place)]; }

// Which line of the table a split is, and whether its named place is the first child.
std::optional<std::pair<Split, bool>> split_of(const ImGuiDockNode& node, const Sides& sides) {
  const bool across = node.SplitAxis == ImGuiAxis_X;
  const auto one_side = [&](Place place) {
    return has(sides.in_first, place) != has(sides.in_second, place);
  };
  const auto named = [&](Split split, Place place) {
    return std::optional(std::pair(split, has(sides.in_first, place)));
  };
  if (across && one_side(Place::kMain)) return named(Split::kMain, Place::kMain);
  if (across && one_side(Place::kRight)) return named(Split::kRight, Place::kRight);
  if (across) return std::nullopt;
  if (one_side(Place::kTop)) return named(Split::kTop, Place::kTop);
  if (one_side(Place::kRightBelow)) return named(Split::kRightBelow, Place::kRightBelow);
  if (one_side(Place::kMiddleBelow)) return named(Split::kMiddleBelow, Place::kMiddleBelow);
  return std::nullopt;
}

// Calls `each` with every split of the tree.
template <class Each>
void for_splits(ImGuiDockNode* node, const Each& each) {
  if (node == nullptr || node->IsLeafNode()) return;
  each(*node);
  for_splits(node->ChildNodes[0], each);
  for_splits(node->ChildNodes[1], each);
}

// Whether the tree is the table's: places beside and above one another as there.
bool is_as_in_table(ImGuiDockNode* root, const Leaves& leaves, const Boxes& boxes) {
  bool same = true;
  for_splits(root, [&](const ImGuiDockNode& node) { same = same && sides_of(node, leaves, boxes).in_order; });
  return same;
}

void set_sizes(Ui& ui, ImGuiDockNode* root, const Leaves& leaves, const Boxes& boxes) {
  for_splits(root, [&](ImGuiDockNode& node) {
    const Sides sides = sides_of(node, leaves, boxes);
    if (sides.first <= 0 || sides.second <= 0) return;
    const auto axis = static_cast<ImGuiAxis>(node.SplitAxis);
    node.ChildNodes[0]->SizeRef[axis] = std::round(ui.px(sides.first));
    node.ChildNodes[1]->SizeRef[axis] = std::round(ui.px(sides.second));
  });
}

// A line was moved when the size that ImGui keeps of a child is no longer the one that was set.
void notice_drags(Ui& ui, ImGuiDockNode* root, const Leaves& leaves, const Boxes& boxes) {
  Proportions& dragged = ui.ui.layout.dragged[index_of(ui)];
  for_splits(root, [&](ImGuiDockNode& node) {
    const ImGuiDockNode &first = *node.ChildNodes[0], &second = *node.ChildNodes[1];
    if (!first.IsVisible || !second.IsVisible) return;
    const Sides sides = sides_of(node, leaves, boxes);
    const auto split = split_of(node, sides);
    const auto axis = static_cast<ImGuiAxis>(node.SplitAxis);
    const float both = first.Size[axis] + second.Size[axis];
    if (!split || both <= 0 || std::abs(first.Size[axis] / both - sides.share()) * both < 2.0f) return;
    dragged[static_cast<std::size_t>(split->first)] =
        (split->second ? first.Size[axis] : second.Size[axis]) / both;
  });
}

bool drags_a_splitter(const ImGuiDockNode* root) {
  bool found = false;
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  if (g.ActiveId == 0 || g.ActiveIdWindow == nullptr) return false;
  const ImGuiWindow* host = root->HostWindow;
  if (host == nullptr || g.ActiveIdWindow != host) return false;
  for_splits(const_cast<ImGuiDockNode*>(root), [&](const ImGuiDockNode& node) {
    const ImGuiID id = ImHashData(&node.ID, sizeof node.ID, host->IDStack.back());
    found = found || ImHashStr("##Splitter", 0, id) == g.ActiveId;
  });
  return found;
}

// The prompt grows at once; it is made lower only with a new size of the window, so that nothing jumps back
// while one types.
void follow_needs(Ui& ui, ImVec2 size) {
  LayoutUi& layout = ui.ui.layout;
  LayoutUi::LaidOut& last = layout.laid_out[index_of(ui)];
  const float aspect = main_aspect(ui);
  if (last.size.x != size.x || last.size.y != size.y || last.scale != ui.scale || last.aspect != aspect) {
    last = {.size = size, .scale = ui.scale, .top = last.top, .aspect = aspect, .measuring = kMeasureFrames};
  }
  const float needs = layout.prompt_needs[index_of(ui)];
  last.fresh = last.measuring > 0 || needs > last.top;
  if (last.fresh) last.top = needs;
  last.measuring = std::max(0, last.measuring - 1);
}

// In an arrangement of the person's own: only so much as the prompt needs to be read.
void grow_top(Ui& ui) {
  for (const Panel& panel : panels()) {
    if (panel.place != Place::kTop || !panel.in.contains(ui.state.view.workspace)) continue;
    const ImGuiWindow* window = ImGui::FindWindowByName(docked_name(ui, panel).c_str());
    const float height =
        std::min(ui.ui.layout.laid_out[index_of(ui)].top, kMostOwnTop * ImGui::GetMainViewport()->WorkSize.y);
    if (window == nullptr || window->DockNode == nullptr || window->Size.y >= height - 1.0f) continue;
    ImGui::DockBuilderSetNodeSize(window->DockNode->ID, ImVec2(window->Size.x, height));
  }
}

void follow_table(Ui& ui, ImGuiID dock, ImVec2 size) {
  ImGuiDockNode* root = ImGui::DockBuilderGetNode(dock);
  const LayoutUi::LaidOut& last = ui.ui.layout.laid_out[index_of(ui)];
  if (root == nullptr || (!last.fresh && !drags_a_splitter(root))) return;
  const Boxes boxes = arrange(line_in_force(ui).shares, Room::kWide, ask_for(ui, size));
  Leaves leaves;
  if (!find_leaves(ui, root, leaves) || !is_as_in_table(root, leaves, boxes)) {
    grow_top(ui);
  } else if (last.fresh) {
    set_sizes(ui, root, leaves, boxes);
  } else {
    notice_drags(ui, root, leaves, boxes);
  }
}

// Nodes of a new dock by Place; 0: no such place here.
using Nodes = std::array<ImGuiID, kPlaces>;

Nodes split_dock(const WorkspaceLine& line, ImGuiID root, const Boxes& boxes) {
  Nodes nodes{};
  const auto node = [&](Place place) -> ImGuiID& { return nodes[static_cast<std::size_t>(place)]; };
  const auto box = [&](Place place) -> const Box& { return boxes[static_cast<std::size_t>(place)]; };
  ImGuiID main = root;
  // Cuts the place off `from`, at `side`, so large as its share of both boxes.
  const auto cut = [&](ImGuiID& from, Place place, ImGuiDir side, float own, float rest) {
    node(place) = ImGui::DockBuilderSplitNode(from, side, own / std::max(1.0f, own + rest), nullptr, &from);
  };
  const auto cut_top = [&](ImGuiID& from) {
    if (!has_place(line, Place::kTop)) return;
    float rest = 0;
    for (const Box& each : boxes) rest = std::max(rest, each.bottom());
    cut(from, Place::kTop, ImGuiDir_Up, box(Place::kTop).height, rest - box(Place::kTop).bottom());
  };
  if (!line.shares.stage) cut_top(main);
  const bool middle = has_place(line, Place::kMiddle), right = has_place(line, Place::kRight);
  if (middle || right) {
    const float side_left = middle ? box(Place::kMiddle).x : box(Place::kRight).x;
    const float side = (right ? box(Place::kRight) : box(Place::kMiddle)).right() - side_left;
    ImGuiID columns = ImGui::DockBuilderSplitNode(main, ImGuiDir_Right,
                                                  side / (side + box(Place::kMain).width), nullptr, &main);
    if (line.shares.stage) cut_top(columns);
    node(Place::kRight) = right ? columns : 0;
    node(Place::kMiddle) = middle ? columns : 0;
    if (middle && right) {
      cut(columns, Place::kRight, ImGuiDir_Right, box(Place::kRight).width, box(Place::kMiddle).width);
      node(Place::kMiddle) = columns;
    }
    if (has_place(line, Place::kRightBelow))
      cut(node(Place::kRight), Place::kRightBelow, ImGuiDir_Down, box(Place::kRightBelow).height,
          box(Place::kRight).height);
    if (has_place(line, Place::kMiddleBelow))
      cut(node(Place::kMiddle), Place::kMiddleBelow, ImGuiDir_Down, box(Place::kMiddleBelow).height,
          box(Place::kMiddle).height);
  }
  node(Place::kMain) = main;
  return nodes;
}

void dock_default(Ui& ui, ImGuiID dock, ImVec2 size) {
  const WorkspaceLine& line = line_in_force(ui);
  ImGui::DockBuilderRemoveNode(dock);
  ImGui::DockBuilderAddNode(dock, ImGuiDockNodeFlags_DockSpace);
  ImGui::DockBuilderSetNodeSize(dock, size);
  const Nodes nodes = split_dock(line, dock, arrange(line.shares, Room::kWide, ask_for(ui, size)));
  for (const Panel& panel : panels()) {
    if (!panel.in.contains(line.id)) continue;
    const ImGuiID node = nodes[static_cast<std::size_t>(panel.place)];
    ImGui::DockBuilderDockWindow(docked_name(ui, panel).c_str(), node);
    if (ImGuiDockNode* found = ImGui::DockBuilderGetNode(node)) {
      // The panel's own header is its handle; a tab bar would say its name twice. It comes when a second
      // panel joins, without buttons of its own where tabs are at home.
      found->SetLocalFlags(found->LocalFlags | ImGuiDockNodeFlags_AutoHideTabBar);
      if (!panel.in_front) {
        found->SetLocalFlags(found->LocalFlags | ImGuiDockNodeFlags_NoWindowMenuButton |
                             ImGuiDockNodeFlags_NoCloseButton);
      }
    }
  }
  ImGui::DockBuilderFinish(dock);
}

void reset_layout(Ui& ui) {
  ui.ui.reset_layout = false;
  ui.ui.layout.dragged[index_of(ui)] = {};
  ui.ui.layout.laid_out[index_of(ui)] = {};
  ui.ui.layout.front[index_of(ui)] = nullptr;
  ui.ui.layout.maximised = nullptr;
  for (const Panel& panel : panels()) {
    if (panel.in.contains(ui.state.view.workspace)) ui.ui.closed_panels.erase(&panel);
  }
}

// A doubled view that was closed is no more.
void drop_closed(Ui& ui) {
  for (const Panel& panel : panels()) {
    if (panel.own != nullptr && ui.ui.closed_panels.erase(&panel) > 0) panel.own->close(ui);
  }
}

// One arrangement a workspace; those out of sight keep theirs.
// @param docked  the one in force is in sight, too
void draw_docks(Ui& ui, ImVec2 size, bool docked, bool afresh) {
  for (const WorkspaceLine& line : kWorkspaces) {
    const ImGuiID dock = dock_id(line);
    if (!docked || line.id != ui.state.view.workspace) {
      if (afresh && line.id == ui.state.view.workspace) ImGui::DockBuilderRemoveNode(dock);
      if (ImGui::DockBuilderGetNode(dock) != nullptr)
        ImGui::DockSpace(dock, ImVec2(0, 0), ImGuiDockNodeFlags_KeepAliveOnly);
      continue;
    }
    if (afresh || ImGui::DockBuilderGetNode(dock) == nullptr) {
      dock_default(ui, dock, size);
      ui.ui.layout.laid_out[index_of(ui)].measuring = kMeasureFrames;
    } else {
      follow_table(ui, dock, size);
    }
    ImGui::PushStyleColor(ImGuiCol_Border,
                          IM_COL32_BLACK_TRANS);  // ImGui paints the gaps in it; empty is quieter
    ImGui::PushStyleColor(ImGuiCol_WindowBg, ui.colors.background);
    // Narrow tabs: at 1280 pixels all names of a place should be seen.
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding,
                        ImVec2(ui.px(kTabPadding), ImGui::GetStyle().FramePadding.y));
    ImGui::PushStyleVar(ImGuiStyleVar_ItemInnerSpacing, ImVec2(ui.px(kTabPadding / 2), 0));
    ImGui::DockSpace(dock, ImVec2(0, 0), ImGuiDockNodeFlags_AutoHideTabBar);
    ImGui::PopStyleVar(2);
    ImGui::PopStyleColor(2);
  }
}

// ---- fixed places -----------------------------------------------------------------------------------------

struct Rect {
  ImVec2 low, size;
};

Rect in_pixels(const Ui& ui, const Rect& room, const Box& box) {
  const auto edge = [&](float from, float units) { return std::round(from + ui.px(units)); };
  const ImVec2 low(edge(room.low.x, box.x), edge(room.low.y, box.y));
  return {low, ImVec2(edge(room.low.x, box.right()) - low.x, edge(room.low.y, box.bottom()) - low.y)};
}

void draw_one(Ui& ui, const Panel& panel) {
  ui.panel = &panel;
  panel.draw(ui);
  ui.panel = nullptr;
}

void draw_placed(Ui& ui, const Panel& panel, const Rect& at) {
  ui.ui.layout.placed = ImVec4(at.low.x, at.low.y, std::max(1.0f, at.size.x), std::max(1.0f, at.size.y));
  draw_one(ui, panel);
  ui.ui.layout.placed.reset();
}

// Open panels that share a place of a small window, in the table's order, the one of the front first.
std::vector<const Panel*> panels_at(const Ui& ui, Place place) {
  std::vector<const Panel*> list;
  for (const bool front : {true, false}) {
    for (const Panel& panel : panels()) {
      if (is_open(ui, panel) && panel.in_front == front && shown_at(panel.place, ui.ui.layout.room) == place)
        list.push_back(&panel);
    }
  }
  return list;
}

const Panel* front_of(const Ui& ui, const std::vector<const Panel*>& list) {
  const Panel* chosen = ui.ui.layout.front[index_of(ui)];
  if (std::ranges::find(list, chosen) != list.end()) return chosen;
  const auto main = std::ranges::find(list, Place::kMain, &Panel::place);
  return main != list.end() ? *main : list.front();
}

// A tab each, on as many lines as it takes. @return the height, pixels
float draw_tab_row(Ui& ui, const std::vector<const Panel*>& list, const Panel* front, const Rect& at) {
  const float row = ui.px(kTabRow), padding = ui.px(10);
  struct Tab {
    const Panel* panel;
    ImVec2 low, size;
  };
  std::vector<Tab> tabs;
  ImVec2 cursor(0, 0);
  for (const Panel* panel : list) {
    const float width =
        std::min(measure(ui, kBody, tab_words(ui, *panel), ui.fonts.bold).x + 2 * padding, at.size.x);
    if (cursor.x > 0 && cursor.x + width > at.size.x) cursor = ImVec2(0, cursor.y + row);
    tabs.push_back({panel, ImVec2(at.low.x + cursor.x, at.low.y + cursor.y), ImVec2(width, row - ui.px(4))});
    cursor.x += width + ui.px(2);
  }
  const float height = cursor.y + row;
  begin_fixed("##panel_tabs", at.low, ImVec2(at.size.x, height), ImGuiWindowFlags_NoBackground);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  for (const Tab& tab : tabs) {
    ImGui::SetCursorScreenPos(tab.low);
    if (ImGui::InvisibleButton(tab.panel->key, tab.size, ImGuiButtonFlags_EnableNav)) {
      ui.ui.layout.front[index_of(ui)] = tab.panel;
      ui.ui.layout.focus = tab.panel;
    }
    const bool chosen = tab.panel == front;
    const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
    const ImVec2 high(tab.low.x + tab.size.x, tab.low.y + tab.size.y);
    if (chosen) draw->AddRectFilled(tab.low, high, ui.colors.raised, ui.px(6));
    if (chosen)
      draw->AddRectFilled(ImVec2(tab.low.x + ui.px(8), tab.low.y),
                          ImVec2(high.x - ui.px(8), tab.low.y + ui.px(2)), ui.colors.accent);
    draw_text(ui, draw, ImVec2(tab.low.x + padding, tab.low.y + ui.px(5)), kBody,
              chosen || hot ? ui.colors.text : ui.colors.secondary,
              fitted(ui, tab_words(ui, *tab.panel), kBody, tab.size.x - 2 * padding + 1),
              chosen ? ui.fonts.bold : ui.fonts.regular);
  }
  ImGui::End();
  return height;
}

void draw_small(Ui& ui, const Rect& room) {
  LayoutUi& layout = ui.ui.layout;
  const Boxes boxes = arrange(line_in_force(ui).shares, layout.room, ask_for(ui, room.size));
  for (const Place place : {Place::kMain, Place::kTop, Place::kRight}) {
    const std::vector<const Panel*> list = panels_at(ui, place);
    Rect at = in_pixels(ui, room, boxes[static_cast<std::size_t>(place)]);
    if (list.empty() || at.size.x < 1 || at.size.y < 1) continue;
    const Panel* front = front_of(ui, list);
    if (list.size() > 1) {
      const float tabs = draw_tab_row(ui, list, front, at);
      at.low.y += tabs;
      at.size.y -= tabs;
    }
    draw_placed(ui, *front, at);
  }
}

// ---- one alone --------------------------------------------------------------------------------------------

// The panel that has the keyboard; null: none has.
const Panel* focused_panel(const Ui& ui) {
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  const ImGuiWindow* window = g.NavWindow != nullptr ? g.NavWindow->RootWindow : nullptr;
  for (const Panel& panel : panels()) {
    if (is_open(ui, panel) && window != nullptr &&
        window == ImGui::FindWindowByName(panel_name(ui, panel).c_str()))
      return &panel;
  }
  return nullptr;
}

// In a small window: its tab is the one in front of its place. One that is there alone leaves the others'
// choice as it is.
void choose_tab(Ui& ui, const Panel& panel) {
  const Room room = ui.ui.layout.room;
  if (room == Room::kWide || !is_open(ui, panel)) return;
  if (panels_at(ui, shown_at(panel.place, room)).size() > 1) ui.ui.layout.front[index_of(ui)] = &panel;
}

void give_focus(Ui& ui) {
  const Panel* panel = std::exchange(ui.ui.layout.focus, nullptr);
  if (panel == nullptr) return;
  choose_tab(ui, *panel);
  ImGuiWindow* window = ImGui::FindWindowByName(panel_name(ui, *panel).c_str());
  if (window == nullptr) return;
  ImGui::FocusWindow(window);
  // Focus chooses the tab, and does not bring it into sight where the bar is too short for all.
  if (window->DockNode != nullptr && window->DockNode->TabBar != nullptr)
    window->DockNode->TabBar->NextSelectedTabId = window->TabId;
}

// ImGui slides a bar of tabs to the chosen one over a third of a second. An idle window draws too few frames
// for that, and would show the bar without it: it stands there at once.
void settle_tab_bars() {
  for (const ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) {
    if (window->DockNode == nullptr || window->DockNode->TabBar == nullptr) continue;
    ImGuiTabBar& bar = *window->DockNode->TabBar;
    bar.ScrollingAnim = bar.ScrollingTarget;
  }
}

}  // namespace

const Panel* main_panel(const Ui& ui) {
  for (const Panel& panel : panels()) {
    if (is_open(ui, panel) && panel.place == Place::kMain) return &panel;
  }
  return nullptr;
}

void maximise_panel(Ui& ui) {
  LayoutUi& layout = ui.ui.layout;
  if (layout.maximised != nullptr) {
    layout.maximise_next = nullptr;
    layout.focus = layout.maximised;
    return;
  }
  const Panel* panel = ui.panel != nullptr ? ui.panel : focused_panel(ui);
  layout.maximise_next = layout.focus = panel != nullptr ? panel : main_panel(ui);
}

void fetch_panel_soon(Ui& ui, const Panel& panel) {
  ui.ui.closed_panels.erase(&panel);
  ui.ui.layout.fetch_next = &panel;
}

void fetch_panel(Ui& ui, const Panel& panel) {
  ui.ui.closed_panels.erase(&panel);
  ui.ui.layout.focus = &panel;
  if (ui.ui.layout.room != Room::kWide) return choose_tab(ui, panel);
  const ImGuiWindow* window = ImGui::FindWindowByName(docked_name(ui, panel).c_str());
  if (window == nullptr || window->DockNode != nullptr || window->DockId != 0)
    return;  // it stands where it stood
  for (const Panel& other : panels()) {
    if (&other == &panel || other.place != panel.place || !is_open(ui, other)) continue;
    const ImGuiWindow* neighbour = ImGui::FindWindowByName(docked_name(ui, other).c_str());
    if (neighbour == nullptr || neighbour->DockId == 0) continue;
    ImGui::DockBuilderDockWindow(docked_name(ui, panel).c_str(), neighbour->DockId);
    return;
  }
  ui.ui.layout.dock_afresh = true;  // its place went with it
}

void draw_panels(Ui& ui) {
  LayoutUi& layout = ui.ui.layout;
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  Rect room{ImVec2(viewport->WorkPos.x + ui.px(12), viewport->WorkPos.y + ui.px(4)),
            ImVec2(viewport->WorkSize.x - ui.px(24), viewport->WorkSize.y - ui.px(4 + 28 + 10))};
  if (room.size.x < 1 || room.size.y < 1) return;
  const std::optional<ImVec4> card = take_lesson_room(ui, room.low, room.size);
  layout.room = room_of(room.size.x / ui.scale, room.size.y / ui.scale);
  drop_closed(ui);
  const bool reset = ui.ui.reset_layout;
  if (reset) reset_layout(ui);
  if (layout.maximise_next) layout.maximised = *std::exchange(layout.maximise_next, std::nullopt);
  if (layout.maximised != nullptr && !is_open(ui, *layout.maximised)) layout.maximised = nullptr;
  follow_needs(ui, room.size);
  const bool docked = layout.room == Room::kWide && layout.maximised == nullptr;
  // Panels in fixed places lie behind it: without docks the mouse goes through.
  const ImGuiWindowFlags inputs = docked ? ImGuiWindowFlags_NoNavFocus : ImGuiWindowFlags_NoInputs;
  begin_fixed("##dock_host", room.low, room.size, ImGuiWindowFlags_NoBackground | inputs);
  draw_docks(ui, room.size, docked, std::exchange(layout.dock_afresh, false) || reset);
  ImGui::End();
  give_focus(ui);
  if (layout.maximised != nullptr) {
    draw_placed(ui, *layout.maximised, room);
  } else if (!docked) {
    draw_small(ui, room);
  } else {
    for (const Panel& panel : panels()) {
      if (is_open(ui, panel)) draw_one(ui, panel);
    }
    settle_tab_bars();
  }
  // Asked for before it was there: its window is, now.
  if (layout.fetch_next != nullptr && is_open(ui, *layout.fetch_next))
    fetch_panel(ui, *std::exchange(layout.fetch_next, nullptr));
  if (card) draw_lesson(ui, *card);
}

}  // namespace regard
