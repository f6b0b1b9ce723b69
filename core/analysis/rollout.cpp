#include "core/analysis/rollout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/tensor/linear.h"

namespace regard {

namespace {

// A layer's heads as one map. [T][S]
Matrix fused(const AttentionRecord& record, int layer, Fusion fusion) {
  const int heads = record.shape().heads;
  Matrix map = record.attention_map(layer, 0);
  for (int head = 1; head < heads; ++head) fuse(fusion, map, record.attention_map(layer, head));
  finish_fusion(fusion, map, heads);
  return map;
}

// Sets this share of the cells, the smallest, to 0; of equals the first. The cell (0, 0) is spared.
void discard_smallest(Matrix& map, double share) {
  const auto count = static_cast<Eigen::Index>(static_cast<double>(map.size()) * share);
  if (count == 0) return;
  std::vector<Eigen::Index> order(static_cast<std::size_t>(map.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  const float* values = map.data();
  const auto rank = [values](Eigen::Index i) {  // NaN has no order: it is kept as the largest
    return std::isnan(values[i]) ? std::numeric_limits<float>::infinity() : values[i];
  };
  std::ranges::nth_element(order, order.begin() + count, [rank](Eigen::Index a, Eigen::Index b) {
    return rank(a) != rank(b) ? rank(a) < rank(b) : a < b;
  });
  for (Eigen::Index i = 0; i < count; ++i) {
    const Eigen::Index cell = order[static_cast<std::size_t>(i)];
    if (cell != 0) map.data()[cell] = 0.0f;
  }
}

// (fused + I) / 2 with rows of sum 1: half of a token comes from itself, by the residual connection. [T][S]
Matrix layer_step(const AttentionRecord& record, int layer, const RolloutOptions& options) {
  Matrix step = fused(record, layer, options.fusion);
  discard_smallest(step, options.discard);
  step.diagonal().array() += 1.0f;
  const Vector sums = step.rowwise().sum();
  step.array().colwise() /= sums.array();
  return step;
}

// How many layers to roll through. Errors: shape.
Result<int> layers_of(const AttentionRecord& record, const RolloutOptions& options) {
  const AttentionShape& s = record.shape();
  if (s.layers == 0 || s.heads == 0)
    return fail(ErrorCode::kShape, "rollout: expected a record with layers and heads, got none");
  if (s.queries != s.keys) {
    return fail(ErrorCode::kShape, "rollout: expected as many keys as queries, got [{}, {}]", s.queries,
                s.keys);
  }
  if (options.layers < 0 || options.layers > s.layers) {
    return fail(ErrorCode::kShape, "rollout: expected 1 to {} layers, or 0 for all, got {}", s.layers,
                options.layers);
  }
  if (!(options.discard >= 0.0 && options.discard < 1.0)) {
    return fail(ErrorCode::kShape, "rollout: expected to discard a share from 0 to below 1, got {}",
                options.discard);
  }
  return options.layers == 0 ? s.layers : options.layers;
}

}  // namespace

Result<Matrix> rollout(const AttentionRecord& record, const RolloutOptions& options, std::stop_token stop) {
  const auto layers = layers_of(record, options);
  if (!layers) return std::unexpected(layers.error());
  Matrix joined = layer_step(record, 0, options);
  for (int layer = 1; layer < *layers; ++layer) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "superseded by a newer request");
    Matrix next(joined.rows(), joined.cols());
    multiply(layer_step(record, layer, options), pack(joined), nullptr, next);
    joined = std::move(next);
  }
  return joined;
}

Result<RowVector> rollout_row(const AttentionRecord& record, int query, const RolloutOptions& options,
                              std::stop_token stop) {
  const auto layers = layers_of(record, options);
  if (!layers) return std::unexpected(layers.error());
  if (query < 0 || query >= record.shape().queries)
    return fail(ErrorCode::kShape, "query: expected 0 to {}, got {}", record.shape().queries - 1, query);
  RowVector row = RowVector::Zero(record.shape().keys);
  row(query) = 1.0f;
  for (int layer = *layers - 1; layer >= 0; --layer) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "superseded by a newer request");
    row *= layer_step(record, layer, options);
  }
  return row;
}

}  // namespace regard
