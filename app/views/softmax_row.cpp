#include "app/views/softmax_row.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace regard {

SoftmaxRow softmax_row(const AttentionRecord& record, int layer, int head, int query) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const AttentionShape& shape = record.shape();
  const auto q = record.query(layer, head).row(query);
  const RowVector scores = record.scores_row(layer, head, query),
                  shares = record.attention_row(layer, head, query);
  const Vector dots = record.key(layer, head) * q.transpose();
  const bool changed = query < record.changed_queries();
  SoftmaxRow out;
  out.largest = -kInfinity;
  for (int k = 0; k < shape.keys; ++k) {
    SoftmaxKey& key = out.keys.emplace_back();
    key.dot = dots(k);
    key.scaled = key.dot / std::sqrt(static_cast<float>(shape.head_width));
    if (changed && record.key_bias().size() > 0) key.bias = record.key_bias()(k);
    if (changed && record.key_factor().size() > 0) key.factor = record.key_factor()(k);
    key.readable = record.readable(query, k) && scores(k) > -kInfinity;
    key.score = key.readable ? scores(k) : -kInfinity;
    key.share = key.readable ? shares(k) : 0.0f;
    if (!key.readable) continue;
    ++out.readable;
    out.largest = std::max(out.largest, key.score);
  }
  for (SoftmaxKey& key : out.keys) {
    if (!key.readable) continue;
    key.exp = std::exp(static_cast<double>(key.score) - static_cast<double>(out.largest));
    out.sum += key.exp;
  }
  return out;
}

std::pair<int, int> strongest_head(const AttentionRecord& record, int query, int key) {
  std::pair<int, int> best{0, 0};
  float most = -1.0f;
  for (int layer = 0; layer < record.shape().layers; ++layer) {
    for (int head = 0; head < record.shape().heads; ++head) {
      const float share = record.attention_tile(layer, head, query, 1, key, 1)(0, 0);
      if (!(share > most)) continue;
      most = share;
      best = {layer, head};
    }
  }
  return best;
}

}  // namespace regard
