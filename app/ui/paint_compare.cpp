// Before, now and what changed, as large as the picture: one of them, both with a line to drag between them,
// or side by side.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include <imgui_internal.h>

#include "app/ui/paint_parts.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"

namespace regard {
namespace {

constexpr float kGrip = 18;

struct ShowLine {
  PaintShow show;
  const char* key;  // its words; with ".tip" what it shows
};
constexpr std::array kShows = std::to_array<ShowLine>({{PaintShow::kNow, "paint.show.now"},
                                                       {PaintShow::kBefore, "paint.show.before"},
                                                       {PaintShow::kDifference, "paint.show.difference"},
                                                       {PaintShow::kWipe, "paint.show.wipe"},
                                                       {PaintShow::kBeside, "paint.show.beside"}});

void set_show(Ui& ui, PaintShow show) {
  set_paint_view(ui, [&](PaintView& view) { view.show = show; });
}

void draw_now(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high) {
  draw_sheet_tile(ui, draw, ui.textures.film, ui.paint.film(), ui.paint.span().second, low, high);
}

void draw_before(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high) {
  draw_sheet_tile(ui, draw, ui.textures.film_before, ui.paint.before_film(), 0, low, high);
}

// A word in the picture's corner, readable on any picture.
void draw_tag(Ui& ui, ImDrawList* draw, ImVec2 corner, bool at_right, const char* words) {
  const ImVec2 size = measure(ui, kSmall, words, ui.fonts.bold);
  const float width = size.x + ui.px(12);
  const ImVec2 low(at_right ? corner.x - width : corner.x, corner.y);
  draw->AddRectFilled(low, ImVec2(low.x + width, low.y + size.y + ui.px(4)), IM_COL32(0, 0, 0, 190));
  draw_text(ui, draw, ImVec2(low.x + ui.px(6), low.y + ui.px(2)), kSmall, IM_COL32_WHITE, words,
            ui.fonts.bold);
}

// The line between both pictures, dragged by hand or moved by the arrow keys.
void move_wipe(Ui& ui, ImVec2 low, ImVec2 high) {
  const float width = std::max(1.0f, high.x - low.x), x = low.x + width * ui.state.view.paint.wipe;
  ImGui::SetCursorScreenPos(ImVec2(x - ui.px(kGrip / 2), low.y));
  ImGui::InvisibleButton("##wipe", ImVec2(ui.px(kGrip), std::max(1.0f, high.y - low.y)),
                         ImGuiButtonFlags_EnableNav);
  const ImGuiID id = ImGui::GetItemID();
  float wipe = ui.state.view.paint.wipe;
  if (ImGui::IsItemHovered() || ImGui::IsItemActive()) ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip) && !ImGui::IsItemActive())
    tooltip(ui, ui.tr("paint.wipe.tip"));
  if (ImGui::IsItemActive() && ImGui::IsMouseDown(ImGuiMouseButton_Left))
    wipe = (ImGui::GetMousePos().x - low.x) / width;
  if (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible) {
    for (const auto& [key, step] :
         {std::pair(ImGuiKey_LeftArrow, -0.05f), std::pair(ImGuiKey_RightArrow, 0.05f)}) {
      if (ImGui::IsKeyPressed(key, ImGuiInputFlags_Repeat, id)) wipe += step;
      ImGui::SetKeyOwner(key, id);
    }
  }
  wipe = std::clamp(wipe, 0.0f, 1.0f);
  if (wipe != ui.state.view.paint.wipe) set_paint_view(ui, [&](PaintView& view) { view.wipe = wipe; });
}

void draw_wipe(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high) {
  const float x = std::round(low.x + (high.x - low.x) * ui.state.view.paint.wipe);
  draw->PushClipRect(low, ImVec2(x, high.y), true);
  draw_before(ui, draw, low, high);
  draw->PopClipRect();
  draw->PushClipRect(ImVec2(x, low.y), high, true);
  draw_now(ui, draw, low, high);
  draw->PopClipRect();
  const float middle = (low.y + high.y) / 2;
  draw->AddLine(ImVec2(x, low.y), ImVec2(x, high.y), IM_COL32(0, 0, 0, 200), ui.px(4));
  draw->AddLine(ImVec2(x, low.y), ImVec2(x, high.y), ui.colors.accent, ui.px(2));
  draw->AddCircleFilled(ImVec2(x, middle), ui.px(9), IM_COL32(0, 0, 0, 200));
  draw->AddCircleFilled(ImVec2(x, middle), ui.px(7.5f), ui.colors.accent);
  draw_tag(ui, draw, low, false, ui.tr("paint.show.before"));
  draw_tag(ui, draw, ImVec2(high.x, low.y), true, ui.tr("paint.show.now"));
}

}  // namespace

bool compares_drawings(const Ui& ui) { return ui.paint.difference().width > 0; }

PaintShow shown_drawing(const Ui& ui) {
  return compares_drawings(ui) ? ui.state.view.paint.show : PaintShow::kNow;
}

void draw_show_chips(Ui& ui) {
  for (const ShowLine& line : kShows) {
    if (&line != kShows.data()) same_line_if_fits(ui, chip_width(ui, ui.tr(line.key)));
    const std::string label = std::string(ui.tr(line.key)) + "###" + line.key;
    if (chip(ui, label.c_str(), ui.state.view.paint.show == line.show, ui.tr(std::string(line.key) + ".tip")))
      set_show(ui, line.show);
  }
}

void draw_compared(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high) {
  switch (shown_drawing(ui)) {
    case PaintShow::kNow:
      return draw_now(ui, draw, low, high);
    case PaintShow::kBefore:
      draw_before(ui, draw, low, high);
      return draw_tag(ui, draw, low, false, ui.tr("paint.show.before"));
    case PaintShow::kDifference:
      draw->AddRectFilled(low, high, ui.colors.panel);  // where nothing differs
      if (ui.textures.paint_difference != ImTextureID_Invalid)
        draw->AddImage(ui.textures.paint_difference, low, high);
      return;
    case PaintShow::kWipe:
      return draw_wipe(ui, draw, low, high);
    case PaintShow::kBeside:
      draw_now(ui, draw, low, high);
      return draw_tag(ui, draw, low, false, ui.tr("paint.show.now"));
  }
}

void draw_beside(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high) {
  draw_before(ui, draw, low, high);
  draw_tag(ui, draw, low, false, ui.tr("paint.show.before"));
}

void handle_wipe(Ui& ui, ImVec2 low, ImVec2 high) {
  if (shown_drawing(ui) == PaintShow::kWipe) move_wipe(ui, low, high);
}

}  // namespace regard
