// config.json and open_clip_config.json to ClipTextConfig: every value checked, every default of the class
// filled in.
#include <cstdint>
#include <string>
#include <utility>

#include "core/formats/utf8.h"
#include "core/models/clip_weights.h"

namespace regard {

namespace {

// Far above any CLIP there is; they keep a product of two sizes inside 64 bits and an absurd file from
// allocating.
constexpr int kMaxLayers = 512, kMaxHeads = 1024, kMaxWidth = 65'536, kMaxMlp = 1 << 20, kMaxVocab = 1 << 24,
              kMaxPositions = 1 << 20;

// One JSON object and what to call it in messages. `get_*` leave `out` alone when the key is absent.
struct Section {
  const Json* object;  // null: an absent section, all defaults
  std::string where;   // "config.json: text_config.", put before a key

  const Json* find(std::string_view key) const {
    if (object == nullptr) return nullptr;
    const auto it = object->find(std::string(key));
    return it == object->end() ? nullptr : &*it;
  }
};

Result<void> get_int(const Section& in, std::string_view key, int low, int high, int& out) {
  const Json* value = in.find(key);
  if (value == nullptr) return {};
  // A number above int64 is kept unsigned; read as unsigned it compares right.
  const bool fits = value->is_number_unsigned()
                        ? value->get<std::uint64_t>() <= static_cast<std::uint64_t>(high)
                        : value->is_number_integer() && value->get<std::int64_t>() <= high;
  if (!fits || value->get<std::int64_t>() < low) {
    return fail(ErrorCode::kFormat, "{}{}: expected a whole number from {} to {}, got {}", in.where, key, low,
                high, shown(*value));
  }
  out = value->get<int>();
  return {};
}

Result<void> get_positive(const Section& in, std::string_view key, double high, double& out) {
  const Json* value = in.find(key);
  if (value == nullptr) return {};
  const double number = value->is_number() ? value->get<double>() : 0.0;
  if (!(number > 0.0 && number <= high)) {
    return fail(ErrorCode::kFormat, "{}{}: expected a number above 0 and up to {}, got {}", in.where, key,
                high, shown(*value));
  }
  out = number;
  return {};
}

// A sub-object of the file; absent and null are the same.
Result<Section> get_section(const Section& in, std::string_view key) {
  const Json* value = in.find(key);
  if (value == nullptr || value->is_null()) return Section{nullptr, fmt::format("{}{}.", in.where, key)};
  if (!value->is_object()) {
    return fail(ErrorCode::kFormat, "{}{}: expected an object, got {}", in.where, key, shown(*value));
  }
  return Section{value, fmt::format("{}{}.", in.where, key)};
}

Result<void> get_activation(const Section& in, Activation& out) {
  const Json* value = in.find("hidden_act");
  if (value == nullptr) return {};
  if (*value == "quick_gelu") {
    out = Activation::kQuickGelu;
  } else if (*value == "gelu") {
    out = Activation::kGelu;
  } else {
    return fail(ErrorCode::kUnsupported, "{}hidden_act: expected \"quick_gelu\" or \"gelu\", got {}",
                in.where, shown(*value));
  }
  return {};
}

Result<void> check_heads(const Section& in, std::string_view width_key, std::string_view heads_key,
                         const ClipTextConfig& config) {
  if (config.width % config.heads == 0) return {};
  return fail(ErrorCode::kFormat, "{}{}: expected a multiple of {} ({}), got {}", in.where, width_key,
              heads_key, config.heads, config.width);
}

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
    if (auto r = get_int(in, number.key, number.low, number.high, *number.out); !r) {
      return std::unexpected(std::move(r.error()));
    }
  }
  const Json* eos = in.find("eos_token_id");
  if (eos != nullptr && eos->is_null()) {
    config.eos_id = -1;  // none: the last position is read
  } else if (auto r = get_int(in, "eos_token_id", 0, kMaxVocab, config.eos_id); !r) {
    return std::unexpected(std::move(r.error()));
  }
  if (auto r = get_positive(in, "layer_norm_eps", 1.0, eps); !r) return std::unexpected(std::move(r.error()));
  config.layer_norm_eps = static_cast<float>(eps);
  if (auto r = get_activation(in, config.activation); !r) return std::unexpected(std::move(r.error()));
  if (auto r = check_heads(in, "hidden_size", "num_attention_heads", config); !r) {
    return std::unexpected(std::move(r.error()));
  }
  return config;
}

}  // namespace

