// How much of its attention each word or patch keeps to itself.
#include "core/analysis/head_metric.h"

namespace regard {
namespace {

double measure(const HeadAttention& head, const MetricInput& input) {
  const ConstMatrixMap map = head.map();
  const std::vector<int> rows = metric_rows(input.sequence());
  double sum = 0.0;
  for (const int query : rows) sum += static_cast<double>(map(query, query));
  return sum / static_cast<double>(rows.size());
}

}  // namespace

extern const HeadMetric diagonal_metric = {
    .name = "diagonal",
    .measure = measure,
    .formula = "mean over words and patches q of A[q][q]",
    .source = "Kovaleva et al. 2019, arXiv 1908.08593, section 4.1",
};

}  // namespace regard
