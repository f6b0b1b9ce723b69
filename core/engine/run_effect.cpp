#include "core/engine/run_effect.h"

#include <cmath>

#include "core/base/check.h"
#include "core/tensor/cosine.h"

namespace regard {

const RowVector& vector_of(const ClipTextOutput& output) {
  return output.embedding.size() > 0 ? output.embedding : output.pooled;
}

const RowVector& vector_of(const VitOutput& output) {
  return output.embedding.size() > 0 ? output.embedding : output.pooled;
}

Result<RunEffect> effect_of(const Trace& before, const Trace& after, const RowVector& vector_before,
                            const RowVector& vector_after, std::stop_token stop) {
  REGARD_CHECK(before.records.size() == 1 && after.records.size() == 1);
  const AttentionRecord &first = *before.records.front(), &second = *after.records.front();
  const AttentionShape& shape = first.shape();
  if (shape != second.shape()) {
    return fail(ErrorCode::kShape, "before and after: expected {} positions, got {}", shape.keys,
                second.shape().keys);
  }
  RunEffect out{.cosine = static_cast<float>(cosine(vector_before, vector_after))};
  for (int map = 0; map < shape.layers * shape.heads; ++map) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "superseded by a newer request");
    const int layer = map / shape.heads, head = map % shape.heads;
    const Matrix change = second.attention_map(layer, head) - first.attention_map(layer, head);
    Eigen::Index query = 0, key = 0;
    const float largest = change.cwiseAbs().maxCoeff(&query, &key);
    if (!(largest > std::abs(out.change))) continue;
    out.change = change(query, key);
    out.layer = layer;
    out.head = head;
    out.query = static_cast<int>(query);
    out.key = static_cast<int>(key);
  }
  return out;
}

std::vector<std::vector<char>> reach_of(const AttentionRecord& record, int after, int position) {
  const AttentionShape& shape = record.shape();
  REGARD_CHECK(after >= 0 && after <= shape.layers && position >= 0 && position < shape.queries);
  const auto at = [](int i) { return static_cast<std::size_t>(i); };
  std::vector<std::vector<char>> reached(at(shape.layers + 1), std::vector<char>(at(shape.queries), 0));
  reached[at(after)][at(position)] = 1;
  std::vector<int> here{position};  // what is reached so far: one of them is often enough
  for (int layer = after; layer < shape.layers; ++layer) {
    std::vector<int> next;
    for (int query = 0; query < shape.queries; ++query) {
      const bool reads = reached[at(layer)][at(query)] != 0 || std::ranges::any_of(here, [&](int key) {
                           return key < shape.keys && record.readable(query, key);
                         });
      reached[at(layer + 1)][at(query)] = reads ? 1 : 0;
      if (reads) next.push_back(query);
    }
    here = std::move(next);
  }
  return reached;
}

}  // namespace regard
