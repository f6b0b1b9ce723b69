#include "core/models/mmdit.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/attention/attend.h"
#include "core/models/mmdit_check.h"
#include "core/models/mmdit_weights.h"
#include "core/tensor/ops.h"

namespace regard {

namespace {

constexpr float kEps = Mmdit::kEps;
constexpr int kTimeWidth = 256;

// What a block makes of the conditioning vector for one stream: nine or six or two rows of [D].
class Modulation {
 public:
  // y: [1][D], already through SiLU
  Modulation(const Matrix& y, const Linear& layer, int width) : rows_(linear(y, layer)), width_(width) {}

  // LN(x) (1 + scale) + shift: adaLN is a layer norm whose gain and bias follow the time and the prompt.
  Matrix norm(ConstMatrixRef x, int shift, int scale) const {
    return layer_norm(x, norm(shift, scale), kEps);
  }
  LayerNorm norm(int shift, int scale) const { return {(row(scale).array() + 1.0f).matrix(), row(shift)}; }
  // x + gate * added
  void add_gated(const Matrix& added, int gate, Matrix& x) const {
    x.array() += added.array().rowwise() * row(gate).array();
  }
  RowVector row(int i) const { return rows_.row(0).segment(i * width_, width_); }

 private:
  Matrix rows_;
  int width_;
};

// Order of the rows. Where the text stream ends (last block) and before the output they come scale first.
enum : int { kShift, kScale, kGate, kMlpShift, kMlpScale, kMlpGate, kDualShift, kDualScale, kDualGate };
constexpr int kEndScale = 0, kEndShift = 1;

// What one forward pass carries from block to block.
struct Pass {
  const MmditConfig& config;
  const Intervention& change;
  Matrix condition;         // [1][D] SiLU(time + pooled text)
  AttentionRecord* record;  // joint, filled block by block
  AttentionRecord* dual;    // image only, null without
};

// Patches of the picture as tokens, row-major, and where they are. [N][D]
Matrix embed_patches(const MmditInput& in, const MmditConfig& c, const MmditWeights& w) {
  const int p = c.patch, rows = in.height / p, columns = in.width / p;
  Matrix patches(rows * columns, c.channels * p * p);
  for (int n = 0; n < rows * columns; ++n) {
    float* to = patches.row(n).data();
    for (int channel = 0; channel < c.channels; ++channel) {
      for (int y = 0; y < p; ++y) {
        const int at = (channel * in.height + n / columns * p + y) * in.width + n % columns * p;
        to = std::copy_n(in.latent.data() + at, p, to);
      }
    }
  }
  Matrix x = linear(patches, w.patch);
  const int top = (c.position_side - rows) / 2, left = (c.position_side - columns) / 2;  // the table's middle
  for (int row = 0; row < rows; ++row) {
    x.middleRows(row * columns, columns) +=
        w.positions.middleRows((top + row) * c.position_side + left, columns);
  }
  return x;
}

// W_2 silu(W_1 x). [1][D]
Matrix embed_vector(ConstMatrixRef x, const Linear& first, const Linear& second) {
  Matrix inner = linear(x, first);
  silu(inner);
  return linear(inner, second);
}

// [1][D]
Matrix condition_of(std::span<const float> given, float timestep, const MmditConfig& c,
                    const MmditWeights& w) {
  RowVector pooled = RowVector::Zero(c.pooled_width);
  std::ranges::copy(given, pooled.data());
  Matrix y = embed_vector(timestep_embedding(timestep), w.time_in, w.time_out) +
             embed_vector(pooled, w.pooled_in, w.pooled_out);
  silu(y);
  return y;
}

// Queries, keys and values of one stream's tokens into the record, from token `first` on. x: [tokens][D]
void write_qkv(AttentionRecord& record, int layer, int first, const Matrix& x, const MmditQkv& w) {
  write_heads(record, layer, first, linear(x, w.query), linear(x, w.key), linear(x, w.value));
  if (w.query_norm.size() == 0) return;
  for (int head = 0; head < record.shape().heads; ++head) {
    rms_norm(record.query(layer, head).middleRows(first, x.rows()), w.query_norm, kEps);
    rms_norm(record.key(layer, head).middleRows(first, x.rows()), w.key_norm, kEps);
  }
}

// W_2 gelu(W_1 x). [tokens][D]
Matrix mlp(const Matrix& x, const MmditStream& w) {
  Matrix inner = linear(x, w.mlp_in);  // [tokens][4D]
  gelu_tanh(inner);
  return linear(inner, w.mlp_out);
}

// The image alone, with itself: SD3.5 medium's addition. `normed` is the block's own image before attention.
Matrix dual_attention(const Pass& pass, int layer, const Matrix& normed, const MmditDual& w) {
  const auto& layers = pass.config.dual_layers;
  const int at = static_cast<int>(std::ranges::find(layers, layer) - layers.begin());
  write_qkv(*pass.dual, at, 0, normed, w.qkv);
  return linear(attend_all(*pass.dual, at), w.out);
}

// What attention brought, then the MLP, both through their gates. x: [tokens][D]
void finish_stream(const Modulation& m, const MmditStream& w, const Matrix& attended, const Matrix* dual,
                   Matrix& x) {
  m.add_gated(linear(attended, w.out), kGate, x);
  if (dual != nullptr) m.add_gated(*dual, kDualGate, x);
  m.add_gated(mlp(m.norm(x, kMlpShift, kMlpScale), w), kMlpGate, x);
}

// The text stream's input of a block.
Matrix norm_text(const Modulation& of_text, const Matrix& text, bool text_ends) {
  return text_ends ? of_text.norm(text, kEndShift, kEndScale) : of_text.norm(text, kShift, kScale);
}

// What attention gives the concepts, which read themselves and the image. normed: [C][D] -> [C][D]
Matrix attend_concepts(const Pass& pass, int layer, const Matrix& normed, const MmditQkv& w, int patches) {
  const AttentionShape& joint = pass.record->shape();
  const int concepts = static_cast<int>(normed.rows());
  AttentionRecord own({1, joint.heads, concepts, concepts + patches, joint.head_width});
  write_qkv(own, 0, 0, normed, w);
  for (int head = 0; head < joint.heads; ++head) {
    own.key(0, head).bottomRows(patches) = pass.record->key(layer, head).topRows(patches);
    own.value(0, head).bottomRows(patches) = pass.record->value(layer, head).topRows(patches);
  }
  Matrix joined = attend_all(own, 0);
  silence_heads(pass.change, layer, pass.config.head_width, joined);
  return joined;
}

// Softmax over the concepts of <o_x, o_c / |o_c|>. of_image: [N][D], of_concepts: [C][D] -> [C][N]
Matrix concept_map(ConstMatrixRef of_image, const Matrix& of_concepts) {
  Matrix scores = of_image * of_concepts.rowwise().normalized().transpose();  // [N][C]
  for (Eigen::Index n = 0; n < scores.rows(); ++n) softmax_row(scores.row(n), scores.row(n));
  return scores.transpose();
}

// The tokens between the blocks.
struct Streams {
  Matrix image;                      // [N][D]
  Matrix text;                       // [T][D]
  Matrix concepts;                   // [C][D], no row without any
  std::vector<Matrix> concept_maps;  // [C][N] a block so far
  std::vector<Matrix> joint;         // [N + T][D] what entered each block so far; at last, what left them

