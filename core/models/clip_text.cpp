#include "core/models/clip_text.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/attention/attend.h"
#include "core/base/check.h"
#include "core/models/clip_weights.h"
#include "core/tensor/non_finite.h"

namespace regard {

namespace {

constexpr double kMaxMapBytes = 2e9;  // scores and attention of a run; a model of CLIP's own length needs 7e6

// token + position, from one position on. [T - first][D]
Matrix embed(std::span<const int> ids, int first, const ClipTextWeights& weights) {
  Matrix x(std::ssize(ids) - first, weights.token_embedding.cols());
  for (Eigen::Index row = 0; row < x.rows(); ++row) {
    const Eigen::Index t = first + row;
    x.row(row) =
        weights.token_embedding.row(ids[static_cast<std::size_t>(t)]) + weights.position_embedding.row(t);
  }
  return x;
}

// x + W_out [head 1 | head 2 | ...]. x: [T - first][D], the last rows of the sequence
void attention_block(const ClipTextConfig& config, int layer, const ClipTextLayer& weights,
                     const Intervention& change, AttentionRecord& record, Matrix& x) {
  const int first = record.shape().queries - static_cast<int>(x.rows());
  const Matrix normed = layer_norm(x, weights.norm1, config.layer_norm_eps);
  const Matrix q = linear(normed, weights.query);  // [T - first][D], head h in columns h*E..(h+1)*E
  const Matrix k = linear(normed, weights.key);
  const Matrix v = linear(normed, weights.value);
  write_heads(record, layer, first, q, k, v);
  const Matrix attended = attend_all(record, layer, change, first);  // [T - first][D]
  if (!change.is_off(layer)) x += linear(attended, weights.out);
  record.add_output(layer, {.count = record.shape().queries, .projection = weights.out, .gain = {}});
}

// x + W_2 activation(W_1 x). x: [T][D]
void mlp_block(const ClipTextConfig& config, const ClipTextLayer& weights, Matrix& x) {
  Matrix inner = linear(layer_norm(x, weights.norm2, config.layer_norm_eps), weights.mlp_in);  // [T][F]
  activate(config.activation, inner);
  x += linear(inner, weights.mlp_out);
}

// [T][D] of which the first rows are those of an earlier run.
Matrix stacked(const Matrix& before, int rows, const Matrix& x) {
  Matrix out(rows + x.rows(), x.cols());
  out.topRows(rows) = before.topRows(rows);
  out.bottomRows(x.rows()) = x;
  return out;
}

std::int64_t non_finite_in(const AttentionRecord& record) {
  NonFinite found;
  for (int layer = 0; layer < record.shape().layers; ++layer) {
    for (int head = 0; head < record.shape().heads; ++head) {
      const ConstMatrixMap map = record.attention(layer, head);
      found += count_non_finite({map.data(), static_cast<std::size_t>(map.size())});
    }
  }
  return found.count;
}

Result<void> check_ids(const ClipTextConfig& config, std::span<const int> ids) {
  if (ids.empty()) return fail(ErrorCode::kShape, "tokens: expected 1 to {}, got 0", config.positions);
  if (ids.size() > static_cast<std::size_t>(config.positions)) {
    return fail(ErrorCode::kShape, "tokens: expected 1 to {}, got {}", config.positions, ids.size());
  }
  const double maps =
      2.0 * sizeof(float) * config.layers * config.heads * std::pow(static_cast<double>(ids.size()), 2);
  if (maps > kMaxMapBytes) {
    return fail(ErrorCode::kShape, "tokens: expected maps of at most {:.0f} MB, got {:.0f} MB for {} tokens",
                kMaxMapBytes * 1e-6, maps * 1e-6, ids.size());
  }
  for (std::size_t t = 0; t < ids.size(); ++t) {
    if (ids[t] < 0 || ids[t] >= config.vocab) {
      return fail(ErrorCode::kShape, "token {}: expected an id from 0 to {}, got {}", t + 1, config.vocab - 1,
                  ids[t]);
    }
  }
  return {};
}

// The tensors of a layer, each against what the configuration says: our own loader's duty, so a bug when
// broken.
void check_weights(const ClipTextConfig& config, const ClipTextWeights& weights) {
  REGARD_CHECK(config.heads > 0 && config.width % config.heads == 0);
  REGARD_CHECK(weights.layers.size() == config.layers);
  REGARD_CHECK(weights.token_embedding.rows() == config.vocab &&
               weights.token_embedding.cols() == config.width);
  REGARD_CHECK(weights.position_embedding.rows() == config.positions &&
               weights.position_embedding.cols() == config.width);
  REGARD_CHECK(weights.projection.size() == 0 || weights.projection.cols() == config.width);
}

}  // namespace

void prepare(ClipTextLayer& layer) {
  for (Linear* part : {&layer.query, &layer.key, &layer.value, &layer.out, &layer.mlp_in, &layer.mlp_out})
    prepare(*part);
}

ClipText::ClipText(ClipTextConfig config, ClipTextWeights weights)
    : config_(config), weights_(std::move(weights)) {
  check_weights(config_, weights_);
}

Result<ClipText> ClipText::open(const std::filesystem::path& folder) {
  REGARD_TRY(auto files, read_clip_text(folder));
  return ClipText(files.config, std::move(files.weights));
}

Result<ClipTextOutput> ClipText::run(std::span<const int> ids, const Intervention& change,
                                     std::stop_token stop, const TellLayers& tell) const {
  REGARD_TRY_DO(check_ids(config_, ids));
  SharedPart before = recent_->find(ids, change);
  // Eigen sums up a row from its first aligned number on: rows of another width are not all summed alike.
  if (config_.width % 4 != 0 && before.rows > 0) before = {};
  REGARD_TRY(ClipTextOutput out, compute(ids, change, before, stop, tell));
  // NaN and Inf reach rows before them, where a key that is masked is 0 times its value.
  if (before.rows > 0 && !out.hidden_states->back().allFinite()) {
    REGARD_TRY(out, compute(ids, change, {}, stop, tell));
  }
  out.last_hidden = layer_norm(out.hidden_states->back(), weights_.final_norm, config_.layer_norm_eps);
  out.pooled_row = pooled_position(ids, config_.eos_id);
  out.pooled = out.last_hidden.row(out.pooled_row);
  if (weights_.projection.size() > 0) out.embedding = out.pooled * weights_.projection.transpose();
  if (!before.whole) recent_->add(ids, change, out.record, out.hidden_states);
  return out;
}

// Record and hidden states of a run.
Result<ClipTextOutput> ClipText::compute(std::span<const int> ids, const Intervention& change,
                                         const SharedPart& before, std::stop_token stop,
                                         const TellLayers& tell) const {
  ClipTextOutput out;
  out.rows_taken_over = before.rows;
  out.layers_taken_over = before.layers;
  if (before.whole) {
    out.record = before.record;
    out.hidden_states = before.hidden_states;
    return out;
  }
  const int tokens = static_cast<int>(ids.size());
  auto record = std::make_shared<AttentionRecord>(
      AttentionShape{config_.layers, config_.heads, tokens, tokens, config_.width / config_.heads},
      kMaxMapBytes);  // always kept
  record->set_causal(true);
  REGARD_TRY_DO(apply_intervention(change, AttentionKind::kTower, *record));
  if (before.rows > 0) copy_rows(*before.record, before.rows, *record);

  Matrix x = embed(ids, before.rows, weights_);  // of the rows that are computed
  std::vector<Matrix> hidden_states;
  if (before.layers > 0) {
    hidden_states = take_layers(before, *record);
    x = hidden_states.back();
  }
  const auto keep = [&] {
    if (before.rows > 0) {
      hidden_states.push_back(stacked((*before.hidden_states)[hidden_states.size()], before.rows, x));
    } else {
      hidden_states.push_back(x);
    }
  };
  if (before.layers == 0) {
    patch_states(change, 0, x);
    keep();
  }
  for (int layer = before.layers; layer < config_.layers; ++layer) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "superseded by a newer request");
    REGARD_TRY(const ClipTextLayer* const weights, weights_.layers.get(layer));
    if (x.rows() > 0) {
      attention_block(config_, layer, *weights, change, *record, x);
      if (!change.is_off(layer)) mlp_block(config_, *weights, x);
    } else {
      record->add_output(layer, {.count = tokens, .projection = weights->out, .gain = {}});
    }
    patch_states(change, layer + 1, x);
    keep();
    if (tell && layer + 1 < config_.layers) tell(*record, layer + 1);
  }
  out.hidden_states = std::make_shared<const std::vector<Matrix>>(std::move(hidden_states));
  record->set_streams(out.hidden_states);
  record->non_finite = non_finite_in(*record);
  out.record = std::move(record);
  return out;
}

int pooled_position(std::span<const int> ids, int eos_id) {
  if (ids.empty()) return 0;
  // CLIP's first releases say eos 2 but were trained with the end token as the largest id: transformers PR
  // 24773.
  const auto found = eos_id == 2 ? std::ranges::max_element(ids) : std::ranges::find(ids, eos_id);
  return static_cast<int>(found == ids.end() ? std::ssize(ids) - 1 : found - ids.begin());
}

}  // namespace regard
