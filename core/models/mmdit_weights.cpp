#include "core/models/mmdit_weights.h"

#include <array>
#include <string>
#include <utility>

#include "core/models/config_section.h"
#include "core/models/tensor_files.h"

namespace regard {

namespace fs = std::filesystem;

namespace {

constexpr int kMaxSide = 4096, kMaxPatch = 64, kMaxChannels = 4096, kTimeWidth = 256;

Result<void> read_numbers(const Section& in, MmditConfig& out) {
  const struct {
    std::string_view key;
    int high;
    int* out;
  } numbers[] = {
      {"num_layers", kMaxLayers, &out.layers},
      {"num_attention_heads", kMaxHeads, &out.heads},
      {"attention_head_dim", kMaxWidth, &out.head_width},
      {"patch_size", kMaxPatch, &out.patch},
      {"in_channels", kMaxChannels, &out.channels},
      {"joint_attention_dim", kMaxWidth, &out.text_width},
      {"pooled_projection_dim", kMaxWidth, &out.pooled_width},
      {"pos_embed_max_size", kMaxSide, &out.position_side},
      {"sample_size", kMaxSide, &out.sample_side},
  };
  for (const auto& number : numbers) {
    REGARD_TRY_DO(get_int(in, number.key, 1, number.high, *number.out));
  }
  const Json* channels = in.find("out_channels");
  if (channels != nullptr && channels->is_null()) {
    out.out_channels = out.channels;
    return {};
  }
  return get_int(in, "out_channels", 1, kMaxChannels, out.out_channels);
}

// Heads of this width make the blocks' width, and the text is brought to it.
Result<void> check_width(const Section& in, const MmditConfig& config) {
  if (static_cast<std::int64_t>(config.heads) * config.head_width > kMaxWidth) {
    return fail(ErrorCode::kFormat, "{}num_attention_heads: expected at most {} of width {}, got {}",
                in.where, kMaxWidth / config.head_width, config.head_width, config.heads);
  }
  int caption = 1152;  // the class default
  REGARD_TRY_DO(get_int(in, "caption_projection_dim", 1, kMaxWidth, caption));
  if (caption != config.width()) {
    return fail(ErrorCode::kFormat,
                "{}caption_projection_dim: expected {} (num_attention_heads x attention_head_dim), got {}",
                in.where, config.width(), caption);
  }
  return {};
}

Result<void> read_qk_norm(const Section& in, MmditConfig& out) {
  const Json* norm = in.find("qk_norm");
  if (norm == nullptr || norm->is_null()) return {};
  if (*norm != "rms_norm") {
    return fail(ErrorCode::kUnsupported, "{}qk_norm: expected null or \"rms_norm\", got {}", in.where,
                shown(*norm));
  }
  out.qk_norm = true;
  return {};
}

Result<void> read_dual_layers(const Section& in, MmditConfig& out) {
  const Json* layers = in.find("dual_attention_layers");
  if (layers == nullptr || layers->is_null()) return {};
  if (!layers->is_array()) {
    return fail(ErrorCode::kFormat, "{}dual_attention_layers: expected a list of blocks, got {}", in.where,
                shown(*layers));
  }
  int next = 0;
  for (const Json& layer : *layers) {
    const bool sound = layer.is_number_unsigned() &&
                       layer.get<std::uint64_t>() >= static_cast<std::uint64_t>(next) &&
                       layer.get<std::uint64_t>() < static_cast<std::uint64_t>(out.layers);
    if (!sound) {
      return fail(ErrorCode::kFormat,
                  "{}dual_attention_layers: expected blocks from {} to {}, rising, got {}", in.where, next,
                  out.layers - 1, shown(layer));
    }
    out.dual_layers.push_back(layer.get<int>());
    next = out.dual_layers.back() + 1;
  }
  return {};
}

// Names of one attention's parts, which differ between the image's side and the text's.
struct QkvNames {
  const char *query, *key, *value, *query_norm, *key_norm;
};
constexpr QkvNames kImageNames = {"to_q", "to_k", "to_v", "norm_q.weight", "norm_k.weight"};
constexpr QkvNames kTextNames = {"add_q_proj", "add_k_proj", "add_v_proj", "norm_added_q.weight",
                                 "norm_added_k.weight"};

MmditQkv read_qkv(TensorReader& in, const std::string& at, const QkvNames& names, const MmditConfig& c) {
  MmditQkv out;
  out.query = in.linear(at + names.query, c.width(), c.width());
  out.key = in.linear(at + names.key, c.width(), c.width());
  out.value = in.linear(at + names.value, c.width(), c.width());
  if (c.qk_norm) {
    out.query_norm = in.vector(at + names.query_norm, c.head_width);
    out.key_norm = in.vector(at + names.key_norm, c.head_width);
  }
  return out;
}

MmditStream read_image(TensorReader& in, const std::string& at, const MmditConfig& c, bool dual) {
  const int width = c.width();
  MmditStream out;
  out.modulation = in.linear(at + "norm1.linear", width, (dual ? 9 : 6) * width);
  out.qkv = read_qkv(in, at + "attn.", kImageNames, c);
  out.out = in.linear(at + "attn.to_out.0", width, width);
  out.mlp_in = in.linear(at + "ff.net.0.proj", width, 4 * width);
  out.mlp_out = in.linear(at + "ff.net.2", 4 * width, width);
  return out;
}

// In the last block the text is read and then dropped: nothing of what would change it is there.
MmditStream read_text(TensorReader& in, const std::string& at, const MmditConfig& c, bool ends) {
  const int width = c.width();
  MmditStream out;
  out.modulation = in.linear(at + "norm1_context.linear", width, (ends ? 2 : 6) * width);
  out.qkv = read_qkv(in, at + "attn.", kTextNames, c);
  if (ends) return out;
  out.out = in.linear(at + "attn.to_add_out", width, width);
  out.mlp_in = in.linear(at + "ff_context.net.0.proj", width, 4 * width);
  out.mlp_out = in.linear(at + "ff_context.net.2", 4 * width, width);
  return out;
}

MmditBlock read_block(TensorReader& in, int i, const MmditConfig& c) {
  const std::string at = fmt::format("transformer_blocks.{}.", i);
  const bool dual = c.is_dual(i);
  MmditBlock out{read_image(in, at, c, dual), read_text(in, at, c, i + 1 == c.layers), {}};
  if (dual) {
    out.dual = MmditDual{read_qkv(in, at + "attn2.", kImageNames, c),
                         in.linear(at + "attn2.to_out.0", c.width(), c.width())};
  }
  return out;
}

Result<MmditWeights> read_weights(const TensorFiles& files, const MmditConfig& c) {
  const int width = c.width(), side = c.position_side * c.position_side;
  TensorReader in(files);
  MmditWeights w;
  w.patch.weight = in.matrix("pos_embed.proj.weight", {width, c.channels, c.patch, c.patch}, width);
  w.patch.bias = in.vector("pos_embed.proj.bias", width);
  w.positions = in.matrix("pos_embed.pos_embed", {1, side, width}, side);
  const std::string time = "time_text_embed.timestep_embedder.", pooled = "time_text_embed.text_embedder.";
  w.time_in = in.linear(time + "linear_1", kTimeWidth, width);
  w.time_out = in.linear(time + "linear_2", width, width);
  w.pooled_in = in.linear(pooled + "linear_1", c.pooled_width, width);
  w.pooled_out = in.linear(pooled + "linear_2", width, width);
  w.text_in = in.linear("context_embedder", c.text_width, width);
  for (int i = 0; i < c.layers && !in.failed(); ++i) w.blocks.push_back(read_block(in, i, c));
  w.final_modulation = in.linear("norm_out.linear", width, 2 * width);
  w.final_out = in.linear("proj_out", width, c.patch * c.patch * c.out_channels);
  if (in.failed()) return std::unexpected(std::move(in.error()));
  return w;
}

}  // namespace

Result<MmditConfig> read_mmdit_config(const Json& config, std::string_view label) {
  if (!config.is_object())
    return fail(ErrorCode::kFormat, "{}: expected an object, got {}", label, shown(config));
  const Section in{&config, fmt::format("{}: ", label)};
  const Json* name = in.find("_class_name");
  if (name == nullptr || *name != "SD3Transformer2DModel") {
    return fail(ErrorCode::kUnsupported, "{}_class_name: expected \"SD3Transformer2DModel\", got {}",
                in.where, name == nullptr ? "none" : shown(*name));
  }
  MmditConfig out;
  for (auto* read : {read_numbers, read_qk_norm, read_dual_layers}) {
    REGARD_TRY_DO(read(in, out));
  }
  REGARD_TRY_DO(check_width(in, out));
  return out;
}

Result<MmditFiles> read_mmdit(const fs::path& folder) try {
  REGARD_TRY(const auto json, read_json(folder / "config.json"));
  REGARD_TRY(auto config, read_mmdit_config(json, label_of(folder / "config.json")));
  REGARD_TRY(const auto files, open_tensors(folder, diffusers_files()));
  REGARD_TRY(auto weights, read_weights(files, config));
  return MmditFiles{std::move(config), std::move(weights)};
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "{}: expected enough memory, got '{}'", label_of(folder), error.what());
}

}  // namespace regard
