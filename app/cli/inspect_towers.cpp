#include "app/cli/inspect_towers.h"

#include <string_view>
#include <utility>

#include "core/models/clip_text.h"
#include "core/models/mmdit.h"
#include "core/models/tensor_files.h"
#include "core/models/vit.h"

namespace regard::cli {
namespace {

namespace fs = std::filesystem;

Json text_json(const ClipText& tower) {
  const ClipTextConfig& c = tower.config();
  return {{"layers", c.layers},       {"heads", c.heads}, {"width", c.width},
          {"positions", c.positions}, {"vocab", c.vocab}, {"projection", c.projection}};
}

std::string_view family_name(VitFamily family) {
  switch (family) {
    case VitFamily::kClip:
      return "CLIP";
    case VitFamily::kVit:
      return "ViT";
    case VitFamily::kDeit:
      return "DeiT";
    case VitFamily::kDinov2:
      return "DINOv2";
    case VitFamily::kTimm:
      return "timm";
  }
  return "ViT";
}

Json vision_json(const Vit& tower) {
  const VitConfig& c = tower.config();
  return {{"family", family_name(c.family)},
          {"layers", c.layers},
          {"heads", c.heads},
          {"width", c.width},
          {"patch", c.patch},
          {"image", {c.image_width, c.image_height}},
          {"columns", c.columns()},
          {"rows", c.rows()},
          {"specials", tower.special_names()},
          {"projection", c.projection}};
}

Json diffusion_json(const Mmdit& tower) {
  const MmditConfig& c = tower.config();
  return {{"layers", c.layers},         {"heads", c.heads},
          {"width", c.width()},         {"patch", c.patch},
          {"channels", c.channels},     {"sample_side", c.sample_side},
          {"text_width", c.text_width}, {"dual_layers", c.dual_layers.size()}};
}

/// One tower into `out`. Errors: those that say it is not sound.
template <class Tower>
Result<void> add_tower(const char* name, const fs::path& folder, Json (*describe)(const Tower&), Json& out) {
  const Result<Tower> tower = Tower::open(folder);
  if (tower) {
    out[name] = describe(*tower);
  } else if (tower.error().code == ErrorCode::kUnsupported) {
    out[name] = {{"not_run", tower.error().message}};
  } else {
    return std::unexpected(tower.error());
  }
  return {};
}

}  // namespace

Result<TowerSigns> find_towers(const fs::path& folder) {
  TowerSigns signs;
  REGARD_TRY(const WeightFiles found, find_weights(folder));
  for (const std::string& each : found.files) {
    REGARD_TRY(const auto file, Safetensors::open(folder / each));
    for (const TensorInfo& tensor : file.tensors()) {
      const std::string_view name = tensor.name;
      signs.text |= name.ends_with("token_embedding.weight");
      signs.vision |= name.ends_with("embeddings.patch_embeddings.projection.weight") ||
                      name == "vision_model.embeddings.patch_embedding.weight" ||
                      name == "visual.conv1.weight" || name.ends_with("patch_embed.proj.weight");
      signs.diffusion |= name.ends_with("transformer_blocks.0.attn.add_k_proj.weight");
    }
  }
  return signs;
}

Result<Json> inspect_towers(const fs::path& folder) {
  REGARD_TRY(const auto signs, find_towers(folder));
  Json out = Json::object();
  Result<void> done;
  if (signs.text) done = add_tower<ClipText>("text", folder, text_json, out);
  if (done && signs.vision) done = add_tower<Vit>("vision", folder, vision_json, out);
  if (done && signs.diffusion) done = add_tower<Mmdit>("diffusion", folder, diffusion_json, out);
  if (!done) return std::unexpected(done.error());
  return out;
}

std::string architecture_of(const Safetensors& file) {
  // In this order: the first that is there tells, so that what several have comes last.
  constexpr std::pair<std::string_view, std::string_view> kSigns[] = {
      {"text_model.embeddings.token_embedding.weight", "CLIP (Hugging Face)"},
      {"vision_model.embeddings.patch_embedding.weight", "CLIP vision (Hugging Face)"},
      {"visual.conv1.weight", "CLIP (OpenCLIP)"},
      {"transformer_blocks.0.attn.add_k_proj.weight", "MMDiT (diffusers)"},
      {"positional_embedding", "CLIP text (OpenCLIP)"},
      {"wte.weight", "GPT-2"},
      {"transformer.wte.weight", "GPT-2"},
      {"embeddings.word_embeddings.weight", "BERT"},
      {"bert.embeddings.word_embeddings.weight", "BERT"},
  };
  for (const auto& [tensor, name] : kSigns) {
    if (file.find(tensor) != nullptr) return std::string(name);
  }
  // With a head on top, what lies below has the name of its family before it.
  for (const std::string prefix : {"", "vit.", "deit.", "dinov2.", "dinov2_with_registers."}) {
    if (file.find(prefix + "embeddings.patch_embeddings.projection.weight") == nullptr) continue;
    if (file.find(prefix + "embeddings.distillation_token") != nullptr) return "DeiT";
    if (file.find(prefix + "embeddings.register_tokens") != nullptr) return "DINOv2 with registers";
    if (file.find(prefix + "encoder.layer.0.layer_scale1.lambda1") != nullptr) return "DINOv2";
    return "ViT";
  }
  for (const std::string prefix : {"", "model.", "module.", "backbone."}) {
    if (file.find(prefix + "patch_embed.proj.weight") != nullptr &&
        file.find(prefix + "blocks.0.attn.qkv.weight") != nullptr)
      return "ViT (timm)";
  }
  return "unknown";
}

}  // namespace regard::cli
