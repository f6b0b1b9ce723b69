#include "core/analysis/ties.h"

#include <algorithm>
#include <cmath>

#include "core/analysis/fuse.h"

namespace regard {
namespace {

bool is_word(const AttentionRecord& record, int position) {
  return position > 0 && position < record.shape().queries - 1;
}

// Sums over the word rows that can read a key: with them, the mean without one row costs nothing.
struct KeyReading {
  Vector sum;    // [S]
  Vector count;  // [S]
};

KeyReading read_keys(const AttentionRecord& record, ConstMatrixRef attention) {
  const int keys = record.shape().keys;
  KeyReading reading{Vector::Zero(keys), Vector::Zero(keys)};
  for (int row = 1; row < record.shape().queries - 1; ++row) {
    for (int key = 1; key < keys - 1; ++key) {
      if (key == row || !record.readable(row, key)) continue;
      reading.sum[key] += attention(row, key);
      reading.count[key] += 1.0f;
    }
  }
  return reading;
}

float above_usual(ConstMatrixRef attention, const KeyReading& reading, int query, int key) {
  const float own = attention(query, key), others = reading.count[key] - 1.0f;
  return own - (others > 0.0f ? (reading.sum[key] - own) / others : 0.0f);
}

float tie(const AttentionRecord& record, ConstMatrixRef attention, const KeyReading& reading, int query,
          bool& any) {
  float best = -1.0f;
  any = false;
  for (int key = 1; key < record.shape().keys - 1; ++key) {
    if (key == query || !record.readable(query, key)) continue;
    const float one = above_usual(attention, reading, query, key);
    if (one > best || std::isnan(one)) best = one;  // one that is no number stays
    any = true;
  }
  return any ? best : 0.0f;
}

}  // namespace

float tie_of_word(const AttentionRecord& record, int layer, int head, int query) {
  if (!is_word(record, query)) return 0.0f;
  const auto attention = record.attention(layer, head);
  bool any = false;
  return tie(record, attention, read_keys(record, attention), query, any);
}

float tie_between(const AttentionRecord& record, int layer, int head, int query, int key) {
  if (!is_word(record, query) || !is_word(record, key) || query == key || !record.readable(query, key))
    return 0.0f;
  const auto attention = record.attention(layer, head);
  return above_usual(attention, read_keys(record, attention), query, key);
}

float tie_of_head(const AttentionRecord& record, int layer, int head) {
  return tie_of_map(record, record.attention(layer, head));
}

float tie_of_map(const AttentionRecord& record, ConstMatrixRef attention) {
  const KeyReading reading = read_keys(record, attention);
  float sum = 0.0f;
  int words = 0;
  for (int query = 1; query < record.shape().queries - 1; ++query) {
    bool any = false;
    const float one = tie(record, attention, reading, query, any);
    if (!any) continue;
    sum += positive_part(one);
    ++words;
  }
  return words > 0 ? sum / static_cast<float>(words) : 0.0f;
}

}  // namespace regard
