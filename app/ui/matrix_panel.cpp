// The map of the chosen layer and head: cells, labels, colour bar, exact value under the cursor.
#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "app/ui/lens_menu.h"
#include "app/ui/lesson_view.h"
#include "app/ui/map_grid.h"
#include "app/ui/picture_parts.h"
#include "app/ui/ui.h"
#include "app/ui/why_parts.h"
#include "app/ui/widgets.h"
#include "app/views/colormap.h"
#include "app/views/text_views.h"
#include "core/analysis/lens.h"

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
  const bool is_masked = ui.views.shows_shares() || ui.views.shows_lengths();
  if (is_masked && ui.views.masked(query, key)) {
    const bool hidden = std::isinf(ui.views.record().key_bias()[key]) && key <= query;
    text_sized(ui, kBody, ui.colors.secondary, ui.tr(hidden ? "matrix.tip.hidden" : "matrix.tip.masked"));
  } else if (ui.views.left_out(query, key)) {
    text_sized(ui, kBody, ui.colors.secondary, ui.tr("matrix.tip.left_out"));
  } else {
    std::string text =
        map_number(ui, ui.views.matrix_range(), ui.views.shown()(query, key), ui.views.shows_ranks() ? 0 : 6);
    if (ui.views.shows_shares()) {
      int readable = 0;
      const int rank = rank_in_row(ui.views, query, key, readable);
      text = ui.tr.format("matrix.tip.rank", text, rank, readable);
    }
    text_sized(ui, kBody, ui.colors.secondary, text);
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
  const MapChoice& choice = ui.views.choice();
  const bool lengths = ui.views.has_map() && ui.views.shows_lengths();
  const std::string name = lengths ? lens_label(ui, choice.lens) : std::string(ui.tr("panel.matrix"));
  if (!ui.views.has_map()) return name;
  const bool of_heads = lengths || (ui.views.shows_shares() && !ui.views.shows_numbers());
  const std::string title = (of_heads ? name + " · " : "") + choice_label(ui, ui.views.choice());
  if (room < ui.px(60)) room = ImGui::GetWindowWidth() - ui.px(28);  // the switches have a line of their own
  return measure(ui, kSmall, title, ui.fonts.bold).x <= room
             ? title
             : fitted(ui, choice_label(ui, ui.views.choice()), kSmall, room);
}

// Where the parts of a line of draw_one_number_a_token() stand, pixels from its left end.
struct NumberLine {
  float names = 0;              // room of the names
  float left = 0, width = 0;    // of the bar
  float height = 0, whole = 0;  // of the line, with its number
};

NumberLine place_numbers(Ui& ui) {
  NumberLine line{.height = ui.px(24)};
  for (const Token& token : ui.views.run().tokens)
    line.names = std::max(line.names, measure(ui, kSmall, token_label(ui, token)).x);
  const float room = ImGui::GetContentRegionAvail().x;
  const float number = measure(ui, kSmall, "−0.00000").x + ui.px(14);
  line.names = std::min(line.names, room * 0.4f);
  line.left = line.names + ui.px(10);
  line.width = std::max(ui.px(20), room - line.left - number);
  line.whole = line.left + line.width + number;
  return line;
}

// From 0 to the number, on a ground as wide as the largest.
void draw_number_bar(Ui& ui, ImDrawList* draw, ImVec2 low, const NumberLine& line, float value) {
  const ColorScale& range = ui.views.numbers_range();
  const float top = low.y + ui.px(4), bottom = low.y + line.height - ui.px(4), left = low.x + line.left;
  draw->AddRectFilled(ImVec2(left, top), ImVec2(left + line.width, bottom), ui.colors.empty_cell);
  const float zero = left + line.width * (range.center ? 0.5f : 0.0f);
  if (std::isfinite(value)) {
    const float end = left + line.width * color_scale_at(range, value);
    const Rgba fill = color_of(range, colormap_for(ui.state.view, range), value);
    draw->AddRectFilled(ImVec2(std::min(zero, end), top),
                        ImVec2(std::max(std::max(zero, end), std::min(zero, end) + 1), bottom),
                        IM_COL32(fill.r, fill.g, fill.b, 255));
  }
  draw->AddLine(ImVec2(zero, low.y), ImVec2(zero, low.y + line.height), ui.colors.secondary);
}

