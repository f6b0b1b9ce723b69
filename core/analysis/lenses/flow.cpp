// Attention flow from one position to each input position.
#include "core/analysis/flow.h"

#include "core/analysis/lens.h"

namespace regard {
namespace {

Result<RowVector> row(const LensInput& input) {
  if (input.query.direction == Direction::kReadBy || input.query.subject.size() != 1)
    return fail(ErrorCode::kUnsupported,
                "attention flow: expected one position and what it reads, got another");
  return attention_flow(input.record(), input.query.subject.front(), input.context.stop);
}

double operations(const AttentionShape& s, bool /*whole*/) {
  return 40.0 * s.layers * s.keys * static_cast<double>(s.keys) * s.keys;
}

}  // namespace

extern const Lens flow_lens = {
    .name = "flow",
    .needs = LensNeeds::kSubject,
    .by_head = false,
    .is_attention = false,
    .row = row,
    .formula = "max flow, capacity of l,i → l−1,j: (A_l[i][j] + I[i][j]) / 2",
    .source = "Abnar and Zuidema 2020, arXiv 2005.00928, section 3.2",
    .operations = operations,
};

}  // namespace regard
