#include "app/ui/scatter.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include <imgui_internal.h>

#include "app/ui/widgets.h"

namespace regard {
namespace {

constexpr float kDot = 4.5f, kLabelSize = 12, kReach = 14, kUnder = 40;

PlotRoom room_of(const ScatterHit& hit) {
  return {hit.low.x, hit.low.y, hit.high.x - hit.low.x, hit.high.y - hit.low.y};
}

ImVec2 at(const ScatterPlot& plot, const PlotRoom& room, double x, double y) {
  return {static_cast<float>(room.x(plot.x, x)), static_cast<float>(room.y(plot.y, y))};
}

// Lines and numbers of the axes. Numbers that would touch are left out.
void draw_axes(Ui& ui, ImDrawList* draw, const ScatterPlot& plot, const ScatterHit& hit) {
  const PlotRoom room = room_of(hit);
  const ImU32 line = with_alpha(ui.colors.border, 0.7f);
  float last = -1e9f;
  for (const PlotAxis::Tick& tick : plot.x.ticks) {
    const float x = std::round(static_cast<float>(room.x(plot.x, tick.value)));
    draw->AddLine(ImVec2(x, hit.low.y), ImVec2(x, hit.high.y), line);
    const float width = measure(ui, kLabelSize, tick.text).x;
    if (x - width / 2 < last + ui.px(6) || x + width / 2 > hit.high.x + ui.px(10)) continue;
    draw_text(ui, draw, ImVec2(x - width / 2, hit.high.y + ui.px(4)), kLabelSize, ui.colors.secondary,
              tick.text);
    last = x + width / 2;
  }
  last = 1e9f;
  for (const PlotAxis::Tick& tick : plot.y.ticks) {
    const float y = std::round(static_cast<float>(room.y(plot.y, tick.value)));
    draw->AddLine(ImVec2(hit.low.x, y), ImVec2(hit.high.x, y), line);
    const ImVec2 size = measure(ui, kLabelSize, tick.text);
    if (y > last - size.y) continue;
    draw_text(ui, draw, ImVec2(hit.low.x - size.x - ui.px(6), y - size.y / 2), kLabelSize,
              ui.colors.secondary, tick.text);
    last = y;
  }
  draw->AddLine(hit.low, ImVec2(hit.low.x, hit.high.y), ui.colors.secondary);
  draw->AddLine(ImVec2(hit.low.x, hit.high.y), hit.high, ui.colors.secondary);
}

void draw_axis_words(Ui& ui, ImDrawList* draw, const ScatterPlot& plot, const ScatterHit& hit, float left,
                     float legend) {
  const std::string x = fitted(ui, plot.x.words + " →", kSmall, hit.high.x - left);
  draw_text(ui, draw, ImVec2(hit.high.x - measure(ui, kSmall, x).x, hit.high.y + ui.px(20)), kSmall,
            ui.colors.text, x);
  const float room = hit.high.x - left - (legend > 0 ? legend + ui.px(8) : 0);
  draw_text(ui, draw, ImVec2(left, hit.low.y - ui.px(kScatterHeader)), kSmall, ui.colors.text,
            fitted(ui, "↑ " + plot.y.words, kSmall, room));
}

// The point nearest to the pointer, within reach; -1: none.
int point_under_pointer(const Ui& ui, const ScatterPlot& plot, const PlotRoom& room) {
  const ImVec2 mouse = ImGui::GetMousePos();
  int best = -1;
  float nearest = ui.px(kReach);
  for (std::size_t i = 0; i < plot.points.size(); ++i) {
    const ImVec2 center = at(plot, room, plot.points[i].x, plot.points[i].y);
    const float away = std::hypot(center.x - mouse.x, center.y - mouse.y);
    if (away >= nearest) continue;
    nearest = away;
    best = static_cast<int>(i);
  }
  return best;
}

// The next point along an axis; of equals along the other one.
int next_point(const ScatterPlot& plot, int now, bool along_x, int step) {
  std::vector<int> order(plot.points.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](int i) {
    const ScatterPoint& point = plot.points[static_cast<std::size_t>(i)];
    return along_x ? std::pair(point.x, point.y) : std::pair(point.y, point.x);
  });
  const auto to = std::ranges::find(order, now) - order.begin() + step;
  return order[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(to, 0, std::ssize(order) - 1))];
}

// Arrow keys. @return the point they are at; -1: the plot has not the keyboard
int point_of_keys(const ScatterPlot& plot, ImGuiID id, int& cursor) {
  if (!ImGui::IsItemFocused() || !ImGui::GetIO().NavVisible || plot.points.empty()) return -1;
  const auto found = std::ranges::find(plot.points, cursor, &ScatterPoint::id);
  int now = found == plot.points.end() ? 0 : static_cast<int>(found - plot.points.begin());
  const struct {
    ImGuiKey key;
    bool along_x;
    int step;
  } moves[] = {{ImGuiKey_LeftArrow, true, -1},
               {ImGuiKey_RightArrow, true, 1},
               {ImGuiKey_UpArrow, false, 1},
               {ImGuiKey_DownArrow, false, -1}};
  for (const auto& move : moves) {
    if (ImGui::IsKeyPressed(move.key, ImGuiInputFlags_Repeat, id))
      now = next_point(plot, now, move.along_x, move.step);
    ImGui::SetKeyOwner(move.key, id);
  }
  cursor = plot.points[static_cast<std::size_t>(now)].id;
  return now;
}

