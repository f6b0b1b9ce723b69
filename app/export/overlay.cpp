#include "app/export/overlay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "app/export/figure_parts.h"
#include "app/export/font.h"
#include "app/views/cells.h"
#include "core/base/check.h"

namespace regard {
namespace {

using namespace figure;

constexpr double kLongSide = 384;  // points; 768 pixels at two a point
constexpr double kPixelsAPoint = 2.0;
constexpr double kHalo = 0.8;  // points: the ground's colour around a mark, so that it is seen on any picture

class OverlayFigure : FigureBase {
 public:
  OverlayFigure(const Overlay& overlay, const Strings& strings, const FigureLook& look)
      : overlay_(overlay), strings_(strings), look_(look), inks_(look.inks()) {
    const int longest = std::max(overlay.width, overlay.height);
    // A pixel of the picture is a whole number of pixels of the figure.
    scale_ = std::max(1.0, std::ceil(kLongSide * kPixelsAPoint / longest)) / kPixelsAPoint;
    picture_width_ = overlay.width * scale_;
    picture_height_ = overlay.height * scale_;
    drawing_.ground = inks_.panel;
    drawing_.width = std::max({kMargin + picture_width_ + 28 + kBarRoom + kMargin, kMinimalWidth,
                               std::ceil(bold_.width(overlay.title, kTitleSize) + 2 * kMargin)});
  }

  Drawing draw() {
    drawing_.title = overlay_.title;
    add_text(kMargin, kMargin + kTitleSize, overlay_.title, kTitleSize, inks_.text, Anchor::kStart, true);
    drawing_.shapes.emplace_back(ImageShape{kMargin, kTop, picture_width_, picture_height_, overlay_.width,
                                            overlay_.height, 3, overlay_.rgb});
    draw_map();
    if (look_.marks) std::ranges::for_each(overlay_.marks, [this](const Mark& mark) { draw_mark(mark); });
    draw_frame();
    if (overlay_.bar && overlay_.colours.empty()) {
      add_bar(drawing_, kMargin + picture_width_ + 28, kTop, picture_height_,
              {overlay_.range, overlay_.label, overlay_.opacity}, look_);
    }
    draw_caption(kTop + picture_height_ + 12);
    return std::move(drawing_);
  }

 private:
  static constexpr double kTop = kMargin + kTitleSize + 30;  // of the picture

  double side() const { return overlay_.patch * scale_; }  // of a cell

  // One picture of a pixel a cell (of a smooth map: a part of one), so that no seam shows between them;
  // hatches over it.
  void draw_map() {
    CellImage cells{.width = overlay_.columns, .height = overlay_.rows, .cells = {}};
    std::ranges::transform(overlay_.values, std::back_inserter(cells.cells), upload_value);
    const bool in_colours = !overlay_.colours.empty();
    if (overlay_.smooth && !in_colours) cells = smoothed(cells);
    ImageShape map{
        kMargin, kTop, overlay_.columns * side(), overlay_.rows * side(), cells.width, cells.height, 4, {}};
    for (std::size_t i = 0; i < cells.cells.size(); ++i) {
      Rgba color = kMaskedColor;
      if (in_colours) {
        color = overlay_.colours[i];
        color.a = static_cast<std::uint8_t>(std::lround(255.0f * overlay_.opacity));
      } else if (has_number(cells.cells[i])) {
        color = overlay_color_of(overlay_.range, look_.map(overlay_.range), cells.cells[i], overlay_.opacity);
      }
      map.pixels.insert(map.pixels.end(), {color.r, color.g, color.b, color.a});
    }
    drawing_.shapes.emplace_back(std::move(map));
    std::vector<RectShape> hatched;
    for (std::size_t i = 0; i < overlay_.values.size(); ++i) {
      if (std::isfinite(overlay_.values[i])) continue;
      const int column = static_cast<int>(i) % overlay_.columns, row = static_cast<int>(i) / overlay_.columns;
      hatched.push_back({kMargin + column * side(), kTop + row * side(), side(), side(), kFlagColor, true});
    }
    not_numbers_ = static_cast<int>(hatched.size());
    drawing_.shapes.insert(drawing_.shapes.end(), hatched.begin(), hatched.end());
  }

