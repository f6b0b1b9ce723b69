// Attention times the length of the value it brings: what is read, counted by how much there is to read.
// Several heads are fused as their attention is.
#include "core/analysis/contribution.h"
#include "core/analysis/lens.h"

namespace regard {
namespace {

// A head that is off brings nothing, one that is set to its mean the same to every query.
Matrix one_tile(const AttentionRecord& record, int layer, int head, const LensTile& t) {
  Matrix map = weighing_tile(record, layer, head, t.row0, t.rows, t.col0, t.cols);
  const RowVector lengths = record.value(layer, head).middleRows(t.col0, t.cols).rowwise().norm().transpose();
  map.array().rowwise() *= lengths.array();
  return map;
}

Result<Matrix> tile(const LensInput& input, const LensTile& tile) {
  return mean_over_records(input, [&](const AttentionRecord& record) {
    return Result<Matrix>(fuse_heads(record.shape(), input.query.heads, [&](int layer, int head) {
      return one_tile(record, layer, head, tile);
    }));
  });
}

double operations(const AttentionShape& s, bool whole) {
  const double heads = static_cast<double>(s.layers) * s.heads;
  return heads * s.keys * ((whole ? s.queries : 1.0) * s.head_width + 64.0);
}

}  // namespace

extern const Lens value_lens = {
    .name = "value",
    .needs = LensNeeds::kAttention,
    .is_attention = false,
    .tile = tile,
    .formula = "α · ‖v‖",
    .source = "Kobayashi et al. 2020, arXiv 2004.10102, section 3, before the output projection",
    .operations = operations,
};

}  // namespace regard
