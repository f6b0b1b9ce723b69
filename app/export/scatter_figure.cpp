#include "app/export/scatter_figure.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "app/export/figure_parts.h"
#include "app/export/font.h"

namespace regard {
namespace {

using namespace figure;

constexpr double kPlotWidth = 520, kPlotHeight = 380, kMarkRadius = 4.5, kRing = 2, kKeyLine = 20,
                 kCircleCorners = 24;

// About a centre, `radius` points.
PolygonShape mark_shape(PlotMark mark, double x, double y, double radius, const Rgba& fill) {
  PolygonShape out{.corners = {}, .fill = fill};
  const auto add = [&](double dx, double dy) { out.corners.emplace_back(x + dx, y + dy); };
  switch (mark) {
    case PlotMark::kCircle:
      for (double i = 0; i < kCircleCorners; ++i) {
        const double angle = 2 * std::numbers::pi * i / kCircleCorners;
        add(radius * std::cos(angle), radius * std::sin(angle));
      }
      break;
    case PlotMark::kSquare:
      for (const auto& [dx, dy] : {std::pair(-1, -1), std::pair(1, -1), std::pair(1, 1), std::pair(-1, 1)})
        add(0.9 * radius * dx, 0.9 * radius * dy);
      break;
    case PlotMark::kDiamond:
      for (const auto& [dx, dy] : {std::pair(0, -1), std::pair(1, 0), std::pair(0, 1), std::pair(-1, 0)})
        add(1.2 * radius * dx, 1.2 * radius * dy);
      break;
  }
  return out;
}

class ScatterFigure : FigureBase {
 public:
  ScatterFigure(const ScatterPlot& plot, const ScatterWords& words, const FigureLook& look)
      : plot_(plot), words_(words), look_(look) {}

  Drawing draw() {
    drawing_.ground = look_.inks().panel;
    drawing_.title = words_.title;
    const double keys_top = kMargin + kTitleSize + 12;
    room_ = {.left = kMargin + kTextSize + 54, .top = 0, .width = kPlotWidth, .height = kPlotHeight};
    drawing_.width = std::max(room_.left + kPlotWidth + 64 + kMargin,
                              std::ceil(bold_.width(words_.title, kTitleSize) + 2 * kMargin));
    add_text(kMargin, kMargin + kTitleSize, words_.title, kTitleSize, look_.inks().text, Anchor::kStart,
             true);
    room_.top = add_keys(keys_top) + 16;
    add_axes();
    add_line();
    add_points();
    add_names();
    add_caption(drawing_, room_.top + kPlotHeight + 44, words_.caption, regular_, look_.inks());
    return std::move(drawing_);
  }

 private:
  // @return the y below them
  double add_keys(double top) {
    double x = kMargin, y = top;
    for (const ScatterKey& key : words_.keys) {
      const double width = 16 + regular_.width(key.words, kTextSize) + 20;
      if (x > kMargin && x + width > drawing_.width - kMargin) {
        x = kMargin;
        y += kKeyLine;
      }
      drawing_.shapes.emplace_back(
          mark_shape(key.mark, x + kMarkRadius, y + kKeyLine / 2, kMarkRadius, key.color));
      add_text(x + 16, y + kKeyLine / 2 + kTextSize * 0.35, key.words, kTextSize, look_.inks().text);
      x += width;
    }
    return words_.keys.empty() ? y : y + kKeyLine;
  }

  void add_axes() {
    const Rgba &line = look_.inks().empty_cell, &ink = look_.inks().secondary;
    const double bottom = room_.top + kPlotHeight;
    for (const PlotAxis::Tick& tick : plot_.x.ticks) {
      add_rect(room_.x(plot_.x, tick.value) - 0.5, room_.top, 1, kPlotHeight, line);
      add_text(room_.x(plot_.x, tick.value), bottom + 16, tick.text, kSmallSize, ink, Anchor::kMiddle);
    }
    for (const PlotAxis::Tick& tick : plot_.y.ticks) {
      const double y = room_.y(plot_.y, tick.value);
      add_rect(room_.left, y - 0.5, kPlotWidth, 1, line);
      add_text(room_.left - 7, y + kSmallSize * 0.35, tick.text, kSmallSize, ink, Anchor::kEnd);
    }
    add_rect(room_.left - 0.5, room_.top, 1, kPlotHeight, ink);
    add_rect(room_.left, bottom - 0.5, kPlotWidth, 1, ink);
    add_text(room_.left + kPlotWidth / 2, bottom + 36, plot_.x.words, kTextSize, look_.inks().text,
             Anchor::kMiddle);
    add_text(kMargin + kTextSize, room_.top + kPlotHeight / 2, plot_.y.words, kTextSize, look_.inks().text,
             Anchor::kMiddle, false, -90);
  }

  // Each part of it a thin quadrangle.
  void add_line() {
    constexpr double kHalf = 0.8;
    for (std::size_t i = 1; i < plot_.line.size(); ++i) {
      const double x0 = room_.x(plot_.x, plot_.line[i - 1].first), x1 = room_.x(plot_.x, plot_.line[i].first);
      const double y0 = room_.y(plot_.y, plot_.line[i - 1].second),
                   y1 = room_.y(plot_.y, plot_.line[i].second);
      const double length = std::hypot(x1 - x0, y1 - y0);
      if (length == 0.0) continue;
      const double dx = -(y1 - y0) / length * kHalf, dy = (x1 - x0) / length * kHalf;
      drawing_.shapes.emplace_back(
          PolygonShape{{{x0 + dx, y0 + dy}, {x1 + dx, y1 + dy}, {x1 - dx, y1 - dy}, {x0 - dx, y0 - dy}},
                       look_.inks().secondary});
    }
  }

  // A chosen one has a ring in the colour of text.
  void add_points() {
    for (const ScatterPoint& point : plot_.points) {
      const double x = room_.x(plot_.x, point.x), y = room_.y(plot_.y, point.y);
      if (point.chosen) {
        drawing_.shapes.emplace_back(
            mark_shape(point.mark, x, y, kMarkRadius + 2 * kRing, look_.inks().text));
        drawing_.shapes.emplace_back(mark_shape(point.mark, x, y, kMarkRadius + kRing, look_.inks().panel));
      }
      drawing_.shapes.emplace_back(mark_shape(point.mark, x, y, kMarkRadius, point.color));
    }
  }

  void add_names() {
    const auto size = [&](int point) {
      const ScatterPoint& each = plot_.points[static_cast<std::size_t>(point)];
      return std::pair((each.chosen ? bold_ : regular_).width(each.label, kSmallSize), kSmallSize * 1.2);
    };
    for (const PlacedLabel& label : place_labels(plot_, room_, kMarkRadius, -1, size)) {
      const ScatterPoint& point = plot_.points[static_cast<std::size_t>(label.point)];
      add_text(label.x, label.y + kSmallSize * 0.95, point.label, kSmallSize, look_.inks().text,
               Anchor::kStart, point.chosen);
    }
  }

  const ScatterPlot& plot_;
  const ScatterWords& words_;
  const FigureLook& look_;
  PlotRoom room_;
};

}  // namespace

Drawing scatter_figure(const ScatterPlot& plot, const ScatterWords& words, const FigureLook& look) {
  return ScatterFigure(plot, words, look).draw();
}

}  // namespace regard
