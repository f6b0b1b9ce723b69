#include "app/export/save_maps.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "app/export/drawing.h"
#include "app/export/figure.h"
#include "app/i18n/strings.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

constexpr double kPictureScale = 2.0;  // pixels a point: sharp in print

}  // namespace

bool is_picture(std::string_view format) { return format == ".png" || format == ".svg"; }

Result<std::string> map_format(std::string_view path, std::string_view option) {
  std::string format = std::filesystem::path(path).extension().string();
  std::ranges::transform(format, format.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::string_view, 5> kKnown = {".json", ".csv", ".npy", ".png", ".svg"};
  if (std::ranges::find(kKnown, format) == kKnown.end()) {
    return fail(ErrorCode::kFormat,
                "{}: expected a name that ends in .json, .csv, .npy, .png or .svg, got {}", option,
                quote(path));
  }
  return format;
}

Result<std::string> map_bytes(const MapSet& maps, std::string_view format, Language language) {
  if (format == ".csv") return maps_csv(maps);
  if (format == ".npy") return maps_npy(maps);
  if (!is_picture(format)) return maps_json(maps);
  const Drawing figure = attention_figure(maps, Strings::load(language));
  if (format == ".svg") return to_svg(figure);
  return to_png(figure, kPictureScale);
}

}  // namespace regard
