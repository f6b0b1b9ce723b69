#include "core/models/clip_weights.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/formats/safetensors.h"
#include "core/formats/utf8.h"

namespace regard {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxShards = 512;

std::string shape_text(std::span<const std::uint64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

// The files a model's tensors lie in: one, or the shards an index names.
struct TensorFiles {
  std::vector<Safetensors> files;
  std::string label;  // the single file or the index, for messages

  // Which file holds it, or null.
  const Safetensors* holder(std::string_view name) const {
    const auto it =
        std::ranges::find_if(files, [&](const Safetensors& f) { return f.find(name) != nullptr; });
    return it == files.end() ? nullptr : &*it;
  }

  Result<std::vector<float>> read(const std::string& name, std::span<const std::uint64_t> shape) const {
    const Safetensors* file = holder(name);
    if (file == nullptr) {
      return fail(ErrorCode::kShape, "{}: {}: expected shape {}, got no such tensor", label, name,
                  shape_text(shape));
    }
    const TensorInfo& info = *file->find(name);
    if (!std::ranges::equal(info.shape, shape)) {
      return fail(ErrorCode::kShape, "{}: {}: expected shape {}, got {}", file->label(), name,
                  shape_text(shape), shape_text(info.shape));
    }
    return file->read_f32(name, shape);
  }
};

// A name inside the folder and nothing else: an index must not make us open /etc/passwd or ../x.
bool is_plain_file_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == name.npos;
}

std::string label_of(const fs::path& path) { return printable(path.string(), 4096); }

Result<TensorFiles> open_shards(const fs::path& folder, const char* index_name) {
  const std::string label = label_of(folder / index_name);
  auto index = read_json(folder / index_name);
  if (!index) return std::unexpected(std::move(index.error()));
  const auto map = index->find("weight_map");
  if (map == index->end() || !map->is_object()) {
    return fail(ErrorCode::kFormat, "{}: weight_map: expected an object of tensor to file", label);
  }
  std::set<std::string> names;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string() || !is_plain_file_name(file.get_ref<const std::string&>())) {
      return fail(ErrorCode::kFormat, "{}: {}: expected the name of a file in the same folder, got {}", label,
                  shown(Json(tensor)), shown(file));
    }
    names.insert(file.get<std::string>());
    if (names.size() > kMaxShards) {
      return fail(ErrorCode::kFormat, "{}: weight_map: expected at most {} files, got more", label,
                  kMaxShards);
    }
  }
  TensorFiles out{{}, label};
  for (const std::string& name : names) {
    auto file = Safetensors::open(folder / name);
    if (!file) return std::unexpected(std::move(file.error()));
    out.files.push_back(std::move(*file));
  }
  return out;
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

constexpr std::array kHuggingFaceFiles = {"model.safetensors", "model.safetensors.index.json",
                                          "model.fp16.safetensors", "model.safetensors.index.fp16.json"};
constexpr std::array kOpenClipFiles = {"open_clip_model.safetensors", "model.safetensors"};

// The first of `names` that is there, as it is; null when none is.
const char* first_there(const fs::path& folder, std::span<const char* const> names) {
  const auto it = std::ranges::find_if(names, [&](const char* name) { return is_file(folder / name); });
  return it == names.end() ? nullptr : *it;
}

Result<TensorFiles> open_tensors(const fs::path& folder, std::span<const char* const> names) {
  const char* name = first_there(folder, names);
  if (name == nullptr) {
    const bool pickle =
        is_file(folder / "pytorch_model.bin") || is_file(folder / "open_clip_pytorch_model.bin");
    return fail(ErrorCode::kIo, "{}: expected {}, got {}", label_of(folder), names[0],
                pickle ? "only a .bin file, which may run code and is not read" : "no such file");
  }
  if (std::string_view(name).ends_with(".json")) return open_shards(folder, name);
  auto file = Safetensors::open(folder / name);
  if (!file) return std::unexpected(std::move(file.error()));
  TensorFiles out{{}, file->label()};
  out.files.push_back(std::move(*file));
  return out;
}

// Reads tensors into Eigen and remembers the first thing that went wrong, so that a layer reads as a list of
// names.
class Reader {
 public:
  explicit Reader(const TensorFiles& files) : files_(files) {}

