#include "core/analysis/divergence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/base/common_subsequence.h"

namespace regard {
namespace {

std::size_t place_in(int index) { return static_cast<std::size_t>(index); }

// Positions that stand or fall together: a word, or a special.
struct Unit {
  std::string name;
  int first = 0, count = 1;
};

std::vector<Unit> units_of(const Sequence& sequence) {
  std::vector<Unit> out;
  int word = -1;
  for (int i = 0; i < sequence.count(); ++i) {
    const Position& position = sequence.positions[place_in(i)];
    const bool special = position.kind == Position::Kind::kSpecial;
    if (!special && position.word >= 0 && position.word == word) {
      out.back().name += position.spelling;
      ++out.back().count;
    } else {
      // A word that is spelt like a special is still a word.
      out.push_back({.name = (special ? "\n" + position.label : position.spelling), .first = i});
    }
    word = special ? -1 : position.word;
  }
  return out;
}

void pair_tokens(const Unit& a, const Unit& b, std::vector<AlignedPosition>& out) {
  for (int i = 0; i < std::max(a.count, b.count); ++i)
    out.push_back({i < a.count ? a.first + i : -1, i < b.count ? b.first + i : -1});
}

// 0 log 0 is 0.
double times_log(double share, double mean) { return share > 0.0 ? share * std::log2(share / mean) : 0.0; }

double sum_of(std::span<const float> values) {
  double sum = 0.0;
  for (const float value : values) {
    if (!(value >= 0.0f)) return std::numeric_limits<double>::quiet_NaN();
    sum += static_cast<double>(value);
  }
  return sum;
}

// A row of attention in the order of the aligned positions; what the run lacks gets 0.
std::vector<float> aligned_row(const Matrix& map, int query, const std::vector<AlignedPosition>& aligned,
                               int AlignedPosition::* side) {
  std::vector<float> out;
  out.reserve(aligned.size());
  for (const AlignedPosition& key : aligned) out.push_back(key.*side < 0 ? 0.0f : map(query, key.*side));
  return out;
}

}  // namespace

std::vector<AlignedPosition> align_words(const Sequence& first, const Sequence& second) {
  if (first.image() != nullptr || second.image() != nullptr) return align(first, second);
  const std::vector<Unit> a = units_of(first), b = units_of(second);
  auto anchors = common_subsequence(a.size(), b.size(),
                                    [&](std::size_t i, std::size_t j) { return a[i].name == b[j].name; });
  anchors.emplace_back(std::ssize(a), std::ssize(b));
  const Unit none{.name = {}, .first = 0, .count = 0};
  std::vector<AlignedPosition> out;
  std::size_t i = 0, j = 0;
  for (const auto& [next_a, next_b] : anchors) {
    while (i < place_in(next_a)) pair_tokens(a[i++], none, out);
    while (j < place_in(next_b)) pair_tokens(none, b[j++], out);
    if (i < a.size() && j < b.size()) pair_tokens(a[i++], b[j++], out);
  }
  return out;
}

double jensen_shannon_bits(std::span<const float> p, std::span<const float> q) {
  REGARD_CHECK(p.size() == q.size());
  const double p_sum = sum_of(p), q_sum = sum_of(q);
  if (!(p_sum > 0.0) || !(q_sum > 0.0) || !std::isfinite(p_sum) || !std::isfinite(q_sum))
    return std::numeric_limits<double>::quiet_NaN();
  double sum = 0.0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double a = static_cast<double>(p[i]) / p_sum, b = static_cast<double>(q[i]) / q_sum;
    const double mean = (a + b) / 2.0;
    sum += times_log(a, mean) + times_log(b, mean);
  }
  return std::clamp(sum / 2.0, 0.0, 1.0);
}

std::vector<std::pair<int, int>> Divergence::order() const {
  std::vector<std::pair<int, int>> out;
  for (int layer = 0; layer < static_cast<int>(by_head.rows()); ++layer) {
    for (int head = 0; head < static_cast<int>(by_head.cols()); ++head) out.emplace_back(layer, head);
  }
  const auto bits = [this](const std::pair<int, int>& place) {
    const double value = by_head(place.first, place.second);
    return std::isfinite(value) ? value : -1.0;
  };
  std::ranges::stable_sort(out, std::ranges::greater{}, bits);
  return out;
}

Result<Divergence> diverge(const Trace& first, const Trace& second, std::vector<AlignedPosition> aligned,
                           Half half, std::stop_token stop) {
  const AttentionShape a = first.shape(half), b = second.shape(half);
  if (a.layers == 0 || b.layers == 0)
    return fail(ErrorCode::kUnsupported, "divergence: expected attention that was kept, got none");
  if (a.layers != b.layers || a.heads != b.heads) {
    return fail(ErrorCode::kShape, "divergence: expected {} layers of {} heads in both runs, got {} of {}",
                a.layers, a.heads, b.layers, b.heads);
  }
  const AttentionRecord &of_first = *first.records_of(half).front(),
                        &of_second = *second.records_of(half).front();
  Divergence out{.aligned = std::move(aligned)};
  for (int i = 0; i < std::ssize(out.aligned); ++i) {
    if (out.aligned[place_in(i)].first >= 0 && out.aligned[place_in(i)].second >= 0) out.rows.push_back(i);
  }
  out.by_row.resize(Eigen::Index{a.layers} * a.heads, std::ssize(out.rows));
  out.by_head.resize(a.layers, a.heads);
  for (int map = 0; map < a.layers * a.heads; ++map) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "superseded by a newer request");
    const int layer = map / a.heads, head = map % a.heads;
    const Matrix mine = of_first.attention_map(layer, head), theirs = of_second.attention_map(layer, head);
    double sum = 0.0;
    for (int r = 0; r < std::ssize(out.rows); ++r) {
      const AlignedPosition& query = out.aligned[place_in(out.rows[place_in(r)])];
      const double bits =
          jensen_shannon_bits(aligned_row(mine, query.first, out.aligned, &AlignedPosition::first),
                              aligned_row(theirs, query.second, out.aligned, &AlignedPosition::second));
      out.by_row(map, r) = static_cast<float>(bits);
      sum += bits;
    }
    out.by_head(layer, head) = sum / static_cast<double>(out.rows.size());
  }
  return out;
}

}  // namespace regard
