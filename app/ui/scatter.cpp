#include "app/ui/scatter.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "app/ui/widgets.h"

namespace regard {
namespace {

constexpr float kMarkRadius = 4.5f, kGrab = 9, kAxisTitle = 18, kTickRoom = 18;

// 1, 2 or 5 times a power of ten: some `count` steps from `low` to `high`.
double step_of(double low, double high, int count) {
  const double rough = (high - low) / std::max(1, count);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double times : {1.0, 2.0, 5.0}) {
    if (times * power >= rough) return times * power;
  }
  return 10.0 * power;
}

struct Range {
  double low = 0, high = 1, step = 1;
  double share(double value) const { return (value - low) / (high - low); }
  int decimals() const { return std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9))); }
};

Range range_of(const std::vector<ScatterPoint>& points, double ScatterPoint::* value, int count) {
  double low = 0.0, high = 0.0;
  for (const ScatterPoint& point : points) {
    if (!std::isfinite(point.*value)) continue;
    low = std::min(low, point.*value);
    high = std::max(high, point.*value);
  }
  if (high - low <= 0.0) high = low + 1.0;
  const double step = step_of(low, high, count);
  return {std::floor(low / step) * step, std::ceil(high / step - 1e-9) * step, step};
}

// The plot's own rectangle, inside numbers and titles.
struct Plot {
  ImVec2 low, high;
  Range x, y;

  ImVec2 at(double px, double py) const {
    return {low.x + static_cast<float>(x.share(px)) * (high.x - low.x),
            high.y - static_cast<float>(y.share(py)) * (high.y - low.y)};
  }
};

void draw_axes(Ui& ui, ImDrawList* draw, const Plot& plot, const ScatterAxis& x, const ScatterAxis& y) {
  const ImU32 line = with_alpha(ui.colors.secondary, 0.25f);
  const auto ticks = [](const Range& range, const auto& draw_one) {
    const int count = static_cast<int>(std::lround((range.high - range.low) / range.step));
    for (int i = 0; i <= count; ++i) draw_one(range.low + i * range.step);
  };
  ticks(plot.x, [&](double value) {
    const ImVec2 at = plot.at(value, plot.y.low);
    draw->AddLine(ImVec2(at.x, plot.low.y), ImVec2(at.x, plot.high.y), line);
    const std::string text = x.number(value, plot.x.decimals());
    draw_text(ui, draw, ImVec2(at.x - measure(ui, 12, text).x / 2, plot.high.y + ui.px(3)), 12,
              ui.colors.secondary, text);
  });
  ticks(plot.y, [&](double value) {
    const ImVec2 at = plot.at(plot.x.low, value);
    draw->AddLine(ImVec2(plot.low.x, at.y), ImVec2(plot.high.x, at.y), line);
    const std::string text = y.number(value, plot.y.decimals());
    const ImVec2 size = measure(ui, 12, text);
    draw_text(ui, draw, ImVec2(plot.low.x - size.x - ui.px(5), at.y - size.y / 2), 12, ui.colors.secondary,
              text);
  });
  const ImVec2 x_size = measure(ui, kSmall, x.title);
  draw_text(ui, draw, ImVec2(plot.high.x - x_size.x, plot.high.y + ui.px(kTickRoom)), kSmall, ui.colors.text,
            x.title);
  draw_text(ui, draw, ImVec2(plot.low.x, plot.low.y - ui.px(kAxisTitle + 3)), kSmall, ui.colors.text,
            y.title);
}

