// The table of model families: a line each in families.cpp, of what is run here and of what is only
// recognised. How a family is told from others, how its configuration and its tensors are read. A new vision
// family is a file of its own beside vit_weights.cpp and one line.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/formats/json_fwd.h"
#include "core/formats/safetensors.h"

namespace regard {

struct Section;
struct TensorFiles;
using SharedFiles = std::shared_ptr<const TensorFiles>;
struct VitConfig;
struct VitWeights;

/// What a model is run as.
enum class TowerKind { kText, kVision, kDiffusion };

/// How a vision transformer is read from Hugging Face's files.
struct VitReader {
  /// @param type  one of the family's model_types. Errors: as read_vit_config()
  Result<VitConfig> (*config)(const Section& root, std::string_view type);
  /// May change the config by what is there: a pooler, a projection. Errors: shape, unsupported.
  Result<VitWeights> (*weights)(const SharedFiles& files, const Json& json, VitConfig& config);
};

struct Family {
  std::string_view name;                // as `regard inspect` says it
  std::optional<TowerKind> tower = {};  // nothing: it is recognised and not run
  /// Of config.json's `model_type`, or of `_class_name` in diffusers' folders. Empty ones are none.
  std::array<std::string_view, 3> model_types = {};
  /// A tensor that every such tower has; '*' before it: whatever stands in front. Empty: another line's sign.
  std::string_view sign = {};
  /// What a file of weights alone belongs to, "CLIP (OpenCLIP)"; empty: not to this family. Asked in the
  /// table's order. Null: another line says it.
  std::string (*architecture)(const Safetensors& file) = nullptr;
  const VitReader* vit = nullptr;  // of vision families with a model_type
};

std::span<const Family> families();
/// Expects a type that is not empty.
bool has_type(const Family& family, std::string_view model_type);
/// The family of that tower and model_type; null: none.
const Family* find_family(TowerKind tower, std::string_view model_type);
/// The vision family of a config.json, and its model_type. One without a type but with a `vision_config` is a
/// CLIP.
const Family* vision_family(const Json& config, std::string& type);
/// "\"clip\" or \"vit\"": the model_types that a tower can be of, for messages.
std::string model_types_of(TowerKind tower);
/// Whether a tensor of that name says that a folder holds such a tower.
bool is_sign_of(TowerKind tower, std::string_view tensor);
/// What the names in a file say of the model they belong to; "unknown" when nothing.
std::string architecture_of(const Safetensors& file);

}  // namespace regard
