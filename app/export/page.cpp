#include "app/export/page.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <span>
#include <utility>

#include "app/export/font.h"

namespace regard {
namespace {

using Context = std::unique_ptr<cairo_t, decltype([](cairo_t* one) { cairo_destroy(one); })>;

/// One pixel as cairo keeps it: alpha above all, colours multiplied with it.
std::uint32_t cairo_pixel(const std::uint8_t* from, int channels) {
  const std::uint32_t alpha = channels == 4 ? from[3] : 255;
  const auto times_alpha = [alpha](std::uint8_t channel) { return (channel * alpha + 127) / 255; };
  return alpha << 24 | times_alpha(from[0]) << 16 | times_alpha(from[1]) << 8 | times_alpha(from[2]);
}

Surface image_surface(const ImageShape& image) {
  Surface surface(cairo_image_surface_create(image.channels == 4 ? CAIRO_FORMAT_ARGB32 : CAIRO_FORMAT_RGB24,
                                             image.columns, image.rows));
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS) return surface;
  unsigned char* pixels = cairo_image_surface_get_data(surface.get());
  const std::ptrdiff_t stride = cairo_image_surface_get_stride(surface.get());
  const std::uint8_t* from = image.pixels.data();
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.columns; ++x, from += image.channels) {
      const std::uint32_t pixel = cairo_pixel(from, image.channels);
      std::memcpy(pixels + y * stride + std::ptrdiff_t{4} * x, &pixel, 4);
    }
  }
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

class Page {
 public:
  Page(cairo_surface_t* surface, double scale, Edges edges)
      : cairo_(cairo_create(surface)), scale_(scale), edges_(edges) {
    cairo_scale(cairo_.get(), scale, scale);
  }

  void paint_ground(const Rgba& ground) {
    set_color(ground);
    cairo_paint(cairo_.get());
  }

  void paint_all(std::span<const Shape> shapes) {
    for (const auto& shape : shapes) std::visit([this](const auto& one) { paint(one); }, shape);
  }

  cairo_status_t status() const { return cairo_status(cairo_.get()); }

 private:
  void paint(const RectShape& rect) {
    if (rect.hatched) return hatch(rect);
    outline(rect.x, rect.y, rect.width, rect.height);
    set_color(rect.fill);
    cairo_fill(cairo_.get());
  }

  /// Lines from the lower left to the upper right, as to_svg() has them. They run on from one cell to the
  /// next.
  void hatch(const RectShape& rect) {
    constexpr double kThick = 1.5, kApart = 4.0 * std::numbers::sqrt2;  // points; apart along x
    cairo_save(cairo_.get());
    outline(rect.x, rect.y, rect.width, rect.height);
    cairo_clip(cairo_.get());
    const double last = rect.x + rect.width + rect.y + rect.height;
    for (double sum = std::floor((rect.x + rect.y) / kApart) * kApart; sum <= last + kApart; sum += kApart) {
      const double bottom = rect.y + rect.height + kThick, top = rect.y - kThick;  // on each line x + y = sum
      cairo_move_to(cairo_.get(), sum - bottom, bottom);
      cairo_line_to(cairo_.get(), sum - top, top);
    }
    set_color(rect.fill);
    cairo_set_line_width(cairo_.get(), kThick);
    cairo_stroke(cairo_.get());
    cairo_restore(cairo_.get());
  }

  void paint(const ImageShape& asked) {
    const ImageShape image = edges_ == Edges::kExact ? magnified(asked) : asked;
    const Surface pixels = image_surface(image);
    const double x = edge(image.x), y = edge(image.y);
    const double width = edge(image.x + image.width) - x, height = edge(image.y + image.height) - y;
    if (width <= 0 || height <= 0) return;
    cairo_save(cairo_.get());
    cairo_rectangle(cairo_.get(), x, y, width, height);
    cairo_translate(cairo_.get(), x, y);
    cairo_scale(cairo_.get(), width / image.columns, height / image.rows);
    cairo_set_source_surface(cairo_.get(), pixels.get(), 0, 0);
    cairo_pattern_t* source = cairo_get_source(cairo_.get());
    cairo_pattern_set_filter(source, CAIRO_FILTER_NEAREST);
    // Pixels at the border are not mixed with nothing. In a PDF the reader sees to that.
    if (edges_ == Edges::kPixels) cairo_pattern_set_extend(source, CAIRO_EXTEND_PAD);
    cairo_fill(cairo_.get());
    cairo_restore(cairo_.get());
  }

  void paint(const PolygonShape& polygon) {
    for (const auto& [x, y] : polygon.corners) cairo_line_to(cairo_.get(), x, y);
    cairo_close_path(cairo_.get());
    set_color(polygon.fill);
    cairo_fill(cairo_.get());
  }

  void paint(const TextShape& text) {
    constexpr double kAnchors[] = {0.0, 0.5, 1.0};
    cairo_save(cairo_.get());
    cairo_translate(cairo_.get(), text.x, text.y);
    cairo_rotate(cairo_.get(), text.degrees * std::numbers::pi / 180.0);
    cairo_move_to(cairo_.get(), 0, 0);
    set_color(text.color);
    (text.bold ? bold_ : regular_)
        .draw(cairo_.get(), text.text, text.size, kAnchors[static_cast<int>(text.anchor)]);
    cairo_restore(cairo_.get());
  }

  /// The point, or the nearest whole pixel.
  double edge(double points) const {
    return edges_ == Edges::kPixels ? std::round(points * scale_) / scale_ : points;
  }

  void outline(double x, double y, double width, double height) {
    const double left = edge(x), top = edge(y);
    cairo_rectangle(cairo_.get(), left, top, edge(x + width) - left, edge(y + height) - top);
  }

  void set_color(const Rgba& color) {
    cairo_set_source_rgba(cairo_.get(), color.r / 255.0, color.g / 255.0, color.b / 255.0, color.a / 255.0);
  }

  Context cairo_;
  double scale_;
  Edges edges_;
  Font regular_{false}, bold_{true};
};

}  // namespace

Result<void> paint_page(const Drawing& drawing, cairo_surface_t* surface, double scale, Edges edges) {
  Page page(surface, scale, edges);
  page.paint_ground(drawing.ground);
  page.paint_all(drawing.shapes);
  if (page.status() == CAIRO_STATUS_SUCCESS) return {};
  return fail(ErrorCode::kUnsupported, "picture: expected a page that can be painted, got '{}'",
              cairo_status_to_string(page.status()));
}

}  // namespace regard
