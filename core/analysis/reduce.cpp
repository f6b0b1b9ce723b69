#include "core/analysis/reduce.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace regard {

namespace {

// Kept or computed, as the record does.
Matrix map_of(const AttentionRecord& record, int layer, int head, bool scores) {
  return scores ? record.scores_map(layer, head) : record.attention_map(layer, head);
}

// One layer under a choice of head. [T][S]
Matrix one_layer(const AttentionRecord& record, int layer, int head, bool scores) {
  if (head >= 0) return map_of(record, layer, head, scores);
  const int heads = record.shape().heads;
  Matrix map = map_of(record, layer, 0, scores);
  for (int h = 1; h < heads; ++h) {
    if (head == RecordChoice::kMax) {
      // NaN must stay visible in the map, so it wins over any number.
      map = map.binaryExpr(map_of(record, layer, h, scores),
                           [](float a, float b) { return b > a || std::isnan(b) ? b : a; });
    } else {
      map += map_of(record, layer, h, scores);
    }
  }
  if (head == RecordChoice::kMean) map /= static_cast<float>(heads);
  return map;
}

}  // namespace

Result<Matrix> reduce(const AttentionRecord& record, const RecordChoice& choice, bool scores) {
  const AttentionShape& shape = record.shape();
  if (shape.layers == 0 || shape.heads == 0)
    return fail(ErrorCode::kShape, "map: expected a record with layers and heads, got none");
  if (choice.layer >= shape.layers || choice.layer < RecordChoice::kRollout || choice.layer == RecordChoice::kMax) {
    return fail(ErrorCode::kShape, "layer: expected 1 to {}, mean or rollout, got {}", shape.layers,
                choice.layer + 1);
  }
  if (choice.head >= shape.heads || choice.head < RecordChoice::kMax) {
    return fail(ErrorCode::kShape, "head: expected 1 to {}, mean or max, got {}", shape.heads,
                choice.head + 1);
  }
  if (choice.layer == RecordChoice::kRollout) {
    if (scores) return fail(ErrorCode::kUnsupported, "rollout: expected attention, got scores");
    if (shape.queries != shape.keys) {
      return fail(ErrorCode::kShape, "rollout: expected as many keys as queries, got [{}, {}]", shape.queries,
                  shape.keys);
    }
    return rollout(record);
  }
  if (choice.layer >= 0) return one_layer(record, choice.layer, choice.head, scores);
  Matrix mean = one_layer(record, 0, choice.head, scores);
  for (int layer = 1; layer < shape.layers; ++layer) mean += one_layer(record, layer, choice.head, scores);
  return mean / static_cast<float>(shape.layers);
}

float word_to_word(ConstMatrixRef attention) {
  const Eigen::Index words = std::min(attention.rows(), attention.cols()) - 2;  // without BOS and EOS
  if (words < 2) return 0.0f;
  const auto inner = attention.block(1, 1, words, words);
  return (inner.sum() - inner.trace()) / static_cast<float>(words);
}

}  // namespace regard
