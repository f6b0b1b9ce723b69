// The map of the chosen layer and head: cells, labels, colour bar, exact value under the cursor.
#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "app/ui/map_grid.h"
#include "app/ui/picture_parts.h"
#include "app/ui/ui.h"
#include "app/ui/why_parts.h"
#include "app/ui/widgets.h"
#include "app/views/colormap.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

const Token& shown_token(const Ui& ui, int index) {
  return ui.views.named(ui.views.positions()[static_cast<std::size_t>(index)]);
}

// The pin of any token that stands in a row; 0: none.
ImU32 row_pin(const Ui& ui, int row) {
  const auto& tokens = ui.views.run().tokens;
  for (int token = ui.views.positions()[static_cast<std::size_t>(row)];
       token < static_cast<int>(tokens.size()) && ui.views.row_of(token) == row; ++token) {
    if (const ImU32 pin = pin_color(ui, tokens, token); pin != 0) return pin;
  }
  return 0;
}

// Names of the tokens; marked are the hovered row and key, and the pins.
MapLabels labels_of(const Ui& ui) {
  MapLabels labels;
  const auto cell = ui.ui.hovered.cell ? ui.ui.hovered.cell : held_cell(ui);
  for (int i = 0; i < ui.views.count(); ++i) {
    const ImU32 pin = row_pin(ui, i);
    const bool hot = ui.views.current() && ui.views.row_of(ui.ui.hovered.token) == i;
    labels.text.push_back(token_label(ui, shown_token(ui, i)));
    labels.color.push_back(pin);
    labels.row.push_back(hot || pin != 0 || (cell && ui.views.row_of(cell->first) == i));
    labels.column.push_back(hot || pin != 0 || (cell && ui.views.row_of(cell->second) == i));
  }
  return labels;
}

// The bar is a button: it opens the list of colour maps.
void handle_color_bar(Ui& ui, const MapGrid& grid) {
  ImGui::SetCursorScreenPos(ImVec2(map_bar_left(ui, grid), grid.low.y));
  if (ImGui::InvisibleButton("##colors", ImVec2(map_bar_width(ui), std::max(1.0f, grid.side())),
                             ImGuiButtonFlags_EnableNav)) {
    ImGui::OpenPopup("##color_list");
  }
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("view.colors"));
  if (!ImGui::BeginPopup("##color_list")) return;
  color_items(ui);
  ImGui::EndPopup();
}

// 1 for the key that the row reads most.
int rank_in_row(const TextViews& views, int query, int key, int& readable) {
  int rank = 1;
  readable = 0;
  for (const int other : views.positions()) {
    if (views.masked(query, other)) continue;
    ++readable;
    if (views.attention()(query, other) > views.attention()(query, key)) ++rank;
  }
  return rank;
}

void cell_tooltip(Ui& ui, int query, int key) {
  if (!ImGui::BeginTooltip()) return;
  const std::string title =
      token_label(ui, ui.views.named(query)) + " → " + token_label(ui, ui.views.named(key));
  text_sized(ui, kBody, ui.colors.text, title, ui.fonts.bold);
  if (ui.views.masked(query, key)) {
    const bool hidden = std::isinf(ui.views.record().key_bias()[key]) && key <= query;
    text_sized(ui, kBody, ui.colors.secondary, ui.tr(hidden ? "matrix.tip.hidden" : "matrix.tip.masked"));
  } else if (ui.views.left_out(query, key)) {
    text_sized(ui, kBody, ui.colors.secondary, ui.tr("matrix.tip.left_out"));
  } else {
    int readable = 0;
    const int rank = rank_in_row(ui.views, query, key, readable);
    const std::string value =
        map_number(ui, ui.views.matrix_range(), ui.views.shown()(query, key), ui.views.shows_ranks() ? 0 : 6);
    text_sized(ui, kBody, ui.colors.secondary, ui.tr.format("matrix.tip.rank", value, rank, readable));
  }
  ImGui::EndTooltip();
}

