// config.json and open_clip_config.json to VitConfig: every value checked, every default of the class filled
// in.
#include <array>
#include <utility>

#include "core/models/config_section.h"
#include "core/models/families.h"
#include "core/models/vit_weights.h"

namespace regard {

namespace {

constexpr int kMaxImage = 16'384, kMaxPatch = 4096, kMaxChannels = 64, kMaxRegisters = 1024;

// A whole number, or [height, width].
Result<void> get_pair(const Section& in, std::string_view key, int high, int& height, int& width) {
  const Json* value = in.find(key);
  if (value == nullptr || !value->is_array()) {
    auto r = get_int(in, key, 1, high, height);
    if (value != nullptr) width = height;
    return r;
  }
  const Json pair = {{"0", value->empty() ? Json() : (*value)[0]},
                     {"1", value->size() < 2 ? Json() : (*value)[1]}};
  const Section at{&pair, fmt::format("{}{}.", in.where, key)};
  REGARD_TRY_DO(get_int(at, "0", 1, high, height));
  return get_int(at, "1", 1, high, width);
}

struct Number {
  std::string_view key;
  int high;
  int* out;
};

// Width, layers, picture and patch, under the names every class of transformers shares.
Result<void> get_sizes(const Section& in, VitConfig& c) {
  const Number numbers[] = {
      {"hidden_size", kMaxWidth, &c.width},
      {"num_hidden_layers", kMaxLayers, &c.layers},
      {"num_attention_heads", kMaxHeads, &c.heads},
      {"num_channels", kMaxChannels, &c.channels},
  };
  for (const Number& n : numbers) {
    REGARD_TRY_DO(get_int(in, n.key, 1, n.high, *n.out));
  }
  int patch_width = c.patch;
  REGARD_TRY_DO(get_pair(in, "image_size", kMaxImage, c.image_height, c.image_width));
  REGARD_TRY_DO(get_pair(in, "patch_size", kMaxPatch, c.patch, patch_width));
  if (patch_width != c.patch) {
    return fail(ErrorCode::kUnsupported, "{}patch_size: expected square patches, got {} x {}", in.where,
                patch_width, c.patch);
  }
  if (c.patch > c.image_width || c.patch > c.image_height) {
    return fail(ErrorCode::kFormat, "{}patch_size: expected at most image_size ({} x {}), got {}", in.where,
                c.image_width, c.image_height, c.patch);
  }
  double eps = c.layer_norm_eps;
  REGARD_TRY_DO(get_positive(in, "layer_norm_eps", 1.0, eps));
  c.layer_norm_eps = static_cast<float>(eps);
  REGARD_TRY_DO(get_activation(in, c.activation));
  REGARD_TRY_DO(get_bool(in, "qkv_bias", c.qkv_bias));
  return check_heads(in, "hidden_size", c.width, "num_attention_heads", c.heads);
}

Result<VitConfig> read_clip_vision(const Section& in) {
  VitConfig c;
  c.family = VitFamily::kClip;
  c.pre_norm = true;
  c.patch = 32;
  c.activation = Activation::kQuickGelu;
  c.layer_norm_eps = 1e-5f;
  c.projection = 512;
  for (const Number& n : {Number{"intermediate_size", kMaxMlp, &c.mlp_width},
                          Number{"projection_dim", kMaxWidth, &c.projection}}) {
    REGARD_TRY_DO(get_int(in, n.key, 1, n.high, *n.out));
  }
  REGARD_TRY_DO(get_sizes(in, c));
  c.qkv_bias = true;  // CLIP has no such key
  return c;
}

}  // namespace

Result<VitConfig> read_clip_vit_config(const Section& root, std::string_view type) {
  if (type != "clip") return read_clip_vision(root);
  REGARD_TRY(const Section vision, get_section(root, "vision_config"));
  REGARD_TRY(const Section older, get_section(root, "vision_config_dict"));
  REGARD_TRY(VitConfig out, read_clip_vision(older.object != nullptr ? older : vision));
  // CLIPConfig's own default; the one inside vision_config is not used by a whole CLIP
  out.projection = 512;
  REGARD_TRY_DO(get_int(root, "projection_dim", 1, kMaxWidth, out.projection));
  return out;
}

Result<VitConfig> read_plain_vit_config(const Section& root, std::string_view type) {
  const bool deit = type == "deit";
  VitConfig c;
  c.family = deit ? VitFamily::kDeit : VitFamily::kVit;
  c.distilled = deit;
  REGARD_TRY_DO(get_int(root, "intermediate_size", 1, kMaxMlp, c.mlp_width));
  REGARD_TRY_DO(get_sizes(root, c));
  const Json* pooler = root.find("pooler_act");
  if (pooler != nullptr && *pooler != "tanh") {
    return fail(ErrorCode::kUnsupported, "{}pooler_act: expected \"tanh\", got {}", root.where,
                shown(*pooler));
  }
  return c;
}

Result<VitConfig> read_dinov2_config(const Section& root, std::string_view type) {
  const bool registers = type == "dinov2_with_registers";
  VitConfig c;
  c.family = VitFamily::kDinov2;
  c.patch = registers ? 16 : 14;
  c.layer_norm_eps = 1e-6f;
  c.layer_scale = true;
  c.resize = PositionResize::kAlways;
  c.resize_antialias = registers;
  REGARD_TRY_DO(get_sizes(root, c));
  double ratio = 4.0;
  REGARD_TRY_DO(get_positive(root, "mlp_ratio", 16.0, ratio));
  REGARD_TRY_DO(get_bool(root, "use_swiglu_ffn", c.swiglu));
  c.mlp_width = static_cast<int>(c.width * ratio);
  if (c.swiglu) c.mlp_width = (static_cast<int>(c.mlp_width * 2 / 3.0) + 7) / 8 * 8;
  if (registers) {
    c.registers = 4;
    REGARD_TRY_DO(get_int(root, "num_register_tokens", 0, kMaxRegisters, c.registers));
  }
  return c;
}

namespace {

// Keys of OpenCLIP's vision_cfg that make it another network than the plain ViT read here.
constexpr std::array kOtherTowers = {
    "timm_model_name",  "attentional_pool", "no_ln_pre", "input_patchnorm",    "final_ln_after_pool",
    "act_kwargs",       "block_type",       "qk_norm",   "scaled_cosine_attn", "scale_heads",
    "scale_attn_inner", "scale_attn",       "scale_fc"};

}  // namespace

Result<VitConfig> read_vit_config(const Json& config, std::string_view label) {
  if (!config.is_object())
    return fail(ErrorCode::kFormat, "{}: expected an object, got {}", label, shown(config));
  const Section root{&config, fmt::format("{}: ", label)};
  std::string type;
  const Family* family = vision_family(config, type);
  if (family == nullptr) {
    const Json* found = root.find("model_type");
    return fail(ErrorCode::kUnsupported, "{}: model_type: expected {}, got {}", label,
                model_types_of(TowerKind::kVision), found != nullptr ? shown(*found) : "none");
  }
  REGARD_TRY(VitConfig out, family->vit->config(root, type));
  out.name = family->name;
  return out;
}

Result<VitConfig> read_open_clip_vision_config(const Json& config, std::string_view label) {
  if (!config.is_object())
    return fail(ErrorCode::kFormat, "{}: expected an object, got {}", label, shown(config));
  REGARD_TRY(auto model, get_section({&config, fmt::format("{}: ", label)}, "model_cfg"));
  REGARD_TRY(auto vision, get_section(model, "vision_cfg"));
  if (vision.object == nullptr)
    return fail(ErrorCode::kFormat, "{}: model_cfg.vision_cfg: expected an object, got none", label);
  for (const char* key : kOtherTowers) {
    const Json* value = vision.find(key);
    if (value != nullptr && !value->is_null() && *value != false) {
      return fail(ErrorCode::kUnsupported, "{}{}: expected none, got {}", vision.where, key, shown(*value));
    }
  }
  for (const auto& [key, only] : {std::pair{"pool_type", "tok"}, std::pair{"pos_embed_type", "learnable"}}) {
    const Json* value = vision.find(key);
    if (value != nullptr && *value != only) {
      return fail(ErrorCode::kUnsupported, "{}{}: expected \"{}\", got {}", vision.where, key, only,
                  shown(*value));
    }
  }
  VitConfig c;
  c.family = VitFamily::kClip;
  c.name = "CLIP";
  c.pre_norm = true;
  c.projection = 512;
  c.resize_antialias = true;  // as OpenCLIP resizes when it loads
  int head_width = 64, patch_width = 16;
  double mlp_ratio = 4.0, eps = 1e-5;
  for (const auto& [in, n] : {std::pair{&model, Number{"embed_dim", kMaxWidth, &c.projection}},
                              std::pair{&vision, Number{"width", kMaxWidth, &c.width}},
                              std::pair{&vision, Number{"layers", kMaxLayers, &c.layers}},
                              std::pair{&vision, Number{"head_width", kMaxWidth, &head_width}}}) {
    REGARD_TRY_DO(get_int(*in, n.key, 1, n.high, *n.out));
  }
  REGARD_TRY_DO(get_pair(vision, "image_size", kMaxImage, c.image_height, c.image_width));
  REGARD_TRY_DO(get_pair(vision, "patch_size", kMaxPatch, c.patch, patch_width));
  if (patch_width != c.patch || c.patch > c.image_width || c.patch > c.image_height) {
    return fail(ErrorCode::kUnsupported, "{}patch_size: expected a square inside {} x {}, got {} x {}",
                vision.where, c.image_width, c.image_height, patch_width, c.patch);
  }
  if (c.width % head_width != 0) {
    return fail(ErrorCode::kFormat, "{}width: expected a multiple of head_width ({}), got {}", vision.where,
                head_width, c.width);
  }
  c.heads = c.width / head_width;
  REGARD_TRY_DO(get_positive(vision, "mlp_ratio", 64.0, mlp_ratio));
  c.mlp_width = static_cast<int>(c.width * mlp_ratio);  // truncated, as OpenCLIP does
  REGARD_TRY(const auto norm, get_section(vision, "norm_kwargs"));
  REGARD_TRY_DO(get_positive(norm, "eps", 1.0, eps));
  c.layer_norm_eps = static_cast<float>(eps);
  bool quick = false;
  REGARD_TRY_DO(get_bool(model, "quick_gelu", quick));
  c.activation = quick ? Activation::kQuickGelu : Activation::kGelu;
  return c;
}

}  // namespace regard
