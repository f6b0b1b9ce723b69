// A vision model ready to be asked: its processor, its encoder, and what to call it. Opens a folder whatever
// its layout.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/models/image_processor.h"
#include "core/models/vit.h"

namespace regard {

struct VisionModel {
  std::string name;              // "Little World", else the folder's name
  std::filesystem::path folder;  // the folder that holds config.json
  ImageProcessor processor;
  Vit encoder;
};

/// Opens `folder`: a vision model's own, a CLIP's, or a diffusers pipeline whose model_index.json names one.
/// Errors: io, format, shape, unsupported; the message names the file and what is wrong with it.
/// Cost: reads the embeddings; each layer is read when a run first needs it (layer_list.h). Thread: any.
Result<std::shared_ptr<const VisionModel>> open_vision_model(const std::filesystem::path& folder);

}  // namespace regard