void draw_names(Ui& ui, ImDrawList* draw, const ScatterPlot& plot, const PlotRoom& room, int hot) {
  const auto strong = [&](int i) { return i == hot || plot.points[static_cast<std::size_t>(i)].chosen; };
  const auto face = [&](int i) { return strong(i) ? ui.fonts.bold : ui.fonts.regular; };
  const auto size = [&](int i) {
    const ImVec2 each = measure(ui, kLabelSize, plot.points[static_cast<std::size_t>(i)].label, face(i));
    return std::pair<double, double>(each.x, each.y);
  };
  for (const PlacedLabel& label : place_labels(plot, room, ui.px(kDot), hot, size)) {
    const ImVec2 low(static_cast<float>(label.x), static_cast<float>(label.y));
    draw_text(ui, draw, low, kLabelSize, strong(label.point) ? ui.colors.text : ui.colors.secondary,
              plot.points[static_cast<std::size_t>(label.point)].label, face(label.point));
  }
}

void draw_points(Ui& ui, ImDrawList* draw, const ScatterPlot& plot, const PlotRoom& room, int hot) {
  for (std::size_t i = 1; i < plot.line.size(); ++i)
    draw->AddLine(at(plot, room, plot.line[i - 1].first, plot.line[i - 1].second),
                  at(plot, room, plot.line[i].first, plot.line[i].second), ui.colors.secondary, ui.px(1.5f));
  draw_names(ui, draw, plot, room, hot);
  for (std::size_t i = 0; i < plot.points.size(); ++i) {
    const ScatterPoint& point = plot.points[i];
    const ImVec2 center = at(plot, room, point.x, point.y);
    const ImU32 color = imgui_color(point.color);
    draw_mark(draw, point.mark, center, ui.px(kDot), point.dim ? with_alpha(color, 0.3f) : color);
    if (point.chosen) draw->AddCircle(center, ui.px(kDot + 3), ui.colors.accent, 0, ui.px(2.5f));
    if (static_cast<int>(i) == hot) draw->AddCircle(center, ui.px(kDot + 3), ui.colors.text, 0, ui.px(1.2f));
  }
}

// Beside the pointer; by keyboard beside the point, on the side that has more room.
void say(Ui& ui, const std::string& words, const ImVec2* center) {
  if (center != nullptr) {
    const ImVec2 middle = ImGui::GetMainViewport()->GetCenter();
    const bool left = center->x > middle.x, above = center->y > middle.y;
    const ImVec2 place(center->x + ui.px(left ? -14.0f : 14.0f), center->y + ui.px(above ? -14.0f : 14.0f));
    ImGui::SetNextWindowPos(place, ImGuiCond_Always, ImVec2(left ? 1.0f : 0.0f, above ? 1.0f : 0.0f));
  }
  tooltip(ui, words.c_str());
}

}  // namespace

void draw_mark(ImDrawList* draw, PlotMark mark, ImVec2 center, float radius, ImU32 color) {
  switch (mark) {
    case PlotMark::kCircle:
      draw->AddCircleFilled(center, radius, color);
      break;
    case PlotMark::kSquare: {
      const float side = radius * 0.9f;
      draw->AddRectFilled(ImVec2(center.x - side, center.y - side), ImVec2(center.x + side, center.y + side),
                          color);
      break;
    }
    case PlotMark::kDiamond: {
      const float side = radius * static_cast<float>(std::numbers::sqrt2) * 0.85f;
      draw->AddQuadFilled(ImVec2(center.x, center.y - side), ImVec2(center.x + side, center.y),
                          ImVec2(center.x, center.y + side), ImVec2(center.x - side, center.y), color);
      break;
    }
  }
}

ScatterHit draw_scatter(Ui& ui, const char* id, ImVec2 size, const ScatterPlot& plot, int& cursor,
                        const std::function<std::string(int point)>& words, float legend) {
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  float numbers = 0;
  for (const PlotAxis::Tick& tick : plot.y.ticks)
    numbers = std::max(numbers, measure(ui, kLabelSize, tick.text).x);
  const float left = numbers + ui.px(8);
  ScatterHit hit;
  hit.low = ImVec2(std::round(corner.x + left), std::round(corner.y + ui.px(kScatterHeader + 2)));
  const ImVec2 room(std::max(ui.px(60), size.x - left - ui.px(14)),
                    std::max(ui.px(60), size.y - ui.px(kScatterHeader + kUnder + 4)));
  hit.high = ImVec2(hit.low.x + room.x, hit.low.y + room.y);
  ImGui::SetCursorScreenPos(hit.low);
  const bool pressed = ImGui::InvisibleButton(id, room, ImGuiButtonFlags_EnableNav);
  const bool under = ImGui::IsItemHovered() && !ImGui::GetIO().NavVisible;
  const int keys = point_of_keys(plot, ImGui::GetItemID(), cursor);
  hit.point = keys >= 0 ? keys : under ? point_under_pointer(ui, plot, room_of(hit)) : -1;
  hit.pressed = pressed && hit.point >= 0;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_axes(ui, draw, plot, hit);
  draw_points(ui, draw, plot, room_of(hit), hit.point);
  draw_axis_words(ui, draw, plot, hit, corner.x, legend);
  if (keys >= 0) draw->AddRect(hit.low, hit.high, ui.colors.secondary);
  ImGui::SetCursorScreenPos(corner);
  ImGui::Dummy(ImVec2(size.x, room.y + ui.px(kScatterHeader + kUnder)));
  if (hit.point >= 0) {
    const ScatterPoint& point = plot.points[static_cast<std::size_t>(hit.point)];
    const ImVec2 center = at(plot, room_of(hit), point.x, point.y);
    say(ui, words(hit.point), keys >= 0 ? &center : nullptr);
  }
  return hit;
}

}  // namespace regard
