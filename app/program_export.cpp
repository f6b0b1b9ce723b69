// The map in force, as the bytes of a file.
#include "app/export/paint_map.h"
#include "app/export/save_maps.h"
#include "app/export/vision_maps.h"
#include "app/program.h"
#include "app/state/paint_session.h"
#include "app/views/paint_names.h"
#include "core/formats/json.h"

namespace regard {

void Program::export_map(const std::filesystem::path& file) {
  const Workspace workspace = state_.view.workspace;
  const bool picture = workspace == Workspace::kImage, painting = workspace == Workspace::kPainting;
  const bool there = picture ? picture_.has_run() : painting ? paint_.has_run() : views_.has_map();
  if (!there) return;
  const auto save = [&]() -> Result<void> {
    REGARD_TRY(const std::string format, map_format(file.string(), file.filename().string()));
    REGARD_TRY(const std::string bytes, picture    ? picture_map_bytes(format)
                                        : painting ? drawn_map_bytes(format)
                                                   : text_map_bytes(format));
    return write_file(file, bytes);
  };
  if (const Result<void> done = save(); !done) show_error(done.error().message);
}

Result<std::string> Program::text_map_bytes(const std::string& format) const {
  const MapChoice& choice = views_.choice();
  REGARD_TRY(const MapSet maps, collect_maps(state_.run, {choice.layer, choice.head, views_.shows_scores()}));
  return map_bytes(maps, format, state_.view.language);
}

// The row of the token that is looked at, as `regard look` writes it.
Result<std::string> Program::picture_map_bytes(const std::string& format) const {
  const MapChoice& choice = picture_.choice();
  if (choice.layer == MapChoice::kFlow) {
    return fail(ErrorCode::kUnsupported,
                "export: expected a layer, a mean or the rollout, got attention flow, which is not exported");
  }
  const VisionMapRequest request{.map = {choice.layer, choice.head, false},
                                 .query = picture_.subject(),
                                 .incoming = state_.view.incoming};
  REGARD_TRY(const VisionMapSet maps, collect_vision_maps(state_.vision, request, state_.image_name));
  if (format == ".csv") return vision_csv(maps);
  if (format == ".npy") return vision_npy(maps);
  if (format == ".json") return vision_json(maps);
  return overlay_bytes(vision_overlay(maps, strings_), format, strings_);
}

// The map over the drawing as the window shows it.
Result<std::string> Program::drawn_map_bytes(const std::string& format) const {
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
               .about = names.maps() + ", " + names.span()};
  if (paint_.patch() >= 0)
    map.framed = {paint_.patch() % paint_.columns(), paint_.patch() / paint_.columns()};
  return paint_map_bytes(map, format, strings_);
}

}  // namespace regard
