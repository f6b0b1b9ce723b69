// How much a head reads the token before.
#include "core/analysis/head_metric.h"

namespace regard {
namespace {

double measure(const HeadAttention& head, const MetricInput& input) {
  const std::vector<Position>& positions = input.sequence().positions;
  const ConstMatrixMap map = head.map();
  double sum = 0.0;
  int rows = 0;
  for (int query = 1; query < static_cast<int>(positions.size()); ++query) {
    const auto at = static_cast<std::size_t>(query);
    if (positions[at].kind != Position::Kind::kWordPiece ||
        positions[at - 1].kind != Position::Kind::kWordPiece)
      continue;
    sum += static_cast<double>(map(query, query - 1));
    ++rows;
  }
  return rows > 0 ? sum / rows : 0.0;
}

}  // namespace

extern const HeadMetric previous_metric = {
    .name = "previous",
    .needs = MetricNeeds::kWords,
    .measure = measure,
    .formula =
        "mean over tokens q behind another word's or the same word's token of A[q][q − 1]; BOS does "
        "not count as one",
    .source = "Clark et al. 2019, arXiv 1906.04341, section 3.1",
};

}  // namespace regard