// Beside the points, the upper ones first, where nothing else is written.
void draw_labels(Ui& ui, ImDrawList* draw, const Plot& plot, const std::vector<ScatterPoint>& points,
                 int hovered) {
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto first = [&](std::size_t i) { return static_cast<int>(i) == hovered || points[i].chosen; };
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return first(a) != first(b) ? first(a) : points[a].y > points[b].y;
  });
  std::vector<ImVec4> taken;
  for (const std::size_t i : order) {
    const ScatterPoint& point = points[i];
    if (point.label.empty()) continue;
    const ImVec2 size = measure(ui, 12, point.label), at = plot.at(point.x, point.y);
    const float gap = ui.px(first(i) ? 12 : 8);
    const bool left = at.x + gap + size.x > plot.high.x;
    const ImVec2 low(left ? at.x - gap - size.x : at.x + gap, at.y - size.y / 2);
    const ImVec4 box(low.x, low.y, low.x + size.x, low.y + size.y);
    const bool covered = std::ranges::any_of(taken, [&](const ImVec4& other) {
      return box.x < other.z && other.x < box.z && box.y < other.w && other.y < box.w;
    });
    if (covered && !first(i)) continue;
    taken.push_back(box);
    draw_text(ui, draw, low, 12, first(i) ? ui.colors.text : ui.colors.secondary, point.label,
              first(i) ? ui.fonts.bold : nullptr);
  }
}

}  // namespace

void draw_mark(ImDrawList* draw, Mark mark, ImVec2 center, float radius, ImU32 color) {
  switch (mark) {
    case Mark::kCircle:
      draw->AddCircleFilled(center, radius, color);
      break;
    case Mark::kSquare: {
      const float side = radius * 0.9f;
      draw->AddRectFilled(ImVec2(center.x - side, center.y - side), ImVec2(center.x + side, center.y + side),
                          color);
      break;
    }
    case Mark::kDiamond: {
      const float side = radius * static_cast<float>(std::numbers::sqrt2) * 0.85f;
      draw->AddQuadFilled(ImVec2(center.x, center.y - side), ImVec2(center.x + side, center.y),
                          ImVec2(center.x, center.y + side), ImVec2(center.x - side, center.y), color);
      break;
    }
  }
}

ScatterHit draw_scatter(Ui& ui, const char* id, ImVec2 size, const std::vector<ScatterPoint>& points,
                        const ScatterAxis& x, const ScatterAxis& y) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ScatterHit hit;
  hit.clicked = ImGui::InvisibleButton(id, size);
  const bool over = ImGui::IsItemHovered();
  ImDrawList* draw = ImGui::GetWindowDrawList();
  Plot plot{.low = {},
            .high = {},
            .x = range_of(points, &ScatterPoint::x, std::max(2, static_cast<int>(size.x / ui.px(80)))),
            .y = range_of(points, &ScatterPoint::y, std::max(2, static_cast<int>(size.y / ui.px(48))))};
  float numbers = 0;
  for (double value = plot.y.low; value <= plot.y.high + plot.y.step / 2; value += plot.y.step)
    numbers = std::max(numbers, measure(ui, 12, y.number(value, plot.y.decimals())).x);
  const float right = measure(ui, 12, x.number(plot.x.high, plot.x.decimals())).x / 2 + ui.px(2);
  plot.low = ImVec2(at.x + numbers + ui.px(8), at.y + ui.px(kAxisTitle + 6));
  plot.high = ImVec2(at.x + size.x - right, at.y + size.y - ui.px(kTickRoom + kAxisTitle + 2));
  if (plot.high.x <= plot.low.x || plot.high.y <= plot.low.y) return {};
  draw_axes(ui, draw, plot, x, y);
  float nearest = ui.px(kGrab);
  for (std::size_t i = 0; i < points.size() && over; ++i) {
    const ImVec2 center = plot.at(points[i].x, points[i].y), mouse = ImGui::GetMousePos();
    const float distance = std::hypot(center.x - mouse.x, center.y - mouse.y);
    if (distance >= nearest) continue;
    nearest = distance;
    hit.hovered = static_cast<int>(i);
  }
  for (std::size_t i = 0; i < points.size(); ++i) {
    const ScatterPoint& point = points[i];
    const ImVec2 center = plot.at(point.x, point.y);
    const bool out = point.chosen || static_cast<int>(i) == hit.hovered;
    draw_mark(draw, point.mark, center, ui.px(out ? kMarkRadius + 1.5f : kMarkRadius),
              out ? point.color : with_alpha(point.color, 0.8f));
    if (out) draw->AddCircle(center, ui.px(kMarkRadius + 4), ui.colors.text, 0, ui.px(1.5f));
  }
  draw_labels(ui, draw, plot, points, hit.hovered);
  return hit;
}

}  // namespace regard
