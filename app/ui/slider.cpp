#include "app/ui/slider.h"

#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "app/ui/widgets.h"

namespace regard {
namespace {

constexpr float kKnob = 7;  // radius, units

// ImGui's slider keeps its behaviour; only its picture is draw_slider()'s.
bool bare_slider(Ui& ui, const char* id, float& value, float low, float high, float width,
                 const char* format) {
  const bool typing = ImGui::GetCurrentContext()->TempInputId == ImGui::GetID(id);
  const ImGuiCol parts[] = {ImGuiCol_FrameBg, ImGuiCol_FrameBgHovered, ImGuiCol_FrameBgActive,
                            ImGuiCol_SliderGrab, ImGuiCol_SliderGrabActive};
  for (const ImGuiCol part : parts) ImGui::PushStyleColor(part, IM_COL32_BLACK_TRANS);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(2), ui.px(2)));
  ImGui::SetNextItemWidth(width);
  const bool moved =
      ImGui::SliderFloat(id, &value, low, high, typing ? format : "", ImGuiSliderFlags_AlwaysClamp);
  ImGui::PopStyleVar();
  ImGui::PopStyleColor(static_cast<int>(std::size(parts)));
  return moved;
}

}  // namespace

void draw_slider(Ui& ui, ImDrawList* draw, const SliderTrack& track) {
  const float knob = std::min(ui.px(kKnob), track.size.y / 2), y = track.low.y + track.size.y / 2,
              half = ui.px(2);
  const float left = track.low.x + knob, length = std::max(0.0f, track.size.x - 2 * knob);
  const auto x_of = [&](float place) { return left + length * std::clamp(place, 0.0f, 1.0f); };
  draw->AddRectFilled(ImVec2(track.low.x, y - half), ImVec2(track.low.x + track.size.x, y + half),
                      ui.colors.track, half);
  if (track.changed) {
    const auto [from, to] = std::minmax({x_of(track.from), x_of(track.at)});  // by value
    draw->AddRectFilled(ImVec2(from, y - half), ImVec2(to, y + half), ui.colors.accent);
  }
  const ImVec2 middle(x_of(track.at), y);
  draw->AddCircleFilled(middle, knob, track.changed ? ui.colors.accent : ui.colors.knob);
  if (track.hot) draw->AddCircle(middle, knob + ui.px(2), ui.colors.accent, 0, ui.px(1.5f));
}

Slid slider(Ui& ui, const char* id, float& value, float low, float high, float width_px, const char* format,
            const std::function<std::string(float)>& number, const char* tip) {
  WithFont font(ui.fonts.regular, kSmall);
  Slid slid;
  slid.moved = bare_slider(ui, id, value, low, high, width_px, format);
  slid.activated = ImGui::IsItemActivated();
  const bool hot = ImGui::IsItemHovered() || ImGui::IsItemActive() ||
                   (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  const bool typing = ImGui::GetCurrentContext()->TempInputId == ImGui::GetItemID() && ImGui::IsItemActive();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, tip);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImVec2 at = ImGui::GetItemRectMin(), size = ImGui::GetItemRectSize();
  if (!typing)
    draw_slider(ui, draw, {.low = at, .size = size, .at = (value - low) / (high - low), .hot = hot});
  // As wide as its longest number, so that nothing moves while it is dragged.
  const float room = std::max(measure(ui, kSmall, number(low)).x, measure(ui, kSmall, number(high)).x);
  ImGui::SameLine(0, ui.px(6));
  const ImVec2 beside = ImGui::GetCursorScreenPos();
  const std::string shown = number(value);
  draw_text(ui, draw, ImVec2(beside.x, at.y + (size.y - measure(ui, kSmall, shown).y) / 2), kSmall,
            ui.colors.secondary, shown);
  ImGui::Dummy(ImVec2(room, size.y));
  ImGui::GetCurrentContext()->LastItemData.Rect.Min = at;  // slider and number are one
  return slid;
}

}  // namespace regard