void handle_pointer(Ui& ui, const MapGrid& grid) {
  const auto at = point_at_map(grid, "##cells");
  if (!at) return;
  const int query = ui.views.positions()[static_cast<std::size_t>(at->first)],
            key = ui.views.positions()[static_cast<std::size_t>(at->second)];
  ui.ui.next_hovered.cell = {query, key};
  if (ImGui::IsItemClicked() && ui.views.current()) {
    ui.out.emplace_back(TogglePin{pin_of(ui.views.run().tokens[static_cast<std::size_t>(query)])});
    CalculationView view = ui.state.view.calculation;
    view.cell = {query, key};
    ui.out.emplace_back(SetCalculation{view});
  }
  cell_tooltip(ui, query, key);
}

// Pinned rows keep a thin frame in their pin's colour.
void draw_pinned_rows(Ui& ui, ImDrawList* draw, const MapGrid& grid) {
  for (int i = 0; i < grid.count; ++i) {
    const ImU32 pin = row_pin(ui, i);
    if (pin == 0) continue;
    const ImVec2 low = ui.state.view.incoming ? grid.cell_low(0, i) : grid.cell_low(i, 0);
    const ImVec2 high = ui.state.view.incoming ? ImVec2(low.x + grid.cell, low.y + grid.side())
                                               : ImVec2(low.x + grid.side(), low.y + grid.cell);
    draw->AddRect(low, ImVec2(high.x + 1, high.y + 1), pin, 0, ui.px(1.5f));
  }
}

// The cell that the calculation holds on to.
void draw_held_cell(Ui& ui, ImDrawList* draw, const MapGrid& grid) {
  const auto held = held_cell(ui);
  if (!held) return;
  const int row = ui.views.row_of(held->first), column = ui.views.row_of(held->second);
  if (row < 0 || column < 0 || row >= grid.count || column >= grid.count) return;
  const ImVec2 low = grid.cell_low(row, column);
  frame_cell(ui, draw, low, ImVec2(low.x + grid.cell, low.y + grid.cell), ui.colors.accent);
}

std::string header_title(Ui& ui, float room) {
  const std::string name = ui.tr("panel.matrix");
  if (!ui.views.has_map()) return name;
  const std::string title = name + " · " + choice_label(ui, ui.views.choice());
  if (room < ui.px(60)) room = ImGui::GetWindowWidth() - ui.px(28);  // the switches have a line of their own
  return measure(ui, kSmall, title, ui.fonts.bold).x <= room
             ? title
             : fitted(ui, choice_label(ui, ui.views.choice()), kSmall, room);
}

// What a cell says; nothing of it where all heads and layers are joined.
void draw_head_lenses(Ui& ui) {
  if (!begin_dropdown(ui, "lens", head_lens_label(ui))) return;
  head_lens_items(ui);
  ImGui::EndPopup();
}

float switches_width(Ui& ui) {
  return toggle_width(ui, ui.tr("matrix.log")) + toggle_width(ui, ui.tr("matrix.scores")) +
         toggle_width(ui, ui.tr("matrix.special")) + ui.px(24);
}

// What the list of lenses leaves of it.
float title_room(Ui& ui, float room) {
  const float list = dropdown_width(ui, head_lens_label(ui)) + ui.px(16);
  return room - list >= ui.px(60) ? room - list : room;
}

