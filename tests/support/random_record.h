// A record of attention that no model made.
#pragma once

#include <memory>
#include <random>

#include "core/attention/record.h"

namespace regard::test {

/// Rows of positive numbers that sum to 1, and their logarithms as scores; the same seed, the same record.
inline std::shared_ptr<AttentionRecord> random_record(const AttentionShape& shape, unsigned seed) {
  auto record = std::make_shared<AttentionRecord>(shape);
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(0.05f, 1.0f);
  for (int layer = 0; layer < shape.layers; ++layer) {
    for (int head = 0; head < shape.heads; ++head) {
      auto map = record->attention(layer, head);
      for (float& cell : map.reshaped()) cell = uniform(random);
      const Vector sums = map.rowwise().sum();
      map.array().colwise() /= sums.array();
      record->scores(layer, head) = map.array().log().matrix();
    }
  }
  return record;
}

}  // namespace regard::test
