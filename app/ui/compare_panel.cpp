// One prompt read in two ways, side by side: both maps on one scale of colours, their signed difference, and
// what an image model is given either way.
#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "app/state/gallery.h"
#include "app/ui/map_grid.h"
#include "app/ui/reading_lists.h"
#include "app/ui/trials.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/colormap.h"
#include "app/views/compare_views.h"
#include "app/views/text_views.h"
#include "core/prompt/weighting.h"

namespace regard {
namespace {

constexpr float kTableWidth = 300, kMostTable = 560, kTicks = 50, kHeader = 74, kLeastMap = 230,
                kLeastSide = 140, kChoice = 34;

MapLabels compared_labels(const Ui& ui) {
  MapLabels labels;
  const auto& cell = ui.ui.hovered.compared_cell;
  for (int row = 0; row < static_cast<int>(ui.compare.rows().size()); ++row) {
    const AlignedPosition& at = ui.compare.rows()[static_cast<std::size_t>(row)];
    const ImU32 pin = at.first >= 0 ? pin_color(ui, ui.compare.first().tokens, at.first) : 0;
    labels.text.push_back(token_label(ui, ui.compare.token(row)));
    labels.color.push_back(pin);
    labels.row.push_back(pin != 0 || (cell && cell->first == row));
    labels.column.push_back(pin != 0 || (cell && cell->second == row));
  }
  return labels;
}

std::string value_text(const Ui& ui, const CellImage& map, int row, int column) {
  const float value = map.cells[static_cast<std::size_t>(row) * static_cast<std::size_t>(map.width) +
                                static_cast<std::size_t>(column)];
  if (value == kMaskedValue) return "–";
  const float number = number_of_cell(value);
  return &map == &ui.compare.difference() ? ui.tr.points(static_cast<double>(number))
                                          : map_number(ui, ui.compare.range(), number, 6);
}

std::string pair_text(const Ui& ui, int row, int column) {
  return token_label(ui, ui.compare.token(row)) + " → " + token_label(ui, ui.compare.token(column));
}

void compared_tooltip(Ui& ui, int row, int column) {
  if (!ImGui::BeginTooltip()) return;
  text_sized(ui, kBody, ui.colors.text, pair_text(ui, row, column), ui.fonts.bold);
  const std::pair<const char*, const CellImage*> lines[] = {
      {"A", &ui.compare.first_map()}, {"B", &ui.compare.second_map()}, {"B − A", &ui.compare.difference()}};
  for (const auto& [name, map] : lines) {
    text_sized(ui, kBody, ui.colors.secondary, std::string(name) + "   " + value_text(ui, *map, row, column));
  }
  ImGui::EndTooltip();
}

struct Column {
  const char* id;
  const CellImage* cells;
  ImTextureID texture;
  const ColorScale* range;
  Colormap colors;
  MapRoom around;
};

// Of a difference in points, as the sentence and the tooltip have it: the unit stands below, where the map's
// axis leaves it room.
void draw_scale(Ui& ui, ImDrawList* draw, const MapGrid& grid, const Column& column) {
  const float left = map_bar_left(ui, grid);
  const float axis = column.around.rows ? measure(ui, kSmall, ui.tr("matrix.key")).x + ui.px(8) : 0.0f;
  if (!column.range->center || grid.low.x + axis > left)
    return draw_map_bar(ui, draw, grid, *column.range, column.colors);
  ColorScale points = *column.range;
  points.min *= 100.0f;
  points.max *= 100.0f;
  points.center = 100.0f * *points.center;
  points.share = false;
  draw_map_bar(ui, draw, grid, points, column.colors);
  draw_text(ui, draw, ImVec2(left, grid.low.y + grid.side() + ui.px(9)), kSmall, ui.colors.secondary,
            ui.tr("metric.unit.points"));
}

void draw_column(Ui& ui, const Column& column, const MapLabels& labels, const MapGrid& grid, float left) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  ui.ui.map_sizes.compared = grid.side();
  draw_map_cells(ui, draw, grid, column.texture, *column.cells);
  draw_map_labels(ui, draw, grid, labels, column.around.rows);
  if (column.around.rows) draw_map_axes(ui, draw, grid, left);
  if (column.around.bar) draw_scale(ui, draw, grid, column);
  if (const auto cell = point_at_map(grid, column.id)) {
    ui.ui.next_hovered.compared_cell = *cell;
    compared_tooltip(ui, cell->first, cell->second);
  }
  if (const auto& cell = ui.ui.hovered.compared_cell)
    draw_map_crosshair(ui, draw, grid, cell->first, cell->second);
}

void draw_letter(Ui& ui, ImVec2 at, float width, const char* letter, const char* note) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_text(ui, draw, at, 18, ui.colors.text, letter, ui.fonts.bold);
  const float left = measure(ui, 18, letter, ui.fonts.bold).x + ui.px(10);
  draw_text(ui, draw, ImVec2(at.x + left, at.y + ui.px(4)), kSmall, ui.colors.secondary,
            fitted(ui, note, kSmall, width - left));
}

