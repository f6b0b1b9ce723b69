// The map of the chosen layer and head: cells, labels, colour bar, exact value under the cursor.
#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "app/ui/ui.h"
#include "app/ui/widgets.h"

namespace regard {
namespace {

constexpr float kBarWidth = 16, kBarSpace = 78, kAxisSpace = 22;
constexpr float kLabelAngle = 0.70f;  // radians

struct Grid {
  ImVec2 low;      // upper left of cell (0, 0)
  float cell = 0;  // pixels
  int count = 0;
  float label_size = kBody;  // units
  ImVec2 cell_low(int query, int key) const {
    return {low.x + cell * static_cast<float>(key), low.y + cell * static_cast<float>(query)};
  }
  float side() const { return cell * static_cast<float>(count); }
};

const Token& shown_token(const Ui& ui, int index) {
  return ui.views.run().tokens[static_cast<std::size_t>(ui.views.first() + index)];
}

float widest_label(Ui& ui, float size) {
  float widest = 0;
  for (int i = 0; i < ui.views.count(); ++i) {
    widest = std::max(widest, measure(ui, size, token_label(ui, shown_token(ui, i)), ui.fonts.bold).x);
  }
  return std::min(widest, ui.px(110));
}

// The largest square that leaves room for labels, axis words and the colour bar.
Grid fit_grid(Ui& ui) {
  Grid grid;
  grid.count = ui.views.count();
  grid.label_size = grid.count <= 24 ? kBody : 12.0f;
  const float label = widest_label(ui, grid.label_size);
  const ImVec2 at = ImGui::GetCursorScreenPos(), room = ImGui::GetContentRegionAvail();
  const float left = label + ui.px(kAxisSpace + 8);
  const float top = label * std::sin(kLabelAngle) + ui.px(14);
  const float overhang = label * std::cos(kLabelAngle) * 0.5f;
  const float width = room.x - left - std::max(ui.px(kBarSpace), overhang),
              height = room.y - top - ui.px(kAxisSpace + 6);
  grid.cell = std::min(width, height) / static_cast<float>(std::max(1, grid.count));
  if (grid.cell >= 2) grid.cell = std::floor(grid.cell);
  grid.low = ImVec2(std::round(at.x + left), std::round(at.y + top));
  return grid;
}

void draw_cells(Ui& ui, ImDrawList* draw, const Grid& grid) {
  const ImVec2 high(grid.low.x + grid.side(), grid.low.y + grid.side());
  draw->AddRectFilled(grid.low, high, ui.colors.empty_cell);
  if (ui.textures.matrix != ImTextureID_Invalid) {
    const auto& platform = ImGui::GetPlatformIO();
    if (platform.DrawCallback_SetSamplerNearest != nullptr)
      draw->AddCallback(platform.DrawCallback_SetSamplerNearest, nullptr);
    draw->AddImage(ui.textures.matrix, grid.low, high);
    if (platform.DrawCallback_SetSamplerLinear != nullptr)
      draw->AddCallback(platform.DrawCallback_SetSamplerLinear, nullptr);
  }
  if (grid.cell < ui.px(9)) return;
  for (int i = 0; i <= grid.count; ++i) {
    const float d = grid.cell * static_cast<float>(i);
    draw->AddRectFilled(ImVec2(grid.low.x + d, grid.low.y), ImVec2(grid.low.x + d + 1, high.y),
                        ui.colors.panel);
    draw->AddRectFilled(ImVec2(grid.low.x, grid.low.y + d), ImVec2(high.x, grid.low.y + d + 1),
                        ui.colors.panel);
  }
}

void draw_not_finite(Ui& ui, ImDrawList* draw, const Grid& grid) {
  const CellImage& image = ui.views.matrix();
  for (int q = 0; q < grid.count; ++q) {
    for (int k = 0; k < grid.count; ++k) {
      if (image.cells[static_cast<std::size_t>(q * grid.count + k)] < kInvalidValue) continue;
      const ImVec2 low = grid.cell_low(q, k), high(low.x + grid.cell, low.y + grid.cell);
      draw->AddRectFilled(low, high, ui.colors.panel);
      draw->AddLine(low, high, ui.colors.error, 1.5f);
      draw->AddLine(ImVec2(low.x, high.y), ImVec2(high.x, low.y), ui.colors.error, 1.5f);
    }
  }
}

// Which labels are drawn: every one when there is room; when not, the hovered and pinned ones, and of the
// others every second, third... that keeps its distance from those.
std::vector<bool> labels_shown(const Grid& grid, const std::vector<bool>& marked, float spacing) {
  if (grid.cell >= spacing) return std::vector<bool>(marked.size(), true);
  const int stride = static_cast<int>(std::ceil(spacing / std::max(0.5f, grid.cell)));
  std::vector<bool> shown(marked.size(), false);
  int last = -stride;
  for (int i = 0; i < grid.count; ++i) {
    bool crowded = i - last < stride;
    for (int j = i + 1; j < std::min(grid.count, i + stride); ++j)
      crowded = crowded || marked[static_cast<std::size_t>(j)];
    const bool show = marked[static_cast<std::size_t>(i)] || (!crowded && i % stride == 0);
    if (show) last = i;
    shown[static_cast<std::size_t>(i)] = show;
  }
  return shown;
}

// What is marked along one side of the matrix: the hovered row (or key) and the pins.
std::vector<bool> marks(const Ui& ui, const Grid& grid, bool rows) {
  const auto& cell = ui.ui.hovered_cell;
  std::vector<bool> marked(static_cast<std::size_t>(grid.count), false);
  for (int i = 0; i < grid.count; ++i) {
    const int token = ui.views.first() + i;
    const bool hot = (ui.views.current() && ui.ui.hovered_token == token) ||
                     (cell && (rows ? cell->first : cell->second) == token);
    marked[static_cast<std::size_t>(i)] = hot || pin_color(ui, ui.views.run().tokens, token) != 0;
  }
  return marked;
}

void draw_labels(Ui& ui, ImDrawList* draw, const Grid& grid) {
  const float height = ui.px(grid.label_size * kLineOfEm), spacing = height * 1.02f;
  const auto& tokens = ui.views.run().tokens;
  const std::vector<bool> hot_rows = marks(ui, grid, true), hot_keys = marks(ui, grid, false);
  const std::vector<bool> rows = labels_shown(grid, hot_rows, spacing),
                          keys = labels_shown(grid, hot_keys, spacing * 1.15f);
  for (int i = 0; i < grid.count; ++i) {
    const int token = ui.views.first() + i;
    const ImU32 pin = pin_color(ui, tokens, token);
    const bool hot_row = hot_rows[static_cast<std::size_t>(i)],
               hot_key = hot_keys[static_cast<std::size_t>(i)];
    const std::string label =
        fitted(ui, token_label(ui, tokens[static_cast<std::size_t>(token)]), grid.label_size, ui.px(110));
    const auto style = [&](bool hot) {
      return std::pair(pin != 0 ? pin : ui.colors.text, hot || pin != 0 ? ui.fonts.bold : ui.fonts.regular);
    };
    if (rows[static_cast<std::size_t>(i)]) {
      const auto [color, font] = style(hot_row);
      const float width = measure(ui, grid.label_size, label, font).x;
      const ImVec2 row = grid.cell_low(i, 0);
      draw_text(ui, draw, ImVec2(row.x - width - ui.px(9), row.y + (grid.cell - height) / 2 - 1),
                grid.label_size, color, label, font);
    }
    if (keys[static_cast<std::size_t>(i)]) {
      const auto [color, font] = style(hot_key);
      const ImVec2 key = grid.cell_low(0, i);
      draw_rotated(ui, draw, ImVec2(key.x + grid.cell * 0.5f - ui.px(1), key.y - ui.px(8)), kLabelAngle,
                   grid.label_size, color, label, font);
    }
  }
}

void draw_axes(Ui& ui, ImDrawList* draw, const Grid& grid, float panel_left) {
  draw_text(ui, draw, ImVec2(grid.low.x, grid.low.y + grid.side() + ui.px(9)), kSmall, ui.colors.secondary,
            ui.tr("matrix.key"));
  draw_rotated(ui, draw, ImVec2(panel_left + ui.px(11), grid.low.y + grid.side()), 1.5707963f, kSmall,
               ui.colors.secondary, ui.tr("matrix.query"));
}

// Numbers beside the bar: the ends and the middle, or the decades of a logarithmic scale.
std::vector<float> bar_ticks(const ColorScale& range) {
  if (!range.log10) return {range.min, (range.min + range.max) / 2, range.max};
  std::vector<float> ticks{range.max};
  for (float decade = std::pow(10.0f, std::floor(std::log10(range.max * 0.7f))); decade >= range.min * 0.999f;
       decade /= 10) {
    ticks.push_back(decade);
  }
  return ticks;
}

std::string tick_text(const Ui& ui, const ColorScale& range, float value) {
  if (!range.log10) return ui.tr.number(value, std::abs(range.max - range.min) >= 0.5f ? 2 : 3);
  return ui.tr.number(value, value >= 0.095f ? 2 : value >= 0.0095f ? 2 : value >= 0.00095f ? 3 : 4);
}

void draw_color_bar(Ui& ui, ImDrawList* draw, const Grid& grid) {
  const ColorScale& range = ui.views.matrix_range();
  const float x = grid.low.x + grid.side() + ui.px(22), height = grid.side();
  constexpr int kSteps = 128;
  for (int i = 0; i < kSteps; ++i) {
    const float low = static_cast<float>(i) / kSteps, high = static_cast<float>(i + 1) / kSteps;
    const Rgba color = colormap_at(colormap_for(ui.state.view), 1.0f - (low + high) / 2);
    draw->AddRectFilled(ImVec2(x, std::floor(grid.low.y + height * low)),
                        ImVec2(x + ui.px(kBarWidth), std::floor(grid.low.y + height * high)),
                        IM_COL32(color.r, color.g, color.b, 255));
  }
  draw->AddRect(ImVec2(x, grid.low.y), ImVec2(x + ui.px(kBarWidth), std::floor(grid.low.y + height)),
                ui.colors.border);
  for (const float value : bar_ticks(range)) {
    const float y = grid.low.y + height * (1.0f - color_scale_at(range, value));
    const float text_y = std::clamp(y - ui.px(kSmall * kLineOfEm) / 2, grid.low.y - ui.px(1),
                                    grid.low.y + height - ui.px(kSmall));
    draw->AddLine(ImVec2(x + ui.px(kBarWidth), y), ImVec2(x + ui.px(kBarWidth + 4), y), ui.colors.secondary);
    draw_text(ui, draw, ImVec2(x + ui.px(kBarWidth + 8), text_y), kSmall, ui.colors.secondary,
              tick_text(ui, range, value));
  }
}

// The bar is a button: it opens the list of colour maps.
void handle_color_bar(Ui& ui, const Grid& grid) {
  ImGui::SetCursorScreenPos(ImVec2(grid.low.x + grid.side() + ui.px(22), grid.low.y));
  if (ImGui::InvisibleButton("##colors", ImVec2(ui.px(kBarWidth), std::max(1.0f, grid.side())),
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
  for (int other = 0; other < static_cast<int>(views.attention().cols()); ++other) {
    if (views.masked(query, other)) continue;
    ++readable;
    if (views.attention()(query, other) > views.attention()(query, key)) ++rank;
  }
  return rank;
}

void cell_tooltip(Ui& ui, int query, int key) {
  const auto& tokens = ui.views.run().tokens;
  if (!ImGui::BeginTooltip()) return;
  const std::string title = token_label(ui, tokens[static_cast<std::size_t>(query)]) + " → " +
                            token_label(ui, tokens[static_cast<std::size_t>(key)]);
  text_sized(ui, kBody, ui.colors.text, title, ui.fonts.bold);
  if (ui.views.masked(query, key)) {
    const bool hidden = std::isinf(ui.views.record().key_bias()[key]) && key <= query;
    text_sized(ui, kBody, ui.colors.secondary, ui.tr(hidden ? "matrix.tip.hidden" : "matrix.tip.masked"));
  } else {
    int readable = 0;
    const int rank = rank_in_row(ui.views, query, key, readable);
    const std::string value = ui.tr.number(ui.views.shown()(query, key), 6);
    text_sized(ui, kBody, ui.colors.secondary, ui.tr.format("matrix.tip.rank", value, rank, readable));
  }
  ImGui::EndTooltip();
}

void handle_pointer(Ui& ui, const Grid& grid) {
  ImGui::SetCursorScreenPos(grid.low);
  ImGui::InvisibleButton("##cells", ImVec2(std::max(1.0f, grid.side()), std::max(1.0f, grid.side())));
  if (!ImGui::IsItemHovered()) return;
  const ImVec2 mouse = ImGui::GetMousePos();
  const int key = std::clamp(static_cast<int>((mouse.x - grid.low.x) / grid.cell), 0, grid.count - 1);
  const int query = std::clamp(static_cast<int>((mouse.y - grid.low.y) / grid.cell), 0, grid.count - 1);
  ui.ui.next_hovered_cell = {ui.views.first() + query, ui.views.first() + key};
  if (ImGui::IsItemClicked() && ui.views.current())
    ui.out.emplace_back(TogglePin{pin_of(shown_token(ui, query))});
  cell_tooltip(ui, ui.views.first() + query, ui.views.first() + key);
}

void draw_crosshair(Ui& ui, ImDrawList* draw, const Grid& grid) {
  if (!ui.ui.hovered_cell) return;
  const int query = ui.ui.hovered_cell->first - ui.views.first(),
            key = ui.ui.hovered_cell->second - ui.views.first();
  if (query < 0 || key < 0 || query >= grid.count || key >= grid.count) return;
  const ImVec2 low = grid.cell_low(query, key);
  const float edge = std::max(1.0f, ui.px(1));
  const ImU32 line = with_alpha(ui.colors.text, 0.55f);
  draw->AddLine(ImVec2(grid.low.x, low.y + grid.cell / 2), ImVec2(low.x, low.y + grid.cell / 2), line, edge);
  draw->AddLine(ImVec2(low.x + grid.cell / 2, grid.low.y), ImVec2(low.x + grid.cell / 2, low.y), line, edge);
  draw->AddRect(ImVec2(low.x - edge, low.y - edge),
                ImVec2(low.x + grid.cell + edge, low.y + grid.cell + edge), ui.colors.text, 0, ui.px(2));
}

// Pinned rows keep a thin frame in their pin's colour.
void draw_pinned_rows(Ui& ui, ImDrawList* draw, const Grid& grid) {
  const auto& tokens = ui.views.run().tokens;
  for (int i = 0; i < grid.count; ++i) {
    const ImU32 pin = pin_color(ui, tokens, ui.views.first() + i);
    if (pin == 0) continue;
    const ImVec2 low = ui.state.view.incoming ? grid.cell_low(0, i) : grid.cell_low(i, 0);
    const ImVec2 high = ui.state.view.incoming ? ImVec2(low.x + grid.cell, low.y + grid.side())
                                               : ImVec2(low.x + grid.side(), low.y + grid.cell);
    draw->AddRect(low, ImVec2(high.x + 1, high.y + 1), pin, 0, ui.px(1.5f));
  }
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

float switches_width(Ui& ui) {
  return toggle_width(ui, ui.tr("matrix.log")) + toggle_width(ui, ui.tr("matrix.scores")) +
         toggle_width(ui, ui.tr("matrix.special")) + ui.px(24);
}

// On the header's line, or on one of their own when the panel is narrow. @return  whether they fitted the
// header
bool draw_switches(Ui& ui, float room) {
  const ViewOptions& view = ui.state.view;
  const bool fits = room >= ui.px(60);
  if (fits) {
    header_right(ui, switches_width(ui));
  } else {
    ImGui::SetCursorPos(ImVec2(ui.px(14), ui.px(34)));
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
  if (ui.state.view.scores && !ui.views.shows_scores()) {
    text_sized(ui, kSmall, ui.colors.warning, ui.tr("matrix.rollout_scores"));
  } else if (!ui.views.record().rows_sum_to_one()) {
    text_sized(ui, kSmall, ui.colors.warning, ui.tr("matrix.not_normalised"));
  } else if (!ui.views.current()) {
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr("matrix.old"));
  } else if (ui.views.record().non_finite > 0) {
    text_sized(ui, kSmall, ui.colors.error, ui.tr.format("matrix.not_finite", ui.views.record().non_finite));
  }
}

}  // namespace

void draw_matrix_panel(Ui& ui) {
  if (!ui.ui.panel_open[static_cast<int>(PanelId::kMatrix)]) return;
  const bool visible = begin_panel(ui, PanelId::kMatrix, "");
  if (visible) {
    const float room = ImGui::GetWindowWidth() - switches_width(ui) - ui.px(14 + 14 + 16);
    const ImVec2 at = ImGui::GetWindowPos();
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + ui.px(14), at.y + ui.px(12)), kSmall,
              ui.colors.secondary, header_title(ui, room), ui.fonts.bold);
    const bool fits = draw_switches(ui, room);
    ImGui::SetCursorPos(ImVec2(ui.px(14), ui.px(fits ? 36 : 58)));
    if (!ui.views.has_map() || ui.views.count() == 0) {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("matrix.empty"));
    } else {
      draw_note(ui);
      const Grid grid = fit_grid(ui);
      ImDrawList* draw = ImGui::GetWindowDrawList();
      if (grid.side() >= ui.px(48)) {
        draw_cells(ui, draw, grid);
        draw_not_finite(ui, draw, grid);
        draw_labels(ui, draw, grid);
        draw_axes(ui, draw, grid, at.x + ui.px(14));
        draw_color_bar(ui, draw, grid);
        draw_pinned_rows(ui, draw, grid);
        handle_color_bar(ui, grid);
        handle_pointer(ui, grid);
        draw_crosshair(ui, draw, grid);
      } else {
        text_sized(ui, kSmall, ui.colors.secondary, "…");
      }
    }
  }
  end_panel();
}

}  // namespace regard
