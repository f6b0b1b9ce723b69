#include "app/ui/vector_strip.h"

#include <algorithm>
#include <cmath>

#include "app/ui/picture_parts.h"
#include "app/ui/widgets.h"

namespace regard {
namespace {

constexpr float kStripName = 18, kStripBars = 34;

// Which number stands at a place.
int index_at(const Strip& strip, int place) {
  return strip.order.empty() ? place : strip.order[static_cast<std::size_t>(place)];
}

// Of places [from, to), the index of the number farthest from 0.
int farthest(const Strip& strip, int from, int to) {
  int best = index_at(strip, from);
  for (int place = from; place < to; ++place) {
    const int index = index_at(strip, place);
    const float value = std::abs(strip.values[static_cast<std::size_t>(index)]);
    if (value > std::abs(strip.values[static_cast<std::size_t>(best)]) || std::isnan(value)) best = index;
  }
  return best;
}

void draw_bar(Ui& ui, ImDrawList* draw, float left, float right, float zero, float half, float part,
              ImU32 color) {
  if (!std::isfinite(part)) {  // no number: a dot on the line
    draw->AddRectFilled(ImVec2(left, zero - ui.px(1)), ImVec2(right, zero + ui.px(1)), ui.colors.error);
    return;
  }
  const float y = zero - half * std::clamp(part, -1.0f, 1.0f);
  draw->AddRectFilled(ImVec2(left, std::min(y, zero)), ImVec2(right, std::max(y, zero)), color);
}

void draw_head(Ui& ui, ImDrawList* draw, ImVec2 at, float width, const Strip& strip) {
  const ImVec2 size = measure(ui, kSmall, strip.shape);
  draw_text(ui, draw, at, kSmall, ui.colors.text, fitted(ui, strip.name, kSmall, width - size.x - ui.px(8)),
            ui.fonts.bold);
  draw_text(ui, draw, ImVec2(at.x + width - size.x, at.y), kSmall, ui.colors.secondary, strip.shape);
}

// The index under the pointer, or that the arrow keys have come to; -1: none.
int touched(Ui& ui, const Strip& strip, ImVec2 at, float width, int bars) {
  const auto count = static_cast<int>(strip.values.size());
  ImGui::SetCursorScreenPos(at);
  ImGui::PushID(strip.name.c_str());
  ImGui::InvisibleButton("##strip", ImVec2(std::max(1.0f, width), ui.px(kStripBars)),
                         ImGuiButtonFlags_EnableNav);
  ImGui::PopID();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_NoNavOverride)) {
    const float part = (ImGui::GetMousePos().x - at.x) / std::max(1.0f, width);
    const int bar = std::clamp(static_cast<int>(part * static_cast<float>(bars)), 0, bars - 1);
    const int from = count * bar / bars, to = std::max(from + 1, count * (bar + 1) / bars);
    return farthest(strip, from, to);
  }
  return move_over_cells(count, 1, ui.ui.strip_cursor, ImGui::GetItemID())
             ? index_at(strip, ui.ui.strip_cursor)
             : -1;
}

}  // namespace

float reach_of(std::initializer_list<std::span<const float>> vectors) {
  float reach = 0.0f;
  for (const std::span<const float> vector : vectors) {
    for (const float value : vector) reach = std::isfinite(value) ? std::max(reach, std::abs(value)) : reach;
  }
  return reach;
}

int pointed_number(const Ui& ui, std::size_t count) {
  const auto& [index, of] = ui.ui.hovered.number;
  return of == count && index >= 0 && index < static_cast<int>(count) ? index : -1;
}

void draw_strip(Ui& ui, const Strip& strip, const std::function<std::string(int index)>& tip) {
  const auto count = static_cast<int>(strip.values.size());
  if (count == 0) return;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_head(ui, draw, at, width, strip);
  const float top = at.y + ui.px(kStripName), zero = std::round(top + ui.px(kStripBars) / 2),
              half = ui.px(kStripBars) / 2;
  draw->AddRectFilled(ImVec2(at.x, top), ImVec2(at.x + width, top + ui.px(kStripBars)), ui.colors.raised,
                      ui.px(3));
  const float reach = strip.reach > 0.0f ? strip.reach : reach_of({strip.values});
  const int bars = std::max(1, std::min(count, static_cast<int>(width)));
  const float pitch = width / static_cast<float>(bars);
  const float gap = pitch >= 4.0f ? 1.0f : 0.0f;
  const int pointed = pointed_number(ui, strip.values.size());
  for (int bar = 0; bar < bars; ++bar) {
    const int from = count * bar / bars, to = std::max(from + 1, count * (bar + 1) / bars);
    const int index = farthest(strip, from, to);
    bool marked = false;
    for (int place = from; place < to; ++place) marked = marked || index_at(strip, place) == pointed;
    const float left = at.x + pitch * static_cast<float>(bar);
    const int shown = marked ? pointed : index;
    const float part = reach > 0.0f ? strip.values[static_cast<std::size_t>(shown)] / reach : 0.0f;
    if (marked)
      draw->AddRectFilled(ImVec2(left, top), ImVec2(left + std::max(1.0f, pitch), top + ui.px(kStripBars)),
                          with_alpha(ui.colors.text, 0.22f));
    draw_bar(ui, draw, left, left + std::max(1.0f, pitch - gap), zero, half, part,
             marked ? ui.colors.text : strip.color);
  }
  draw->AddLine(ImVec2(at.x, zero), ImVec2(at.x + width, zero), with_alpha(ui.colors.secondary, 0.6f));
  const int index = touched(ui, strip, ImVec2(at.x, top), width, bars);
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(width, ui.px(kStripName + kStripBars + 6) - ImGui::GetStyle().ItemSpacing.y));
  if (index < 0) return;
  ui.ui.next_hovered.number = {index, strip.values.size()};
  tooltip(ui, tip(index).c_str());
}

}  // namespace regard