// One side: its letter, and below the lists of how it reads.
void draw_side(Ui& ui, ImVec2 at, float width, const Reading& reading, bool is_first) {
  std::string note = ui.tr(is_first ? "compare.first" : "compare.second");
  const auto& run = is_first ? ui.state.run : ui.state.other_run;
  if (run && run->tokens_cut > 0) note = ui.tr.format("tokens.cut", ui.tr.tokens(run->tokens_cut));
  const float field = measure(ui, 18, "B", ui.fonts.bold).x + ui.px(10);
  draw_letter(ui, at, width, is_first ? "A" : "B", is_first ? note.c_str() : "");
  if (!is_first) {
    ImGui::SetCursorScreenPos(ImVec2(at.x + field, at.y - ui.px(3)));
    other_prompt_field(ui, ui.ui.other_prompt, width - field);
  }
  ImGui::SetCursorScreenPos(ImVec2(at.x, at.y + ui.px(24)));
  const auto asked = reading_lists(ui, is_first ? "first" : "second", reading, false, ListPlace::kBelow);
  if (!asked) return;
  if (!is_first) {
    ui.out.emplace_back(SetOther{*asked});
    return;
  }
  if (asked->syntax != reading.syntax) ui.out.emplace_back(SetSyntax{asked->syntax});
  if (asked->weighting != reading.weighting) ui.out.emplace_back(SetWeighting{asked->weighting});
}

void right_number(Ui& ui, ImU32 color, const std::string& number) {
  const float room = ImGui::GetContentRegionAvail().x - measure(ui, kSmall, number).x;
  ImGui::SetCursorPosX(ImGui::GetCursorPosX() + std::max(0.0f, room));
  text_sized(ui, kSmall, color, number);
}

void draw_output_row(Ui& ui, int row) {
  const AlignedPosition& at = ui.compare.rows()[static_cast<std::size_t>(row)];
  const VectorChange& change = ui.compare.outputs()[static_cast<std::size_t>(row)];
  const auto weight = [&](const TextRun& run, int token) {
    return token < 0 ? std::string("–") : ui.tr.number(run.tokens[static_cast<std::size_t>(token)].weight, 2);
  };
  const bool both = at.first >= 0 && at.second >= 0;
  const bool moved =
      both && (std::abs(change.length_after - change.length_before) > 1e-4 || change.cosine < 1.0 - 1e-5);
  const ImU32 color = moved ? ui.colors.text : ui.colors.secondary;
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  text_sized(ui, kSmall, color,
             fitted(ui, token_label(ui, ui.compare.token(row)), kSmall, ImGui::GetContentRegionAvail().x),
             moved ? ui.fonts.bold : nullptr);
  for (const std::string& number :
       {weight(ui.compare.first(), at.first), weight(ui.compare.second(), at.second),
        both ? ui.tr.number(change.length_before, 2) : std::string("–"),
        both ? ui.tr.number(change.length_after, 2) : std::string("–"),
        both ? ui.tr.number(change.cosine, 3) : std::string("–")}) {
    ImGui::TableNextColumn();
    right_number(ui, color, number);
  }
}

