#include "app/views/gallery_pictures.h"

#include <algorithm>

#include "app/embedded.h"
#include "app/state/gallery.h"
#include "core/formats/png.h"

namespace regard {
namespace {

constexpr int kColumns = 4;

void place_picture(PixelSheet& sheet, int tile, const PngImage& picture) {
  // In the middle of its tile.
  const int left = tile % sheet.columns * sheet.tile_width + (sheet.tile_width - picture.width) / 2,
            top = tile / sheet.columns * sheet.tile_height;
  for (int y = 0; y < std::min(picture.height, sheet.tile_height); ++y) {
    for (int x = 0; x < std::min(picture.width, sheet.tile_width); ++x) {
      const std::uint8_t* rgba =
          &picture.rgba[4 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) +
                             static_cast<std::size_t>(x))];
      sheet.rgba[static_cast<std::size_t>(top + y) * static_cast<std::size_t>(sheet.width()) +
                 static_cast<std::size_t>(left + x)] = 0xFF000000u |
                                                       static_cast<std::uint32_t>(rgba[2]) << 16 |
                                                       static_cast<std::uint32_t>(rgba[1]) << 8 | rgba[0];
    }
  }
}

PixelSheet read_sheet() {
  std::vector<PngImage> pictures;
  PixelSheet sheet;
  sheet.columns = kColumns;
  for (const GalleryExample& example : gallery()) {
    const std::string name = std::string("gallery/") + example.picture + ".png";
    const auto bytes = embedded_file(name);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    auto picture = decode_png(text, name);
    pictures.push_back(picture ? std::move(*picture) : PngImage{});
    sheet.tile_width = std::max(sheet.tile_width, pictures.back().width);
    sheet.tile_height = std::max(sheet.tile_height, pictures.back().height);
  }
  sheet.tiles = static_cast<int>(pictures.size());
  sheet.rgba.assign(static_cast<std::size_t>(sheet.width()) * static_cast<std::size_t>(sheet.height()), 0);
  for (int tile = 0; tile < sheet.tiles; ++tile)
    place_picture(sheet, tile, pictures[static_cast<std::size_t>(tile)]);
  ++sheet.version;
  return sheet;
}

}  // namespace

const PixelSheet& gallery_sheet() {
  static const PixelSheet sheet = read_sheet();
  return sheet;
}

}  // namespace regard
