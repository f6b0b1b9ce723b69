#include "app/cli/inspect_towers.h"

#include <string_view>
#include <utility>

#include "core/models/clip_text.h"
#include "core/models/families.h"
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

Json vision_json(const Vit& tower) {
  const VitConfig& c = tower.config();
  return {{"family", c.name},          {"layers", c.layers}, {"heads", c.heads},
          {"width", c.width},          {"patch", c.patch},   {"image", {c.image_width, c.image_height}},
          {"columns", c.columns()},    {"rows", c.rows()},   {"specials", tower.special_names()},
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
      signs.text |= is_sign_of(TowerKind::kText, tensor.name);
      signs.vision |= is_sign_of(TowerKind::kVision, tensor.name);
      signs.diffusion |= is_sign_of(TowerKind::kDiffusion, tensor.name);
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

}  // namespace regard::cli
