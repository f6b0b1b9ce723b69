// config.json and open_clip_config.json to ClipTextConfig: every value checked, every default of the class
// filled in.
#include <string>
#include <utility>

#include "core/models/clip_weights.h"
#include "core/models/config_section.h"

namespace regard {

namespace {

constexpr int kMaxVocab = 1 << 24, kMaxPositions = 1 << 20;

// The keys of CLIPTextConfig, class defaults where one is absent.
Result<ClipTextConfig> read_text_section(const Section& in) {
  ClipTextConfig config;
  double eps = 1e-5;
  const struct {
    std::string_view key;
    int low, high;
    int* out;
  } numbers[] = {
      {"hidden_size", 1, kMaxWidth, &config.width},
      {"intermediate_size", 1, kMaxMlp, &config.mlp_width},
      {"num_hidden_layers", 1, kMaxLayers, &config.layers},
      {"num_attention_heads", 1, kMaxHeads, &config.heads},
      {"vocab_size", 1, kMaxVocab, &config.vocab},
      {"max_position_embeddings", 1, kMaxPositions, &config.positions},
      {"projection_dim", 1, kMaxWidth, &config.projection},
  };
  for (const auto& number : numbers) {
    REGARD_TRY_DO(get_int(in, number.key, number.low, number.high, *number.out));
  }
  const Json* eos = in.find("eos_token_id");
  if (eos != nullptr && eos->is_null()) {
    config.eos_id = -1;  // none: the last position is read
  } else {
    REGARD_TRY_DO(get_int(in, "eos_token_id", 0, kMaxVocab, config.eos_id));
  }
  REGARD_TRY_DO(get_positive(in, "layer_norm_eps", 1.0, eps));
  config.layer_norm_eps = static_cast<float>(eps);
  REGARD_TRY_DO(get_activation(in, config.activation));
  REGARD_TRY_DO(check_heads(in, "hidden_size", config.width, "num_attention_heads", config.heads));
  // pad_token_id is left unread: transformers fills up with the tokenizer's token, and CLIP's files say 1.
  return config;
}

}  // namespace

Result<ClipTextConfig> read_clip_config(const Json& config, std::string_view label) {
  const Section root{&config, fmt::format("{}: ", label)};
  if (!config.is_object())
    return fail(ErrorCode::kFormat, "{}: expected an object, got {}", label, shown(config));
  const Json* type = root.find("model_type");
  const bool whole = type != nullptr ? *type == "clip" : config.contains("text_config");
  if (!whole && (type != nullptr ? *type != "clip_text_model" : !config.contains("hidden_size"))) {
    return fail(ErrorCode::kUnsupported, "{}: model_type: expected \"clip\" or \"clip_text_model\", got {}",
                label, type != nullptr ? shown(*type) : "none");
  }
  if (!whole) return read_text_section(root);

  REGARD_TRY(const Section text, get_section(root, "text_config"));
  REGARD_TRY(const Section older, get_section(root, "text_config_dict"));
  REGARD_TRY(ClipTextConfig out, read_text_section(older.object != nullptr ? older : text));
  out.projection = 512;  // CLIPConfig's own default; the one inside text_config is not used by a whole CLIP
  REGARD_TRY_DO(get_int(root, "projection_dim", 1, kMaxWidth, out.projection));
  return out;
}

Result<ClipTextConfig> read_open_clip_config(const Json& config, std::string_view label) {
  if (!config.is_object())
    return fail(ErrorCode::kFormat, "{}: expected an object, got {}", label, shown(config));
  REGARD_TRY(auto model, get_section({&config, fmt::format("{}: ", label)}, "model_cfg"));
  REGARD_TRY(auto text, get_section(model, "text_cfg"));
  if (text.object == nullptr)
    return fail(ErrorCode::kFormat, "{}: model_cfg.text_cfg: expected an object, got none", label);
  for (const char* key : {"hf_model_name", "embed_cls", "no_causal_mask", "ls_init_value", "act_kwargs"}) {
    const Json* value = text.find(key);
    if (value != nullptr && !value->is_null() && *value != false) {
      return fail(ErrorCode::kUnsupported, "{}{}: expected none, got {}", text.where, key, shown(*value));
    }
  }
  ClipTextConfig out;
  out.eos_id = 2;  // reads the sentence at the largest id
  out.pad_id = 0;  // its tokenizer fills up with zeros, whatever text_cfg.pad_id says
  double mlp_ratio = 4.0, eps = 1e-5;
  const struct {
    const Section* in;
    std::string_view key;
    int high;
    int* out;
  } numbers[] = {
      {&model, "embed_dim", kMaxWidth, &out.projection},
      {&text, "width", kMaxWidth, &out.width},
      {&text, "layers", kMaxLayers, &out.layers},
      {&text, "heads", kMaxHeads, &out.heads},
      {&text, "vocab_size", kMaxVocab, &out.vocab},
      {&text, "context_length", kMaxPositions, &out.positions},
  };
  for (const auto& n : numbers) {
    REGARD_TRY_DO(get_int(*n.in, n.key, 1, n.high, *n.out));
  }
  REGARD_TRY_DO(get_positive(text, "mlp_ratio", 64.0, mlp_ratio));
  out.mlp_width = static_cast<int>(out.width * mlp_ratio);  // truncated, as OpenCLIP does
  REGARD_TRY(const auto norm, get_section(text, "norm_kwargs"));
  REGARD_TRY_DO(get_positive(norm, "eps", 1.0, eps));
  out.layer_norm_eps = static_cast<float>(eps);
  bool quick = false;
  REGARD_TRY_DO(get_bool(model, "quick_gelu", quick));
  out.activation = quick ? Activation::kQuickGelu : Activation::kGelu;
  REGARD_TRY_DO(check_heads(text, "width", out.width, "heads", out.heads));
  return out;
}

}  // namespace regard
