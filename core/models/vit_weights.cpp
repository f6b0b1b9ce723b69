#include "core/models/vit_weights.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/check.h"
#include "core/models/config_section.h"
#include "core/models/layers_on_demand.h"

namespace regard {

namespace fs = std::filesystem;

namespace {

// How a layout calls the parts of a block. Where q, k and v lie in one matrix, `fused` names it (and its
// bias): rows 0..D are q, D..2D k, 2D..3D v.
struct LayerNames {
  const char* norm1;
  std::array<const char*, 3> qkv;
  std::array<const char*, 2> fused;
  const char* out;
  const char* norm2;
  const char* mlp_in;
  const char* mlp_out;
  const char* scale1;
  const char* scale2;
};

constexpr LayerNames kClip = {"layer_norm1",
                              {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"},
                              {},
                              "self_attn.out_proj",
                              "layer_norm2",
                              "mlp.fc1",
                              "mlp.fc2",
                              "",
                              ""};
constexpr LayerNames kOpenClip = {"ln_1",          {},           {"attn.in_proj_weight", "attn.in_proj_bias"},
                                  "attn.out_proj", "ln_2",       "mlp.c_fc",
                                  "mlp.c_proj",    "ls_1.gamma", "ls_2.gamma"};
constexpr std::array kHfQkv = {"attention.attention.query", "attention.attention.key",
                               "attention.attention.value"};
constexpr LayerNames kVit = {
    "layernorm_before", kHfQkv, {}, "attention.output.dense", "layernorm_after", "intermediate.dense",
    "output.dense",     "",     ""};
constexpr LayerNames kDinov2 = {"norm1",
                                kHfQkv,
                                {},
                                "attention.output.dense",
                                "norm2",
                                "mlp.fc1",
                                "mlp.fc2",
                                "layer_scale1.lambda1",
                                "layer_scale2.lambda1"};
constexpr LayerNames kTimm = {"norm1",     {},          {"attn.qkv.weight", "attn.qkv.bias"},
                              "attn.proj", "norm2",     "mlp.fc1",
                              "mlp.fc2",   "ls1.gamma", "ls2.gamma"};

void read_qkv(TensorReader& in, const std::string& at, const LayerNames& names, const VitConfig& c,
              VitLayer& layer) {
  Linear* parts[] = {&layer.query, &layer.key, &layer.value};
  if (names.fused[0] == nullptr) {
    for (std::size_t i = 0; i < 3; ++i)
      *parts[i] = in.linear(at + names.qkv[i], c.width, c.width, c.qkv_bias);
    return;
  }
  const Matrix weight = in.matrix(at + names.fused[0], 3 * c.width, c.width);
  const RowVector bias =
      c.qkv_bias ? in.vector(at + names.fused[1], 3 * c.width) : RowVector(RowVector::Zero(3 * c.width));
  if (weight.size() == 0 || bias.size() == 0) return;
  for (int i = 0; i < 3; ++i) {
    parts[i]->packed = narrowed(pack_transposed(weight.middleRows(i * c.width, c.width)));
    parts[i]->bias = bias.segment(i * c.width, c.width);
  }
}

VitLayer read_layer(TensorReader& in, const std::string& at, const LayerNames& names, const VitConfig& c) {
  VitLayer layer;
  layer.norm1 = in.norm(at + names.norm1, c.width);
  read_qkv(in, at, names, c, layer);
  layer.out = in.linear(at + names.out, c.width, c.width);
  if (c.layer_scale) layer.scale1 = in.vector(at + names.scale1, c.width);
  layer.norm2 = in.norm(at + names.norm2, c.width);
  layer.mlp_in = in.linear(at + names.mlp_in, c.width, c.swiglu ? 2 * c.mlp_width : c.mlp_width);
  layer.mlp_out = in.linear(at + names.mlp_out, c.mlp_width, c.width);
  if (c.layer_scale) layer.scale2 = in.vector(at + names.scale2, c.width);
  return layer;
}

// The convolution that cuts a picture into patches, as a linear layer over a patch's numbers.
Linear read_patch(TensorReader& in, const std::string& name, const VitConfig& c, bool bias) {
  Matrix kernel = in.matrix(name + ".weight", {c.width, c.channels, c.patch, c.patch}, c.width);
  return {
      std::move(kernel), bias ? in.vector(name + ".bias", c.width) : RowVector(RowVector::Zero(c.width)), {}};
}

// Splits a table of positions: the first `positioned` belong to the special tokens and are added to them.
void place(const Matrix& table, int positioned, const std::vector<Matrix>& specials, VitWeights& w) {
  Eigen::Index rows = 0;
  for (const Matrix& part : specials) rows += part.rows();
  w.specials.resize(rows, table.cols());
  rows = 0;
  for (const Matrix& part : specials) {
    w.specials.middleRows(rows, part.rows()) = part;
    rows += part.rows();
  }
  w.specials.topRows(positioned) += table.topRows(positioned);
  w.positions = table.bottomRows(table.rows() - positioned);
}

int patches(const VitConfig& c) { return c.rows() * c.columns(); }

// Of one that is called `at`, its number and a dot.
LayerList<VitLayer> read_layers(const SharedFiles& files, TensorReader& in, const std::string& at,
                                const LayerNames& names, const VitConfig& c) {
  return layers_on_demand<VitLayer>(files, in, c.layers, [at, names, c](TensorReader& from, int layer) {
    return read_layer(from, fmt::format("{}{}.", at, layer), names, c);
  });
}

VitWeights read_clip(const SharedFiles& files, TensorReader& in, const std::string& at, const VitConfig& c) {
  VitWeights w;
  const Matrix cls = in.matrix(at + "embeddings.class_embedding", {c.width}, 1);
  w.patch = read_patch(in, at + "embeddings.patch_embedding", c, false);
  const Matrix table = in.matrix(at + "embeddings.position_embedding.weight", patches(c) + 1, c.width);
  if (!in.failed()) place(table, 1, {cls}, w);
  w.pre_norm = in.norm(at + "pre_layrnorm", c.width);
  w.layers = read_layers(files, in, at + "encoder.layers.", kClip, c);
  w.final_norm = in.norm(at + "post_layernorm", c.width);
  return w;
}

VitWeights read_open_clip(const SharedFiles& files, TensorReader& in, const std::string& at,
                          const VitConfig& c) {
  VitWeights w;
  const Matrix cls = in.matrix(at + "class_embedding", {c.width}, 1);
  w.patch = read_patch(in, at + "conv1", c, false);
  const Matrix table = in.matrix(at + "positional_embedding", patches(c) + 1, c.width);
  if (!in.failed()) place(table, 1, {cls}, w);
  w.pre_norm = in.norm(at + "ln_pre", c.width);
  w.layers = read_layers(files, in, at + "transformer.resblocks.", kOpenClip, c);
  w.final_norm = in.norm(at + "ln_post", c.width);
  w.projection = in.matrix(at + "proj", c.width, c.projection).transpose();  // multiplies from the right
  return w;
}

VitWeights read_hf_vit(const SharedFiles& files, TensorReader& in, const std::string& at,
                       const VitConfig& c) {
  VitWeights w;
  std::vector<Matrix> specials = {in.matrix(at + "embeddings.cls_token", {1, 1, c.width}, 1)};
  if (c.distilled) specials.push_back(in.matrix(at + "embeddings.distillation_token", {1, 1, c.width}, 1));
  const int positioned = static_cast<int>(specials.size());
  if (c.registers > 0) {
    specials.push_back(in.matrix(at + "embeddings.register_tokens", {1, c.registers, c.width}, c.registers));
  }
  w.patch = read_patch(in, at + "embeddings.patch_embeddings.projection", c, true);
  const int rows = patches(c) + positioned;
  const Matrix table = in.matrix(at + "embeddings.position_embeddings", {1, rows, c.width}, rows);
  if (!in.failed()) place(table, positioned, specials, w);
  LayerNames names = c.family == VitFamily::kDinov2 ? kDinov2 : kVit;
  if (c.swiglu) {
    names.mlp_in = "mlp.weights_in";
    names.mlp_out = "mlp.weights_out";
  }
  w.layers = read_layers(files, in, at + "encoder.layer.", names, c);
  w.final_norm = in.norm(at + "layernorm", c.width);
  if (c.pooler) w.pooler = in.linear(at + "pooler.dense", c.width, c.width);
  return w;
}

VitWeights read_timm(const SharedFiles& files, TensorReader& in, const TimmLayout& layout) {
  const VitConfig& c = layout.config;
  const std::string& at = layout.prefix;
  VitWeights w;
  std::vector<Matrix> specials = {in.matrix(at + "cls_token", {1, 1, c.width}, 1)};
  if (c.distilled) specials.push_back(in.matrix(at + "dist_token", {1, 1, c.width}, 1));
  if (c.registers > 0)
    specials.push_back(in.matrix(at + layout.registers, {1, c.registers, c.width}, c.registers));
  w.patch = read_patch(in, at + "patch_embed.proj", c, in.has(at + "patch_embed.proj.bias"));
  const int rows = patches(c) + layout.positioned;
  const Matrix table = in.matrix(at + "pos_embed", {1, rows, c.width}, rows);
  if (!in.failed()) place(table, layout.positioned, specials, w);
  if (c.pre_norm) w.pre_norm = in.norm(at + "norm_pre", c.width);
  LayerNames names = kTimm;
  if (c.swiglu && !layout.packed_gate) {
    names.mlp_in = "mlp.w12";
    names.mlp_out = "mlp.w3";
  }
  w.layers = read_layers(files, in, at + "blocks.", names, c);
  w.final_norm = in.norm(at + "norm", c.width);
  return w;
}

// timm's names serve many networks; a tensor of a block that was not asked for means another one.
Result<void> check_all_read(const TensorFiles& files, const TensorReader& in, const std::string& prefix) {
  for (const Safetensors& file : files.files) {
    for (const TensorInfo& tensor : file.tensors()) {
      if (!tensor.name.starts_with(prefix + "blocks.") || in.was_read(tensor.name)) continue;
      return fail(ErrorCode::kUnsupported, "{}: {}: expected only the tensors of a plain ViT", files.label,
                  tensor.name);
    }
  }
  return {};
}

Result<VitFiles> read_timm_folder(const SharedFiles& files, const Json& config, std::string_view label) {
  REGARD_TRY(const auto layout, read_timm_layout(*files, config, label));
  TensorReader in(*files);
  VitWeights weights = read_timm(files, in, layout);
  if (in.failed()) return std::unexpected(std::move(in.error()));
  REGARD_TRY_DO(check_all_read(*files, in, layout.prefix));
  return VitFiles{layout.config, std::move(weights)};
}

// Names carry a prefix that depends on the class that was saved; the class token tells which.
std::string find_prefix(const TensorFiles& files, std::span<const char* const> prefixes,
                        const std::string& token) {
  for (const char* prefix : prefixes) {
    if (files.has(prefix + token)) return prefix;
  }
  return prefixes.front();  // the reader says what is missing
}

// Whether the saved class has a projection of its own: a whole CLIP does, a tower only ...WithProjection.
bool vision_needs_projection(const Json& config) {
  const auto classes = config.find("architectures");
  return classes != config.end() && classes->is_array() &&
         std::ranges::find(*classes, Json("CLIPVisionModelWithProjection")) != classes->end();
}

Result<VitFiles> read_hf_folder(const SharedFiles& files, const Json& json, VitConfig config) {
  std::string type;
  const Family* family = vision_family(json, type);
  REGARD_CHECK(family != nullptr);  // its config was read
  REGARD_TRY(auto weights, family->vit->weights(files, json, config));
  return VitFiles{config, std::move(weights)};
}

Result<VitFiles> read_open_clip_folder(const SharedFiles& files, VitConfig config) {
  constexpr std::array kPrefixes = {"visual.", "module.visual."};
  const std::string at = find_prefix(*files, kPrefixes, "class_embedding");
  config.layer_scale = files->has(at + "transformer.resblocks.0.ls_1.gamma");
  TensorReader in(*files);
  VitWeights weights = read_open_clip(files, in, at, config);
  weights.logit_scale = in.scalar((at.starts_with("module.") ? "module." : "") + std::string("logit_scale"));
  if (in.failed()) return std::unexpected(std::move(in.error()));
  return VitFiles{config, std::move(weights)};
}

// Which files a folder is read from.
struct Found {
  const char* config = nullptr;  // null: none is there
  bool open_clip = false;
};

Found find_config(const fs::path& folder) {
  const bool hf = is_file(folder / "config.json"), open_clip = is_file(folder / "open_clip_config.json");
  // LAION's folders hold both layouts; OpenCLIP's is taken when the other has no weights to read.
  if (hf && (!open_clip || first_there(folder, hugging_face_files()) != nullptr))
    return {"config.json", false};
  if (open_clip) return {"open_clip_config.json", true};
  return {};
}

Result<VitFiles> read_folder(const fs::path& folder) {
  const Found found = find_config(folder);
  if (found.config == nullptr && first_there(folder, hugging_face_files()) == nullptr) {
    return fail(ErrorCode::kIo, "{}: expected config.json or open_clip_config.json, got neither",
                label_of(folder));
  }
  Json json = Json::object();
  const std::string label = label_of(folder / (found.config != nullptr ? found.config : "config.json"));
  if (found.config != nullptr) {
    REGARD_TRY(auto read, read_json(folder / found.config));
    json = std::move(read);
  }
  const bool timm = !found.open_clip && (!json.is_object() || !json.contains("model_type"));
  VitConfig config;
  if (found.open_clip) {
    REGARD_TRY(config, read_open_clip_vision_config(json, label));
  } else if (!timm || !json.is_object() || json.contains("vision_config")) {
    REGARD_TRY(config, read_vit_config(json, label));
  }

  REGARD_TRY(auto opened, open_tensors(folder, found.open_clip ? open_clip_files() : hugging_face_files()));
  const auto files = std::make_shared<const TensorFiles>(std::move(opened));
  if (found.open_clip) return read_open_clip_folder(files, config);
  if (!timm || json.contains("vision_config")) return read_hf_folder(files, json, config);
  if (timm_prefix(*files) == nullptr) {
    // Neither a model_type nor timm's names: the configuration's message says what can be read.
    auto refused = read_vit_config(json, label);
    return std::unexpected(std::move(refused.error()));
  }
  return read_timm_folder(files, json, label);
}

}  // namespace

Result<VitWeights> read_clip_vit_weights(const SharedFiles& files, const Json& json, VitConfig& config) {
  constexpr std::array kPrefixes = {"vision_model.", "clip.vision_model.", ""};
  TensorReader in(*files);
  const std::string at = find_prefix(*files, kPrefixes, "embeddings.class_embedding");
  const std::string root = at.starts_with("clip.") ? "clip." : "";
  const bool whole = json.contains("vision_config") || json.value("model_type", Json()) == "clip";
  VitWeights weights = read_clip(files, in, at, config);
  if (whole || vision_needs_projection(json) || in.has(root + "visual_projection.weight")) {
    weights.projection = in.matrix(root + "visual_projection.weight", config.projection, config.width);
  } else {
    config.projection = 0;
  }
  if (whole) weights.logit_scale = in.scalar(root + "logit_scale");
  if (in.failed()) return std::unexpected(std::move(in.error()));
  return weights;
}

Result<VitWeights> read_plain_vit_weights(const SharedFiles& files, const Json&, VitConfig& config) {
  constexpr std::array kPrefixes = {"", "vit.", "deit.", "dinov2.", "dinov2_with_registers."};
  TensorReader in(*files);
  const std::string at = find_prefix(*files, kPrefixes, "embeddings.cls_token");
  config.pooler = files->has(at + "pooler.dense.weight");
  VitWeights weights = read_hf_vit(files, in, at, config);
  if (in.failed()) return std::unexpected(std::move(in.error()));
  return weights;
}

extern const VitReader clip_vit = {read_clip_vit_config, read_clip_vit_weights};
extern const VitReader plain_vit = {read_plain_vit_config, read_plain_vit_weights};
extern const VitReader dinov2_vit = {read_dinov2_config, read_plain_vit_weights};

Result<VitFiles> read_vit(const fs::path& folder) try {
  return read_folder(folder);
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "{}: expected enough memory, got '{}'", label_of(folder), error.what());
}

}  // namespace regard
