// How much a reflection reads of what it shows, against chance.
#include "core/analysis/head_metric.h"

namespace regard {
namespace {

double measure(const HeadAttention& head, const MetricInput& input) {
  const std::vector<int> patches = input.sequence().patches();
  const double area = static_cast<double>(input.object.size()) / static_cast<double>(patches.size());
  const ConstMatrixMap map = head.map();
  double sum = 0.0;
  int rows = 0;
  for (const int query : input.reflection) {
    double mass = 0.0, whole = 0.0;
    for (const int key : patches) whole += static_cast<double>(map(query, key));
    for (const int key : input.object) mass += static_cast<double>(map(query, key));
    if (whole <= 0.0) continue;
    sum += mass / whole / area;
    ++rows;
  }
  return rows > 0 ? sum / rows : 0.0;
}

}  // namespace

extern const HeadMetric mirror_metric = {
    .name = "mirror",
    .needs = MetricNeeds::kMirror,
    .unit = MetricUnit::kTimes,
    .measure = measure,
    .formula =
        "mean over the reflection's patches q of (Σ over the object's patches k of A[q][k] / Σ over all "
        "patches k of A[q][k]) / (the object's share of the area); 1 is chance",
    .source = "assets/little-world/README.md",
};

}  // namespace regard