void draw_outputs(Ui& ui, ImVec2 at, ImVec2 room) {
  ImGui::SetCursorScreenPos(at);
  if (ImGui::BeginChild("##outputs", room)) {
    ImGui::PushTextWrapPos(0.0f);
    text_sized(ui, kBody, ui.colors.text, ui.tr("compare.output"), ui.fonts.bold);
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr("compare.output.note"));
    ImGui::PopTextWrapPos();
    if (ImGui::BeginTable("##table", 6, ImGuiTableFlags_ScrollY, ImGui::GetContentRegionAvail())) {
      const char* keys[] = {"effect.token",     "compare.weight_a", "compare.weight_b",
                            "compare.length_a", "compare.length_b", "compare.cosine"};
      ImGui::TableSetupScrollFreeze(0, 1);
      ImGui::TableSetupColumn("##token", ImGuiTableColumnFlags_WidthStretch, 1.6f);
      for (int i = 1; i < 6; ++i)
        ImGui::TableSetupColumn(ui.tr(keys[i]), ImGuiTableColumnFlags_WidthStretch, 1.0f);
      ImGui::TableNextRow();
      for (int i = 0; i < 6; ++i) {
        ImGui::TableNextColumn();
        if (i == 0) {
          text_sized(ui, 12, ui.colors.secondary, ui.tr(keys[i]));
        } else {
          const float width = measure(ui, 12, ui.tr(keys[i])).x;
          ImGui::SetCursorPosX(ImGui::GetCursorPosX() +
                               std::max(0.0f, ImGui::GetContentRegionAvail().x - width));
          text_sized(ui, 12, ui.colors.secondary, ui.tr(keys[i]));
        }
      }
      for (int row = 0; row < static_cast<int>(ui.compare.rows().size()); ++row) draw_output_row(ui, row);
      ImGui::EndTable();
    }
  }
  ImGui::EndChild();
}

// Bits of the head in force; nothing where several are joined.
std::optional<double> bits_here(const Ui& ui, const Divergence& divergence) {
  const HeadChoice& heads = ui.views.choice().heads;
  if (!is_head_lens(ui.views.choice().lens) || !heads.layer || !heads.head) return std::nullopt;
  return divergence.by_head(*heads.layer, *heads.head);
}

// How far apart the head in force reads, and the head that differs most.
std::string apart_in_words(const Ui& ui) {
  const Divergence* divergence = ui.compare.divergence();
  if (divergence == nullptr) return ui.tr("compare.difference");
  if (divergence->rows.empty()) return ui.tr("compare.same_words");
  const auto [layer, head] = divergence->order().front();
  const double here = bits_here(ui, *divergence).value_or(divergence->by_head.mean());
  return ui.tr.format("compare.divergence", ui.tr.number(here, 3),
                      ui.tr.number(divergence->by_head(layer, head), 3));
}

void draw_headers(Ui& ui, ImVec2 at, const float (&lefts)[3], float right) {
  const Document& doc = ui.state.doc;
  const float gap = ui.px(12);
  draw_side(ui, ImVec2(lefts[0], at.y), lefts[1] - lefts[0] - gap, {doc.syntax, doc.weighting}, true);
  draw_side(ui, ImVec2(lefts[1], at.y), lefts[2] - lefts[1] - gap, doc.other, false);
  draw_letter(ui, ImVec2(lefts[2], at.y), right - lefts[2], "B − A", "");
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(lefts[2], at.y + ui.px(27)), kSmall, ui.colors.secondary,
            fitted(ui, apart_in_words(ui), kSmall, right - lefts[2]));
}

// One of the maps, as large as the room, and the choice of it.
void draw_one_map(Ui& ui, ImVec2 at, ImVec2 room, const Column (&columns)[3], const MapLabels& labels) {
  const char* names[] = {"A", "B", "B − A"};
  int& shown = ui.ui.compared_map;
  ImGui::SetCursorScreenPos(at);
  for (int i = 0; i < 3; ++i) {
    if (i > 0) ImGui::SameLine(0, ui.px(6));
    if (chip(ui, names[i], shown == i, ui.tr("compare.one.tip"))) shown = i;
  }
  const ImVec2 header(at.x, at.y + ui.px(kChoice));
  const Document& doc = ui.state.doc;
  if (shown == 0) draw_side(ui, header, room.x, {doc.syntax, doc.weighting}, true);
  if (shown == 1) draw_side(ui, header, room.x, doc.other, false);
  if (shown == 2) draw_letter(ui, header, room.x, names[2], apart_in_words(ui).c_str());
  const float taken = ui.px(kChoice + (shown == 2 ? kHeader - 44 : kHeader));
  Column column = columns[shown];
  column.around = {};
  const MapGrid grid =
      fit_map(ui, labels, ImVec2(at.x, at.y + taken), ImVec2(room.x, room.y - taken - ui.px(26)));
  draw_column(ui, column, labels, grid, at.x);
}

