#include "core/models/clip_weights.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/models/layers_on_demand.h"
#include "core/models/tensor_files.h"

namespace regard {

namespace fs = std::filesystem;

namespace {

ClipTextLayer read_hf_layer(TensorReader& in, const std::string& name, const ClipTextConfig& c) {
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
ClipTextLayer read_open_clip_layer(TensorReader& in, const std::string& name, const ClipTextConfig& c) {
  ClipTextLayer layer;
  layer.norm1 = in.norm(name + "ln_1", c.width);
  const Matrix qkv = in.matrix(name + "attn.in_proj_weight", 3 * c.width, c.width);  // [3D][D]
  const RowVector qkv_bias = in.vector(name + "attn.in_proj_bias", 3 * c.width);     // [3D]
  Linear* parts[] = {&layer.query, &layer.key, &layer.value};
  for (int i = 0; i < 3 && qkv.size() > 0 && qkv_bias.size() > 0; ++i) {
    parts[i]->packed = narrowed(pack_transposed(qkv.middleRows(i * c.width, c.width)));
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
    if (files.has(naming.prefix + table)) return naming;
  }
  return fail(ErrorCode::kShape,
              "{}: text_model.embeddings.token_embedding.weight: expected shape [{}, {}], got no such tensor",
              files.label, c.vocab, c.width);
}

// [P][D], or empty when the checkpoint has none and none is required.
Matrix read_projection(TensorReader& in, const TensorFiles& files, const Naming& naming,
                       const ClipTextConfig& c, bool required) {
  const std::string linear = naming.root + "text_projection.weight";
  const std::string bare = naming.root + "text_projection";
  if (naming.open_clip && !files.has(linear)) {
    // OpenCLIP multiplies from the right: [D][P].
    if (!required && !files.has(bare)) return {};
    return in.matrix(bare, c.width, c.projection).transpose();
  }
  if (!required && !files.has(linear)) return {};
  return in.matrix(linear, c.projection, c.width);
}

Result<ClipTextWeights> read_weights(const SharedFiles& files, const ClipTextConfig& c,
                                     bool projection_required) {
  REGARD_TRY(const auto naming, find_naming(*files, c));
  const std::string& at = naming.prefix;
  TensorReader in(*files);
  ClipTextWeights weights;
  if (naming.open_clip) {
    weights.token_embedding = in.matrix(at + "token_embedding.weight", c.vocab, c.width);
    weights.position_embedding = in.matrix(at + "positional_embedding", c.positions, c.width);
  } else {
    weights.token_embedding = in.matrix(at + "embeddings.token_embedding.weight", c.vocab, c.width);
    weights.position_embedding = in.matrix(at + "embeddings.position_embedding.weight", c.positions, c.width);
  }
  weights.layers =
      layers_on_demand<ClipTextLayer>(files, in, c.layers, [naming, c](TensorReader& from, int layer) {
        return naming.open_clip
                   ? read_open_clip_layer(from,
                                          fmt::format("{}transformer.resblocks.{}.", naming.prefix, layer), c)
                   : read_hf_layer(from, fmt::format("{}encoder.layers.{}.", naming.prefix, layer), c);
      });
  weights.final_norm = in.norm(at + (naming.open_clip ? "ln_final" : "final_layer_norm"), c.width);
  weights.projection = read_projection(in, *files, naming, c, projection_required);
  if (in.failed()) return std::unexpected(std::move(in.error()));
  return weights;
}

// Whether the saved class has a projection of its own: a whole CLIP does, a text tower only
// ...WithProjection.
bool text_needs_projection(const Json& config) {
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
  const bool hf = hf_there && (!open_clip_there || first_there(folder, hugging_face_files()) != nullptr);
  const char* config_name = hf ? "config.json" : "open_clip_config.json";
  REGARD_TRY(const auto json, read_json(folder / config_name));
  const std::string label = label_of(folder / config_name);
  REGARD_TRY(auto config, hf ? read_clip_config(json, label) : read_open_clip_config(json, label));

  const auto names = hf ? hugging_face_files() : open_clip_files();
  REGARD_TRY(auto files, open_tensors(folder, names));
  REGARD_TRY(auto weights, read_weights(std::make_shared<const TensorFiles>(std::move(files)), config,
                                        hf ? text_needs_projection(json) : true));
  if (weights.projection.size() == 0) config.projection = 0;
  return ClipTextFiles{config, std::move(weights)};
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "{}: expected enough memory, got '{}'", label_of(folder), error.what());
}

}  // namespace regard
