#include "app/ui/widgets.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <imgui_internal.h>

#include "app/state/queries.h"
#include "app/ui/actions.h"
#include "app/ui/lesson_view.h"
#include "app/ui/panel_focus.h"
#include "app/ui/panels.h"
#include "app/ui/shortcuts.h"
#include "app/views/colormap.h"
#include "app/views/head_plot.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"
#include "core/analysis/lens.h"

namespace regard {
namespace {

ImFont* face(const Ui& ui, ImFont* font) { return font != nullptr ? font : ui.fonts.regular; }

// Of a dock with several panels: the tab bar says the name and is the handle; alone, the header does both.
bool is_tabbed(const ImGuiWindow& window) {
  return window.DockNode != nullptr && window.DockNode->Windows.Size > 1;
}

// The upper edge of what the panel paints, below a tab bar.
float panel_top(const ImGuiWindow& window) {
  return window.Pos.y + (is_tabbed(window) ? window.TitleBarHeight : 0.0f);
}

bool is_floating(const Ui& ui, const ImGuiWindow& window) {
  return window.DockNode == nullptr && !ui.ui.layout.placed;
}

void panel_menu(Ui& ui, const ImGuiWindow& window) {
  if (!ImGui::BeginPopupContextItem("##panel_menu")) return;
  const bool large = ui.ui.layout.maximised != nullptr;
  if (ImGui::MenuItem(ui.tr(large ? "panel.restore" : "panel.maximise"))) maximise_panel(ui);
  if (is_floating(ui, window) && ImGui::MenuItem(ui.tr("panel.put_back"))) fetch_panel(ui, *ui.panel);
  if (ImGui::MenuItem(ui.tr("panel.close"))) ui.ui.closed_panels.insert(ui.panel);
  if (ImGui::MenuItem(ui.tr("view.reset_layout"))) ui.ui.reset_layout = true;
  ImGui::EndPopup();
}

// The header is the handle: dragging it takes the panel out of the dock, as a tab would; a double click makes
// it fill the window.
void header_handle(Ui& ui, ImGuiWindow* window, float height) {
  ImGui::SetCursorScreenPos(window->Pos);
  ImGui::PushItemFlag(ImGuiItemFlags_NoNav, true);
  ImGui::SetNextItemAllowOverlap();
  ImGui::InvisibleButton("##handle", ImVec2(std::max(1.0f, window->Size.x), height));
  ImGui::PopItemFlag();
  const bool placed = ui.ui.layout.placed.has_value();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_DelayNormal) && !ImGui::IsItemActive())
    tooltip(ui, ui.tr(placed ? "panel.placed" : "panel.drag"));
  if (ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) {
    maximise_panel(ui);
  } else if (!placed && ImGui::IsItemActive() && ImGui::IsMouseDragging(ImGuiMouseButton_Left)) {
    ImGui::StartMouseMovingWindowOrNode(window, window->DockNode, true);
  }
  panel_menu(ui, *window);
}

// A panel that was dragged out has no tab bar to close it with.
void close_button(Ui& ui, const ImGuiWindow& window) {
  const float side = ui.px(20);
  const ImVec2 at(window.Pos.x + window.Size.x - ui.px(10) - side, window.Pos.y + ui.px(9));
  ImGui::SetCursorScreenPos(at);
  if (ImGui::InvisibleButton("##close", ImVec2(side, side), ImGuiButtonFlags_EnableNav))
    ui.ui.closed_panels.insert(ui.panel);
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("panel.close"));
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + ui.px(6), at.y + ui.px(1)), kBody,
            hot ? ui.colors.text : ui.colors.secondary, "×");
  ui.ui.layout.header_taken[ui.panel] = ui.px(24);
}

// @param angle  turned by it about `pivot`
void note_text(const Ui& ui, const ImDrawList* draw, ImVec2 low, ImVec2 size, std::string_view text,
               float angle = 0, ImVec2 pivot = {}) {
  if (ui.ui.drawn_texts == nullptr || text.empty()) return;
  const ImVec2 clip_low = draw->GetClipRectMin(), clip_high = draw->GetClipRectMax();
  ui.ui.drawn_texts->push_back({.list = draw,
                                .text = std::string(text),
                                .box = ImVec4(low.x, low.y, low.x + size.x, low.y + size.y),
                                .clip = ImVec4(clip_low.x, clip_low.y, clip_high.x, clip_high.y),
                                .angle = angle,
                                .pivot = pivot});
}

