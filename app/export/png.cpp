#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "app/export/drawing.h"
#include "app/export/formats.h"
#include "app/export/page.h"
#include "core/formats/png.h"

namespace regard {
namespace {

constexpr int kMaxPageSide = 16384;

/// [height][width][3] of an opaque surface.
std::vector<std::uint8_t> rgb_of(cairo_surface_t* surface, int width, int height) {
  cairo_surface_flush(surface);
  const unsigned char* pixels = cairo_image_surface_get_data(surface);
  const std::ptrdiff_t stride = cairo_image_surface_get_stride(surface);
  std::vector<std::uint8_t> out;
  out.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint32_t pixel = 0;
      std::memcpy(&pixel, pixels + y * stride + std::ptrdiff_t{4} * x, 4);
      for (const int shift : {16, 8, 0}) out.push_back(static_cast<std::uint8_t>(pixel >> shift & 0xFF));
    }
  }
  return out;
}

}  // namespace

Result<std::string> to_png(const Drawing& drawing, double scale) {
  const double width = std::ceil(drawing.width * scale), height = std::ceil(drawing.height * scale);
  if (!(width >= 1 && height >= 1 && width <= kMaxPageSide && height <= kMaxPageSide)) {
    return fail(ErrorCode::kFormat, "picture: expected 1 to {} pixels a side, got {:.0f}x{:.0f}",
                kMaxPageSide, width, height);
  }
  const int columns = static_cast<int>(width), rows = static_cast<int>(height);
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns, rows));
  REGARD_TRY_DO(paint_page(drawing, surface.get(), scale, Edges::kPixels));
  const PngText texts[] = {
      {"Title", drawing.title}, {"Description", drawing.description}, {"Software", "Regard"}};
  return encode_png(columns, rows, 3, rgb_of(surface.get(), columns, rows), texts);
}

Result<std::string> write_png(const Exportable& map, const Strings& strings, const FigureLook& look) {
  REGARD_TRY(const Drawing figure, map.figure(strings, look));
  return to_png(figure, look.scale);
}

}  // namespace regard
