// Attention rolled out over all layers.
#include "core/analysis/rollout.h"
#include "core/analysis/lens.h"

namespace regard {
namespace {

RolloutOptions options_of(const MapQuery& query) {
  RolloutOptions options;
  options.fusion = query.heads.fusion;
  options.discard = query.discard;
  return options;
}

Result<Matrix> tile(const LensInput& input, const LensTile& t) {
  // One row alone needs no product of matrices.
  if (t.rows == 1) {
    return mean_over_records(input, [&](const AttentionRecord& record) -> Result<Matrix> {
      const auto row = rollout_row(record, t.row0, options_of(input.query), input.context.stop);
      if (!row) return std::unexpected(row.error());
      return Matrix(row->segment(t.col0, t.cols));
    });
  }
  return mean_over_records(input, [&](const AttentionRecord& record) -> Result<Matrix> {
    const auto whole = rollout(record, options_of(input.query), input.context.stop);
    if (!whole) return std::unexpected(whole.error());
    return Matrix(whole->block(t.row0, t.col0, t.rows, t.cols));
  });
}

double operations(const AttentionShape& s, bool whole) {
  const double t = s.keys;
  return s.layers * (s.heads * t * t * s.head_width + (whole ? t * t * t : t * t));
}

}  // namespace

extern const Lens rollout_lens = {
    .name = "rollout",
    .needs = LensNeeds::kAttention,
    .by_head = false,
    .tile = tile,
    .formula = "R = A_L … A_1, A_l = (mean over heads + I) / 2",
    .source = "Abnar and Zuidema 2020, arXiv 2005.00928, section 3",
    .operations = operations,
};

}  // namespace regard