// The window of the panel: docked, or where the layout puts it.
bool begin_window(Ui& ui, bool& open) {
  ImGuiWindowFlags flags = ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoTitleBar |
                           ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse;
  if (!ui.panel->in_front) flags |= ImGuiWindowFlags_NoFocusOnAppearing;
  ImGui::PushStyleColor(ImGuiCol_WindowBg, IM_COL32(0, 0, 0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(14), ui.px(12)));
  const bool placed = ui.ui.layout.placed.has_value();
  if (placed) {
    const ImVec4 at = *ui.ui.layout.placed;
    flags |= ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoResize |
             ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBringToFrontOnFocus;
    ImGui::SetNextWindowPos(ImVec2(at.x, at.y));
    ImGui::SetNextWindowSize(ImVec2(at.z, at.w));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, ImVec2(1, 1));
  }
  const bool visible = ImGui::Begin(panel_name(ui, *ui.panel).c_str(), &open, flags);
  ImGui::PopStyleVar(placed ? 2 : 1);
  ImGui::PopStyleColor();
  return visible;
}

}  // namespace

void begin_fixed(const char* name, ImVec2 at, ImVec2 size, ImGuiWindowFlags more) {
  ImGui::SetNextWindowPos(at);
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, ImVec2(1, 1));
  ImGui::Begin(name, nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBringToFrontOnFocus | more);
  ImGui::PopStyleVar(2);
}

bool begin_panel(Ui& ui, const std::string& title) {
  // The window itself is transparent: docked windows cannot have round corners, so the panel paints its own.
  bool open = true;
  const bool visible = begin_window(ui, open);
  if (!open) ui.ui.closed_panels.insert(ui.panel);
  ImGuiWindow* window = ImGui::GetCurrentWindow();
  ImDrawList* draw = window->DrawList;
  const bool tabbed = is_tabbed(*window);
  const ImVec2 low(window->Pos.x, panel_top(*window));
  const ImVec2 high(window->Pos.x + window->Size.x, window->Pos.y + window->Size.y);
  draw->AddRectFilled(low, high, ui.colors.panel, ui.px(6));
  const bool keyboard = has_keyboard(window);  // F6 and Tab show where they are
  draw->AddRect(low, high, keyboard ? ui.colors.accent : ui.colors.border, ui.px(6),
                std::max(1.0f, ui.px(keyboard ? 2.0f : 1.5f)));
  if (visible && !tabbed) header_handle(ui, window, ui.px(34));
  // What the header holds besides is known when it has been drawn: of the last frame.
  const float taken = std::exchange(ui.ui.layout.header_taken[ui.panel], 0.0f);
  if (visible && is_floating(ui, *window)) close_button(ui, *window);
  if (!tabbed) {
    const float room = window->Size.x - ui.px(28) - (taken > 0 ? taken + ui.px(12) : 0.0f);
    if (room > ui.px(20))
      draw_text(ui, draw, ImVec2(low.x + ui.px(14), low.y + ui.px(12)), kSmall, ui.colors.secondary,
                fitted(ui, title, kSmall, room), ui.fonts.bold);
  }
  under_header(ui);
  if (!is_covered(ui)) return visible;
  if (visible) draw_cover(ui);
  ImGui::Dummy(ImVec2(0, 0));  // nothing else follows the cursor
  return false;
}

void end_panel() { ImGui::End(); }

void header_right(Ui& ui, float width_px) {
  const ImGuiWindow* window = ImGui::GetCurrentWindow();
  float& taken = ui.ui.layout.header_taken[ui.panel];
  taken += width_px;
  ImGui::SetCursorScreenPos(
      ImVec2(window->Pos.x + window->Size.x - ui.px(14) - taken, panel_top(*window) + ui.px(9)));
}

bool header_is_tab() { return is_tabbed(*ImGui::GetCurrentWindow()); }

void under_header(Ui& ui) {
  const ImGuiWindow* window = ImGui::GetCurrentWindow();
  const bool empty = is_tabbed(*window) && ui.ui.layout.header_taken[ui.panel] <= 0;
  ImGui::SetCursorScreenPos(ImVec2(window->Pos.x + ui.px(14), panel_top(*window) + ui.px(empty ? 8 : 38)));
}

float toggle_width(Ui& ui, const char* label) { return measure(ui, kSmall, label).x + ui.px(6 + 14); }