// @return where they end, pixels
float draw_maps(Ui& ui, ImVec2 at, ImVec2 room) {
  const float right = at.x + room.x;
  if (!ui.compare.ready()) {
    draw_headers(ui, at, {at.x, at.x + room.x / 3, at.x + room.x * 2 / 3}, right);
    ImGui::SetCursorScreenPos(ImVec2(at.x, at.y + ui.px(kHeader + 8)));
    text_sized(ui, kBody, ui.colors.secondary, ui.tr(ui.state.model ? "compare.wait" : "matrix.empty"));
    return right;
  }
  const MapLabels labels = compared_labels(ui);
  const Colormap colors = colormap_for(ui.state.view);
  const Column columns[] = {{"##first_map",
                             &ui.compare.first_map(),
                             ui.textures.first,
                             &ui.compare.range(),
                             colors,
                             {.rows = true, .bar = false}},
                            {"##second_map",
                             &ui.compare.second_map(),
                             ui.textures.second,
                             &ui.compare.range(),
                             colors,
                             {.rows = false, .bar = true}},
                            {"##difference_map",
                             &ui.compare.difference(),
                             ui.textures.difference,
                             &ui.compare.difference_range(),
                             colormap_for(ui.state.view, ui.compare.difference_range()),
                             {.rows = false, .bar = true}}};
  const std::vector<MapGrid> grids =
      fit_maps(ui, labels, ImVec2(at.x, at.y + ui.px(kHeader)), ImVec2(room.x, room.y - ui.px(kHeader)),
               {columns[0].around, columns[1].around, columns[2].around});
  const bool one = grids[0].side() < ui.px(kLeastSide);
  if (one) {
    draw_one_map(ui, at, room, columns, labels);
  } else {
    draw_headers(ui, at, {at.x, grids[1].low.x, grids[2].low.x}, right);
    for (std::size_t i = 0; i < 3; ++i) draw_column(ui, columns[i], labels, grids[i], at.x);
  }
  if (one) return right;
  const float map = map_bar_left(ui, grids[2]) + map_bar_width(ui) + ui.px(kTicks);
  const float words = grids[2].low.x + measure(ui, kSmall, apart_in_words(ui)).x;
  return std::min(right, std::max(map, words));
}

// The furthest apart first, each with its bits.
void draw_heads_by_divergence(Ui& ui, const Divergence& divergence) {
  const MapChoice& choice = ui.views.choice();
  for (const auto& [layer, head] : divergence.order()) {
    const MapChoice one = map_choice(layer, head);
    const std::string bits =
        ui.tr.format("compare.divergence.bits", ui.tr.number(divergence.by_head(layer, head), 3));
    if (ImGui::MenuItem(ui.tr.format("compare.divergence.row", layer + 1, head + 1).c_str(), bits.c_str(),
                        choice == one))
      select_map(ui, one);
  }
}

