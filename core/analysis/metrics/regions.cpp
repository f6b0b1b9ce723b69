// How much one region reads of another.
#include "core/analysis/head_metric.h"

namespace regard {
namespace {

// Share of the attention of `from` that goes to `to`, mean over `from`.
double share(const HeadAttention& one, const MetricInput& input) {
  const AttentionRecord& record = one.record();
  constexpr std::size_t kRowsWorthAMap = 60;  // a computed map costs as much as some 60 computed rows
  const bool whole = !record.keeps_maps() && input.from.size() > kRowsWorthAMap;
  double sum = 0.0;
  for (const int query : input.from) {
    const RowVector row =
        whole ? RowVector(one.map().row(query)) : record.attention_row(one.layer(), one.head(), query);
    for (const int key : input.to) sum += static_cast<double>(row(key));
  }
  return sum / static_cast<double>(input.from.size());
}

// Of what one patch reads of the picture, the share that goes to `to`, over its share of the area: 1 is
// chance.
double ratio(const HeadAttention& one, const MetricInput& input) {
  const std::vector<int> patches = input.sequence().patches();
  if (patches.empty()) return 0.0;
  const int first = patches.front(), count = static_cast<int>(patches.size());
  const float area = static_cast<float>(input.to.size()) / static_cast<float>(count);
  const RowVector row =
      one.record().attention_tile(one.layer(), one.head(), input.from.front(), 1, first, count);
  float mass = 0.0f;
  for (const int key : input.to) mass += row(key - first);
  const float whole = row.sum();
  return whole <= 0.0f ? 0.0 : static_cast<double>(mass / whole / area);
}

}  // namespace

extern const HeadMetric region_metric = {
    .name = "region",
    .needs = MetricNeeds::kTwoRegions,
    .measure = share,
    .formula = "mean over q in A of Σ over k in B of A[q][k]",
    .source = "",
};

extern const HeadMetric ratio_metric = {
    .name = "ratio",
    .needs = MetricNeeds::kTwoRegions,
    .unit = MetricUnit::kTimes,
    .measure = ratio,
    .formula = "share of what a patch reads of the picture that goes to B, over B's share of the area",
    .source = "",
};

}  // namespace regard