namespace {

constexpr float kBox = 14, kToggleHeight = 20;

void draw_box(Ui& ui, ImVec2 low, bool on, ImU32 line) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImVec2 high(low.x + ui.px(kBox), low.y + ui.px(kBox));
  if (on) {
    draw->AddRectFilled(low, high, ui.colors.accent, ui.px(3));
    ImGui::RenderCheckMark(draw, ImVec2(low.x + ui.px(2.5f), low.y + ui.px(2.5f)), ui.colors.panel, ui.px(9));
  } else {
    draw->AddRect(low, high, line, ui.px(3), std::max(1.0f, ui.px(1.2f)));
  }
}

}  // namespace

bool tick_box(Ui& ui, const char* id, bool on, const char* tip) {
  const float side = ui.px(kToggleHeight), inset = ui.px((kToggleHeight - kBox) / 2);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const bool clicked = ImGui::InvisibleButton(id, ImVec2(side, side), ImGuiButtonFlags_EnableNav);
  const bool hot = ImGui::IsItemHovered() || ImGui::IsItemFocused();
  draw_box(ui, ImVec2(at.x + inset, at.y + inset), on, hot ? ui.colors.text : ui.colors.secondary);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, tip);
  return clicked;
}

bool toggle(Ui& ui, const char* label, bool on, const char* tip) {
  WithFont font(ui.fonts.regular, kSmall);
  const float height = ui.px(kToggleHeight);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = toggle_width(ui, label);
  const bool clicked = ImGui::InvisibleButton(label, ImVec2(width, height), ImGuiButtonFlags_EnableNav);
  const bool hot = ImGui::IsItemHovered() || ImGui::IsItemFocused();
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImU32 text = hot ? ui.colors.text : ui.colors.secondary;
  draw_text(ui, draw, ImVec2(at.x, at.y + ui.px(2.5f)), kSmall, text, label);
  draw_box(ui, ImVec2(at.x + width - ui.px(kBox), at.y + ui.px(3)), on, text);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, tip);
  return clicked;
}

float dropdown_width(Ui& ui, const std::string& text) { return measure(ui, kSmall, text).x + ui.px(18); }

bool begin_dropdown(Ui& ui, const char* id, const std::string& text) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = dropdown_width(ui, text);
  ImGui::PushID(id);
  const ImGuiID list = ImGui::GetID("##list");
  if (ImGui::InvisibleButton("##open", ImVec2(width, ui.px(20)), ImGuiButtonFlags_EnableNav))
    ImGui::OpenPopup(list);
  ImGui::PopID();  // before the list begins: it is a window of its own
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImU32 color = hot ? ui.colors.text : ui.colors.secondary;
  draw_text(ui, draw, ImVec2(at.x, at.y + ui.px(3)), kSmall, color, text);
  const ImVec2 tip(at.x + width - ui.px(6), at.y + ui.px(13));
  draw->AddTriangleFilled(ImVec2(tip.x - ui.px(4), tip.y - ui.px(5)),
                          ImVec2(tip.x + ui.px(4), tip.y - ui.px(5)), tip, color);
  return ImGui::BeginPopupEx(list, ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoTitleBar |
                                       ImGuiWindowFlags_NoSavedSettings);
}

bool chip(Ui& ui, const char* label, bool chosen, const char* tip) {
  WithFont font(ui.fonts.regular, kSmall);
  ImGui::PushStyleColor(ImGuiCol_Text, chosen ? ui.colors.accent : ui.colors.secondary);
  ImGui::PushStyleColor(ImGuiCol_Border, chosen ? ui.colors.accent : ui.colors.border);
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, std::max(1.0f, ui.px(1.2f)));
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(8), ui.px(6)));
  const bool clicked = ImGui::Button(label);
  ImGui::PopStyleVar(2);
  ImGui::PopStyleColor(2);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, tip);
  return clicked;
}

namespace {
constexpr float kChipGap = 6, kChipPadding = 8;
}  // namespace

float chip_width(Ui& ui, std::string_view label) {
  return measure(ui, kSmall, label.substr(0, label.find("##"))).x + ui.px(2 * kChipPadding);
}

int chip_rows(Ui& ui, const std::vector<std::string>& labels) {
  const float room = ImGui::GetContentRegionAvail().x;
  int rows = 1;
  float at = 0;
  for (const std::string& label : labels) {
    const float width = chip_width(ui, label);
    if (at > 0 && at + width > room) {
      ++rows;
      at = 0;
    }
    at += width + ui.px(kChipGap);
  }
  return rows;
}

