#include "core/analysis/joint.h"

#include <algorithm>

namespace regard {

Result<Matrix> image_to_text(const AttentionRecord& record, int patches, int first_layer) {
  const AttentionShape& s = record.shape();
  if (patches < 0 || patches > s.keys || patches > s.queries)
    return fail(ErrorCode::kShape, "patches: expected 0 to {}, got {}", std::min(s.keys, s.queries), patches);
  if (first_layer < 0 || first_layer >= s.layers)
    return fail(ErrorCode::kShape, "first layer: expected 0 to {}, got {}", s.layers - 1, first_layer);
  Matrix sum = Matrix::Zero(patches, s.keys - patches);
  for (int layer = first_layer; layer < s.layers; ++layer) {
    for (int head = 0; head < s.heads; ++head)
      sum += record.attention_tile(layer, head, 0, patches, patches, s.keys - patches);
  }
  return Matrix(sum.transpose() / static_cast<float>((s.layers - first_layer) * s.heads));
}

}  // namespace regard
