#include "app/ui/sheet_parts.h"

#include <algorithm>

#include "app/ui/widgets.h"

namespace regard {
namespace {

constexpr float kButtonType = 15, kButtonHeight = 34, kButtonPad = 14, kButtonGap = 8;  // units

}  // namespace

bool sheet_button(Ui& ui, const char* id, const std::string& label, bool first) {
  const float pad = ui.px(kButtonPad), height = ui.px(kButtonHeight);
  float width = measure(ui, kButtonType, label, ui.fonts.bold).x + 2 * pad;
  if (!first) {
    ImGui::SameLine(0, ui.px(kButtonGap));
    if (ImGui::GetContentRegionAvail().x < width) ImGui::NewLine();
  }
  width = std::clamp(width, 1.0f, std::max(1.0f, ImGui::GetContentRegionAvail().x));
  const ImVec2 low = ImGui::GetCursorScreenPos(), high(low.x + width, low.y + height);
  const bool pressed = ImGui::InvisibleButton(id, ImVec2(width, height), ImGuiButtonFlags_EnableNav);
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(low, high, ui.colors.panel, ui.px(6));
  draw->AddRect(low, high, hot ? ui.colors.accent : ui.colors.border, ui.px(6), ui.px(hot ? 2.0f : 1.2f));
  const std::string shown = fitted(ui, label, kButtonType, width - 2 * pad + ui.px(1));
  const ImVec2 size = measure(ui, kButtonType, shown);
  draw_text(ui, draw, ImVec2((low.x + high.x - size.x) / 2, (low.y + high.y - size.y) / 2 - ui.px(1)),
            kButtonType, hot ? ui.colors.accent : ui.colors.text, shown);
  return pressed;
}

}  // namespace regard