  Matrix matrix(const std::string& name, int rows, int cols) {
    const std::uint64_t shape[] = {static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(cols)};
    const std::vector<float> values = read(name, shape);
    if (values.empty()) return {};
    return ConstMatrixMap(values.data(), rows, cols);
  }

  RowVector vector(const std::string& name, int size) {
    const std::uint64_t shape[] = {static_cast<std::uint64_t>(size)};
    const std::vector<float> values = read(name, shape);
    if (values.empty()) return {};
    return Eigen::Map<const RowVector>(values.data(), size);
  }

  Linear linear(const std::string& name, int in, int out) {
    return {matrix(name + ".weight", out, in), vector(name + ".bias", out), {}};
  }

  LayerNorm norm(const std::string& name, int size) {
    return {vector(name + ".weight", size), vector(name + ".bias", size)};
  }

  bool failed() const { return error_.has_value(); }
  Error& error() { return *error_; }

 private:
  std::vector<float> read(const std::string& name, std::span<const std::uint64_t> shape) {
    if (failed()) return {};
    auto values = files_.read(name, shape);
    if (values) return std::move(*values);
    error_ = std::move(values.error());
    return {};
  }

  const TensorFiles& files_;
  std::optional<Error> error_;
};

ClipTextLayer read_hf_layer(Reader& in, const std::string& name, const ClipTextConfig& c) {
  ClipTextLayer layer;
  layer.norm1 = in.norm(name + "layer_norm1", c.width);
  layer.query = in.linear(name + "self_attn.q_proj", c.width, c.width);
  layer.key = in.linear(name + "self_attn.k_proj", c.width, c.width);
  layer.value = in.linear(name + "self_attn.v_proj", c.width, c.width);
  layer.out = in.linear(name + "self_attn.out_proj", c.width, c.width);
  layer.norm2 = in.norm(name + "layer_norm2", c.width);
  layer.mlp_in = in.linear(name + "mlp.fc1", c.width, c.mlp_width);
  layer.mlp_out = in.linear(name + "mlp.fc2", c.mlp_width, c.width);
  return layer;
}

// OpenCLIP keeps q, k and v in one matrix: rows 0..D are q, D..2D k, 2D..3D v.
ClipTextLayer read_open_clip_layer(Reader& in, const std::string& name, const ClipTextConfig& c) {
  ClipTextLayer layer;
  layer.norm1 = in.norm(name + "ln_1", c.width);
  const Matrix qkv = in.matrix(name + "attn.in_proj_weight", 3 * c.width, c.width);  // [3D][D]
  const RowVector qkv_bias = in.vector(name + "attn.in_proj_bias", 3 * c.width);     // [3D]
  if (in.failed()) return layer;
  Linear* parts[] = {&layer.query, &layer.key, &layer.value};
  for (int i = 0; i < 3; ++i) {
    parts[i]->weight = qkv.middleRows(i * c.width, c.width);
    parts[i]->bias = qkv_bias.segment(i * c.width, c.width);
  }
  layer.out = in.linear(name + "attn.out_proj", c.width, c.width);
  layer.norm2 = in.norm(name + "ln_2", c.width);
  layer.mlp_in = in.linear(name + "mlp.c_fc", c.width, c.mlp_width);
  layer.mlp_out = in.linear(name + "mlp.c_proj", c.mlp_width, c.width);
  return layer;
}

// How a checkpoint names its tensors.
struct Naming {
  std::string prefix;  // before every name of the text tower
  std::string root;    // before text_projection
  bool open_clip = false;
};

// Names carry a prefix that depends on the class that was saved; the token embedding tells which.
Result<Naming> find_naming(const TensorFiles& files, const ClipTextConfig& c) {
  const Naming known[] = {
      {"text_model.", "", false}, {"clip.text_model.", "clip.", false}, {"", "", false}, {"", "", true},
      {"text.", "text.", true},   {"module.", "module.", true},
  };
  for (const Naming& naming : known) {
    const char* table = naming.open_clip ? "token_embedding.weight" : "embeddings.token_embedding.weight";
    if (files.holder(naming.prefix + table) != nullptr) return naming;
  }
  return fail(ErrorCode::kShape,
              "{}: text_model.embeddings.token_embedding.weight: expected shape [{}, {}], got no such tensor",
              files.label, c.vocab, c.width);
}

