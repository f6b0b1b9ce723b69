// How far from itself a head reads: along a text, or over a picture.
#include <cmath>

#include "core/analysis/head_metric.h"

namespace regard {
namespace {

// Positions between which a distance means something: patches of the picture; without one, the word pieces of
// each text.
std::vector<std::vector<int>> groups_of(const Sequence& sequence) {
  if (sequence.image() != nullptr) return {sequence.patches()};
  std::vector<std::vector<int>> groups;
  for (const Segment& segment : sequence.segments) {
    std::vector<int>& group = groups.emplace_back();
    for (int i = segment.first; i < segment.first + segment.count; ++i) {
      if (sequence.positions[static_cast<std::size_t>(i)].kind == Position::Kind::kWordPiece)
        group.push_back(i);
    }
  }
  return groups;
}

double distance(const Sequence& sequence, int a, int b) {
  const Position &from = sequence.positions[static_cast<std::size_t>(a)],
                 &to = sequence.positions[static_cast<std::size_t>(b)];
  if (from.kind != Position::Kind::kPatch) return std::abs(a - b);
  const double across = from.column - to.column, down = from.row - to.row;
  return std::sqrt(across * across + down * down);  // of whole numbers: exact, and far cheaper than hypot()
}

double measure(const HeadAttention& head, const MetricInput& input) {
  const Sequence& sequence = input.sequence();
  const ConstMatrixMap map = head.map();
  double sum = 0.0;
  int rows = 0;
  for (const std::vector<int>& group : groups_of(sequence)) {
    for (const int query : group) {
      double far = 0.0, mass = 0.0;
      for (const int key : group) {
        const auto share = static_cast<double>(map(query, key));
        far += share * distance(sequence, query, key);
        mass += share;
      }
      if (mass == 0.0) continue;  // all of it goes elsewhere
      sum += far / mass;
      ++rows;
    }
  }
  return rows > 0 ? sum / rows : 0.0;
}

}  // namespace

extern const HeadMetric distance_metric = {
    .name = "distance",
    .unit = MetricUnit::kSteps,
    .measure = measure,
    .formula =
        "mean over q of Σ over k of A[q][k] |q − k| / Σ over k of A[q][k]; q, k: the words of a text "
        "(in tokens), or the patches of a picture (in patch widths)",
    .source = "Vig and Belinkov 2019, arXiv 1906.04284; Dosovitskiy et al. 2021, arXiv 2010.11929, figure 7",
};

}  // namespace regard
