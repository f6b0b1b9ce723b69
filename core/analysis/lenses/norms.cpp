// The length of each position's vector behind a layer.
#include "core/analysis/lens.h"

namespace regard {
namespace {

Result<RowVector> row(const LensInput& input) {
  REGARD_TRY(const Matrix mean,
             mean_over_records(input, [&](const AttentionRecord& record) -> Result<Matrix> {
               REGARD_TRY(const Matrix* hidden, hidden_of(input, record));
               return Matrix(hidden->rowwise().norm().transpose());
             }));
  return RowVector(mean.row(0));
}

double operations(const AttentionShape& s, bool /*whole*/) {
  return static_cast<double>(s.keys) * s.heads * s.head_width;
}

}  // namespace

extern const Lens norms_lens = {
    .name = "norms",
    .needs = LensNeeds::kHidden,
    .is_attention = false,
    .row = row,
    .formula = "‖x_l‖",
    .source = "Darcet et al. 2024, arXiv 2309.16588, section 2",
    .operations = operations,
};

}  // namespace regard
