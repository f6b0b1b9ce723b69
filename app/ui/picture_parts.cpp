#include "app/ui/picture_parts.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <imgui_internal.h>

#include "app/ui/shortcuts.h"
#include "app/ui/widgets.h"
#include "app/views/picture_views.h"

namespace regard {
namespace {

constexpr const char* kSamples[] = {"scene-1", "scene-2", "scene-3", "scene-4", "scene-5", "scene-6"};

// Even-odd rule.
bool inside(const std::vector<ImVec2>& path, ImVec2 p) {
  bool in = false;
  for (std::size_t i = 0, j = path.size() - 1; i < path.size(); j = i++) {
    const ImVec2 &a = path[i], &b = path[j];
    if ((a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x) in = !in;
  }
  return in;
}

// The patches whose middle the path encloses, and those it crosses.
std::vector<int> enclosed(const PatchGrid& grid, const std::vector<ImVec2>& path) {
  std::vector<int> tokens;
  for (int row = 0; row < grid.rows; ++row) {
    for (int column = 0; column < grid.columns; ++column) {
      const ImVec2 middle(static_cast<float>(column) + 0.5f, static_cast<float>(row) + 0.5f);
      if (inside(path, middle)) tokens.push_back(grid.specials + row * grid.columns + column);
    }
  }
  for (const ImVec2& point : path) {
    const int column = std::clamp(static_cast<int>(point.x), 0, grid.columns - 1),
              row = std::clamp(static_cast<int>(point.y), 0, grid.rows - 1);
    tokens.push_back(grid.specials + row * grid.columns + column);
  }
  return tokens;
}

}  // namespace

std::pair<ImVec2, ImVec2> PatchGrid::patch(int token) const {
  const int index = token - specials;
  const int row = index / columns;
  const ImVec2 corner(low.x + cell.x * static_cast<float>(index % columns),
                      low.y + cell.y * static_cast<float>(row));
  return {corner, ImVec2(corner.x + cell.x, corner.y + cell.y)};
}

int PatchGrid::token_at(ImVec2 point) const {
  const int column = std::clamp(static_cast<int>((point.x - low.x) / cell.x), 0, columns - 1),
            row = std::clamp(static_cast<int>((point.y - low.y) / cell.y), 0, rows - 1);
  return specials + row * columns + column;
}

PatchGrid place_picture(const VisionRun& run, ImVec2 at, ImVec2 room) {
  const float width = static_cast<float>(run.request.image->width),
              height = static_cast<float>(run.request.image->height);
  const float scale = std::min(room.x / width, room.y / height);
  PatchGrid grid;
  grid.image_low = ImVec2(std::round(at.x + (room.x - width * scale) / 2), std::round(at.y));
  grid.image_high = ImVec2(grid.image_low.x + width * scale, grid.image_low.y + height * scale);
  const Cover& cover = run.picture.cover;
  grid.columns = run.output.columns;
  grid.rows = run.output.rows;
  grid.specials = run.output.specials;
  // Pixels beyond the last whole patch are not read.
  const int patch = run.request.model->encoder.config().patch;
  const float used_x = static_cast<float>(grid.columns * patch) / static_cast<float>(run.picture.width),
              used_y = static_cast<float>(grid.rows * patch) / static_cast<float>(run.picture.height);
  grid.low = ImVec2(grid.image_low.x + static_cast<float>(cover.x) * scale,
                    grid.image_low.y + static_cast<float>(cover.y) * scale);
  grid.cell = ImVec2(static_cast<float>(cover.width) * scale * used_x / static_cast<float>(grid.columns),
                     static_cast<float>(cover.height) * scale * used_y / static_cast<float>(grid.rows));
  return grid;
}

void draw_photo(Ui& ui, ImDrawList* draw, const PatchGrid& grid, ImTextureID photo) {
  draw->AddRectFilled(grid.image_low, grid.image_high, ui.colors.empty_cell);
  if (photo != ImTextureID_Invalid) draw->AddImage(photo, grid.image_low, grid.image_high);
  // What the model did not see is dimmed: its crop is the rest.
  const ImU32 veil = with_alpha(ui.colors.panel, 0.7f);
  const ImVec2 low(std::max(grid.low.x, grid.image_low.x), std::max(grid.low.y, grid.image_low.y));
  const ImVec2 high(std::min(grid.high().x, grid.image_high.x), std::min(grid.high().y, grid.image_high.y));
  draw->AddRectFilled(grid.image_low, ImVec2(grid.image_high.x, low.y), veil);
  draw->AddRectFilled(ImVec2(grid.image_low.x, high.y), grid.image_high, veil);
  draw->AddRectFilled(ImVec2(grid.image_low.x, low.y), ImVec2(low.x, high.y), veil);
  draw->AddRectFilled(ImVec2(high.x, low.y), ImVec2(grid.image_high.x, high.y), veil);
}

void draw_map_over(ImDrawList* draw, const PatchGrid& grid, ImTextureID map, float opacity, bool smooth) {
  if (map == ImTextureID_Invalid) return;
  const auto& platform = ImGui::GetPlatformIO();
  if (!smooth && platform.DrawCallback_SetSamplerNearest != nullptr)
    draw->AddCallback(platform.DrawCallback_SetSamplerNearest, nullptr);
  draw->AddImage(map, grid.low, grid.high(), ImVec2(0, 0), ImVec2(1, 1), with_alpha(IM_COL32_WHITE, opacity));
  if (!smooth && platform.DrawCallback_SetSamplerLinear != nullptr)
    draw->AddCallback(platform.DrawCallback_SetSamplerLinear, nullptr);
}

void draw_patch_lines(Ui& ui, ImDrawList* draw, const PatchGrid& grid) {
  if (!ui.state.view.picture.grid || std::min(grid.cell.x, grid.cell.y) < ui.px(14)) return;
  const ImU32 line = with_alpha(IM_COL32_BLACK, 0.35f);
  for (int c = 0; c <= grid.columns; ++c) {
    const float x = std::round(grid.low.x + grid.cell.x * static_cast<float>(c));
    draw->AddLine(ImVec2(x, grid.low.y), ImVec2(x, grid.high().y), line);
  }
  for (int r = 0; r <= grid.rows; ++r) {
    const float y = std::round(grid.low.y + grid.cell.y * static_cast<float>(r));
    draw->AddLine(ImVec2(grid.low.x, y), ImVec2(grid.high().x, y), line);
  }
}

std::string patch_label(const Ui& ui, int token) {
  const VisionRun& run = ui.picture.run();
  if (token < run.output.specials) {
    const auto names = run.request.model->encoder.special_names();
    return names[static_cast<std::size_t>(std::max(0, token))];
  }
  const int index = token - run.output.specials;
  return ui.tr.format("picture.patch", index % run.output.columns + 1, index / run.output.columns + 1);
}

ImU32 patch_pin_color(const Ui& ui, int token) {
  const std::vector<int>& pins = ui.state.doc.picture.pins;
  const auto found = std::ranges::find(pins, token);
  return found == pins.end() ? 0 : ui.colors.pins[static_cast<std::size_t>(found - pins.begin())];
}

float share_pitch(const Ui& ui) { return std::clamp(ImGui::GetWindowHeight() / ui.px(20), 19.0f, 28.0f); }

void draw_share_bar(Ui& ui, const std::string& name, float share, float most, ImU32 color) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, name_width = ui.px(112), number_width = ui.px(54);
  const float room = std::max(ui.px(10), width - name_width - number_width);
  const float pitch = share_pitch(ui), text = at.y + (ui.px(pitch) - ui.px(kSmall * kLineOfEm)) / 2;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_text(ui, draw, ImVec2(at.x, text), kSmall, ui.colors.text,
            fitted(ui, name, kSmall, name_width - ui.px(8)));
  const float bar = room * std::clamp(most > 0.0f ? share / most : 0.0f, 0.0f, 1.0f);
  draw->AddRectFilled(ImVec2(at.x + name_width, at.y + ui.px(3)),
                      ImVec2(at.x + name_width + std::max(ui.px(1), bar), at.y + ui.px(pitch - 4)), color,
                      ui.px(2));
  const std::string number = ui.tr.percent(static_cast<double>(share), 2);
  draw_text(ui, draw, ImVec2(at.x + width - measure(ui, kSmall, number).x, text), kSmall, ui.colors.secondary,
            number);
  ImGui::Dummy(ImVec2(width, ui.px(pitch)));
}

ImU32 region_color(const Ui& ui, bool second) { return ui.colors.regions[second ? 1 : 0]; }

void draw_region(Ui& ui, const PatchGrid& grid, bool active, bool ended) {
  const bool second = ui.ui.picture.drawing == RegionDrag::kRegionB;
  std::vector<ImVec2>& path = ui.ui.picture.lasso;
  if (active) {
    const ImVec2 mouse = ImGui::GetMousePos();
    const ImVec2 at(std::clamp((mouse.x - grid.low.x) / grid.cell.x, 0.0f, static_cast<float>(grid.columns)),
                    std::clamp((mouse.y - grid.low.y) / grid.cell.y, 0.0f, static_cast<float>(grid.rows)));
    const bool moved = path.empty() || std::hypot(at.x - path.back().x, at.y - path.back().y) > 0.2f;
    if (moved) path.push_back(at);
  }
  std::vector<ImVec2> points;
  for (const ImVec2& p : path)
    points.emplace_back(grid.low.x + p.x * grid.cell.x, grid.low.y + p.y * grid.cell.y);
  if (points.size() > 1) {
    ImGui::GetWindowDrawList()->AddPolyline(points.data(), static_cast<int>(points.size()),
                                            region_color(ui, second), ui.px(2.5f), ImDrawFlags_Closed);
  }
  if (!ended || path.empty()) return;
  ui.out.emplace_back(SetRegion{second, enclosed(grid, path), 0});
  path.clear();
  ui.ui.picture.drawing = RegionDrag::kNone;
}

std::string picture_name(const Ui& ui, const std::string& image) {
  for (const char* sample : kSamples) {
    if (image == sample) return ui.tr(std::string("sample.") + sample);
  }
  return std::filesystem::path(image).filename().string();
}

std::optional<std::string> picture_items(Ui& ui, const std::string& chosen, Action open) {
  menu_item(ui, "file.open_image", open);
  ImGui::Separator();
  return sample_items(ui, chosen);
}

std::optional<std::string> sample_items(Ui& ui, const std::string& chosen) {
  std::optional<std::string> picked;
  for (const char* sample : kSamples) {
    if (ImGui::MenuItem(ui.tr(std::string("sample.") + sample), nullptr, chosen == sample)) picked = sample;
  }
  return picked;
}

void mark_label(Ui& ui, ImDrawList* draw, ImVec2 at, const char* letter, ImU32 color, float type) {
  const ImVec2 size = measure(ui, type, letter, ui.fonts.bold);
  const float side = ui.px(type < kSmall ? 1 : 3), edge = ui.px(1);
  const ImVec2 low(std::round(at.x), std::round(at.y)), high(low.x + size.x + 2 * side, low.y + size.y);
  draw->AddRectFilled(ImVec2(low.x - edge, low.y - edge), ImVec2(high.x + edge, high.y + edge),
                      ui.colors.panel);
  draw->AddRectFilled(low, high, color);
  draw_text(ui, draw, ImVec2(low.x + side, low.y), type, ui.colors.panel, letter, ui.fonts.bold);
}

void frame_cell(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high, ImU32 color) {
  const float edge = ui.px(1.5f);
  draw->AddRect(ImVec2(low.x - edge, low.y - edge), ImVec2(high.x + edge, high.y + edge),
                with_alpha(ui.colors.panel, 0.8f), 0, ui.px(1.5f));
  draw->AddRect(low, high, color, 0, ui.px(2.5f));
}

bool move_over_cells(int columns, int rows, int& cursor, ImGuiID id) {
  if (!ImGui::IsItemFocused() || !ImGui::GetIO().NavVisible) return false;
  if (cursor < 0 || cursor >= columns * rows) cursor = columns * (rows / 2) + columns / 2;
  int column = cursor % columns, row = cursor / columns;
  const struct {
    ImGuiKey key;
    int x, y;
  } moves[] = {{ImGuiKey_LeftArrow, -1, 0},
               {ImGuiKey_RightArrow, 1, 0},
               {ImGuiKey_UpArrow, 0, -1},
               {ImGuiKey_DownArrow, 0, 1}};
  for (const auto& move : moves) {
    if (ImGui::IsKeyPressed(move.key, ImGuiInputFlags_Repeat, id)) {
      column = std::clamp(column + move.x, 0, columns - 1);
      row = std::clamp(row + move.y, 0, rows - 1);
    }
    ImGui::SetKeyOwner(move.key, id);
  }
  cursor = row * columns + column;
  return true;
}

void draw_components(Ui& ui, ImDrawList* draw, ImVec2 at, float width, const std::vector<double>& shares) {
  constexpr ImU32 kColours[] = {IM_COL32(230, 40, 40, 255), IM_COL32(40, 190, 60, 255),
                                IM_COL32(60, 90, 240, 255)};
  const float step = width / 3;
  for (std::size_t c = 0; c < std::min(shares.size(), std::size(kColours)); ++c) {
    const float x = at.x + step * static_cast<float>(c);
    draw->AddRectFilled(ImVec2(x, at.y + ui.px(3)), ImVec2(x + ui.px(10), at.y + ui.px(13)), kColours[c],
                        ui.px(2));
    const std::string text = ui.tr.format("picture.pca.component", c + 1, ui.tr.percent(shares[c]));
    draw_text(ui, draw, ImVec2(x + ui.px(15), at.y), kSmall, ui.colors.text,
              fitted(ui, text, kSmall, step - ui.px(19)));
  }
}

}  // namespace regard
