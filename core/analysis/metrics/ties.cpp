// How a head ties words together.
#include "core/analysis/ties.h"

#include "core/analysis/head_metric.h"

namespace regard {
namespace {

double measure(const AttentionRecord& record, const MetricInput& /*input*/, int layer, int head) {
  return static_cast<double>(tie_of_head(record, layer, head));
}

}  // namespace

extern const HeadMetric ties_metric = {
    .name = "ties",
    .needs = MetricNeeds::kText,
    .measure = measure,
    .formula = "mean over words q of max over k of A[q][k] − mean over other words r of A[r][k]",
    .source = "core/analysis/ties.h",
};

}  // namespace regard