void same_line_if_fits(Ui& ui, float width_px) {
  // The right edge of the content: also of a child window, which has no padding of the panel's.
  const float right = ImGui::GetCursorScreenPos().x + ImGui::GetContentRegionAvail().x;
  if (ImGui::GetItemRectMax().x + ui.px(kChipGap) + width_px <= right + 0.5f)
    ImGui::SameLine(0, ui.px(kChipGap));
}

void tooltip(Ui& ui, const char* text) {
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(12), ui.px(8)));
  if (ImGui::BeginTooltip()) {
    ImGui::PushTextWrapPos(ui.px(340));
    text_sized(ui, kSmall, ui.colors.text, text);
    ImGui::PopTextWrapPos();
    ImGui::EndTooltip();
  }
  ImGui::PopStyleVar();
}

void theme_items(Ui& ui) {
  for (const auto& [value, key] :
       {std::pair(Theme::kDark, "theme.dark.menu"), std::pair(Theme::kLight, "theme.light.menu")}) {
    if (ImGui::MenuItem(ui.tr(key), nullptr, ui.state.view.theme == value))
      ui.out.emplace_back(SetTheme{value});
  }
}

void language_items(Ui& ui) {
  for (const Locales::File& each : ui.tr.locales().files()) {
    if (ImGui::MenuItem(each.name.c_str(), nullptr, ui.state.view.language == each.code))
      ui.out.emplace_back(SetLanguage{each.code});
  }
}

void color_items(Ui& ui) {
  for (const auto& [value, key] :
       {std::pair(MapColors::kViridis, "colors.viridis"), std::pair(MapColors::kCividis, "colors.cividis"),
        std::pair(MapColors::kMagma, "colors.magma"), std::pair(MapColors::kGrey, "colors.grey")}) {
    if (ImGui::MenuItem(ui.tr(key), nullptr, map_colors(ui.state.view) == value))
      ui.out.emplace_back(SetColors{value});
  }
}

namespace {

// Start, end and other special positions: as they are, left out, or left out and divided away.
void special_items(Ui& ui) {
  const ViewOptions& view = ui.state.view;
  struct Item {
    const char* words;
    const char* tip;
    bool hides, renormalises;
  };
  constexpr Item kItems[] = {{"tokens.special.show", "tokens.special.show.tip", false, false},
                             {"tokens.special.hide", "matrix.special.tip", true, false},
                             {"tokens.special.renormalise", "tokens.special.renormalise.tip", true, true}};
  for (const Item& item : kItems) {
    const bool chosen =
        view.hide_special == item.hides && (!item.hides || view.tokens.renormalise == item.renormalises);
    if (ImGui::MenuItem(ui.tr(item.words), nullptr, chosen)) {
      TokensView tokens = view.tokens;
      tokens.renormalise = item.renormalises;
      ui.out.emplace_back(SetTokensView{tokens});
      ui.out.emplace_back(SetHideSpecial{item.hides});
    }
    if (ImGui::IsItemHovered()) tooltip(ui, ui.tr(item.tip));
  }
}

// Of texts, and of the map over a drawing; pictures have lenses of their own for it.
void row_items(Ui& ui) {
  const TokensView& now = ui.state.view.tokens;
  if (ImGui::MenuItem(ui.tr("tokens.rank"), nullptr, now.rank)) {
    TokensView tokens = now;
    tokens.rank = !tokens.rank;
    ui.out.emplace_back(SetTokensView{tokens});
  }
  if (ImGui::IsItemHovered()) tooltip(ui, ui.tr("tokens.rank.tip"));
  ImGui::Separator();
  for (const double share : {0.0, 0.5, 0.8, 0.95}) {
    const std::string words = share == 0.0 ? std::string(ui.tr("tokens.hold.all"))
                                           : ui.tr.format("tokens.hold", ui.tr.percent(share, 0));
    if (ImGui::MenuItem(words.c_str(), nullptr, now.hold.value_or(0.0) == share)) {
      TokensView tokens = now;
      tokens.hold = share == 0.0 ? std::nullopt : std::optional(share);
      ui.out.emplace_back(SetTokensView{tokens});
    }
    if (ImGui::IsItemHovered()) tooltip(ui, ui.tr("tokens.hold.tip"));
  }
}

}  // namespace

