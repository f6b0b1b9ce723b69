#include "app/cli/picture.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/assets.h"
#include "app/cli/tower_trials.h"
#include "core/formats/image.h"
#include "core/formats/utf8.h"

namespace regard::cli {
void add_picture(CLI::App& command, PictureOptions& options) {
  command
      .add_option("--image", options.image, "The picture: a PNG, JPEG or WebP file, or scene-1 to scene-6")
      ->required()
      ->type_name("FILE");
  command
      .add_option("--size", options.size,
                  fmt::format("Patches along the longer side, 1 to {}, the whole picture in its own shape "
                              "(default: the size and crop of the model's own processor)",
                              kMostPatchesASide))
      ->transform(whole(1, kMostPatchesASide))
      ->type_name("N");
}

void print_frames(const Image& image, std::string_view asked) {
  if (image.frames == 1) return;
  fmt::print(stderr, "{}: a moving picture: the first of its {} frames is read\n", printable(asked, 4096),
             image.frames);
}

Result<std::shared_ptr<const Image>> open_picture(const std::string& asked) {
  REGARD_TRY(auto image, read_image(picture_path(asked)));
  print_frames(image, asked);
  return std::make_shared<const Image>(std::move(image));
}

Result<std::shared_ptr<const VisionRun>> run_picture(const PictureOptions& picture, const Options& options,
                                                     const TowerTrials* trials) {
  REGARD_TRY(auto image, open_picture(picture.image));
  REGARD_TRY(const auto folder, model_folder(options));
  REGARD_TRY(auto model, open_vision_model(folder));
  print_weights(model->folder);
  VisionRequest request{.model = std::move(model), .image = std::move(image), .long_side = picture.size};
  if (trials != nullptr) REGARD_TRY_DO(read_tower_trials(*trials, request));
  auto run = run_vision(request);
  if (!run) return run;
  const VitConfig& config = (*run)->request.model->encoder.config();
  if ((*run)->resized_positions && config.resize == PositionResize::kNever) {
    fmt::print(stderr, "--size: {} x {} patches, positions interpolated: the model was made for {} x {}\n",
               (*run)->output.columns, (*run)->output.rows, config.columns(), config.rows());
  }
  return run;
}

}  // namespace regard::cli