  // The border of its cells: where the next cell is not one of them.
  void draw_mark(const Mark& mark) {
    const auto number = static_cast<std::size_t>(mark.number);
    const Rgba& color = mark.kind == Mark::Kind::kPin      ? inks_.pins.at(number)
                        : mark.kind == Mark::Kind::kRegion ? inks_.regions.at(number)
                        : number == 0                      ? inks_.regions.at(1)
                                                           : inks_.text;
    std::vector<std::pair<int, int>> cells;
    std::ranges::copy_if(mark.cells, std::back_inserter(cells), [this](const auto& cell) {
      return cell.first >= 0 && cell.second >= 0 && cell.first < overlay_.columns &&
             cell.second < overlay_.rows;
    });
    if (cells.empty()) return;
    const double thick = std::clamp(side() / 12, 1.0, 2.0);
    for (const auto& cell : cells) draw_border(cells, cell, thick + 2 * kHalo, inks_.panel);
    for (const auto& cell : cells) draw_border(cells, cell, thick, color);
    draw_label(cells.front(), mark.label, color);
  }

  void draw_border(const std::vector<std::pair<int, int>>& cells, const std::pair<int, int>& cell,
                   double thick, const Rgba& color) {
    const auto [column, row] = cell;
    const auto open = [&](int x, int y) { return std::ranges::find(cells, std::pair(x, y)) == cells.end(); };
    const double left = kMargin + column * side(), top = kTop + row * side(), half = thick / 2;
    const double long_side = side() + thick;
    if (open(column, row - 1)) add_rect(left - half, top - half, long_side, thick, color);
    if (open(column, row + 1)) add_rect(left - half, top + side() - half, long_side, thick, color);
    if (open(column - 1, row)) add_rect(left - half, top - half, thick, long_side, color);
    if (open(column + 1, row)) add_rect(left + side() - half, top - half, thick, long_side, color);
  }

  // Its letter on a plate of its colour, in the cell's upper left corner, or above a small cell.
  void draw_label(const std::pair<int, int>& cell, const std::string& label, const Rgba& color) {
    const double width = bold_.width(label, kSmallSize) + 6, height = kSmallSize + 4;
    const double x = kMargin + cell.first * side(), inside = kTop + cell.second * side();
    const double y = side() < 1.6 * height ? std::max(kTop, inside - height) : inside;
    add_rect(x - kHalo, y - kHalo, width + 2 * kHalo, height + 2 * kHalo, inks_.panel);
    add_rect(x, y, width, height, color);
    add_text(x + 3, y + kSmallSize, label, kSmallSize, inks_.panel, Anchor::kStart, true);
  }

  // White within black: seen on every picture.
  void draw_frame() {
    if (!overlay_.framed) return;
    const double thick = std::clamp(side() / 12, 1.0, 2.5);
    const double x = kMargin + overlay_.framed->first * side(), y = kTop + overlay_.framed->second * side();
    const auto frame = [&](double inset, double width, const Rgba& ink) {
      const double left = x + inset, top = y + inset, length = side() - 2 * inset;
      add_rect(left, top, length, width, ink);
      add_rect(left, top + length - width, length, width, ink);
      add_rect(left, top, width, length, ink);
      add_rect(left + length - width, top, width, length, ink);
    };
    frame(0, 2 * thick, {0, 0, 0, 255});
    frame(thick / 2, thick, {255, 255, 255, 255});
  }

  void draw_caption(double y) {
    std::vector<std::string> caption = overlay_.caption;
    if (not_numbers_ > 0) caption.push_back(strings_.format("matrix.not_finite", not_numbers_));
    add_caption(drawing_, y, std::move(caption), regular_, inks_);
  }