  Matrix together() const {
    Matrix out(image.rows() + text.rows(), image.cols());
    out << image, text;
    return out;
  }
};

// What a block does with its heads, kept for those who ask where a number goes (contribution.h).
void keep_outputs(const Pass& pass, int layer, const MmditBlock& w, const Modulation& of_image,
                  const Modulation& of_text, int patches) {
  AttentionRecord& record = *pass.record;
  record.add_output(layer, {0, patches, w.image.out, of_image.row(kGate)});
  if (layer + 1 < pass.config.layers)
    record.add_output(layer, {patches, record.shape().queries - patches, w.text.out, of_text.row(kGate)});
  if (!w.dual) return;
  const auto& layers = pass.config.dual_layers;
  const int at = static_cast<int>(std::ranges::find(layers, layer) - layers.begin());
  pass.dual->add_output(at, {0, patches, w.dual->out, of_image.row(kDualGate)});
}

// One block of figure 2b.
void joint_block(const Pass& pass, int layer, const MmditBlock& w, Streams& s) {
  const int width = pass.config.width();
  const int patches = static_cast<int>(s.image.rows());
  const bool text_ends = layer + 1 == pass.config.layers;
  const bool is_off = pass.change.is_off(layer);
  const Modulation of_image(pass.condition, w.image.modulation, width);
  const Modulation of_text(pass.condition, w.text.modulation, width);
  s.joint.push_back(s.together());

  write_qkv(*pass.record, layer, 0, of_image.norm(s.image, kShift, kScale), w.image.qkv);
  write_qkv(*pass.record, layer, patches, norm_text(of_text, s.text, text_ends), w.text.qkv);
  Matrix joined = attend_all(*pass.record, layer, pass.change);  // [N + T][D], image first
  if (s.concepts.rows() > 0) {
    const Matrix of_concepts =
        attend_concepts(pass, layer, norm_text(of_text, s.concepts, text_ends), w.text.qkv, patches);
    s.concept_maps.push_back(concept_map(joined.topRows(patches), of_concepts));
    if (!text_ends && !is_off) finish_stream(of_text, w.text, of_concepts, nullptr, s.concepts);
  }

  Matrix dual;
  if (w.dual) dual = dual_attention(pass, layer, of_image.norm(s.image, kDualShift, kDualScale), *w.dual);
  if (is_off) return;
  keep_outputs(pass, layer, w, of_image, of_text, patches);
  finish_stream(of_image, w.image, joined.topRows(patches), w.dual ? &dual : nullptr, s.image);
  if (!text_ends) finish_stream(of_text, w.text, joined.bottomRows(s.text.rows()), nullptr, s.text);
}

// What stands between two blocks: patched states put in, then kept where that is asked for.
void settle_states(const Pass& pass, const MmditInput& in, int after, Streams& s, MmditOutput& out) {
  const int patches = static_cast<int>(s.image.rows());
  patch_states(pass.change, after, s.image);
  patch_states(pass.change, after, s.text, patches);
  if (in.keep_states) out.hidden_states.push_back(s.together());
}

// Tokens back to a picture. [N][D] -> [C'][height][width]
std::vector<float> unpatchify(const Matrix& image, const MmditInput& in, const MmditConfig& c) {
  const int p = c.patch, columns = in.width / p;
  std::vector<float> out(static_cast<std::size_t>(c.out_channels) * static_cast<std::size_t>(in.height) *
                         static_cast<std::size_t>(in.width));
  for (int n = 0; n < static_cast<int>(image.rows()); ++n) {
    for (int i = 0; i < c.out_channels * p * p; ++i) {  // i = (y * p + x) * C' + channel
      const int channel = i % c.out_channels, x = i / c.out_channels % p, y = i / c.out_channels / p;
      const int at = (channel * in.height + n / columns * p + y) * in.width + n % columns * p + x;
      out[static_cast<std::size_t>(at)] = image(n, i);
    }
  }
  return out;
}

void prepare_present(std::initializer_list<Linear*> layers) {
  for (Linear* layer : layers) {
    if (layer->weight.size() > 0) prepare(*layer);
  }
}

void prepare_qkv(MmditQkv& w) { prepare_present({&w.query, &w.key, &w.value}); }

void prepare_stream(MmditStream& w) {
  prepare_qkv(w.qkv);
  prepare_present({&w.modulation, &w.out, &w.mlp_in, &w.mlp_out});
}

}  // namespace

bool MmditConfig::is_dual(int layer) const {
  return std::ranges::find(dual_layers, layer) != dual_layers.end();
}

RowVector timestep_embedding(float timestep) {
  constexpr int kCosines = kTimeWidth / 2;
  RowVector out(kTimeWidth);
  for (int k = 0; k < kCosines; ++k) {
    const float exponent = -9.210340371976184f * static_cast<float>(k) / kCosines;  // -ln(10000) k / 128
    const float angle = timestep * static_cast<float>(std::exp(static_cast<double>(exponent)));
    out(k) = std::cos(angle);
    out(kCosines + k) = std::sin(angle);
  }
  return out;
}

Mmdit::Mmdit(MmditConfig config, MmditWeights weights)
    : config_(std::move(config)), weights_(std::move(weights)) {
  check_mmdit_weights(config_, weights_);
  MmditWeights& w = weights_;
  prepare_present({&w.patch, &w.time_in, &w.time_out, &w.pooled_in, &w.pooled_out, &w.text_in,
                   &w.final_modulation, &w.final_out});
  for (MmditBlock& block : w.blocks) {
    prepare_stream(block.image);
    prepare_stream(block.text);
    if (!block.dual) continue;
    prepare_qkv(block.dual->qkv);
    prepare_present({&block.dual->out});
  }
}

Result<Mmdit> Mmdit::open(const std::filesystem::path& folder) {
  REGARD_TRY(auto files, read_mmdit(folder));
  return Mmdit(std::move(files.config), std::move(files.weights));
}

Matrix Mmdit::condition(std::span<const float> pooled, float timestep) const {
  return condition_of(pooled, timestep, config_, weights_);
}

BlockModulation Mmdit::modulation(const Matrix& condition, int layer, MmditPart part) const {
  const MmditBlock& block = weights_.blocks[static_cast<std::size_t>(layer)];
  const bool is_text = part == MmditPart::kText;
  const Modulation rows(condition, (is_text ? block.text : block.image).modulation, config_.width());
  if (is_text && layer + 1 == config_.layers) return {rows.norm(kEndShift, kEndScale), {}, {}, {}};
  return {rows.norm(kShift, kScale), rows.norm(kMlpShift, kMlpScale), rows.row(kGate), rows.row(kMlpGate)};
}

LayerNorm Mmdit::final_norm(const Matrix& condition) const {
  return Modulation(condition, weights_.final_modulation, config_.width()).norm(kEndShift, kEndScale);
}

Result<MmditOutput> Mmdit::run(const MmditInput& in, const Intervention& change, std::stop_token stop) const {
  const MmditConfig& c = config_;
  REGARD_TRY_DO(check_mmdit_input(c, in));
  MmditOutput out;
  out.rows = in.height / c.patch;
  out.columns = in.width / c.patch;
  const int patches = out.rows * out.columns, tokens = patches + static_cast<int>(in.text.rows());
  auto record =
      std::make_shared<AttentionRecord>(AttentionShape{c.layers, c.heads, tokens, tokens, c.head_width});
  record->set_changed_queries(patches);
  REGARD_TRY_DO(apply_intervention(change, AttentionKind::kJoint, *record));
  const int duals = static_cast<int>(c.dual_layers.size());
  auto dual =
      duals == 0
          ? nullptr
          : std::make_shared<AttentionRecord>(AttentionShape{duals, c.heads, patches, patches, c.head_width});
  const Pass pass{c, change, condition(in.pooled, in.timestep), record.get(), dual.get()};

  Streams streams{embed_patches(in, c, weights_), linear(in.text, weights_.text_in), {}, {}, {}};
  if (in.concepts != nullptr) streams.concepts = linear(*in.concepts, weights_.text_in);
  settle_states(pass, in, 0, streams, out);
  for (int layer = 0; layer < c.layers; ++layer) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "superseded by a newer request");
    joint_block(pass, layer, weights_.blocks[static_cast<std::size_t>(layer)], streams);
    settle_states(pass, in, layer + 1, streams, out);
  }
  const Matrix normed = layer_norm(streams.image, final_norm(pass.condition), kEps);
  out.predicted = unpatchify(linear(normed, weights_.final_out), in, c);
  out.concept_maps = std::move(streams.concept_maps);
  streams.joint.push_back(streams.together());
  record->set_streams(std::make_shared<const std::vector<Matrix>>(std::move(streams.joint)));
  out.record = std::move(record);
  out.dual = std::move(dual);
  return out;
}

}  // namespace regard
