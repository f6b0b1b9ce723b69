// What is read: softmax of the scores, or the scores themselves.
#include "core/analysis/lens.h"

namespace regard {
namespace {

Matrix one_tile(const AttentionRecord& record, int layer, int head, bool scores, const LensTile& t) {
  return scores ? record.scores_tile(layer, head, t.row0, t.rows, t.col0, t.cols)
                : record.attention_tile(layer, head, t.row0, t.rows, t.col0, t.cols);
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
  return fuse_heads(record.shape(), heads,
                    [&](int layer, int head) { return one_tile(record, layer, head, scores, tile); });
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
