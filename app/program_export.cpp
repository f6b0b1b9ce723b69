// The map in force, as the bytes of a file.
#include "app/export/paint_map.h"
#include "app/export/save_maps.h"
#include "app/export/vision_maps.h"
#include "app/program.h"
#include "app/state/paint_session.h"
#include "app/views/paint_names.h"
#include "core/formats/json.h"

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

}  // namespace regard
