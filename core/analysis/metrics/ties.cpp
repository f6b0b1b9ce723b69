// How a head ties words together.
#include "core/analysis/ties.h"

#include "core/analysis/head_metric.h"

namespace regard {
namespace {

double measure(const HeadAttention& head, const MetricInput& /*input*/) {
  return static_cast<double>(tie_of_map(head.record(), head.map()));
}

}  // namespace

extern const HeadMetric ties_metric = {
    .name = "ties",
    .needs = MetricNeeds::kText,
    .unit = MetricUnit::kDifference,
    .measure = measure,
    .formula = "mean over words q of max over k of A[q][k] − mean over other words r of A[r][k]",
    .source = "core/analysis/ties.h",
};

}  // namespace regard