void draw_choice(Ui& ui, const AttentionShape& shape) {
  // Of a lens with one number a token, the attention beside it.
  const MapChoice choice{.heads = ui.views.query().heads,
                         .lens = ui.views.shows_shares() ? ui.views.query().lens : "attention"};
  const std::string text = choice_label(ui, choice);
  header_right(ui, dropdown_width(ui, text));
  if (!begin_dropdown(ui, "choice", text)) return;
  const MapChoice mean{}, rollout = lens_choice("rollout");
  if (ImGui::MenuItem(ui.tr("choice.mean.tip"), "Alt+A", choice == mean)) select_map(ui, mean);
  if (ImGui::MenuItem(ui.tr("choice.rollout"), "Alt+R", choice == rollout))
    ui.out.emplace_back(SelectMap{rollout});
  const Divergence* divergence = ui.compare.divergence();
  if (divergence != nullptr) {
    ImGui::Separator();
    if (ImGui::MenuItem(ui.tr("compare.divergence.order"), nullptr, ui.state.view.by_divergence))
      ui.out.emplace_back(SetDivergenceOrder{!ui.state.view.by_divergence});
    if (ImGui::IsItemHovered()) tooltip(ui, ui.tr("compare.divergence.tip"));
    ImGui::Separator();
  }
  if (divergence != nullptr && ui.state.view.by_divergence) {
    draw_heads_by_divergence(ui, *divergence);
    return ImGui::EndPopup();
  }
  for (int layer = 0; layer < shape.layers; ++layer) {
    if (!ImGui::BeginMenu(ui.tr.format("choice.layer", layer + 1).c_str())) continue;
    for (int head = 0; head < shape.heads; ++head) {
      const MapChoice one = map_choice(layer, head);
      const std::string bits =
          divergence == nullptr
              ? ""
              : ui.tr.format("compare.divergence.bits", ui.tr.number(divergence->by_head(layer, head), 3));
      if (ImGui::MenuItem(ui.tr.format("choice.head", head + 1).c_str(), bits.c_str(), choice == one))
        select_map(ui, one);
    }
    ImGui::EndMenu();
  }
  ImGui::EndPopup();
}

// The scene that the prompt and both readings are those of; null: none.
const GalleryExample* scene_in_force(const Ui& ui) {
  const Document& doc = ui.state.doc;
  const auto is_it = [&](const GalleryExample& scene) {
    return doc.prompt == ui.tr(std::string(scene.key) + ".prompt") &&
           Reading{doc.syntax, doc.weighting} == scene.first && doc.other == scene.other;
  };
  const auto found = std::ranges::find_if(compare_scenes(), is_it);
  return found == compare_scenes().end() ? nullptr : &*found;
}

// As the image workspace has its samples. Left of the choice of the map, as wide as the header lets it be.
void draw_scenes(Ui& ui) {
  const GalleryExample* shown = scene_in_force(ui);
  const float gap = ui.px(16), title = measure(ui, kBody, ui.tr("panel.compare"), ui.fonts.bold).x;
  const float room =
      ImGui::GetWindowWidth() - ui.px(28) - title - ui.ui.layout.header_taken[ui.panel] - 2 * gap - ui.px(18);
  const std::string text =
      fitted(ui, ui.tr(shown != nullptr ? shown->key : "scene.choose"), kSmall, std::max(room, ui.px(24)));
  header_right(ui, dropdown_width(ui, text) + gap);
  if (!begin_dropdown(ui, "scenes", text)) return;
  for (const GalleryExample& scene : compare_scenes()) {
    if (ImGui::MenuItem(ui.tr(scene.key), nullptr, &scene == shown))
      ui.out.emplace_back(ShowExample{gallery_name(scene)});
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip))
      tooltip(ui, ui.tr(std::string(scene.key) + ".tip"));
  }
  ImGui::EndPopup();
}

}  // namespace

void draw_compare_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.compare"))) {
    if (ui.views.has_map()) draw_choice(ui, ui.views.shape());
    draw_scenes(ui);
    const ImVec2 window = ImGui::GetWindowPos(), size = ImGui::GetWindowSize();
    under_header(ui);  // below the tabs, too
    const ImVec2 at(window.x + ui.px(14), ImGui::GetCursorScreenPos().y);
    const ImVec2 room(size.x - ui.px(28), window.y + size.y - ui.px(10) - at.y);
    const float table = ui.px(kTableWidth + 24);
    const bool wide = room.x - table >= 3 * ui.px(kLeastMap);
    // Beside the table, what the header holds at the right stands over the table alone.
    const float lift = wide && header_is_tab() ? ui.px(30) : 0.0f;
    const float maps_end =
        draw_maps(ui, ImVec2(at.x, at.y - lift), ImVec2(wide ? room.x - table : room.x, room.y + lift));
    // The table takes what the maps leave.
    const float left = maps_end + ui.px(28), width = at.x + room.x - left;
    if (wide && ui.compare.ready())
      draw_outputs(ui, ImVec2(left, at.y), ImVec2(std::min(width, ui.px(kMostTable)), room.y));
  }
  end_panel();
}

}  // namespace regard
