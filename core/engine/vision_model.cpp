#include "core/engine/vision_model.h"

#include <utility>

#include "core/engine/model_folder.h"

namespace regard {

Result<std::shared_ptr<const VisionModel>> open_vision_model(const std::filesystem::path& folder) {
  REGARD_TRY(const auto part, part_of_model(folder, {"image_encoder", "text_encoder"}));
  REGARD_TRY(auto encoder, Vit::open(part));
  REGARD_TRY(auto processor, read_image_processor(part));
  return std::make_shared<const VisionModel>(
      VisionModel{model_name(folder), part, processor, std::move(encoder)});
}

}  // namespace regard
