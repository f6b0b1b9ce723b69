// From a CLIP folder on disk to the text tower's numbers: configuration and tensors, checked against each
// other. Reads Hugging Face and OpenCLIP layouts; refuses with the file, the tensor and both shapes. Source:
// huggingface/transformers 4.57 configuration_clip.py; mlfoundations/open_clip.
#pragma once

#include <filesystem>
#include <string_view>

#include "core/base/result.h"
#include "core/formats/json.h"
#include "core/models/clip_text.h"

namespace regard {

/// Reads Hugging Face's config.json of a `clip` or `clip_text_model`, class defaults filled in. A
/// `text_config_dict` that is there and not null wins over `text_config`, defaults included, as in
/// transformers. `projection` is what a projection would be wide; whether there is one, the weights decide.
/// @param label  stands for the file in messages
/// Errors: format (a value of another type or outside its range), unsupported (another model_type or
/// activation).
Result<ClipTextConfig> read_clip_config(const Json& config, std::string_view label);

/// Same for open_clip_config.json. Its text tower reads the sentence at the largest id, written here as
/// eos_id 2.
Result<ClipTextConfig> read_open_clip_config(const Json& config, std::string_view label);

struct ClipTextFiles {
  ClipTextConfig config;
  ClipTextWeights weights;
};

/// Configuration, names and tensors, for ClipText::open. Errors: io, format, shape, unsupported. Cost: reads
/// what is not of a layer; layers are read when a run needs them.
Result<ClipTextFiles> read_clip_text(const std::filesystem::path& folder);

}  // namespace regard
