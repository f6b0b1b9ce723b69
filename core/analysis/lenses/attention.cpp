// What is read: softmax of the scores, or the scores themselves.
#include "core/analysis/lens.h"

namespace regard {
namespace {

Matrix one_tile(const AttentionRecord& record, int layer, int head, bool scores, const LensTile& t) {
  return scores ? record.scores_tile(layer, head, t.row0, t.rows, t.col0, t.cols)
                : record.attention_tile(layer, head, t.row0, t.rows, t.col0, t.cols);
}

// The heads of a layer, or the one chosen.
Matrix layer_tile(const AttentionRecord& record, int layer, const HeadChoice& heads, bool scores,
                  const LensTile& tile) {
  if (heads.head) return one_tile(record, layer, *heads.head, scores, tile);
  Matrix map = one_tile(record, layer, 0, scores, tile);
  for (int head = 1; head < record.shape().heads; ++head)
    fuse(heads.fusion, map, one_tile(record, layer, head, scores, tile));
  finish_fusion(heads.fusion, map, record.shape().heads);
  return map;
}

Result<Matrix> tile(const LensInput& input, const LensTile& tile) {
  return mean_over_records(input, [&](const AttentionRecord& record) {
    return Result<Matrix>(heads_tile(record, input.query.heads, input.query.scores, tile));
  });
}

double operations(const AttentionShape& s, bool whole) {
  return static_cast<double>(s.layers) * s.heads * (whole ? s.queries : 1.0) * s.keys * s.head_width;
}

}  // namespace

Matrix heads_tile(const AttentionRecord& record, const HeadChoice& heads, bool scores, const LensTile& tile) {
  if (!heads.set.empty()) {
    Matrix map = one_tile(record, heads.set.front().first, heads.set.front().second, scores, tile);
    for (std::size_t i = 1; i < heads.set.size(); ++i)
      fuse(heads.fusion, map, one_tile(record, heads.set[i].first, heads.set[i].second, scores, tile));
    finish_fusion(heads.fusion, map, static_cast<int>(heads.set.size()));
    return map;
  }
  if (heads.layer) return layer_tile(record, *heads.layer, heads, scores, tile);
  Matrix map = layer_tile(record, 0, heads, scores, tile);
  for (int layer = 1; layer < record.shape().layers; ++layer)
    map += layer_tile(record, layer, heads, scores, tile);
  if (record.shape().layers > 1) map /= static_cast<float>(record.shape().layers);
  return map;
}

extern const Lens attention_lens = {
    .name = "attention",
    .needs = LensNeeds::kAttention,
    .has_scores = true,
    .tile = tile,
    .formula = "A = softmax(q·k / √E + bias)",
    .source = "Vaswani et al. 2017, arXiv 1706.03762, eq. 1",
    .operations = operations,
};

}  // namespace regard
