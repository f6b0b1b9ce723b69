// timm's and the authors' own layouts: no configuration to speak of, so the tensors tell the sizes.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/models/config_section.h"
#include "core/models/vit_weights.h"

namespace regard {

namespace {

constexpr int kMaxTimmPatch = 16'384, kMaxTensorSide = 1 << 26;

// The sizes of a tensor that must be there with this many of them.
Result<std::vector<int>> sizes(const TensorFiles& files, const std::string& name, std::size_t rank) {
  const TensorInfo* info = files.find(name);
  const bool fits = info != nullptr && info->shape.size() == rank &&
                    std::ranges::all_of(info->shape, [](auto n) { return 0 < n && n <= kMaxTensorSide; });
  if (!fits) {
    return fail(ErrorCode::kShape, "{}: {}: expected a tensor of {} sizes above 0, got {}", files.label, name,
                rank, info == nullptr ? "no such tensor" : shape_text(info->shape));
  }
  return std::vector<int>(info->shape.begin(), info->shape.end());
}

// Heads of the published models; only some wide ones differ from 64 numbers a head.
int usual_heads(int width) {
  constexpr std::array kSixteen = {1152, 1280, 1408, 1664};  // SO400M, H, g, G
  if (std::ranges::find(kSixteen, width) != kSixteen.end()) return 16;
  return width % 64 == 0 ? width / 64 : 0;
}

Result<void> get_heads(const TensorFiles& files, const Section& root, VitConfig& c) {
  REGARD_TRY(const auto args, get_section(root, "model_args"));
  c.heads = 0;
  REGARD_TRY_DO(get_int(args, "num_heads", 1, kMaxHeads, c.heads));
  if (c.heads > 0) return check_heads(args, "num_heads: width", c.width, "num_heads", c.heads);
  c.heads = usual_heads(c.width);
  if (c.heads > 0) return {};
  return fail(ErrorCode::kShape,
              "{}: cls_token: expected a width of a multiple of 64, or model_args.num_heads "
              "in config.json, got {}",
              files.label, c.width);
}

Result<void> get_mlp(const TensorFiles& files, const std::string& block, TimmLayout& out) {
  const bool named = files.has(block + "mlp.w12.weight");
  REGARD_TRY(const auto in, sizes(files, block + (named ? "mlp.w12.weight" : "mlp.fc1.weight"), 2));
  REGARD_TRY(const auto back, sizes(files, block + (named ? "mlp.w3.weight" : "mlp.fc2.weight"), 2));
  VitConfig& c = out.config;
  c.mlp_width = back[1];
  c.swiglu = named || in[0] == 2 * c.mlp_width;
  out.packed_gate = c.swiglu && !named;
  return {};
}

// How many of the table's positions are patches': those of the stated picture, else the largest square.
Result<void> get_grid(const TensorFiles& files, const Section& root, TimmLayout& out) {
  REGARD_TRY(const auto table, sizes(files, out.prefix + "pos_embed", 3));
  REGARD_TRY(const auto pretrained, get_section(root, "pretrained_cfg"));
  VitConfig& c = out.config;
  int wanted_rows = 0, wanted_columns = 0;
  if (const Json* size = pretrained.find("input_size"); size != nullptr) {
    const bool three = size->is_array() && size->size() == 3;
    const Json pair = {{"1", three ? (*size)[1] : Json()}, {"2", three ? (*size)[2] : Json()}};
    const Section at{&pair, fmt::format("{}input_size.", pretrained.where)};
    REGARD_TRY_DO(get_int(at, "1", c.patch, kMaxTimmPatch, c.image_height));
    REGARD_TRY_DO(get_int(at, "2", c.patch, kMaxTimmPatch, c.image_width));
    wanted_rows = c.rows();
    wanted_columns = c.columns();
  }
  // Positions for every special token; for all but registers (DINOv2); for none (DeiT III, timm's DINOv2).
  for (const int positioned : {c.specials(), c.specials() - c.registers, 0}) {
    const int patches = table[1] - positioned;
    const int side = patches < 1 ? 0 : static_cast<int>(std::lround(std::sqrt(patches)));
    const bool stated = wanted_rows > 0 && patches == wanted_rows * wanted_columns;
    if (!stated && (side < 1 || side * side != patches)) continue;
    out.positioned = positioned;
    if (!stated) c.image_width = c.image_height = side * c.patch;
    return {};
  }
  return fail(ErrorCode::kShape,
              "{}: {}pos_embed: expected a square of patches and at most {} other tokens, "
              "got shape {}",
              files.label, out.prefix, c.specials(), shape_text(files.find(out.prefix + "pos_embed")->shape));
}

Result<void> get_patches(const TensorFiles& files, TimmLayout& out) {
  REGARD_TRY(const auto kernel, sizes(files, out.prefix + "patch_embed.proj.weight", 4));
  VitConfig& c = out.config;
  c.width = kernel[0];
  c.channels = kernel[1];
  c.patch = kernel[2];
  if (kernel[3] == c.patch && c.patch <= kMaxTimmPatch && c.width <= kMaxWidth) return {};
  return fail(ErrorCode::kUnsupported, "{}: {}patch_embed.proj.weight: expected square patches, got shape {}",
              files.label, out.prefix, shape_text(files.find(out.prefix + "patch_embed.proj.weight")->shape));
}

// Tokens beside CLS.
Result<void> get_specials(const TensorFiles& files, TimmLayout& out) {
  out.config.distilled = files.has(out.prefix + "dist_token");
  for (const char* name : {"reg_token", "register_tokens"}) {
    if (!files.has(out.prefix + name)) continue;
    REGARD_TRY(const auto registers, sizes(files, out.prefix + name, 3));
    out.registers = name;
    out.config.registers = registers[1];
    return {};
  }
  return {};
}

}  // namespace

const char* timm_prefix(const TensorFiles& files) {
  for (const char* prefix : {"", "module.", "backbone."}) {
    if (files.has(std::string(prefix) + "blocks.0.attn.qkv.weight")) return prefix;
  }
  return nullptr;
}

Result<TimmLayout> read_timm_layout(const TensorFiles& files, const Json& config, std::string_view label) {
  if (!config.is_object())
    return fail(ErrorCode::kFormat, "{}: expected an object, got {}", label, shown(config));
  const Section root{&config, fmt::format("{}: ", label)};
  const char* prefix = timm_prefix(files);
  TimmLayout out;
  out.prefix = prefix == nullptr ? "" : prefix;
  VitConfig& c = out.config;
  c.family = VitFamily::kTimm;
  c.name = "timm";
  REGARD_TRY_DO(get_patches(files, out));
  REGARD_TRY_DO(get_specials(files, out));
  REGARD_TRY_DO(get_grid(files, root, out));
  REGARD_TRY_DO(get_heads(files, root, c));
  const std::string block = out.prefix + "blocks.0.";
  REGARD_TRY_DO(get_mlp(files, block, out));
  c.layers = 0;
  while (c.layers < kMaxLayers && files.has(fmt::format("{}blocks.{}.norm1.weight", out.prefix, c.layers)))
    ++c.layers;
  c.layers = std::max(c.layers, 1);  // the reader says which tensor is missing
  c.pre_norm = files.has(out.prefix + "norm_pre.weight");
  c.layer_scale = files.has(block + "ls1.gamma");
  c.qkv_bias = files.has(block + "attn.qkv.bias");
  c.layer_norm_eps = c.pre_norm ? 1e-5f : 1e-6f;  // a norm before the blocks: CLIP's, with CLIP's eps
  const Json* name = root.find("architecture");
  const bool quick = name != nullptr && name->is_string() &&
                     name->get_ref<const std::string&>().find("quickgelu") != std::string::npos;
  c.activation = quick ? Activation::kQuickGelu : Activation::kGelu;
  // timm and DINOv2's register models resize with antialiasing, DINO and the first DINOv2 without.
  c.resize_antialias = name != nullptr || c.registers > 0;
  return out;
}

}  // namespace regard