// [P][D], or empty when the checkpoint has none and none is required.
Matrix read_projection(Reader& in, const TensorFiles& files, const Naming& naming, const ClipTextConfig& c,
                       bool required) {
  const std::string linear = naming.root + "text_projection.weight";
  const std::string bare = naming.root + "text_projection";
  if (naming.open_clip && files.holder(linear) == nullptr) {
    // OpenCLIP multiplies from the right: [D][P].
    if (!required && files.holder(bare) == nullptr) return {};
    return in.matrix(bare, c.width, c.projection).transpose();
  }
  if (!required && files.holder(linear) == nullptr) return {};
  return in.matrix(linear, c.projection, c.width);
}

Result<ClipTextWeights> read_weights(const TensorFiles& files, const ClipTextConfig& c,
                                     bool projection_required) {
  const auto naming = find_naming(files, c);
  if (!naming) return std::unexpected(naming.error());
  const std::string& at = naming->prefix;
  Reader in(files);
  ClipTextWeights weights;
  if (naming->open_clip) {
    weights.token_embedding = in.matrix(at + "token_embedding.weight", c.vocab, c.width);
    weights.position_embedding = in.matrix(at + "positional_embedding", c.positions, c.width);
  } else {
    weights.token_embedding = in.matrix(at + "embeddings.token_embedding.weight", c.vocab, c.width);
    weights.position_embedding = in.matrix(at + "embeddings.position_embedding.weight", c.positions, c.width);
  }
  for (int i = 0; i < c.layers && !in.failed(); ++i) {
    weights.layers.push_back(
        naming->open_clip ? read_open_clip_layer(in, fmt::format("{}transformer.resblocks.{}.", at, i), c)
                          : read_hf_layer(in, fmt::format("{}encoder.layers.{}.", at, i), c));
  }
  weights.final_norm = in.norm(at + (naming->open_clip ? "ln_final" : "final_layer_norm"), c.width);
  weights.projection = read_projection(in, files, *naming, c, projection_required);
  if (in.failed()) return std::unexpected(std::move(in.error()));
  return weights;
}

// Whether the saved class has a projection of its own: a whole CLIP does, a text tower only
// ...WithProjection.
bool needs_projection(const Json& config) {
  if (const auto type = config.find("model_type"); type != config.end() && *type == "clip") return true;
  const auto classes = config.find("architectures");
  return classes != config.end() && classes->is_array() &&
         std::ranges::find(*classes, Json("CLIPTextModelWithProjection")) != classes->end();
}

}  // namespace

Result<ClipTextFiles> read_clip_text(const fs::path& folder) try {
  const bool hf_there = is_file(folder / "config.json");
  const bool open_clip_there = is_file(folder / "open_clip_config.json");
  if (!hf_there && !open_clip_there) {
    return fail(ErrorCode::kIo, "{}: expected config.json or open_clip_config.json, got neither",
                label_of(folder));
  }
  // LAION's folders hold both layouts; OpenCLIP's is taken when the other has no weights to read.
  const bool hf = hf_there && (!open_clip_there || first_there(folder, kHuggingFaceFiles) != nullptr);
  const char* config_name = hf ? "config.json" : "open_clip_config.json";
  const auto json = read_json(folder / config_name);
  if (!json) return std::unexpected(json.error());
  const std::string label = label_of(folder / config_name);
  auto config = hf ? read_clip_config(*json, label) : read_open_clip_config(*json, label);
  if (!config) return std::unexpected(std::move(config.error()));

  const auto names =
      hf ? std::span<const char* const>(kHuggingFaceFiles) : std::span<const char* const>(kOpenClipFiles);
  const auto files = open_tensors(folder, names);
  if (!files) return std::unexpected(files.error());
  auto weights = read_weights(*files, *config, hf ? needs_projection(*json) : true);
  if (!weights) return std::unexpected(std::move(weights.error()));
  if (weights->projection.size() == 0) config->projection = 0;
  return ClipTextFiles{*config, std::move(*weights)};
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "{}: expected enough memory, got '{}'", label_of(folder), error.what());
}

}  // namespace regard
