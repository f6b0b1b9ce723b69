// A picture appearing, step by step: an animated WebP, or a folder of pictures.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"
#include "core/engine/paint.h"
#include "core/formats/file_set.h"

namespace regard {

enum class FilmShows {
  kHeading,  // the picture each step was heading for, PaintRun::x0
  kNoise,    // where the drawing stood after each step, noise and all: PaintRun::x
};

struct FilmOptions {
  FilmShows shows = FilmShows::kHeading;
  int scale = 1;       // pixels of the film for each of the model's, a side; >= 1
  int frame_ms = 120;  // of each frame but the last, 1 to 60000
  int last_ms = 2000;  // of the last, 1 to 60000
};

/// A frame a step that was drawn, from the first to the last, again and again without end. Lossless: pixels
/// are those of picture_bytes(). Frames that are the same picture one after the other become one that stays
/// as long as both. The same run gives the same bytes. Expects a run with a step. Errors: format (more than
/// 16383 pixels a side, or what libwebp refuses). Thread: any. Cost: O(pixels) a frame.
Result<std::string> film_webp(const PaintRun& run, const FilmOptions& options);

/// The same frames added to `files`, in `folder`, which is made when missing: step-NNN.png, steps counted
/// from 1; times are not looked at. Such files of a former drawing in that folder go. Errors: format (more
/// than 16384 pixels a side), io. Thread: any.
Result<void> film_pngs(const PaintRun& run, const FilmOptions& options, const std::filesystem::path& folder,
                       FileSet& files);

}  // namespace regard
