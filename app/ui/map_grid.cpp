#include "app/ui/map_grid.h"

#include <algorithm>
#include <cmath>

#include "app/ui/widgets.h"
#include "app/views/cells.h"
#include "app/views/colormap.h"

namespace regard {
namespace {

constexpr float kBarWidth = 16, kBarSpace = 92, kBarGap = 22, kAxisSpace = 22, kMostLabel = 110, kMapGap = 30;
constexpr float kLabelAngle = 0.70f;  // radians

float widest_label(Ui& ui, const MapLabels& labels, float size) {
  float widest = 0;
  for (const std::string& text : labels.text)
    widest = std::max(widest, measure(ui, size, text, ui.fonts.bold).x);
  return std::min(widest, ui.px(kMostLabel));
}

void draw_not_finite(Ui& ui, ImDrawList* draw, const MapGrid& grid, const CellImage& image) {
  for (int q = 0; q < grid.count; ++q) {
    for (int k = 0; k < grid.count; ++k) {
      if (image.cells[static_cast<std::size_t>(q) * static_cast<std::size_t>(grid.count) +
                      static_cast<std::size_t>(k)] < kInvalidValue)
        continue;
      const ImVec2 low = grid.cell_low(q, k), high(low.x + grid.cell, low.y + grid.cell);
      draw->AddRectFilled(low, high, ui.colors.panel);
      draw->AddLine(low, high, ui.colors.error, 1.5f);
      draw->AddLine(ImVec2(low.x, high.y), ImVec2(high.x, low.y), ui.colors.error, 1.5f);
    }
  }
}

// Which labels are drawn: every one when there is room; when not, the hovered and pinned ones, and of the
// others every second, third... that keeps its distance from those.
std::vector<bool> labels_shown(const MapGrid& grid, const std::vector<bool>& marked, float spacing) {
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

// As many as tell neighbouring ticks apart.
int share_decimals(const ColorScale& range, float value) {
  const float reach = range.log10 ? value : std::abs(range.max - range.min);
  return reach >= 0.45f ? 0 : reach >= 0.045f ? 1 : reach >= 0.0045f ? 2 : 3;
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

}  // namespace

std::vector<MapGrid> fit_maps(Ui& ui, const MapLabels& labels, ImVec2 at, ImVec2 room,
                              const std::vector<MapRoom>& around) {
  MapGrid one;
  one.count = labels.count();
  one.label_size = one.count <= 24 ? kBody : 12.0f;
  const float label = widest_label(ui, labels, one.label_size);
  const float top = label * std::sin(kLabelAngle) + ui.px(14);
  const float overhang = label * std::cos(kLabelAngle) * 0.5f;
  const auto left_of = [&](const MapRoom& each) { return each.rows ? label + ui.px(kAxisSpace + 8) : 0.0f; };
  const auto right_of = [&](const MapRoom& each) {
    return std::max(each.bar ? ui.px(kBarSpace) : ui.px(kMapGap), overhang);
  };
  float taken = 0;
  for (const MapRoom& each : around) taken += left_of(each) + right_of(each);
  const float width = (room.x - taken) / static_cast<float>(around.size());
  const float height = room.y - top - ui.px(kAxisSpace + 6);
  one.cell = std::min(width, height) / static_cast<float>(std::max(1, one.count));
  if (one.cell >= 2) one.cell = std::floor(one.cell);
  std::vector<MapGrid> grids;
  float x = at.x;
  for (const MapRoom& each : around) {
    one.low = ImVec2(std::round(x + left_of(each)), std::round(at.y + top));
    grids.push_back(one);
    x = one.low.x + one.side() + right_of(each);
  }
  return grids;
}

MapGrid fit_map(Ui& ui, const MapLabels& labels, ImVec2 at, ImVec2 room) {
  return fit_maps(ui, labels, at, room, {MapRoom{}}).front();
}

namespace {

// What shows through cells that nothing can be read in: not the colour of 0.
void draw_hatching(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high) {
  const float step = ui.px(8), width = high.x - low.x, height = high.y - low.y;
  draw->PushClipRect(low, high, true);
  for (float x = step; x < width + height; x += step)
    draw->AddLine(ImVec2(low.x + x, low.y), ImVec2(low.x + x - height, high.y), ui.colors.border,
                  std::max(1.0f, ui.px(1)));
  draw->PopClipRect();
}

}  // namespace

void draw_map_cells(Ui& ui, ImDrawList* draw, const MapGrid& grid, ImTextureID texture,
                    const CellImage& cells) {
  const ImVec2 high(grid.low.x + grid.side(), grid.low.y + grid.side());
  draw->AddRectFilled(grid.low, high, ui.colors.empty_cell);
  if (texture != ImTextureID_Invalid) {
    draw_hatching(ui, draw, grid.low, high);
    const auto& platform = ImGui::GetPlatformIO();
    if (platform.DrawCallback_SetSamplerNearest != nullptr)
      draw->AddCallback(platform.DrawCallback_SetSamplerNearest, nullptr);
    draw->AddImage(texture, grid.low, high);
    if (platform.DrawCallback_SetSamplerLinear != nullptr)
      draw->AddCallback(platform.DrawCallback_SetSamplerLinear, nullptr);
  }
  draw_not_finite(ui, draw, grid, cells);
  if (grid.cell < ui.px(9)) return;
  for (int i = 0; i <= grid.count; ++i) {
    const float d = grid.cell * static_cast<float>(i);
    draw->AddRectFilled(ImVec2(grid.low.x + d, grid.low.y), ImVec2(grid.low.x + d + 1, high.y),
                        ui.colors.panel);
    draw->AddRectFilled(ImVec2(grid.low.x, grid.low.y + d), ImVec2(high.x, grid.low.y + d + 1),
                        ui.colors.panel);
  }
}

void draw_shrink_note(Ui& ui, int count, float side) {
  if (static_cast<float>(count) <= side) return;
  const int cells = static_cast<int>(std::ceil(static_cast<float>(count) / side));
  const float room = ImGui::GetContentRegionAvail().x;
  text_sized(ui, kSmall, ui.colors.secondary, fitted(ui, ui.tr.format("map.shrunk", cells), kSmall, room));
}

void draw_map_labels(Ui& ui, ImDrawList* draw, const MapGrid& grid, const MapLabels& labels, bool with_rows) {
  const float height = ui.px(grid.label_size * kLineOfEm), spacing = height * 1.02f;
  const std::vector<bool> rows = labels_shown(grid, labels.row, spacing),
                          keys = labels_shown(grid, labels.column, spacing * 1.15f);
  for (int i = 0; i < grid.count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const std::string label = fitted(ui, labels.text[at], grid.label_size, ui.px(kMostLabel));
    const ImU32 color = labels.color[at] != 0 ? labels.color[at] : ui.colors.text;
    const auto font = [&](bool hot) {
      return hot || labels.color[at] != 0 ? ui.fonts.bold : ui.fonts.regular;
    };
    if (with_rows && rows[at]) {
      const float width = measure(ui, grid.label_size, label, font(labels.row[at])).x;
      const ImVec2 row = grid.cell_low(i, 0);
      draw_text(ui, draw, ImVec2(row.x - width - ui.px(9), row.y + (grid.cell - height) / 2 - 1),
                grid.label_size, color, label, font(labels.row[at]));
    }
    if (keys[at]) {
      const ImVec2 key = grid.cell_low(0, i);
      draw_rotated(ui, draw, ImVec2(key.x + grid.cell * 0.5f - ui.px(1), key.y - ui.px(8)), kLabelAngle,
                   grid.label_size, color, label, font(labels.column[at]));
    }
  }
}

void draw_map_axes(Ui& ui, ImDrawList* draw, const MapGrid& grid, float left) {
  draw_text(ui, draw, ImVec2(grid.low.x, grid.low.y + grid.side() + ui.px(9)), kSmall, ui.colors.secondary,
            ui.tr("matrix.key"));
  draw_rotated(ui, draw, ImVec2(left + ui.px(11), grid.low.y + grid.side()), 1.5707963f, kSmall,
               ui.colors.secondary, ui.tr("matrix.query"));
}

std::string tick_text(const Ui& ui, const ColorScale& range, float value) {
  if (range.share) return ui.tr.percent(static_cast<double>(value), share_decimals(range, value));
  if (range.min > range.max) return ui.tr.number(value, 0);  // ranks
  if (!range.log10) {
    const float span = std::abs(range.max - range.min);
    return ui.tr.number(value, span >= 0.5f ? 2 : span >= 0.05f ? 3 : 4);
  }
  return ui.tr.number(value, value >= 0.095f ? 2 : value >= 0.0095f ? 2 : value >= 0.00095f ? 3 : 4);
}

float map_bar_left(const Ui& ui, const MapGrid& grid) { return grid.low.x + grid.side() + ui.px(kBarGap); }
float map_bar_width(const Ui& ui) { return ui.px(kBarWidth); }

void draw_map_bar(Ui& ui, ImDrawList* draw, const MapGrid& grid, const ColorScale& range, Colormap map) {
  draw_color_bar(ui, draw, ImVec2(map_bar_left(ui, grid), grid.low.y), grid.side(), range, map);
}

void fill_bar(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high, const ColorScale& range, Colormap map,
              std::optional<float> opacity) {
  constexpr int kSteps = 128;
  const bool upwards = high.y - low.y > high.x - low.x;
  const float width = upwards ? high.x - low.x : high.y - low.y,
              length = upwards ? high.y - low.y : high.x - low.x;
  const int lanes = opacity ? 2 : 1;
  const float lane = width / static_cast<float>(lanes);
  for (int i = 0; i < kSteps; ++i) {
    const float from = std::floor(length * static_cast<float>(i) / kSteps),
                to = std::floor(length * static_cast<float>(i + 1) / kSteps);
    const float along = (static_cast<float>(i) + 0.5f) / kSteps;
    for (int j = 0; j < lanes; ++j) {
      const int square = static_cast<int>(from / std::max(1.0f, lane)) + j;
      const ImU32 color = imgui_color(
          bar_color(range, map, upwards ? 1.0f - along : along, opacity, kBarGrounds[square % 2]));
      const float left = std::round(lane * static_cast<float>(j)),
                  right = std::round(lane * static_cast<float>(j + 1));
      if (upwards)
        draw->AddRectFilled(ImVec2(low.x + left, low.y + from), ImVec2(low.x + right, low.y + to), color);
      else
        draw->AddRectFilled(ImVec2(low.x + from, low.y + left), ImVec2(low.x + to, low.y + right), color);
    }
  }
  draw->AddRect(low, high, ui.colors.border);
}

void draw_color_bar(Ui& ui, ImDrawList* draw, ImVec2 low, float height, const ColorScale& range, Colormap map,
                    std::optional<float> opacity) {
  const float x = low.x;
  fill_bar(ui, draw, low, ImVec2(x + ui.px(kBarWidth), std::floor(low.y + height)), range, map, opacity);
  for (const float value : bar_ticks(range)) {
    const float y = low.y + height * (1.0f - color_scale_at(range, value));
    const float text_y =
        std::clamp(y - ui.px(kSmall * kLineOfEm) / 2, low.y - ui.px(1), low.y + height - ui.px(kSmall));
    draw->AddLine(ImVec2(x + ui.px(kBarWidth), y), ImVec2(x + ui.px(kBarWidth + 4), y), ui.colors.secondary);
    draw_text(ui, draw, ImVec2(x + ui.px(kBarWidth + 8), text_y), kSmall, ui.colors.secondary,
              tick_text(ui, range, value));
  }
}

std::optional<std::pair<int, int>> point_at_map(const MapGrid& grid, const char* id) {
  ImGui::SetCursorScreenPos(grid.low);
  ImGui::InvisibleButton(id, ImVec2(std::max(1.0f, grid.side()), std::max(1.0f, grid.side())));
  if (!ImGui::IsItemHovered()) return std::nullopt;
  const ImVec2 mouse = ImGui::GetMousePos();
  return std::pair(std::clamp(static_cast<int>((mouse.y - grid.low.y) / grid.cell), 0, grid.count - 1),
                   std::clamp(static_cast<int>((mouse.x - grid.low.x) / grid.cell), 0, grid.count - 1));
}

void draw_map_crosshair(Ui& ui, ImDrawList* draw, const MapGrid& grid, int row, int column) {
  if (row < 0 || column < 0 || row >= grid.count || column >= grid.count) return;
  const ImVec2 low = grid.cell_low(row, column);
  const float edge = std::max(1.0f, ui.px(1));
  const ImU32 line = with_alpha(ui.colors.text, 0.55f);
  draw->AddLine(ImVec2(grid.low.x, low.y + grid.cell / 2), ImVec2(low.x, low.y + grid.cell / 2), line, edge);
  draw->AddLine(ImVec2(low.x + grid.cell / 2, grid.low.y), ImVec2(low.x + grid.cell / 2, low.y), line, edge);
  draw->AddRect(ImVec2(low.x - edge, low.y - edge),
                ImVec2(low.x + grid.cell + edge, low.y + grid.cell + edge), ui.colors.text, 0, ui.px(2));
}

}  // namespace regard