// A token's name, bar and number. A click pins it.
void draw_number_line(Ui& ui, const NumberLine& line, int token) {
  const auto& tokens = ui.views.run().tokens;
  const Token& shown = tokens[static_cast<std::size_t>(token)];
  const ImVec2 low = ImGui::GetCursorScreenPos();
  ImGui::PushID(token);
  const bool clicked =
      ImGui::InvisibleButton("##number", ImVec2(line.whole, line.height), ImGuiButtonFlags_EnableNav);
  ImGui::PopID();
  if (clicked && ui.views.current()) ui.out.emplace_back(TogglePin{pin_of(shown)});
  if (ImGui::IsItemHovered()) ui.ui.next_hovered.token = token;
  const ImU32 pin = pin_color(ui, tokens, token);
  ImFont* font = ui.ui.hovered.token == token || pin != 0 ? ui.fonts.bold : nullptr;
  const float text = low.y + (line.height - ui.px(kSmall * kLineOfEm)) / 2;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_text(ui, draw, ImVec2(low.x, text), kSmall, pin != 0 ? pin : ui.colors.text,
            fitted(ui, token_label(ui, shown), kSmall, line.names), font);
  draw_number_bar(ui, draw, low, line, ui.views.numbers()(token));
  draw_text(ui, draw, ImVec2(low.x + line.left + line.width + ui.px(8), text), kSmall, ui.colors.text,
            map_number(ui, ui.views.numbers_range(), ui.views.numbers()(token), 4), font);
}

// One number a token, top down.
void draw_one_number_a_token(Ui& ui) {
  if (ui.views.numbers().size() == 0) {
    const std::string& problem = ui.views.numbers_problem();
    return text_sized(ui, kBody, ui.colors.secondary,
                      problem.empty() ? ui.tr("picture.computing") : ui.tr(problem));
  }
  const char* note = ui.tr(ui.views.current() ? "lens.one_number" : "matrix.old");
  text_sized(ui, kSmall, ui.colors.secondary, fitted(ui, note, kSmall, ImGui::GetContentRegionAvail().x));
  if (ImGui::BeginChild("##numbers")) {
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
    const NumberLine line = place_numbers(ui);
    const auto& tokens = ui.views.run().tokens;
    for (int token = 0; token < static_cast<int>(tokens.size()); ++token) {
      const Token& each = tokens[static_cast<std::size_t>(token)];
      if (!ui.state.view.hide_special || (!each.is_bos && !each.is_eos)) draw_number_line(ui, line, token);
    }
    ImGui::PopStyleVar();
  }
  ImGui::EndChild();
}

void draw_lens_list(Ui& ui) {
  const MapChoice& choice = ui.views.choice();
  if (!begin_dropdown(ui, "lens", lens_label(ui, choice.lens))) return;
  if (const auto name = lens_items(ui, ui.views.run().trace, choice.lens)) {
    const Lens* lens = find_lens(*name);
    MapChoice next{.heads = ui.state.doc.choice.heads, .lens = *name};
    ui.out.emplace_back(SelectMap{lens->by_head ? next : lens_choice(*name)});
  }
  ImGui::Separator();
  toward_field(ui);
  ImGui::EndPopup();
}

float lens_width(Ui& ui) {
  return ui.views.has_map() ? dropdown_width(ui, lens_label(ui, ui.views.choice().lens)) + ui.px(12) : 0.0f;
}

float switches_width(Ui& ui) {
  return lens_width(ui) + toggle_width(ui, ui.tr("matrix.log")) + toggle_width(ui, ui.tr("matrix.scores")) +
         toggle_width(ui, ui.tr("matrix.special")) + ui.px(24);
}