std::string shown(const Json& value) {
  return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace), 60);
}

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

  auto text = get_section(root, "text_config");
  auto older = get_section(root, "text_config_dict");
  if (!text) return std::unexpected(std::move(text.error()));
  if (!older) return std::unexpected(std::move(older.error()));
  auto out = read_text_section(older->object != nullptr ? *older : *text);
  if (!out) return out;
  out->projection = 512;  // CLIPConfig's own default; the one inside text_config is not used by a whole CLIP
  if (auto r = get_int(root, "projection_dim", 1, kMaxWidth, out->projection); !r) {
    return std::unexpected(std::move(r.error()));
  }
  return out;
}

Result<ClipTextConfig> read_open_clip_config(const Json& config, std::string_view label) {
  if (!config.is_object())
    return fail(ErrorCode::kFormat, "{}: expected an object, got {}", label, shown(config));
  auto model = get_section({&config, fmt::format("{}: ", label)}, "model_cfg");
  if (!model) return std::unexpected(std::move(model.error()));
  auto text = get_section(*model, "text_cfg");
  if (!text) return std::unexpected(std::move(text.error()));
  if (text->object == nullptr)
    return fail(ErrorCode::kFormat, "{}: model_cfg.text_cfg: expected an object, got none", label);
  for (const char* key : {"hf_model_name", "embed_cls", "no_causal_mask", "ls_init_value", "act_kwargs"}) {
    const Json* value = text->find(key);
    if (value != nullptr && !value->is_null() && *value != false) {
      return fail(ErrorCode::kUnsupported, "{}{}: expected none, got {}", text->where, key, shown(*value));
    }
  }
  ClipTextConfig out;
  out.eos_id = 2;  // reads the sentence at the largest id
  double mlp_ratio = 4.0, eps = 1e-5;
  const struct {
    const Section* in;
    std::string_view key;
    int high;
    int* out;
  } numbers[] = {
      {&*model, "embed_dim", kMaxWidth, &out.projection},
      {&*text, "width", kMaxWidth, &out.width},
      {&*text, "layers", kMaxLayers, &out.layers},
      {&*text, "heads", kMaxHeads, &out.heads},
      {&*text, "vocab_size", kMaxVocab, &out.vocab},
      {&*text, "context_length", kMaxPositions, &out.positions},
  };
  for (const auto& n : numbers) {
    if (auto r = get_int(*n.in, n.key, 1, n.high, *n.out); !r) return std::unexpected(std::move(r.error()));
  }
  if (auto r = get_positive(*text, "mlp_ratio", 64.0, mlp_ratio); !r)
    return std::unexpected(std::move(r.error()));
  out.mlp_width = static_cast<int>(out.width * mlp_ratio);  // truncated, as OpenCLIP does
  const auto norm = get_section(*text, "norm_kwargs");
  if (!norm) return std::unexpected(norm.error());
  if (auto r = get_positive(*norm, "eps", 1.0, eps); !r) return std::unexpected(std::move(r.error()));
  out.layer_norm_eps = static_cast<float>(eps);
  const Json* quick = model->find("quick_gelu");
  if (quick != nullptr && !quick->is_boolean()) {
    return fail(ErrorCode::kFormat, "{}quick_gelu: expected true or false, got {}", model->where,
                shown(*quick));
  }
  out.activation = quick != nullptr && quick->get<bool>() ? Activation::kQuickGelu : Activation::kGelu;
  if (auto r = check_heads(*text, "width", "heads", out); !r) return std::unexpected(std::move(r.error()));
  return out;
}

}  // namespace regard
