#include "core/models/vit.h"

#include <utility>

#include "core/attention/attend.h"
#include "core/base/check.h"
#include "core/models/vit_weights.h"
#include "core/tensor/non_finite.h"

namespace regard {

namespace {

constexpr double kMaxTokens = 16'384;  // 128 x 128 patches
constexpr double kMaxRunBytes = 4e9;   // what a run leaves behind; DINOv2-S at 518 pixels: 104 MB

// A picture cut into patches, each a row by channel, then pixel row, then pixel column. [N][C*p*p]
Matrix cut(std::span<const float> pixels, int width, int height, const VitConfig& c) {
  const Eigen::Index p = c.patch, columns = width / c.patch, rows = height / c.patch;
  Matrix out(rows * columns, c.channels * p * p);
  for (Eigen::Index n = 0; n < out.rows(); ++n) {
    const Eigen::Index top = n / columns * p, left = n % columns * p;
    for (Eigen::Index channel = 0; channel < c.channels; ++channel) {
      const float* at = pixels.data() + (channel * height + top) * width + left;
      for (Eigen::Index y = 0; y < p; ++y) {
        out.row(n).segment((channel * p + y) * p, p) = Eigen::Map<const RowVector>(at + y * width, p);
      }
    }
  }
  return out;
}

// [specials; patches + positions], normed where the family does so. [T][D]
Matrix embed(std::span<const float> pixels, int width, int height, const VitConfig& c, const VitWeights& w) {
  const Matrix patches = linear(cut(pixels, width, height, c), w.patch);  // [N][D]
  Matrix x(w.specials.rows() + patches.rows(), c.width);
  x.topRows(w.specials.rows()) = w.specials;
  x.bottomRows(patches.rows()) =
      patches + resize_positions(w.positions, c.rows(), c.columns(), height / c.patch, width / c.patch,
                                 c.resize_antialias);
  return c.pre_norm ? layer_norm(x, w.pre_norm, c.layer_norm_eps) : x;
}

// What a block adds, times its gain where there is one.
void add_scaled(const Matrix& block, const RowVector& scale, Matrix& x) {
  if (scale.size() > 0) {
    x.array() += block.array().rowwise() * scale.array();
  } else {
    x += block;
  }
}

// x + W_out [head 1 | head 2 | ...]. x: [T][D]
void attention_block(const VitConfig& c, int layer, const VitLayer& w, const Intervention& change,
                     AttentionRecord& record, Matrix& x) {
  const Matrix normed = layer_norm(x, w.norm1, c.layer_norm_eps);
  const Matrix q = linear(normed, w.query);  // [T][D], head h in columns h*E..(h+1)*E
  const Matrix k = linear(normed, w.key);
  const Matrix v = linear(normed, w.value);
  write_heads(record, layer, 0, q, k, v);
  const Matrix attended = attend_all(record, layer, change);  // [T][D]
  if (!change.is_off(layer)) add_scaled(linear(attended, w.out), w.scale1, x);
  record.add_output(layer, {.count = record.shape().queries, .projection = w.out, .gain = w.scale1});
}

// silu(a) * b of the halves [a | b]. [T][2F] -> [T][F]
Matrix gate(const Matrix& halves) {
  const Eigen::Index width = halves.cols() / 2;
  Matrix a = halves.leftCols(width);
  silu(a);
  return a.cwiseProduct(halves.rightCols(width));
}

// x + W_2 activation(W_1 x). x: [T][D]
void mlp_block(const VitConfig& c, const VitLayer& w, Matrix& x) {
  Matrix inner = linear(layer_norm(x, w.norm2, c.layer_norm_eps), w.mlp_in);  // [T][F], gated [T][2F]
  if (c.swiglu) {
    inner = gate(inner);
  } else {
    activate(c.activation, inner);
  }
  add_scaled(linear(inner, w.mlp_out), w.scale2, x);
}

// What stands for the whole picture.
void pool(const VitConfig& c, const VitWeights& w, const Matrix& x, VitOutput& out) {
  if (c.family == VitFamily::kClip) {
    out.last_hidden = x;
    out.pooled = layer_norm(x.topRows(1), w.final_norm, c.layer_norm_eps);
    if (w.projection.size() > 0) out.embedding = out.pooled * w.projection.transpose();
    return;
  }
  out.last_hidden = layer_norm(x, w.final_norm, c.layer_norm_eps);
  out.pooled = out.last_hidden.row(0);
  if (c.pooler) out.pooled = linear(out.pooled, w.pooler).array().tanh();
}

Result<void> check_size(const VitConfig& c, std::size_t pixels, int width, int height, bool any_size) {
  if (width < c.patch || height < c.patch) {
    return fail(ErrorCode::kShape, "picture: expected at least {0} x {0} pixels, got {1} x {2}", c.patch,
                width, height);
  }
  const bool own = width == c.image_width && height == c.image_height;
  if (!own && !any_size && c.resize == PositionResize::kNever) {
    return fail(ErrorCode::kShape, "picture: expected {} x {} pixels, got {} x {}", c.image_width,
                c.image_height, width, height);
  }
  const std::size_t wanted = static_cast<std::size_t>(c.channels) * static_cast<std::size_t>(width) *
                             static_cast<std::size_t>(height);
  if (pixels != wanted) {
    return fail(ErrorCode::kShape, "picture: expected {} numbers for {} channels of {} x {}, got {}", wanted,
                c.channels, width, height, pixels);
  }
  const int rows = height / c.patch, columns = width / c.patch;
  const double tokens = c.specials() + static_cast<double>(rows) * columns;
  if (tokens > kMaxTokens) {
    return fail(ErrorCode::kShape, "picture: expected at most {:.0f} tokens, got {:.0f} for {} x {}",
                kMaxTokens, tokens, width, height);
  }
  // q, k, v and the hidden states.
  const double bytes = sizeof(float) * tokens * c.width * (4.0 * c.layers + 1.0);
  if (bytes > kMaxRunBytes) {
    return fail(ErrorCode::kShape, "picture: expected a run of at most {:.0f} MB, got {:.0f} MB for {} x {}",
                kMaxRunBytes * 1e-6, bytes * 1e-6, width, height);
  }
  return {};
}

// Our own loader's duty, so a bug when broken.
void check_weights(const VitConfig& c, const VitWeights& w) {
  REGARD_CHECK(c.heads > 0 && c.width % c.heads == 0 && c.patch > 0);
  REGARD_CHECK(w.layers.size() == c.layers);
  REGARD_CHECK(w.specials.rows() == c.specials() && w.specials.cols() == c.width);
  REGARD_CHECK(w.positions.rows() == Eigen::Index{c.rows()} * c.columns() && w.positions.cols() == c.width);
  REGARD_CHECK(w.projection.size() == 0 || w.projection.cols() == c.width);
}

}  // namespace

void prepare(VitLayer& layer) {
  for (Linear* part : {&layer.query, &layer.key, &layer.value, &layer.out, &layer.mlp_in, &layer.mlp_out})
    prepare(*part);
}

Vit::Vit(VitConfig config, VitWeights weights) : config_(config), weights_(std::move(weights)) {
  check_weights(config_, weights_);
  prepare(weights_.patch);
  if (config_.pooler) prepare(weights_.pooler);
}

Result<Vit> Vit::open(const std::filesystem::path& folder) {
  REGARD_TRY(auto files, read_vit(folder));
  return Vit(files.config, std::move(files.weights));
}

std::vector<std::string> Vit::special_names() const {
  std::vector<std::string> names = {"CLS"};
  if (config_.distilled) names.emplace_back("DIST");
  for (int i = 0; i < config_.registers; ++i) names.push_back(fmt::format("REG{}", i + 1));
  return names;
}

Result<VitOutput> Vit::run(std::span<const float> pixels, int width, int height, const Intervention& change,
                           std::stop_token stop, const VitRunOptions& options) const {
  const VitConfig& c = config_;
  REGARD_TRY_DO(check_size(c, pixels.size(), width, height, options.any_size));
  VitOutput out;
  out.columns = width / c.patch;
  out.rows = height / c.patch;
  out.specials = c.specials();
  const int tokens = out.specials + out.columns * out.rows;
  auto record = std::make_shared<AttentionRecord>(
      AttentionShape{c.layers, c.heads, tokens, tokens, c.width / c.heads}, options.kept_map_bytes);
  REGARD_TRY_DO(apply_intervention(change, AttentionKind::kTower, *record));

  Matrix x = embed(pixels, width, height, c, weights_);
  const SharedPart before = recent_->find(x, record->keeps_maps(), change);
  out.layers_taken_over = before.layers;
  if (before.whole) {
    out.record = before.record;
    out.hidden_states = before.hidden_states;
    pool(c, weights_, out.hidden_states->back(), out);
    return out;
  }
  std::vector<Matrix> hidden_states;
  if (before.layers > 0) {
    hidden_states = take_layers(before, *record);
    x = hidden_states.back();
  } else {
    patch_states(change, 0, x);
    hidden_states.push_back(x);
  }
  for (int layer = before.layers; layer < c.layers; ++layer) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "superseded by a newer request");
    REGARD_TRY(const VitLayer* const weights, weights_.layers.get(layer));
    attention_block(c, layer, *weights, change, *record, x);
    if (!change.is_off(layer)) mlp_block(c, *weights, x);
    patch_states(change, layer + 1, x);
    hidden_states.push_back(x);
    if (options.tell && layer + 1 < c.layers) options.tell(*record, layer + 1);
  }
  out.hidden_states = std::make_shared<const std::vector<Matrix>>(std::move(hidden_states));
  record->set_streams(out.hidden_states);
  pool(c, weights_, x, out);
  // A number that is none spreads to every later token: the last hidden state tells.
  record->non_finite =
      count_non_finite({out.last_hidden.data(), static_cast<std::size_t>(out.last_hidden.size())}).count;
  out.record = std::move(record);
  recent_->add({}, change, out.record, out.hidden_states);
  return out;
}

}  // namespace regard