  const Overlay& overlay_;
  const Strings& strings_;
  const FigureLook& look_;
  const ThemeColors& inks_;
  double scale_ = 1;  // points a pixel
  double picture_width_ = 0, picture_height_ = 0;
  int not_numbers_ = 0;
};

}  // namespace

ColorScale overlay_range(const std::vector<float>& values, MapZero zero) {
  float low = HUGE_VALF, high = -HUGE_VALF;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (low > high) low = high = 0.0f;
  if (zero == MapZero::kCentre || (zero == MapZero::kNothing && low < 0.0f)) {
    const float reach = std::max(std::abs(low), std::abs(high));
    return {.min = reach > 0.0f ? -reach : -1.0f, .max = reach > 0.0f ? reach : 1.0f, .center = 0.0f};
  }
  if (zero == MapZero::kNothing) low = 0.0f;
  return {.min = low, .max = high > low ? high : low + 1.0f};
}

ColorScale rank_range(const std::vector<float>& values) {
  float last = 2.0f;
  for (const float value : values)
    last = std::max(last, std::isfinite(value) && value < kInvalidValue ? value : 0.0f);
  return {.min = last, .max = 1.0f};
}

Drawing overlay_figure(const Overlay& overlay, const Strings& strings, const FigureLook& look) {
  REGARD_CHECK(overlay.width > 0 && overlay.height > 0 && overlay.range.max != overlay.range.min);
  REGARD_CHECK(std::ssize(overlay.values) == static_cast<std::ptrdiff_t>(overlay.columns) * overlay.rows);
  return OverlayFigure(overlay, strings, look).draw();
}

TextPage overlay_page(const Overlay& overlay, const Strings& strings) {
  TextPage page{.title = overlay.title, .paragraphs = overlay.caption, .tables = {}};
  const bool share = overlay.label == strings("figure.attention") || overlay.label == "attention";
  std::ptrdiff_t most = -1;
  for (std::ptrdiff_t i = 0; i < std::ssize(overlay.values); ++i) {
    const float value = overlay.values[static_cast<std::size_t>(i)];
    if (std::isfinite(value) && (most < 0 || value > overlay.values[static_cast<std::size_t>(most)]))
      most = i;
  }
  if (most >= 0 && overlay.colours.empty()) {
    page.paragraphs.push_back(strings.format(
        "page.most", strings.format("picture.patch", most % overlay.columns + 1, most / overlay.columns + 1),
        cell_text(strings, static_cast<double>(overlay.values[static_cast<std::size_t>(most)]), share)));
  }
  page.tables.push_back(grid_table(overlay.columns, overlay.rows, overlay.values, share, strings));
  return page;
}

Result<NpyArray> OverlayMap::array() const {
  return NpyArray{
      .shape = {static_cast<std::size_t>(overlay_.rows), static_cast<std::size_t>(overlay_.columns)},
      .values = overlay_.values};
}

Overlay overlay_on(const VisionRun& run, std::vector<float> values, MapZero zero) {
  Overlay out{.rgb = run.picture.rgb,
              .width = run.picture.width,
              .height = run.picture.height,
              .patch = static_cast<double>(run.request.model->encoder.config().patch),
              .columns = run.output.columns,
              .rows = run.output.rows,
              .values = std::move(values),
              .range = {},
              .title = {},
              .label = {},
              .caption = {}};
  out.range = overlay_range(out.values, zero);
  return out;
}

Overlay overlay_on(const PaintRun& run, const std::vector<float>& picture, std::vector<float> values) {
  Overlay out{.rgb = picture_bytes(picture, run.height, run.width),
              .width = run.width,
              .height = run.height,
              .patch = static_cast<double>(run.request.model->mmdit.config().patch),
              .columns = run.columns,
              .rows = run.rows,
              .values = std::move(values),
              .range = {},
              .title = {},
              .label = {},
              .caption = {}};
  out.range = overlay_range(out.values, MapZero::kNothing);
  return out;
}

std::string colours_text(const Overlay& overlay, const Strings& strings) {
  return strings.format("figure.colours", fmt::format("{:.3g}", overlay.range.min),
                        fmt::format("{:.3g}", overlay.range.max));
}

}  // namespace regard