void token_items(Ui& ui) {
  if (ImGui::MenuItem(ui.tr("tokens.words"), key_name(ui, ImGuiMod_Alt | ImGuiKey_W).c_str(),
                      ui.state.view.tokens.words))
    act::toggle_words(ui);
  if (ImGui::IsItemHovered()) tooltip(ui, ui.tr("tokens.words.tip"));
  ImGui::Separator();
  special_items(ui);
  if (ui.state.view.workspace != Workspace::kText && ui.state.view.workspace != Workspace::kPainting) return;
  ImGui::Separator();
  row_items(ui);
}

void text_sized(Ui& ui, float size, ImU32 color, std::string_view text, ImFont* font) {
  WithFont sized(face(ui, font), size);
  ImGui::PushStyleColor(ImGuiCol_Text, color);
  ImGui::TextUnformatted(text.data(), text.data() + text.size());
  ImGui::PopStyleColor();
  note_text(ui, ImGui::GetWindowDrawList(), ImGui::GetItemRectMin(), ImGui::GetItemRectSize(), text);
}

void text_wrapped(Ui& ui, float size, ImU32 color, std::string_view text, ImFont* font) {
  ImGui::PushTextWrapPos(0.0f);
  text_sized(ui, size, color, text, font);
  ImGui::PopTextWrapPos();
}

ImVec2 measure(Ui& ui, float size, std::string_view text, ImFont* font) {
  return face(ui, font)->CalcTextSizeA(ui.px(size * kLineOfEm), FLT_MAX, 0.0f, text.data(),
                                       text.data() + text.size());
}

std::string fitted(Ui& ui, std::string text, float size, float width_px) {
  if (measure(ui, size, text, ui.fonts.bold).x <= width_px) return text;
  while (!text.empty() && measure(ui, size, text + "…", ui.fonts.bold).x > width_px) {
    text.pop_back();
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.pop_back();
  }
  return text + "…";
}

void draw_text(Ui& ui, ImDrawList* draw, ImVec2 at, float size, ImU32 color, std::string_view text,
               ImFont* font) {
  draw->AddText(face(ui, font), ui.px(size * kLineOfEm), ImVec2(std::round(at.x), std::round(at.y)), color,
                text.data(), text.data() + text.size());
  note_text(ui, draw, at, measure(ui, size, text, font), text);
}

void draw_rotated(Ui& ui, ImDrawList* draw, ImVec2 at, float angle, float size, ImU32 color,
                  std::string_view text, ImFont* font) {
  // Drawn level without clipping (the level text may stick out where the turned one does not), then turned.
  const int begin = draw->VtxBuffer.Size;
  const float height = ui.px(size * kLineOfEm);
  draw->PushClipRectFullScreen();
  const ImVec4 everywhere(-1e6f, -1e6f, 1e6f, 1e6f);
  draw->AddText(face(ui, font), height, ImVec2(at.x, at.y - height * 0.8f), color, text.data(),
                text.data() + text.size(), 0.0f, &everywhere);
  draw->PopClipRect();
  const float c = std::cos(angle), s = std::sin(angle);
  for (int i = begin; i < draw->VtxBuffer.Size; ++i) {
    ImVec2& p = draw->VtxBuffer[i].pos;
    const ImVec2 d(p.x - at.x, p.y - at.y);
    p = ImVec2(at.x + c * d.x + s * d.y, at.y - s * d.x + c * d.y);
  }
  note_text(ui, draw, ImVec2(at.x, at.y - height * 0.8f), measure(ui, size, text, font), text, angle, at);
}

bool begin_sheet(Ui& ui, const char* title, bool* open, float width) {
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  ImGui::SetNextWindowPos(viewport->GetCenter(), ImGuiCond_Always, ImVec2(0.5f, 0.5f));
  ImGui::SetNextWindowSize(ImVec2(std::min(ui.px(width), viewport->Size.x - ui.px(40)), 0));
  // What does not fit is scrolled to.
  ImGui::SetNextWindowSizeConstraints(ImVec2(1, 1), ImVec2(FLT_MAX, viewport->Size.y - ui.px(40)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, std::max(1.0f, ui.px(1)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(20), ui.px(16)));
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ui.colors.raised);
  ImGui::PushStyleColor(ImGuiCol_TitleBgActive, ui.colors.raised);
  ImGui::PushStyleColor(ImGuiCol_TitleBg, ui.colors.raised);
  const bool shown = ImGui::Begin(title, open,
                                  ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoCollapse |
                                      ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoResize);
  ImGui::PopStyleColor(3);
  ImGui::PopStyleVar(2);
  return shown;
}

