// A flat picture as a list of shapes, and its ways out: SVG with real text, PNG, PDF. Knows nothing of
// attention. Units: points, y downwards; colours are sRGB.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "app/views/colormap.h"
#include "core/base/result.h"

namespace regard {

struct RectShape {
  double x = 0, y = 0, width = 0, height = 0;
  Rgba fill;             // opaque
  bool hatched = false;  // diagonal lines of `fill` on the ground: a value that is no number
};

/// A picture, stretched to the rectangle. Every pixel is a cell with sharp edges, in every format and reader.
struct ImageShape {
  double x = 0, y = 0, width = 0, height = 0;
  int columns = 0, rows = 0;         // pixels, at least one each
  int channels = 3;                  // 3: RGB; 4: RGBA, what is clear lets what lies under it through
  std::vector<std::uint8_t> pixels;  // [rows][columns][channels], alpha not premultiplied
};

/// The same picture with each pixel as a square of pixels, as many that the longer side has 768 or more: a
/// reader that smooths pictures all the same blurs but a fine edge of each. Cost: O(pixels of the result).
ImageShape magnified(const ImageShape& image);

enum class Anchor { kStart, kMiddle, kEnd };

struct TextShape {
  double x = 0, y = 0;  // where `anchor` of the baseline lies
  std::string text;     // UTF-8; what is not, and control characters, are drawn as U+FFFD
  double size = 12;
  bool bold = false;
  Rgba color;
  Anchor anchor = Anchor::kStart;
  double degrees = 0;  // turned clockwise about (x, y)
};

/// A filled polygon, its edges smooth.
struct PolygonShape {
  std::vector<std::pair<double, double>> corners;  // three at least
  Rgba fill;                                       // opaque
};

using Shape = std::variant<RectShape, TextShape, ImageShape, PolygonShape>;

struct Drawing {
  double width = 0, height = 0;
  Rgba ground{255, 255, 255, 255};
  std::string title;          // what it shows, in words: SVG's <title>, PNG's and PDF's Title
  std::string description;    // SVG's <desc>, PNG's Description, PDF's Subject
  std::vector<Shape> shapes;  // painted in this order
};

/// One SVG 1.1 document: style inline, nothing referred to outside, every text a <text>, pictures
/// inside as PNG. Numbers with '.'.
/// Thread: any.
std::string to_svg(const Drawing& drawing);

/// PNG of width x scale by height x scale pixels, rounded up, antialiased.
/// Errors: format (larger than 16384 pixels a side), unsupported (no memory). Thread: any. Cost: O(pixels).
Result<std::string> to_png(const Drawing& drawing, double scale);

/// PDF of one page: shapes stay shapes, text can be selected, its fonts are inside. The same drawing gives
/// the same bytes. Errors: format (larger than 14400 points a side), unsupported (no memory). Thread: any.
Result<std::string> to_pdf(const Drawing& drawing);

}  // namespace regard
