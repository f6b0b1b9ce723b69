#include "core/analysis/joint.h"

#include <algorithm>

#include "core/base/check.h"

namespace regard {

Result<Matrix> image_to_text(const AttentionRecord& record, int patches, int first_layer) {
  const AttentionShape& s = record.shape();
  if (patches < 0 || patches > s.keys || patches > s.queries)
    return fail(ErrorCode::kShape, "patches: expected 0 to {}, got {}", std::min(s.keys, s.queries), patches);
  if (first_layer < 0 || first_layer >= s.layers)
    return fail(ErrorCode::kShape, "first layer: expected 0 to {}, got {}", s.layers - 1, first_layer);
  HeadSet maps;
  for (int layer = first_layer; layer < s.layers; ++layer) {
    for (int head = 0; head < s.heads; ++head) maps.emplace_back(layer, head);
  }
  return Matrix(joint_mean(record, maps, {0, patches, patches, s.keys - patches}).transpose());
}

Matrix joint_mean(const AttentionRecord& record, const HeadSet& maps, const JointTile& tile) {
  Matrix sum = Matrix::Zero(tile.rows, tile.cols);
  for (const auto& [layer, head] : maps) {
    if (record.keeps_maps()) {
      sum += record.attention(layer, head).block(tile.row0, tile.col0, tile.rows, tile.cols);
    } else {
      sum += record.attention_tile(layer, head, tile.row0, tile.rows, tile.col0, tile.cols);
    }
  }
  if (!maps.empty()) sum /= static_cast<float>(maps.size());
  return sum;
}

std::vector<int> islands(const RowVector& map, int rows, int columns, float threshold, int least) {
  REGARD_CHECK(map.size() == Eigen::Index{rows} * columns);
  std::vector<int> label(static_cast<std::size_t>(rows * columns), 0);
  int count = 0;
  for (int start = 0; start < rows * columns; ++start) {
    if (label[static_cast<std::size_t>(start)] != 0 || !(map(start) > threshold)) continue;
    std::vector<int> island{start};
    label[static_cast<std::size_t>(start)] = count + 1;
    for (std::size_t i = 0; i < island.size(); ++i) {
      const int row = island[i] / columns, column = island[i] % columns;
      for (int y = std::max(0, row - 1); y <= std::min(rows - 1, row + 1); ++y) {
        for (int x = std::max(0, column - 1); x <= std::min(columns - 1, column + 1); ++x) {
          const int next = y * columns + x;
          if (label[static_cast<std::size_t>(next)] != 0 || !(map(next) > threshold)) continue;
          label[static_cast<std::size_t>(next)] = count + 1;
          island.push_back(next);
        }
      }
    }
    if (std::ssize(island) >= least) {
      ++count;
    } else {
      for (const int patch : island) label[static_cast<std::size_t>(patch)] = -1;  // seen, and too small
    }
  }
  for (int& each : label) each = std::max(each, 0);
  return label;
}

Matrix patch_ratio(const AttentionRecord& record, int patches, int query, const std::vector<int>& keys) {
  const AttentionShape& s = record.shape();
  Matrix ratio = Matrix::Zero(s.layers, s.heads);
  if (keys.empty()) return ratio;
  const float area = static_cast<float>(keys.size()) / static_cast<float>(patches);
  for (int layer = 0; layer < s.layers; ++layer) {
    for (int head = 0; head < s.heads; ++head) {
      const RowVector row = record.attention_tile(layer, head, query, 1, 0, patches);
      float mass = 0.0f;
      for (const int key : keys) mass += row(key);
      const float whole = row.sum();
      ratio(layer, head) = whole <= 0.0f ? 0.0f : mass / whole / area;
    }
  }
  return ratio;
}

}  // namespace regard