void note_field(const Ui& ui, std::string_view text) {
  if (ui.ui.drawn_texts == nullptr || text.empty()) return;
  const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
  const ImVec2 size = ImGui::CalcTextSize(text.data(), text.data() + text.size()),
               padding = ImGui::GetStyle().FramePadding;
  const ImVec2 at(low.x + padding.x, low.y + padding.y);
  ui.ui.drawn_texts->push_back({.list = ImGui::GetWindowDrawList(),
                                .text = std::string(text),
                                .box = ImVec4(at.x, at.y, at.x + size.x, at.y + size.y),
                                .clip = ImVec4(low.x, low.y, high.x, high.y)});
}

ImU32 with_alpha(ImU32 color, float alpha) {
  const auto a = static_cast<ImU32>(std::lround(std::clamp(alpha, 0.0f, 1.0f) * 255.0f));
  return (color & ~IM_COL32_A_MASK) | (a << IM_COL32_A_SHIFT);
}

std::string map_number(const Ui& ui, const ColorScale& range, float value, int decimals) {
  const double number = static_cast<double>(value);
  return range.share ? ui.tr.percent(number, std::max(0, decimals - 2)) : ui.tr.number(number, decimals);
}

std::string token_label(const Ui& ui, const Token& token) {
  if (token.is_bos) return ui.tr("token.bos");
  if (token.is_eos) return ui.tr("token.eos");
  return token.shown;
}

void select_map(Ui& ui, const MapChoice& choice) {
  const Document& doc = ui.state.doc;
  if (ui.state.view.workspace == Workspace::kImage) {
    ui.out.emplace_back(SelectPictureMap{in_lens_of(doc.picture.choice, choice)});
  } else {
    ui.out.emplace_back(SelectMap{in_lens_of(doc.choice, choice)});
  }
}

std::string choice_label(const Ui& ui, const MapChoice& choice) {
  const Lens* lens = find_lens(choice.lens);
  if (lens != nullptr && !lens->by_head) return ui.tr(std::string("choice.layer.") + choice.lens);
  const HeadChoice& heads = choice.heads;
  const std::string layer = !heads.set.empty() ? heads_in_words(ui.tr, RunKind::kText, heads.set)
                            : heads.layer      ? ui.tr.format("choice.layer", *heads.layer + 1)
                                               : std::string(ui.tr("choice.layer.mean"));
  if (lens != nullptr &&
      (lens->needs == LensNeeds::kHidden || lens->needs == LensNeeds::kPatches))  // no heads
    return std::string(ui.tr("lens." + choice.lens)) + " · " +
           (heads.layer ? layer : std::string(ui.tr("lens.last_layer")));
  const std::string head =
      heads.head ? ui.tr.format("choice.head", *heads.head + 1)
                 : std::string(ui.tr(std::string("choice.head.").append(fusion_name(heads.fusion))));
  return layer + " · " + head;
}

int subject_token(const Ui& ui, const std::vector<Token>& tokens) {
  const int hovered = ui.ui.hovered.token;
  if (hovered >= 0 && hovered < static_cast<int>(tokens.size())) return hovered;
  const auto& pins = ui.state.doc.pins;
  return pins.empty() ? -1 : pinned_token(pins.back(), tokens);
}

int strongest_partner(const TextViews& views, int token, bool incoming) {
  const auto& tokens = views.run().tokens;
  int best = -1;
  float most = 0.0f;
  for (int other = 0; other < static_cast<int>(tokens.size()); ++other) {
    const Token& candidate = tokens[static_cast<std::size_t>(other)];
    if (other == token || candidate.is_bos || candidate.is_eos) continue;
    const float value = incoming ? views.attention()(other, token) : views.attention()(token, other);
    if (value > most) {
      most = value;
      best = other;
    }
  }
  return best;
}

bool has_map(const Ui& ui) {
  switch (ui.state.view.workspace) {
    case Workspace::kImage:
      return ui.picture.has_run();
    case Workspace::kPainting:
      return ui.paint.has_run();
    default:
      return ui.views.has_map();
  }
}

ImU32 pin_color(const Ui& ui, const std::vector<Token>& tokens, int token) {
  const auto& pins = ui.state.doc.pins;
  for (std::size_t i = 0; i < pins.size(); ++i) {
    if (pinned_token(pins[i], tokens) == token) return ui.colors.pins[i];
  }
  return 0;
}

}  // namespace regard
