// How a head ties an adjective to its own noun, where the prompt has two such pairs.
#include "core/analysis/head_metric.h"

namespace regard {
namespace {

// What the last token of one word reads of all tokens of another.
double reads(const ConstMatrixMap& map, const WordSpan& reader, const WordSpan& read) {
  double sum = 0.0;
  for (int key = read.first; key <= read.last; ++key) sum += static_cast<double>(map(reader.last, key));
  return sum;
}

double measure(const HeadAttention& head, const MetricInput& input) {
  const ConstMatrixMap map = head.map();
  double sum = 0.0;
  int count = 0;
  for (std::size_t i = 0; i < input.pairs.size(); ++i) {
    const NounAdjective& own = input.pairs[i];
    for (std::size_t j = 0; j < input.pairs.size(); ++j) {
      const NounAdjective& other = input.pairs[j];
      if (i == j || !head.record().readable(own.later().last, other.earlier().last)) continue;
      sum += reads(map, own.later(), own.earlier()) - reads(map, own.later(), other.earlier());
      ++count;
    }
  }
  return count > 0 ? sum / count : 0.0;
}

}  // namespace

extern const HeadMetric own_adjective_metric = {
    .name = "own-adjective",
    .needs = MetricNeeds::kPairs,
    .unit = MetricUnit::kDifference,
    .measure = measure,
    .formula =
        "mean over pairs p and other pairs r of A[later of p][earlier of p] − A[later of p][earlier of "
        "r]; later, earlier: of noun and adjective",
    .source = "assets/little-world/README.md",
};

}  // namespace regard
