// The map in force, as the bytes of a file.
#include <algorithm>
#include <vector>

#include "app/export/paint_map.h"
#include "app/export/save_maps.h"
#include "app/export/vision_maps.h"
#include "app/program.h"
#include "app/state/paint_session.h"
#include "app/views/paint_names.h"
#include "core/formats/json.h"
#include "core/formats/png.h"

namespace regard {
namespace {

// On white, as papers want it, with the colours of the window.
FigureLook look_of(const ViewOptions& view) { return {.colors = map_colors(view)}; }

}  // namespace

void Program::export_map(const std::filesystem::path& file) {
  const Workspace workspace = state_.view.workspace;
  const bool picture = workspace == Workspace::kImage, painting = workspace == Workspace::kPainting;
  const bool there = picture ? picture_.has_run() : painting ? paint_.has_run() : views_.has_map();
  if (!there) return;
  NonFinite found;
  const auto save = [&]() -> Result<void> {
    REGARD_TRY(const std::string format, map_format(file.string(), file.filename().string()));
    REGARD_TRY(const std::string bytes, picture    ? picture_map_bytes(format, found)
                                        : painting ? drawn_map_bytes(format, found)
                                                   : text_map_bytes(format, found));
    return write_file(file, bytes);
  };
  if (const Result<void> done = save(); !done) {
    show_error(done.error().message);
  } else if (found.count > 0) {
    show_error(non_finite_line(file.filename().string(), found, strings_));
  }
}

Result<std::string> Program::text_map_bytes(const std::string& format, NonFinite& found) const {
  REGARD_TRY(const MapSet maps, collect_maps(state_.run, {views_.query()}));
  return map_bytes(maps, format, state_.view.language, &found, look_of(state_.view));
}

// The map over the picture as the window shows it: of every lens, direction and pins.
Result<std::string> Program::picture_map_bytes(const std::string& format, NonFinite& found) const {
  REGARD_TRY(const auto map, evaluate_ask(picture_.ask(state_)));
  VisionMapSet set = shown_vision_map(state_.vision, state_.image_name, *map);
  set.opacity = state_.view.picture.opacity;
  set.pins = state_.doc.picture.pins;
  set.region_a = state_.doc.picture.region_a;
  set.region_b = state_.doc.picture.region_b;
  return vision_map_bytes(set, format, strings_, &found, look_of(state_.view));
}

// The map over the drawing as the window shows it.
Result<std::string> Program::drawn_map_bytes(const std::string& format, NonFinite& found) const {
  if (!paint_.problem().empty()) {
    return fail(ErrorCode::kUnsupported, "export: expected a map over the drawing, got none: {}",
                strings_(paint_.problem()));
  }
  const PaintNames names(paint_, state_, strings_);
  PaintMap map{.run = state_.painting.run,
               .values = paint_.overlay().cells,
               .span = paint_.span(),
               .maps = paint_.maps(),
               .lens = paint_lens_name(state_.view.paint.lens),
               .half = state_.view.paint.unconditional ? "negative" : "prompt",
               .title = names.direction(),
               .about = names.maps() + ", " + names.span(),
             .opacity = state_.view.paint.opacity};
  if (paint_.patch() >= 0)
    map.framed = {paint_.patch() % paint_.columns(), paint_.patch() / paint_.columns()};
  return paint_map_bytes(map, format, strings_, &found, look_of(state_.view));
}

// Nine seeds in a line, and below each without what is left out; each pixel several wide, so that it is seen.
void Program::save_seeds(const std::filesystem::path& file) {
  const SidePictures* seeds = side_.seeds();
  const PixelSheet& sheet = side_.seeds_sheet();
  if (seeds == nullptr || sheet.tiles == 0) return;
  constexpr int kGap = 4, kLeastSide = 192;
  const int times = std::max(1, kLeastSide / std::max(1, sheet.tile_width));
  const int width = sheet.tile_width * times, height = sheet.tile_height * times;
  const int rows = std::max(1, sheet.tiles / kSeedsShown);
  const int all_width = kSeedsShown * (width + kGap) - kGap, all_height = rows * (height + kGap) - kGap;
  std::vector<std::uint8_t> rgba(4 * static_cast<std::size_t>(all_width) * static_cast<std::size_t>(all_height), 255);
  for (int tile = 0; tile < rows * kSeedsShown; ++tile) {
    const int column = tile / rows, row = tile % rows;  // a seed's pictures follow each other
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const int from_x = tile % sheet.columns * sheet.tile_width + x / times,
                  from_y = tile / sheet.columns * sheet.tile_height + y / times;
        const std::uint32_t pixel = sheet.rgba[static_cast<std::size_t>(from_y * sheet.width() + from_x)];
        const std::size_t at = 4 * static_cast<std::size_t>((row * (height + kGap) + y) * all_width +
                                                            column * (width + kGap) + x);
        for (std::size_t c = 0; c < 3; ++c) rgba[at + c] = static_cast<std::uint8_t>(pixel >> (8 * c));
      }
    }
  }
  const auto save = [&]() -> Result<void> {
    REGARD_TRY(const std::string png, encode_png(all_width, all_height, 4, rgba));
    return write_file(file, png);
  };
  if (const Result<void> done = save(); !done) show_error(done.error().message);
}

}  // namespace regard