// On the header's line, or on lines of their own when the panel is narrow. @return  where what is below
// begins, units
float draw_switches(Ui& ui, float room) {
  constexpr float kRow = 22;
  const ViewOptions& view = ui.state.view;
  float below = 36;
  if (room >= ui.px(60)) {
    header_right(ui, switches_width(ui));
  } else {
    below = 34 + kRow + 2;
    ImGui::SetCursorPos(ImVec2(ui.px(14), ui.px(34)));
  }
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(ui.px(12), 0));
  if (ui.views.has_map()) {
    draw_lens_list(ui);
    if (room < ui.px(60) && switches_width(ui) > ImGui::GetWindowWidth() - ui.px(28)) {
      ImGui::SetCursorPos(ImVec2(ui.px(14), ui.px(34 + kRow)));
      below += kRow;
    } else {
      ImGui::SameLine();
    }
  }
  if (toggle(ui, ui.tr("matrix.log"), view.log_scale && !view.scores, ui.tr("matrix.log.tip")))
    ui.out.emplace_back(SetLogScale{!view.log_scale});
  ImGui::SameLine();
  if (toggle(ui, ui.tr("matrix.scores"), view.scores, ui.tr("matrix.scores.tip")))
    ui.out.emplace_back(SetScores{!view.scores});
  ImGui::SameLine();
  if (toggle(ui, ui.tr("matrix.special"), !view.hide_special, ui.tr("matrix.special.tip")))
    ui.out.emplace_back(SetHideSpecial{!view.hide_special});
  ImGui::PopStyleVar();
  return below;
}

void draw_note(Ui& ui) {
  if (ui.views.record().non_finite > 0) {  // before all: the others are of maps that are numbers
    text_sized(ui, kSmall, ui.colors.error, ui.tr.format("matrix.not_finite", ui.views.record().non_finite));
  } else if (ui.views.query().lens == "rollout" && ui.state.view.scores) {
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
  } else {
    const ImVec2 room = ImGui::GetContentRegionAvail();
    draw_shrink_note(ui, ui.views.count(), std::min(room.x, room.y));
  }
}

}  // namespace

void draw_matrix_panel(Ui& ui) {
  const bool visible = begin_panel(ui, "");
  if (visible) {
    const float room = ImGui::GetWindowWidth() - switches_width(ui) - ui.px(14 + 14 + 16);
    const ImVec2 at = ImGui::GetWindowPos();
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + ui.px(14), at.y + ui.px(12)), kSmall,
              ui.colors.secondary, header_title(ui, room), ui.fonts.bold);
    const float below = draw_switches(ui, room);
    ImGui::SetCursorPos(ImVec2(ui.px(14), ui.px(below)));
    if (!ui.views.has_map() || ui.views.count() == 0) {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("matrix.empty"));
    } else if (ui.views.shows_numbers()) {
      draw_one_number_a_token(ui);
    } else {
      draw_note(ui);
      const MapLabels labels = labels_of(ui);
      const MapGrid grid = fit_map(ui, labels, ImGui::GetCursorScreenPos(), ImGui::GetContentRegionAvail());
      ImDrawList* draw = ImGui::GetWindowDrawList();
      if (grid.side() >= ui.px(48)) {
        ui.ui.map_sizes.matrix = grid.side();
        draw_map_cells(ui, draw, grid, ui.textures.matrix, ui.views.matrix());
        draw_map_labels(ui, draw, grid, labels);
        draw_map_axes(ui, draw, grid, at.x + ui.px(14));
        draw_map_bar(ui, draw, grid, ui.views.matrix_range(),
                     colormap_for(ui.state.view, ui.views.matrix_range()));
        draw_pinned_rows(ui, draw, grid);
        draw_held_cell(ui, draw, grid);
        handle_color_bar(ui, grid);
        handle_pointer(ui, grid);
        spot_cells(ui, [&](std::pair<int, int> cell) -> std::optional<ImVec4> {
          const int row = ui.views.row_of(cell.first), column = ui.views.row_of(cell.second);
          if (row < 0 || column < 0 || row >= grid.count || column >= grid.count) return std::nullopt;
          const ImVec2 low = grid.cell_low(row, column);
          return ImVec4(low.x, low.y, low.x + grid.cell, low.y + grid.cell);
        });
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