// On the header's line, or on one of their own when the panel is narrow; before them the list of lenses where
// it has room, too (it is in the menu View as well). @return  whether they fitted the header
bool draw_switches(Ui& ui, float room) {
  const ViewOptions& view = ui.state.view;
  const bool fits = room >= ui.px(60);
  const float list = dropdown_width(ui, head_lens_label(ui)) + ui.px(16);
  const bool listed =
      fits ? room - list >= ui.px(60) : list + switches_width(ui) < ImGui::GetWindowWidth() - ui.px(28);
  if (fits) {
    header_right(ui, switches_width(ui) + (listed ? list : 0.0f));
  } else {
    ImGui::SetCursorPos(ImVec2(ui.px(14), ui.px(34)));
  }
  if (listed) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    draw_head_lenses(ui);
    ImGui::SetCursorScreenPos(ImVec2(at.x + list, at.y));
  }
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(ui.px(12), 0));
  if (toggle(ui, ui.tr("matrix.log"), view.log_scale && !view.scores, ui.tr("matrix.log.tip")))
    ui.out.emplace_back(SetLogScale{!view.log_scale});
  ImGui::SameLine();
  if (toggle(ui, ui.tr("matrix.scores"), view.scores, ui.tr("matrix.scores.tip")))
    ui.out.emplace_back(SetScores{!view.scores});
  ImGui::SameLine();
  if (toggle(ui, ui.tr("matrix.special"), !view.hide_special, ui.tr("matrix.special.tip")))
    ui.out.emplace_back(SetHideSpecial{!view.hide_special});
  ImGui::PopStyleVar();
  return fits;
}

void draw_note(Ui& ui) {
  if (ui.views.record().non_finite > 0) {  // before all: the others are of maps that are numbers
    text_sized(ui, kSmall, ui.colors.error, ui.tr.format("matrix.not_finite", ui.views.record().non_finite));
  } else if (ui.state.view.scores && !ui.views.shows_scores()) {
    text_sized(ui, kSmall, ui.colors.warning, ui.tr("matrix.rollout_scores"));
  } else if (!ui.views.record().rows_sum_to_one()) {
    text_sized(ui, kSmall, ui.colors.warning, ui.tr("matrix.not_normalised"));
  } else if (!ui.views.current()) {
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr("matrix.old"));
  } else if (ui.state.view.difference) {
    text_sized(ui, kSmall, ui.views.shows_difference() ? ui.colors.text : ui.colors.warning,
               ui.tr(!ui.views.shows_difference()           ? "difference.none"
                     : ui.views.run().request.edits.empty() ? "difference.note"
                                                            : "difference.note.trials"));
  }
}

}  // namespace

void draw_matrix_panel(Ui& ui) {
  const bool visible = begin_panel(ui, "");
  if (visible) {
    const float room = ImGui::GetWindowWidth() - switches_width(ui) - ui.px(14 + 14 + 16);
    const ImVec2 at = ImGui::GetWindowPos();
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + ui.px(14), at.y + ui.px(12)), kSmall,
              ui.colors.secondary, header_title(ui, title_room(ui, room)), ui.fonts.bold);
    const bool fits = draw_switches(ui, room);
    ImGui::SetCursorPos(ImVec2(ui.px(14), ui.px(fits ? 36 : 58)));
    if (!ui.views.has_map() || ui.views.count() == 0) {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("matrix.empty"));
    } else {
      draw_note(ui);
      const MapLabels labels = labels_of(ui);
      const MapGrid grid = fit_map(ui, labels, ImGui::GetCursorScreenPos(), ImGui::GetContentRegionAvail());
      ImDrawList* draw = ImGui::GetWindowDrawList();
      if (grid.side() >= ui.px(48)) {
        draw_map_cells(ui, draw, grid, ui.textures.matrix, ui.views.matrix());
        draw_map_labels(ui, draw, grid, labels);
        draw_map_axes(ui, draw, grid, at.x + ui.px(14));
        draw_map_bar(ui, draw, grid, ui.views.matrix_range(),
                     colormap_for(ui.state.view, ui.views.matrix_range()));
        draw_pinned_rows(ui, draw, grid);
        draw_held_cell(ui, draw, grid);
        handle_color_bar(ui, grid);
        handle_pointer(ui, grid);
        if (const auto& cell = ui.ui.hovered.cell)
          draw_map_crosshair(ui, draw, grid, ui.views.row_of(cell->first), ui.views.row_of(cell->second));
      } else {
        text_sized(ui, kSmall, ui.colors.secondary, "…");
      }
    }
  }
  end_panel();
}

}  // namespace regard
