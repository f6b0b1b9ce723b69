// Paints a Drawing into pixels.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "app/export/drawing.h"
#include "app/export/font.h"
#include "core/formats/png.h"
#include "core/formats/resize.h"

namespace regard {
namespace {

constexpr int kMaxSide = 16384;

class Page {
 public:
  Page(const Drawing& drawing, double scale, int width, int height)
      : scale_(scale), width_(width), height_(height), regular_(false), bold_(true) {
    rgb_.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
    const std::uint8_t ground[] = {drawing.ground.r, drawing.ground.g, drawing.ground.b};
    for (std::size_t i = 0; i < rgb_.capacity() / 3; ++i) rgb_.insert(rgb_.end(), ground, ground + 3);
    rgb_.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  }

  /// Edges fall on whole pixels, so that neighbouring cells neither overlap nor leave a seam.
  void paint(const RectShape& rect) {
    const int x0 = pixel(rect.x, width_), x1 = pixel(rect.x + rect.width, width_);
    const int y0 = pixel(rect.y, height_), y1 = pixel(rect.y + rect.height, height_);
    const int period = std::max(3, static_cast<int>(std::lround(5.0 * scale_)));
    for (int y = y0; y < y1; ++y) {
      for (int x = x0; x < x1; ++x) {
        if (!rect.hatched || (x + y) % period < period / 3) blend(x, y, rect.fill, 255);
      }
    }
  }

  void paint(const TextShape& text) {
    Font& font = text.bold ? bold_ : regular_;
    const double size = text.size * scale_;
    double back = 0.0;  // from the anchor to the start of the line
    if (text.anchor == Anchor::kMiddle) back = font.width(text.text, size) / 2.0;
    if (text.anchor == Anchor::kEnd) back = font.width(text.text, size);
    const double angle = text.degrees * std::numbers::pi / 180.0;
    const double x = text.x * scale_ - back * std::cos(angle), y = text.y * scale_ - back * std::sin(angle);
    for (const GlyphImage& glyph : font.draw(text.text, size, x, y, text.degrees)) {
      for (int row = 0; row < glyph.height; ++row) {
        for (int column = 0; column < glyph.width; ++column) {
          const std::size_t at = static_cast<std::size_t>(row) * static_cast<std::size_t>(glyph.width) +
                                 static_cast<std::size_t>(column);
          blend(glyph.left + column, glyph.top + row, text.color, glyph.coverage[at]);
        }
      }
    }
  }

  void paint(const ImageShape& image) {
    const int x0 = pixel(image.x, width_), x1 = pixel(image.x + image.width, width_);
    const int y0 = pixel(image.y, height_), y1 = pixel(image.y + image.height, height_);
    if (x0 >= x1 || y0 >= y1) return;
    const std::vector<std::uint8_t> stretched =
        resize_rgb(image.rgb, image.columns, image.rows, x1 - x0, y1 - y0,
                   image.smooth ? Resample::kBilinear : Resample::kNearest);
    const auto row = static_cast<std::size_t>(x1 - x0) * 3;
    for (int y = y0; y < y1; ++y) {
      const auto from =
          stretched.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(y - y0) * row);
      std::copy_n(from, row, rgb_.begin() + (static_cast<std::ptrdiff_t>(y) * width_ + x0) * 3);
    }
  }

  const std::vector<std::uint8_t>& rgb() const { return rgb_; }

 private:
  int pixel(double points, int side) const {
    return static_cast<int>(std::clamp<long>(std::lround(points * scale_), 0, side));
  }

  void blend(int x, int y, const Rgba& color, int coverage) {
    if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
    if (color.a != 255) coverage = (coverage * color.a + 127) / 255;
    std::uint8_t* at =
        &rgb_[(static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)) *
              3];
    const std::uint8_t ink[] = {color.r, color.g, color.b};
    for (int c = 0; c < 3; ++c) {
      at[c] = static_cast<std::uint8_t>((at[c] * (255 - coverage) + ink[c] * coverage + 127) / 255);
    }
  }

  double scale_;
  int width_, height_;
  std::vector<std::uint8_t> rgb_;  // [height][width][3]
  Font regular_, bold_;
};

}  // namespace

Result<std::string> to_png(const Drawing& drawing, double scale) {
  const double width = std::ceil(drawing.width * scale), height = std::ceil(drawing.height * scale);
  if (!(width >= 1 && height >= 1 && width <= kMaxSide && height <= kMaxSide)) {
    return fail(ErrorCode::kFormat, "picture: expected 1 to {} pixels a side, got {:.0f}x{:.0f}", kMaxSide,
                width, height);
  }
  Page page(drawing, scale, static_cast<int>(width), static_cast<int>(height));
  for (const auto& shape : drawing.shapes) {
    std::visit([&page](const auto& one) { page.paint(one); }, shape);
  }
  const PngText texts[] = {
      {"Title", drawing.title}, {"Description", drawing.description}, {"Software", "Regard"}};
  return encode_png(static_cast<int>(width), static_cast<int>(height), 3, page.rgb(), texts);
}

}  // namespace regard
