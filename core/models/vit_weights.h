// From a folder on disk to a vision transformer's numbers: configuration and tensors, checked against each
// other. Reads Hugging Face, OpenCLIP, and timm's or the authors' own layouts; refuses with the file, the
// tensor and both shapes. Source: huggingface/transformers 4.57 configuration_{clip,vit,deit,dinov2}.py;
// mlfoundations/open_clip; huggingface/pytorch-image-models 1.0.20 vision_transformer.py.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/formats/json.h"
#include "core/models/families.h"
#include "core/models/tensor_files.h"
#include "core/models/vit.h"

namespace regard {

/// Reads Hugging Face's config.json of a vision family (families.h), class defaults filled in. Whether there
/// is a projection or a pooler, the weights decide.
/// @param label  stands for the file in messages
/// Errors: format (a value of another type or outside its range), unsupported (another model_type, activation
/// or patch that is not square).
Result<VitConfig> read_vit_config(const Json& config, std::string_view label);

// For the lines of the table of families: configs of a model_type, and tensors by Hugging Face's names.
Result<VitConfig> read_clip_vit_config(const Section& root, std::string_view type);
Result<VitConfig> read_plain_vit_config(const Section& root, std::string_view type);
Result<VitConfig> read_dinov2_config(const Section& root, std::string_view type);
Result<VitWeights> read_clip_vit_weights(const SharedFiles& files, const Json& json, VitConfig& config);
Result<VitWeights> read_plain_vit_weights(const SharedFiles& files, const Json& json, VitConfig& config);

/// The vision tower of open_clip_config.json. Errors: as above.
Result<VitConfig> read_open_clip_vision_config(const Json& config, std::string_view label);

/// Where the names of timm's layout begin: "" or "module." or ..., null when `files` is not of that layout.
const char* timm_prefix(const TensorFiles& files);

struct TimmLayout {
  VitConfig config;
  std::string prefix;        // before every name
  std::string registers;     // "reg_token" (timm) or "register_tokens" (DINOv2's authors); empty: none
  int positioned = 1;        // tokens before the patches that have a position
  bool packed_gate = false;  // gated MLP under the names fc1, fc2 (timm), else w12, w3
};

/// Sizes from the tensors, the rest from timm's config.json where there is one: `architecture` (a name with
/// "quickgelu"), `pretrained_cfg.input_size`, `model_args.num_heads`. Without the last, heads are those of
/// the published widths: 64 numbers each, but 16 heads for the widths 1152, 1280, 1408 and 1664 (SO400M, H,
/// g, G). Errors: shape (a tensor that is not there or of another rank), format, unsupported.
Result<TimmLayout> read_timm_layout(const TensorFiles& files, const Json& config, std::string_view label);

struct VitFiles {
  VitConfig config;
  VitWeights weights;
};

/// Configuration, names and tensors, for Vit::open. Errors: io, format, shape, unsupported. Cost: reads
/// what is not of a layer; layers are read when a run needs them.
Result<VitFiles> read_vit(const std::filesystem::path& folder);

}  // namespace regard
