// What `look` and `match` share: the picture and the model that reads it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "app/cli/options.h"
#include "core/base/result.h"
#include "core/engine/vision_run.h"
#include "core/formats/image.h"

namespace regard::cli {

struct TowerTrials;

struct PictureOptions {
  std::string image;
  int size = 0;  // patches along the longer side; 0: as the model's own processor has it
};

void add_picture(CLI::App& command, PictureOptions& options);  ///< --image, --size

/// Says on stderr that only the first frame of a moving picture is read. @param asked  what names it there
void print_frames(const Image& image, std::string_view asked);

/// A file, or the name of one of the scenes that come with the program ("scene-1"). Errors: io, format.
Result<std::shared_ptr<const Image>> open_picture(const std::string& asked);

/// One pass of the vision model over the picture. Says on stderr when the model takes positions it was not
/// made for. Errors: all of opening and running. @param trials  what is changed in the run; null: nothing
Result<std::shared_ptr<const VisionRun>> run_picture(const PictureOptions& picture, const Options& options,
                                                     const TowerTrials* trials = nullptr);

}  // namespace regard::cli
