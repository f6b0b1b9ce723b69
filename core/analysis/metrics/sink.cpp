// How much of its attention a head leaves at positions without content.
#include "core/analysis/head_metric.h"

namespace regard {
namespace {

double measure(const HeadAttention& head, const MetricInput& input) {
  const Sequence& sequence = input.sequence();
  const ConstMatrixMap map = head.map();
  const std::vector<int> rows = metric_rows(sequence);
  double sum = 0.0;
  for (int key = 0; key < sequence.count(); ++key) {
    if (sequence.positions[static_cast<std::size_t>(key)].kind != Position::Kind::kSpecial) continue;
    for (const int query : rows) sum += static_cast<double>(map(query, key));
  }
  return sum / static_cast<double>(rows.size());
}

}  // namespace

extern const HeadMetric sink_metric = {
    .name = "sink",
    .needs = MetricNeeds::kSpecials,
    .measure = measure,
    .formula = "mean over words and patches q of Σ over BOS, EOS, CLS and registers k of A[q][k]",
    .source = "Xiao et al. 2024, arXiv 2309.17453; Darcet et al. 2024, arXiv 2309.16588",
};

}  // namespace regard
