#include "app/export/overlay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "app/export/figure_parts.h"
#include "app/export/font.h"
#include "core/base/check.h"

namespace regard {
namespace {

using namespace figure;

constexpr std::uint8_t kOpacity = 153;  // 0.6 of 255
constexpr double kLongSide = 384;       // points; 768 pixels at two a point
constexpr double kPixelsAPoint = 2.0;
constexpr int kTinySide = 96;  // pixels: up to here a pixel is a cell
constexpr Rgba kOverlayPaper{255, 255, 255, 255};

class OverlayFigure {
 public:
  OverlayFigure(const Overlay& overlay, const Strings& strings) : overlay_(overlay), strings_(strings) {
    const int longest = std::max(overlay.width, overlay.height);
    scale_ = std::max(kLongSide, longest / kPixelsAPoint) / longest;
    picture_width_ = overlay.width * scale_;
    picture_height_ = overlay.height * scale_;
    drawing_.width = std::max({kMargin + picture_width_ + 28 + kBarRoom + kMargin, kMinimalWidth,
                               std::ceil(bold_.width(overlay.title, kTitleSize) + 2 * kMargin)});
  }

  Drawing draw() {
    drawing_.title = overlay_.title;
    add_text(kMargin, kMargin + kTitleSize, overlay_.title, kTitleSize, kInk, true);
    drawing_.shapes.emplace_back(ImageShape{kMargin, kTop, picture_width_, picture_height_, overlay_.width,
                                            overlay_.height, overlay_.rgb,
                                            std::max(overlay_.width, overlay_.height) > kTinySide});
    draw_cells();
    draw_frame();
    const double bar_height = std::clamp(picture_height_, 120.0, 480.0);
    add_bar(drawing_, kMargin + picture_width_ + 28, kTop, bar_height, {overlay_.low, overlay_.high},
            overlay_.label);
    draw_caption(kTop + std::max(picture_height_, bar_height) + 12);
    return std::move(drawing_);
  }

 private:
  static constexpr double kTop = kMargin + kTitleSize + 30;  // of the picture

  void add_text(double x, double y, std::string text, double size, const Rgba& color, bool bold = false) {
    drawing_.shapes.emplace_back(TextShape{x, y, std::move(text), size, bold, color, Anchor::kStart, 0});
  }

  void draw_cells() {
    const double side = overlay_.patch * scale_;
    for (int row = 0; row < overlay_.rows; ++row) {
      for (int column = 0; column < overlay_.columns; ++column) {
        const float value = overlay_.values[static_cast<std::size_t>(row * overlay_.columns + column)];
        RectShape cell{kMargin + column * side, kTop + row * side, side, side, kFlagColor, true};
        if (std::isfinite(value)) {
          const double at = (value - overlay_.low) / (overlay_.high - overlay_.low);
          cell.fill = colormap_at(Colormap::kViridis, static_cast<float>(at));
          cell.fill.a = kOpacity;
          cell.hatched = false;
        } else {
          ++not_numbers_;
        }
        drawing_.shapes.emplace_back(cell);
      }
    }
  }

  // White within ink: seen on every ground.
  void draw_frame() {
    if (!overlay_.framed) return;
    const double side = overlay_.patch * scale_, thick = std::clamp(side / 12, 1.0, 2.5);
    const double x = kMargin + overlay_.framed->first * side, y = kTop + overlay_.framed->second * side;
    const auto frame = [&](double inset, double width, const Rgba& ink) {
      const double left = x + inset, top = y + inset, length = side - 2 * inset;
      drawing_.shapes.emplace_back(RectShape{left, top, length, width, ink});
      drawing_.shapes.emplace_back(RectShape{left, top + length - width, length, width, ink});
      drawing_.shapes.emplace_back(RectShape{left, top, width, length, ink});
      drawing_.shapes.emplace_back(RectShape{left + length - width, top, width, length, ink});
    };
    frame(0, 2 * thick, kInk);
    frame(thick / 2, thick, kOverlayPaper);
  }

  void draw_caption(double y) {
    std::vector<std::string> caption = overlay_.caption;
    if (not_numbers_ > 0) caption.push_back(strings_.format("matrix.not_finite", not_numbers_));
    for (std::string& paragraph : caption) {
      std::ranges::replace_if(paragraph, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
      drawing_.description += (drawing_.description.empty() ? "" : " · ") + paragraph;
      const bool first = &paragraph == &caption.front();
      for (std::string& line : regular_.wrap(paragraph, kTextSize, drawing_.width - 2 * kMargin, 3)) {
        y += 17;
        add_text(kMargin, y, std::move(line), kTextSize, first ? kInk : kSecondary);
      }
    }
    drawing_.height = std::ceil(y + kMargin);
  }

  const Overlay& overlay_;
  const Strings& strings_;
  Font regular_{false}, bold_{true};
  double scale_ = 1;  // points a pixel
  double picture_width_ = 0, picture_height_ = 0;
  int not_numbers_ = 0;
  Drawing drawing_;
};

}  // namespace

std::pair<double, double> overlay_range(const std::vector<float>& values, bool from_smallest) {
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min<double>(low, value);
    high = std::max<double>(high, value);
  }
  if (low > high) return {0.0, 1.0};
  if (!from_smallest) low = std::min(low, 0.0);  // below 0 only where a weight turned the attention around
  return high > low ? std::pair{low, high} : std::pair{low, low + 1.0};
}

Drawing overlay_figure(const Overlay& overlay, const Strings& strings) {
  REGARD_CHECK(overlay.width > 0 && overlay.height > 0 && overlay.high > overlay.low);
  REGARD_CHECK(std::ssize(overlay.values) == static_cast<std::ptrdiff_t>(overlay.columns) * overlay.rows);
  return OverlayFigure(overlay, strings).draw();
}

Result<NpyArray> OverlayMap::array() const {
  return NpyArray{
      .shape = {static_cast<std::size_t>(overlay_.rows), static_cast<std::size_t>(overlay_.columns)},
      .values = overlay_.values};
}

Overlay overlay_on(const VisionRun& run, std::vector<float> values, bool from_smallest) {
  Overlay out{.rgb = run.picture.rgb,
              .width = run.picture.width,
              .height = run.picture.height,
              .patch = static_cast<double>(run.request.model->encoder.config().patch),
              .columns = run.output.columns,
              .rows = run.output.rows,
              .values = std::move(values),
              .title = {},
              .label = {},
              .caption = {}};
  std::tie(out.low, out.high) = overlay_range(out.values, from_smallest);
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
              .title = {},
              .label = {},
              .caption = {}};
  std::tie(out.low, out.high) = overlay_range(out.values, false);
  return out;
}

std::string colours_text(const Overlay& overlay, const Strings& strings) {
  return strings.format("figure.colours", fmt::format("{:.3g}", overlay.low),
                        fmt::format("{:.3g}", overlay.high));
}

}  // namespace regard
