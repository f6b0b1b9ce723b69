// The table of head metrics: one line each. Their files are in core/analysis/metrics/.
#include <algorithm>
#include <array>
#include <string>

#include "core/analysis/head_metric.h"

namespace regard {

extern const HeadMetric entropy_metric, distance_metric, sink_metric, diagonal_metric, previous_metric,
    ties_metric, text_share_metric, own_adjective_metric, mirror_metric, region_metric, ratio_metric;

std::span<const HeadMetric* const> head_metrics() {
  static constexpr std::array kHeadMetrics = std::to_array<const HeadMetric*>({
      &entropy_metric,
      &distance_metric,
      &sink_metric,
      &diagonal_metric,
      &previous_metric,
      &ties_metric,
      &text_share_metric,
      &own_adjective_metric,
      &mirror_metric,
      &region_metric,
      &ratio_metric,
  });
  return kHeadMetrics;
}

const HeadMetric* find_head_metric(std::string_view name) {
  const auto found = std::ranges::find(head_metrics(), name, &HeadMetric::name);
  return found == head_metrics().end() ? nullptr : *found;
}

ConstMatrixMap HeadAttention::map() const {
  if (record_.keeps_maps()) return record_.attention(layer_, head_);
  if (!computed_) computed_ = record_.attention_map(layer_, head_);
  return {computed_->data(), computed_->rows(), computed_->cols()};
}

std::vector<int> metric_rows(const Sequence& sequence) {
  std::vector<int> rows, all;
  for (int i = 0; i < sequence.count(); ++i) {
    all.push_back(i);
    if (sequence.positions[static_cast<std::size_t>(i)].kind != Position::Kind::kSpecial) rows.push_back(i);
  }
  return rows.empty() ? all : rows;
}

bool has_metric(const HeadMetric& metric, const MetricInput& input) {
  const Sequence& sequence = input.sequence();
  const auto is = [&](int position, Position::Kind kind) {
    return sequence.positions[static_cast<std::size_t>(position)].kind == kind;
  };
  const auto any = [&](Position::Kind kind) {
    return std::ranges::any_of(sequence.positions, [&](const Position& p) { return p.kind == kind; });
  };
  switch (metric.needs) {
    case MetricNeeds::kAttention:
      return sequence.count() > 0;
    case MetricNeeds::kText:
      return sequence.count() > 0 && sequence.image() == nullptr;
    case MetricNeeds::kWords:
      for (int i = 1; i < sequence.count(); ++i) {
        if (is(i, Position::Kind::kWordPiece) && is(i - 1, Position::Kind::kWordPiece)) return true;
      }
      return false;
    case MetricNeeds::kSpecials:
      return any(Position::Kind::kSpecial);
    case MetricNeeds::kWordsBesideImage:
      return any(Position::Kind::kPatch) && !sequence.text().empty();
    case MetricNeeds::kPairs:
      return input.pairs.size() >= 2;
    case MetricNeeds::kMirror:
      return !input.reflection.empty() && !input.object.empty();
    case MetricNeeds::kTwoRegions:
      return !input.from.empty() && !input.to.empty();
  }
  return false;
}

namespace {

// Sorted, each once.
Result<std::vector<int>> positions_of(std::vector<int> wanted, int count) {
  std::ranges::sort(wanted);
  wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
  if (!wanted.empty() && (wanted.front() < 0 || wanted.back() >= count)) {
    return fail(ErrorCode::kShape, "position: expected 0 to {}, got {}", count - 1,
                wanted.front() < 0 ? wanted.front() : wanted.back());
  }
  return wanted;
}

Result<void> check_pairs(const std::vector<NounAdjective>& pairs, int count) {
  for (const NounAdjective& pair : pairs) {
    for (const WordSpan& word : {pair.noun, pair.adjective}) {
      if (word.first < 0 || word.last >= count || word.first > word.last)
        return fail(ErrorCode::kShape, "position: expected 0 to {}, got {} to {}", count - 1, word.first,
                    word.last);
    }
  }
  return {};
}

// The same, with positions that are there, each once.
Result<MetricInput> sound_input(const MetricInput& input, StepSpan steps) {
  const AttentionShape shape = input.trace.shape(input.half);
  MetricInput sound{input.trace, input.half, steps};
  REGARD_TRY(sound.from, positions_of(input.from, shape.queries));
  REGARD_TRY(sound.to, positions_of(input.to, shape.keys));
  REGARD_TRY(sound.reflection, positions_of(input.reflection, shape.queries));
  REGARD_TRY(sound.object, positions_of(input.object, shape.keys));
  REGARD_TRY_DO(check_pairs(input.pairs, shape.queries));
  sound.pairs = input.pairs;
  return sound;
}

}  // namespace

Result<std::vector<Eigen::MatrixXd>> measure_heads(std::span<const HeadMetric* const> metrics,
                                                   const MetricInput& input, std::stop_token stop) {
  const std::string_view name = metrics.empty() ? "heads" : metrics.front()->name;
  REGARD_TRY(const StepSpan steps, input.trace.steps(input.half, input.steps, name));
  REGARD_TRY(const MetricInput sound, sound_input(input, steps));
  const AttentionShape shape = input.trace.shape(input.half);
  std::vector<Eigen::MatrixXd> out(metrics.size(), Eigen::MatrixXd::Zero(shape.layers, shape.heads));
  std::vector<std::size_t> measured;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (has_metric(*metrics[i], sound)) {
      measured.push_back(i);
    } else if (metrics[i]->needs != MetricNeeds::kTwoRegions) {  // of an empty region: 0
      return fail(ErrorCode::kUnsupported, "metric: expected one that this run has, got {}",
                  metrics[i]->name);
    }
  }
  for (int step = steps.first; step <= steps.last; ++step) {
    const AttentionRecord& record =
        *input.trace.records_of(input.half)[static_cast<std::size_t>(step - input.trace.first_step)];
    for (int layer = 0; layer < shape.layers; ++layer) {
      for (int head = 0; head < shape.heads; ++head) {
        if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "heads: replaced by a newer run");
        const HeadAttention one(record, layer, head);
        for (const std::size_t i : measured) out[i](layer, head) += metrics[i]->measure(one, sound);
      }
    }
  }
  for (Eigen::MatrixXd& each : out) each /= steps.last - steps.first + 1;
  return out;
}

Result<Eigen::MatrixXd> measure_heads(const HeadMetric& metric, const MetricInput& input) {
  const HeadMetric* const one = &metric;
  REGARD_TRY(const auto measured, measure_heads(std::span(&one, 1), input));
  return measured.front();
}

Result<std::vector<Eigen::MatrixXd>> measure_what_it_has(std::span<const HeadMetric* const> metrics,
                                                         const MetricInput& input, std::stop_token stop) {
  std::vector<const HeadMetric*> there;
  for (const HeadMetric* metric : metrics) {
    if (has_metric(*metric, input)) there.push_back(metric);
  }
  REGARD_TRY(auto measured, measure_heads(there, input, std::move(stop)));
  std::vector<Eigen::MatrixXd> out;
  auto next = measured.begin();
  for (const HeadMetric* metric : metrics)
    out.push_back(has_metric(*metric, input) ? std::move(*next++) : Eigen::MatrixXd());
  return out;
}

std::pair<int, int> largest_head(const Eigen::MatrixXd& measured) {
  Eigen::Index layer = 0, head = 0;
  measured.maxCoeff(&layer, &head);
  return {static_cast<int>(layer), static_cast<int>(head)};
}

}  // namespace regard
