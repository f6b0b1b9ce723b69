#include "core/models/mmdit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/attention/attend.h"
#include "core/base/check.h"
#include "core/models/mmdit_weights.h"
#include "core/tensor/ops.h"

namespace regard {

namespace {

constexpr float kEps = 1e-6f;         // of every norm in this model
constexpr double kMaxRunBytes = 4e9;  // q, k, v, kept maps and pictures of a run
constexpr int kTimeWidth = 256;

// What a block makes of the conditioning vector for one stream: nine or six or two rows of [D].
class Modulation {
 public:
  // y: [1][D], already through SiLU
  Modulation(const Matrix& y, const Linear& layer, int width) : rows_(linear(y, layer)), width_(width) {}

  // LN(x) (1 + scale) + shift: adaLN is a layer norm whose gain and bias follow the time and the prompt.
  Matrix norm(ConstMatrixRef x, int shift, int scale) const {
    return layer_norm(x, {(row(scale).array() + 1.0f).matrix(), row(shift)}, kEps);
  }
  // x + gate * added
  void add_gated(const Matrix& added, int gate, Matrix& x) const {
    x.array() += added.array().rowwise() * row(gate).array();
  }

 private:
  RowVector row(int i) const { return rows_.row(0).segment(i * width_, width_); }
  Matrix rows_;
  int width_;
};

// Order of the rows. Where the text stream ends (last block) and before the output they come scale first.
enum : int { kShift, kScale, kGate, kMlpShift, kMlpScale, kMlpGate, kDualShift, kDualScale, kDualGate };
constexpr int kEndScale = 0, kEndShift = 1;

// What one forward pass carries from block to block.
struct Pass {
  const MmditConfig& config;
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
Matrix condition_of(const MmditInput& in, const MmditConfig& c, const MmditWeights& w) {
  RowVector pooled = RowVector::Zero(c.pooled_width);
  std::ranges::copy(in.pooled, pooled.data());
  Matrix y = embed_vector(timestep_embedding(in.timestep), w.time_in, w.time_out) +
             embed_vector(pooled, w.pooled_in, w.pooled_out);
  silu(y);
  return y;
}

// Queries, keys and values of one stream's tokens into the record, from token `first` on. x: [tokens][D]
void write_qkv(AttentionRecord& record, int layer, int first, const Matrix& x, const MmditQkv& w) {
  const Eigen::Index width = record.shape().head_width;
  const Matrix q = linear(x, w.query), k = linear(x, w.key), v = linear(x, w.value);  // [tokens][D]
  for (int head = 0; head < record.shape().heads; ++head) {
    auto query = record.query(layer, head).middleRows(first, x.rows());
    auto key = record.key(layer, head).middleRows(first, x.rows());
    query = q.middleCols(head * width, width);
    key = k.middleCols(head * width, width);
    if (w.query_norm.size() > 0) {
      rms_norm(query, w.query_norm, kEps);
      rms_norm(key, w.key_norm, kEps);
    }
    record.value(layer, head).middleRows(first, x.rows()) = v.middleCols(head * width, width);
  }
}

// Every head of a layer whose q, k, v are in the record, side by side. [tokens][D]
Matrix attend_all(AttentionRecord& record, int layer) {
  const AttentionShape& s = record.shape();
  Matrix joined(s.queries, s.heads * s.head_width);
  for (int head = 0; head < s.heads; ++head)
    attend(record, layer, head, joined.middleCols(head * s.head_width, s.head_width));
  return joined;
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

// One block of figure 2b. image: [N][D], text: [T][D]
void joint_block(const Pass& pass, int layer, const MmditBlock& w, Matrix& image, Matrix& text) {
  const int width = pass.config.width();
  const int patches = static_cast<int>(image.rows());
  const bool text_ends = layer + 1 == pass.config.layers;
  const Modulation of_image(pass.condition, w.image.modulation, width);
  const Modulation of_text(pass.condition, w.text.modulation, width);

  write_qkv(*pass.record, layer, 0, of_image.norm(image, kShift, kScale), w.image.qkv);
  const Matrix text_in =
      text_ends ? of_text.norm(text, kEndShift, kEndScale) : of_text.norm(text, kShift, kScale);
  write_qkv(*pass.record, layer, patches, text_in, w.text.qkv);
  const Matrix joined = attend_all(*pass.record, layer);  // [N + T][D], image first

  Matrix dual;
  if (w.dual) dual = dual_attention(pass, layer, of_image.norm(image, kDualShift, kDualScale), *w.dual);
  finish_stream(of_image, w.image, joined.topRows(patches), w.dual ? &dual : nullptr, image);
  if (!text_ends) finish_stream(of_text, w.text, joined.bottomRows(text.rows()), nullptr, text);
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

Result<void> check_side(const MmditConfig& c, const char* what, int side) {
  if (side >= c.patch && side % c.patch == 0 && side / c.patch <= c.position_side) return {};
  return fail(ErrorCode::kShape, "picture: expected a {} of {} to {}, a multiple of {}, got {}", what,
              c.patch, c.patch * c.position_side, c.patch, side);
}

Result<void> check_input(const MmditConfig& c, const MmditInput& in) {
  if (auto r = check_side(c, "height", in.height); !r) return r;
  if (auto r = check_side(c, "width", in.width); !r) return r;
  const std::size_t numbers = static_cast<std::size_t>(c.channels) * static_cast<std::size_t>(in.height) *
                              static_cast<std::size_t>(in.width);
  if (in.latent.size() != numbers) {
    return fail(ErrorCode::kShape, "picture: expected {} numbers for {} channels of {} x {}, got {}", numbers,
                c.channels, in.width, in.height, in.latent.size());
  }
  if (in.text.rows() < 1 || in.text.cols() != c.text_width) {
    return fail(ErrorCode::kShape, "text: expected at least one token of width {}, got {} of width {}",
                c.text_width, in.text.rows(), in.text.cols());
  }
  if (!in.pooled.empty() && in.pooled.size() != static_cast<std::size_t>(c.pooled_width)) {
    return fail(ErrorCode::kShape, "pooled text: expected {} numbers, got {}", c.pooled_width,
                in.pooled.size());
  }
  if (!std::isfinite(in.timestep))
    return fail(ErrorCode::kShape, "timestep: expected a number, got {}", in.timestep);
  const double tokens = in.text.rows() + static_cast<double>(in.height / c.patch) * (in.width / c.patch);
  const double bytes =
      sizeof(float) * tokens * c.width() * 3.0 * static_cast<double>(c.layers + std::ssize(c.dual_layers)) +
      2.0 * AttentionRecord::kKeptBytes + 3.0 * sizeof(float) * static_cast<double>(numbers);
  if (bytes > kMaxRunBytes) {
    return fail(ErrorCode::kShape,
                "picture: expected a run of at most {:.0f} MB, got {:.0f} MB for {} tokens",
                kMaxRunBytes * 1e-6, bytes * 1e-6, tokens);
  }
  return {};
}

Result<void> check_change(const std::vector<float>& values, const char* what, std::size_t tokens,
                          bool may_hide) {
  if (!values.empty() && values.size() != tokens) {
    return fail(ErrorCode::kShape, "{}: expected {} numbers, one a patch, then one a token, got {}", what,
                tokens, values.size());
  }
  for (std::size_t t = 0; t < values.size(); ++t) {
    if (std::isfinite(values[t]) || (may_hide && values[t] == -std::numeric_limits<float>::infinity()))
      continue;
    return fail(ErrorCode::kShape, "{} {}: expected a number{}, got {}", what, t + 1,
                may_hide ? " or -infinity" : "", values[t]);
  }
  return {};
}

// Our own loader's duty, so a bug when broken.
void check_weights(const MmditConfig& c, const MmditWeights& w) {
  REGARD_CHECK(c.layers > 0 && c.heads > 0 && c.head_width > 0 && c.patch > 0);
  REGARD_CHECK(std::ranges::is_sorted(c.dual_layers, std::less_equal<>()) || c.dual_layers.size() < 2);
  REGARD_CHECK(w.blocks.size() == static_cast<std::size_t>(c.layers));
  REGARD_CHECK(w.positions.rows() == Eigen::Index{c.position_side} * c.position_side);
  for (int i = 0; i < c.layers; ++i)
    REGARD_CHECK(w.blocks[static_cast<std::size_t>(i)].dual.has_value() == c.is_dual(i));
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
  constexpr int kHalf = kTimeWidth / 2;
  RowVector out(kTimeWidth);
  for (int k = 0; k < kHalf; ++k) {
    const float exponent = -9.210340371976184f * static_cast<float>(k) / kHalf;  // -ln(10000) k / 128
    const float angle = timestep * static_cast<float>(std::exp(static_cast<double>(exponent)));
    out(k) = std::cos(angle);
    out(kHalf + k) = std::sin(angle);
  }
  return out;
}

Mmdit::Mmdit(MmditConfig config, MmditWeights weights)
    : config_(std::move(config)), weights_(std::move(weights)) {
  check_weights(config_, weights_);
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
  auto files = read_mmdit(folder);
  if (!files) return std::unexpected(std::move(files.error()));
  return Mmdit(std::move(files->config), std::move(files->weights));
}

Result<MmditOutput> Mmdit::run(const MmditInput& in, const Intervention& change, std::stop_token stop) const {
  const MmditConfig& c = config_;
  if (auto r = check_input(c, in); !r) return std::unexpected(std::move(r.error()));
  MmditOutput out;
  out.rows = in.height / c.patch;
  out.columns = in.width / c.patch;
  const int patches = out.rows * out.columns, tokens = patches + static_cast<int>(in.text.rows());
  const auto size = static_cast<std::size_t>(tokens);
  if (auto r = check_change(change.key_bias, "key bias", size, true); !r)
    return std::unexpected(std::move(r.error()));
  if (auto r = check_change(change.key_factor, "key factor", size, false); !r)
    return std::unexpected(std::move(r.error()));

  auto record =
      std::make_shared<AttentionRecord>(AttentionShape{c.layers, c.heads, tokens, tokens, c.head_width});
  record->set_key_bias(Eigen::Map<const Vector>(change.key_bias.data(), std::ssize(change.key_bias)));
  record->set_key_factor(Eigen::Map<const Vector>(change.key_factor.data(), std::ssize(change.key_factor)));
  record->set_changed_queries(patches);
  const int duals = static_cast<int>(c.dual_layers.size());
  auto dual =
      duals == 0
          ? nullptr
          : std::make_shared<AttentionRecord>(AttentionShape{duals, c.heads, patches, patches, c.head_width});
  const Pass pass{c, condition_of(in, c, weights_), record.get(), dual.get()};

  Matrix image = embed_patches(in, c, weights_);    // [N][D]
  Matrix text = linear(in.text, weights_.text_in);  // [T][D]
  for (int layer = 0; layer < c.layers; ++layer) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "superseded by a newer request");
    joint_block(pass, layer, weights_.blocks[static_cast<std::size_t>(layer)], image, text);
  }
  const Modulation last(pass.condition, weights_.final_modulation, c.width());
  out.predicted = unpatchify(linear(last.norm(image, kEndShift, kEndScale), weights_.final_out), in, c);
  out.record = std::move(record);
  out.dual = std::move(dual);
  return out;
}

}  // namespace regard
