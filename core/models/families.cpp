#include "core/models/families.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/table_check.h"
#include "core/formats/json.h"
#include "core/models/vit_weights.h"

namespace regard {

// Each in the file of its family.
extern const VitReader clip_vit, plain_vit, dinov2_vit;

namespace {

using Names = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// The first of (tensor, architecture) that the file has.
std::string first_of(const Safetensors& file, Names signs) {
  for (const auto& [tensor, architecture] : signs) {
    if (file.find(tensor) != nullptr) return std::string(architecture);
  }
  return {};
}

std::string clip(const Safetensors& file) {
  return first_of(file, {{"text_model.embeddings.token_embedding.weight", "CLIP (Hugging Face)"},
                         {"vision_model.embeddings.patch_embedding.weight", "CLIP vision (Hugging Face)"},
                         {"visual.conv1.weight", "CLIP (OpenCLIP)"}});
}
// What other models could have, too, is asked after them.
std::string open_clip_text(const Safetensors& file) {
  return first_of(file, {{"positional_embedding", "CLIP text (OpenCLIP)"}});
}
std::string mmdit(const Safetensors& file) {
  return first_of(file, {{"transformer_blocks.0.attn.add_k_proj.weight", "MMDiT (diffusers)"}});
}
std::string gpt2(const Safetensors& file) {
  return first_of(file, {{"wte.weight", "GPT-2"}, {"transformer.wte.weight", "GPT-2"}});
}
std::string bert(const Safetensors& file) {
  return first_of(file, {{"embeddings.word_embeddings.weight", "BERT"},
                         {"bert.embeddings.word_embeddings.weight", "BERT"}});
}

// ViT and those built like it. With a head on top, what lies below has the name of its family before it.
std::string vit(const Safetensors& file) {
  for (const std::string prefix : {"", "vit.", "deit.", "dinov2.", "dinov2_with_registers."}) {
    if (file.find(prefix + "embeddings.patch_embeddings.projection.weight") == nullptr) continue;
    if (file.find(prefix + "embeddings.distillation_token") != nullptr) return "DeiT";
    if (file.find(prefix + "embeddings.register_tokens") != nullptr) return "DINOv2 with registers";
    if (file.find(prefix + "encoder.layer.0.layer_scale1.lambda1") != nullptr) return "DINOv2";
    return "ViT";
  }
  return {};
}

std::string timm(const Safetensors& file) {
  for (const std::string prefix : {"", "model.", "module.", "backbone."}) {
    if (file.find(prefix + "patch_embed.proj.weight") != nullptr &&
        file.find(prefix + "blocks.0.attn.qkv.weight") != nullptr)
      return "ViT (timm)";
  }
  return {};
}

constexpr auto kFamilies = std::to_array<Family>({
    {.name = "CLIP",
     .tower = TowerKind::kText,
     .model_types = {"clip", "clip_text_model"},
     .sign = "*token_embedding.weight",
     .architecture = clip},
    {.name = "CLIP",
     .tower = TowerKind::kVision,
     .model_types = {"clip", "clip_vision_model"},
     .sign = "vision_model.embeddings.patch_embedding.weight",
     .vit = &clip_vit},
    {.name = "OpenCLIP", .tower = TowerKind::kVision, .sign = "visual.conv1.weight"},
    {.name = "MMDiT",
     .tower = TowerKind::kDiffusion,
     .model_types = {"SD3Transformer2DModel"},
     .sign = "*transformer_blocks.0.attn.add_k_proj.weight",
     .architecture = mmdit},
    {.name = "OpenCLIP", .tower = TowerKind::kText, .architecture = open_clip_text},
    {.name = "GPT-2", .architecture = gpt2},
    {.name = "BERT", .architecture = bert},
    {.name = "ViT",
     .tower = TowerKind::kVision,
     .model_types = {"vit"},
     .sign = "*embeddings.patch_embeddings.projection.weight",
     .architecture = vit,
     .vit = &plain_vit},
    {.name = "DeiT", .tower = TowerKind::kVision, .model_types = {"deit"}, .vit = &plain_vit},
    {.name = "DINOv2",
     .tower = TowerKind::kVision,
     .model_types = {"dinov2", "dinov2_with_registers"},
     .vit = &dinov2_vit},
    {.name = "timm", .tower = TowerKind::kVision, .sign = "*patch_embed.proj.weight", .architecture = timm},
});
// A vision family that a config.json names can be read.
REGARD_TABLE_CHECK(std::ranges::all_of(kFamilies, [](const Family& family) {
  const bool named = family.tower == TowerKind::kVision && !family.model_types[0].empty();
  return !family.name.empty() && named == (family.vit != nullptr);
}));

bool matches(std::string_view sign, std::string_view tensor) {
  if (sign.empty()) return false;
  return sign.starts_with('*') ? tensor.ends_with(sign.substr(1)) : tensor == sign;
}

}  // namespace

std::span<const Family> families() { return kFamilies; }

bool has_type(const Family& family, std::string_view model_type) {
  return !model_type.empty() && std::ranges::find(family.model_types, model_type) != family.model_types.end();
}

const Family* find_family(TowerKind tower, std::string_view model_type) {
  for (const Family& family : kFamilies) {
    if (family.tower == tower && has_type(family, model_type)) return &family;
  }
  return nullptr;
}

const Family* vision_family(const Json& config, std::string& type) {
  const auto found = config.find("model_type");
  if (found == config.end()) {
    type = config.contains("vision_config") ? "clip" : "";
  } else {
    type = found->is_string() ? found->get<std::string>() : "";
  }
  return find_family(TowerKind::kVision, type);
}

std::string model_types_of(TowerKind tower) {
  std::vector<std::string_view> types;
  for (const Family& family : kFamilies) {
    if (family.tower != tower) continue;
    std::ranges::copy_if(family.model_types, std::back_inserter(types),
                         [](auto type) { return !type.empty(); });
  }
  std::string out;
  for (std::size_t i = 0; i < types.size(); ++i)
    out += fmt::format("{}\"{}\"", i == 0 ? "" : i + 1 < types.size() ? ", " : " or ", types[i]);
  return out;
}

bool is_sign_of(TowerKind tower, std::string_view tensor) {
  return std::ranges::any_of(
      kFamilies, [&](const Family& family) { return family.tower == tower && matches(family.sign, tensor); });
}

std::string architecture_of(const Safetensors& file) {
  for (const Family& family : kFamilies) {
    if (family.architecture == nullptr) continue;
    if (std::string found = family.architecture(file); !found.empty()) return found;
  }
  return "unknown";
}

}  // namespace regard
