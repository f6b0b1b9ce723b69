#include "core/engine/vision_model.h"

#include <utility>

#include "core/engine/model_folder.h"

namespace regard {

Result<std::shared_ptr<const VisionModel>> open_vision_model(const std::filesystem::path& folder) {
  const auto part = part_of_model(folder, {"image_encoder", "text_encoder"});
  if (!part) return std::unexpected(part.error());
  auto encoder = Vit::open(*part);
  if (!encoder) return std::unexpected(std::move(encoder.error()));
  auto processor = read_image_processor(*part);
  if (!processor) return std::unexpected(std::move(processor.error()));
  return std::make_shared<const VisionModel>(
      VisionModel{model_name(folder), *part, std::move(*processor), std::move(*encoder)});
}

}  // namespace regard
