// A map that stays while the selection moves. Pointing at it marks the same in every other view.
#include <algorithm>
#include <string>

#include <imgui_internal.h>

#include "app/ui/doubled.h"
#include "app/ui/map_grid.h"
#include "app/ui/paint_parts.h"
#include "app/ui/picture_parts.h"
#include "app/ui/widgets.h"
#include "app/views/doubled_maps.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"
#include "core/engine/sequences.h"

namespace regard {
namespace {

constexpr float kLeastMatrixSide = 60, kDoubledBar = 40, kTitleLine = 28;

std::string number_of(const Ui& ui, std::size_t number, std::size_t cell) {
  const float value = ui.doubled.cells(number).cells[cell];
  return value == kMaskedValue ? "–" : map_number(ui, ui.doubled.range(number), number_of_cell(value), 5);
}

void cell_tooltip(Ui& ui, const std::string& what, const std::string& number) {
  if (!ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip) || !ImGui::BeginTooltip()) return;
  text_sized(ui, kBody, ui.colors.text, what, ui.fonts.bold);
  text_sized(ui, kBody, ui.colors.secondary, number);
  ImGui::EndTooltip();
}

MapLabels labels_of(const Ui& ui, std::size_t number) {
  MapLabels labels;
  const auto& tokens = ui.state.run->tokens;
  const std::vector<Token> names = ui.doubled.joins_words(number) ? whole_words(tokens) : tokens;
  const auto& cell = ui.ui.hovered.cell;
  const int hovered = ui.doubled.row_of(number, ui.ui.hovered.token);
  const int row = cell ? ui.doubled.row_of(number, cell->first) : -1,
            column = cell ? ui.doubled.row_of(number, cell->second) : -1;
  for (const int at : ui.doubled.positions(number)) {
    const int i = static_cast<int>(labels.text.size());
    const ImU32 pin = pin_color(ui, tokens, at);
    labels.text.push_back(token_label(ui, names[static_cast<std::size_t>(at)]));
    labels.color.push_back(pin);
    labels.row.push_back(pin != 0 || i == hovered || i == row);
    labels.column.push_back(pin != 0 || i == hovered || i == column);
  }
  return labels;
}

void draw_matrix(Ui& ui, std::size_t number, ImVec2 at, ImVec2 room) {
  const CellImage& cells = ui.doubled.cells(number);
  const std::vector<int>& positions = ui.doubled.positions(number);
  if (!ui.state.run || positions.size() != static_cast<std::size_t>(cells.width)) return;
  if (!positions.empty() && positions.back() >= static_cast<int>(ui.state.run->tokens.size())) return;
  const MapLabels labels = labels_of(ui, number);
  const MapGrid grid = fit_map(ui, labels, at, room);
  if (grid.side() < ui.px(kLeastMatrixSide)) return;
  ui.ui.map_sizes.doubled[number] = grid.side();
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ColorScale& range = ui.doubled.range(number);
  draw_map_cells(ui, draw, grid, ui.textures.doubled[number], cells);
  draw_map_labels(ui, draw, grid, labels);
  draw_map_axes(ui, draw, grid, at.x);
  draw_map_bar(ui, draw, grid, range, colormap_for(ui.state.view, range));
  if (const auto cell = point_at_map(grid, "##cells")) {
    const auto [row, column] = *cell;
    ui.ui.next_hovered.cell = {positions[static_cast<std::size_t>(row)],
                               positions[static_cast<std::size_t>(column)]};
    cell_tooltip(
        ui,
        labels.text[static_cast<std::size_t>(row)] + " → " + labels.text[static_cast<std::size_t>(column)],
        number_of(ui, number,
                  static_cast<std::size_t>(row) * static_cast<std::size_t>(cells.width) +
                      static_cast<std::size_t>(column)));
  }
  if (const auto& cell = ui.ui.hovered.cell)
    draw_map_crosshair(ui, draw, grid, ui.doubled.row_of(number, cell->first),
                       ui.doubled.row_of(number, cell->second));
}

// The map's own patch, and the one that is pointed at in any view.
void draw_patch_marks(Ui& ui, ImDrawList* draw, const PatchGrid& grid, int hovered, std::size_t number) {
  const auto frame = [&](int token, ImU32 color) {
    if (token < grid.specials || token >= grid.specials + grid.columns * grid.rows) return;
    const auto [low, high] = grid.patch(token);
    frame_cell(ui, draw, low, high, color);
  };
  const auto& query =
      ui.state.view.doubled[static_cast<std::size_t>(run_kind(ui.state.view.workspace))][number];
  if (query && query->lens != "norms" && query->caption.empty()) {
    for (const int token : query->subject) frame(token, ui.colors.accent);
  }
  frame(hovered, ui.colors.text);
}

// The item over the grid. @return the token under the pointer, -1: none
int point_at_patches(const PatchGrid& grid) {
  ImGui::SetCursorScreenPos(grid.low);
  const ImVec2 size(std::max(1.0f, grid.high().x - grid.low.x), std::max(1.0f, grid.high().y - grid.low.y));
  ImGui::InvisibleButton("##picture", size);
  return ImGui::IsItemHovered() ? grid.token_at(ImGui::GetMousePos()) : -1;
}

void draw_bar(Ui& ui, std::size_t number, const PatchGrid& grid, float opacity) {
  const ColorScale& range = ui.doubled.range(number);
  draw_flat_bar(ui, ImGui::GetWindowDrawList(), ImVec2(grid.image_low.x, grid.image_high.y + ui.px(8)),
                grid.image_high.x - grid.image_low.x, range, colormap_for(ui.state.view, range), "", opacity);
}

void draw_over_picture(Ui& ui, std::size_t number, ImVec2 at, ImVec2 room) {
  const CellImage& cells = ui.doubled.cells(number);
  if (!ui.picture.has_run() || cells.width != ui.picture.columns() || cells.height != ui.picture.rows())
    return;
  const PatchGrid grid = place_picture(ui.picture.run(), at, ImVec2(room.x, room.y - ui.px(kDoubledBar)));
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const PictureView& view = ui.state.view.picture;
  draw_photo(ui, draw, grid, ui.textures.photo);
  draw_map_over(draw, grid, ui.textures.doubled[number], view.opacity, view.smooth);
  draw_patch_marks(ui, draw, grid, ui.ui.hovered.patch, number);
  if (const int token = point_at_patches(grid); token >= 0) {
    ui.ui.next_hovered.patch = token;
    cell_tooltip(ui, patch_label(ui, token),
                 number_of(ui, number, static_cast<std::size_t>(token - grid.specials)));
  }
  draw_bar(ui, number, grid, view.opacity);
}

void draw_over_drawing(Ui& ui, std::size_t number, ImVec2 at, ImVec2 room) {
  const CellImage& cells = ui.doubled.cells(number);
  if (!ui.paint.has_run() || cells.width != ui.paint.columns() || cells.height != ui.paint.rows()) return;
  const float aspect = static_cast<float>(cells.width) / static_cast<float>(cells.height);
  const float width = std::floor(std::min(room.x, (room.y - ui.px(kDoubledBar)) * aspect));
  PatchGrid grid;
  grid.columns = cells.width;
  grid.rows = cells.height;
  grid.low = grid.image_low = ImVec2(std::round(at.x + (room.x - width) / 2), std::round(at.y));
  grid.image_high = ImVec2(grid.low.x + width, grid.low.y + std::floor(width / aspect));
  grid.cell = ImVec2(width / static_cast<float>(cells.width),
                     (grid.image_high.y - grid.low.y) / static_cast<float>(cells.height));
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const PaintView& view = ui.state.view.paint;
  draw_sheet_tile(ui, draw, ui.textures.film, ui.paint.film(), ui.paint.span().second, grid.image_low,
                  grid.image_high);
  draw_map_over(draw, grid, ui.textures.doubled[number], view.opacity, view.smooth);
  draw_patch_marks(ui, draw, grid, ui.ui.hovered.paint_patch, number);
  if (const int patch = point_at_patches(grid); patch >= 0) {
    ui.ui.next_hovered.paint_patch = patch;
    cell_tooltip(ui, paint_patch_label(ui, patch), number_of(ui, number, static_cast<std::size_t>(patch)));
  }
  draw_bar(ui, number, grid, view.opacity);
}

// In the header: to what it may be pinned instead, and away with it.
void draw_buttons(Ui& ui, std::size_t number) {
  const float gap = ui.px(6);
  const char *again = ui.tr("doubled.again"), *close = ui.tr("doubled.close");
  header_right(ui, chip_width(ui, again) + gap + chip_width(ui, close));
  if (chip(ui, again, false, ui.tr("doubled.again.tip"))) pin_again(ui, number);
  ImGui::SameLine(0, gap);
  if (chip(ui, close, false, ui.tr("panel.close"))) close_doubled(ui, number);
}

void draw_doubled(Ui& ui, std::size_t number) {
  if (begin_panel(ui, doubled_tab(ui, number))) {
    ui.ui.in_sight.doubled[number] = true;
    draw_buttons(ui, number);
    under_header(ui);
    ImGui::SetCursorPosY(ImGui::GetCursorPosY() + ui.px(4));
    const ImVec2 window = ImGui::GetWindowPos(), size = ImGui::GetWindowSize();
    const float width = size.x - ui.px(28);
    if (window.y + size.y - ImGui::GetCursorScreenPos().y < ui.px(kTitleLine)) {
      ImGui::Dummy(ImVec2(0, 0));  // nothing else follows the cursor
      return end_panel();
    }
    text_sized(ui, kSmall, ui.colors.text, fitted(ui, doubled_title(ui, number), kSmall, width));
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, doubled_title(ui, number).c_str());
    const ImVec2 at(window.x + ui.px(14), ImGui::GetCursorScreenPos().y + ui.px(4));
    const ImVec2 room(width, window.y + size.y - ui.px(10) - at.y);
    const std::string& problem = ui.doubled.problem(number);
    if (!problem.empty()) {
      text_wrapped(ui, kBody, ui.colors.secondary, ui.tr.all().contains(problem) ? ui.tr(problem) : problem);
    } else if (room.x >= ui.px(kLeastMatrixSide) && room.y >= ui.px(kLeastMatrixSide + kDoubledBar)) {
      switch (ui.state.view.workspace) {
        case Workspace::kImage:
          draw_over_picture(ui, number, at, room);
          break;
        case Workspace::kPainting:
          draw_over_drawing(ui, number, at, room);
          break;
        case Workspace::kText:
        case Workspace::kCompare:
          draw_matrix(ui, number, at, room);
          break;
      }
    }
  }
  end_panel();
}

}  // namespace

void draw_doubled_panel(Ui& ui) { draw_doubled(ui, doubled_number(*ui.panel)); }

}  // namespace regard
