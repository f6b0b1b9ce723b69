// How widely a head spreads what it reads.
#include "core/analysis/fuse.h"
#include "core/analysis/head_metric.h"

namespace regard {
namespace {

double measure(const HeadAttention& head, const MetricInput& input) {
  const ConstMatrixMap map = head.map();
  const std::vector<int> rows = metric_rows(input.sequence());
  double bits = 0.0;
  for (const int query : rows) bits += static_cast<double>(entropy_bits(RowVector(map.row(query))));
  return bits / static_cast<double>(rows.size());
}

}  // namespace

extern const HeadMetric entropy_metric = {
    .name = "entropy",
    .unit = MetricUnit::kBits,
    .measure = measure,
    .formula = "mean over words and patches q of −Σ over k of A[q][k] log₂ A[q][k]",
    .source = "Clark et al. 2019, arXiv 1906.04341, section 3.3",
};

}  // namespace regard
