// How much of what the patches of a drawing read is text.
#include "core/analysis/head_metric.h"

namespace regard {
namespace {

double measure(const HeadAttention& head, const MetricInput& input) {
  const std::vector<int> patches = input.sequence().patches(), text = input.sequence().text();
  const ConstMatrixMap map = head.map();
  double sum = 0.0;
  for (const int query : patches) {
    for (const int key : text) sum += static_cast<double>(map(query, key));
  }
  return sum / static_cast<double>(patches.size());
}

}  // namespace

extern const HeadMetric text_share_metric = {
    .name = "text-share",
    .needs = MetricNeeds::kWordsBesideImage,
    .measure = measure,
    .formula = "mean over patches q of Σ over the text's tokens k of A[q][k]",
    .source = "",
};

}  // namespace regard
