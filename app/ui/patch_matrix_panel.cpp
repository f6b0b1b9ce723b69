// Every patch against every patch, as one map: by rows of the picture, or with the drawn regions first.
#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "app/state/queries.h"
#include "app/ui/map_grid.h"
#include "app/ui/picture_parts.h"
#include "app/ui/ui.h"
#include "app/ui/why_parts.h"
#include "app/ui/widgets.h"
#include "app/views/colormap.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr float kMatrixBarRoom = 78, kAxis = 24, kNote = 20;

// Where the regions end in the order of the matrix.
void draw_region_lines(Ui& ui, ImDrawList* draw, ImVec2 low, float side) {
  const auto& order = ui.picture.order();
  const float cell = side / static_cast<float>(order.size());
  const PictureDocument& doc = ui.state.doc.picture;
  std::size_t at = static_cast<std::size_t>(ui.picture.specials());
  const auto line = [&](std::size_t row, ImU32 color) {
    const float d = cell * static_cast<float>(row);
    draw->AddLine(ImVec2(low.x + d, low.y), ImVec2(low.x + d, low.y + side), color, ui.px(1.2f));
    draw->AddLine(ImVec2(low.x, low.y + d), ImVec2(low.x + side, low.y + d), color, ui.px(1.2f));
  };
  for (const bool second : {false, true}) {
    const std::size_t count = second ? doc.region_b.size() : doc.region_a.size();
    if (count == 0) continue;
    line(at, region_color(ui, second));
    at += count;
    line(at, region_color(ui, second));
  }
}

void handle_pointer(Ui& ui, ImDrawList* draw, ImVec2 low, float side) {
  const auto& order = ui.picture.order();
  const int count = static_cast<int>(order.size());
  ImGui::SetCursorScreenPos(low);
  const bool clicked = ImGui::InvisibleButton("##cells", ImVec2(side, side));
  if (!ImGui::IsItemHovered()) return;
  const ImVec2 mouse = ImGui::GetMousePos();
  const float cell = side / static_cast<float>(count);
  const int column = std::clamp(static_cast<int>((mouse.x - low.x) / cell), 0, count - 1),
            row = std::clamp(static_cast<int>((mouse.y - low.y) / cell), 0, count - 1);
  const int query = order[static_cast<std::size_t>(row)], key = order[static_cast<std::size_t>(column)];
  ui.ui.next_hovered.patch = query;
  if (clicked) {
    ui.out.emplace_back(TogglePatchPin{query});
    CalculationView view = ui.state.view.calculation;
    view.cell = {query, key};
    ui.out.emplace_back(SetCalculation{view});
  }
  const ImU32 line = with_alpha(ui.colors.text, 0.6f);
  draw->AddLine(ImVec2(low.x, mouse.y), ImVec2(low.x + side, mouse.y), line);
  draw->AddLine(ImVec2(mouse.x, low.y), ImVec2(mouse.x, low.y + side), line);
  if (!ImGui::BeginTooltip()) return;
  text_sized(ui, kBody, ui.colors.text, patch_label(ui, query) + " → " + patch_label(ui, key), ui.fonts.bold);
  const float value =
      ui.picture.matrix().cells[static_cast<std::size_t>(row) * static_cast<std::size_t>(count) +
                                static_cast<std::size_t>(column)];
  text_sized(ui, kBody, ui.colors.secondary, map_number(ui, ui.picture.matrix_range(), value, 6));
  ImGui::EndTooltip();
}

// The cell that the calculation holds on to: a frame that can be seen however small the cell is.
void draw_held_cell(Ui& ui, ImDrawList* draw, ImVec2 low, float side) {
  const auto held = held_cell(ui);
  if (!held) return;
  const auto& order = ui.picture.order();
  const auto place = [&](int token) {
    return static_cast<float>(std::ranges::find(order, token) - order.begin());
  };
  const float cell = side / static_cast<float>(order.size()), more = std::max(0.0f, ui.px(6) - cell) / 2;
  const ImVec2 at(low.x + cell * place(held->second), low.y + cell * place(held->first));
  frame_cell(ui, draw, ImVec2(at.x - more, at.y - more), ImVec2(at.x + cell + more, at.y + cell + more),
             ui.colors.accent);
}

void draw_matrix(Ui& ui) {
  const MapChoice& choice = ui.picture.choice();
  std::string title = choice_label(ui, {.heads = picture_matrix_heads(choice, ui.picture.record().shape())});
  if (!choice.heads.layer) title += std::string(" · ") + ui.tr("patch_matrix.one_layer");
  const float full = ImGui::GetContentRegionAvail().x;
  text_sized(ui, kSmall, ui.colors.secondary, fitted(ui, title, kSmall, full));
  const ImVec2 at = ImGui::GetCursorScreenPos(), room = ImGui::GetContentRegionAvail();
  const float side =
      std::floor(std::min(room.x - ui.px(kMatrixBarRoom + kAxis), room.y - ui.px(kAxis + kNote)));
  if (side < ui.px(60)) return;
  ui.ui.map_sizes.patch_matrix = side;
  const ImVec2 low(at.x + ui.px(kAxis), at.y + ui.px(4)), high(low.x + side, low.y + side);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(low, high, ui.colors.empty_cell);
  if (ui.textures.patch_matrix != ImTextureID_Invalid) draw->AddImage(ui.textures.patch_matrix, low, high);
  draw_region_lines(ui, draw, low, side);
  draw_held_cell(ui, draw, low, side);
  draw_color_bar(ui, draw, ImVec2(high.x + ui.px(14), low.y), side, ui.picture.matrix_range(),
                 colormap_for(ui.state.view));
  draw_text(ui, draw, ImVec2(low.x, high.y + ui.px(5)), kSmall, ui.colors.secondary, ui.tr("matrix.key"));
  draw_rotated(ui, draw, ImVec2(at.x + ui.px(11), high.y), 1.5707963f, kSmall, ui.colors.secondary,
               ui.tr("matrix.query"));
  ImGui::SetCursorScreenPos(ImVec2(at.x, high.y + ui.px(kAxis)));
  draw_shrink_note(ui, static_cast<int>(ui.picture.order().size()), side);
  handle_pointer(ui, draw, low, side);
}

}  // namespace

void draw_patch_matrix_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.patch_matrix"))) {
    ui.ui.in_sight.patch_matrix = true;
    if (!ui.picture.has_run() || ui.picture.order().empty()) {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("picture.empty"));
    } else {
      draw_matrix(ui);
    }
  }
  end_panel();
}

}  // namespace regard
