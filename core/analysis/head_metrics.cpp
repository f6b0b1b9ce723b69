// The table of head metrics: one line each. Their files are in core/analysis/metrics/.
#include <algorithm>
#include <array>

#include "core/analysis/head_metric.h"

namespace regard {

extern const HeadMetric ties_metric, region_metric, ratio_metric;

std::span<const HeadMetric* const> head_metrics() {
  static constexpr std::array kHeadMetrics = std::to_array<const HeadMetric*>({
      &ties_metric,
      &region_metric,
      &ratio_metric,
  });
  return kHeadMetrics;
}

const HeadMetric* find_head_metric(std::string_view name) {
  const auto found = std::ranges::find(head_metrics(), name, &HeadMetric::name);
  return found == head_metrics().end() ? nullptr : *found;
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

}  // namespace

Result<Eigen::MatrixXd> measure_heads(const HeadMetric& metric, const MetricInput& input) {
  REGARD_TRY(const StepSpan steps, input.trace.steps(input.half, input.steps, metric.name));
  const AttentionShape shape = input.trace.shape(input.half);
  auto from = positions_of(input.from, shape.queries);
  if (!from) return std::unexpected(std::move(from.error()));
  auto to = positions_of(input.to, shape.keys);
  if (!to) return std::unexpected(std::move(to.error()));
  const MetricInput sound{input.trace, input.half, steps, std::move(*from), std::move(*to)};
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(shape.layers, shape.heads);
  if (metric.needs == MetricNeeds::kTwoRegions && (sound.from.empty() || sound.to.empty())) return out;
  for (int step = steps.first; step <= steps.last; ++step) {
    const AttentionRecord& record =
        *input.trace.records_of(input.half)[static_cast<std::size_t>(step - input.trace.first_step)];
    for (int layer = 0; layer < shape.layers; ++layer) {
      for (int head = 0; head < shape.heads; ++head)
        out(layer, head) += metric.measure(record, sound, layer, head);
    }
  }
  return Eigen::MatrixXd(out / (steps.last - steps.first + 1));
}

std::pair<int, int> largest_head(const Eigen::MatrixXd& measured) {
  Eigen::Index layer = 0, head = 0;
  measured.maxCoeff(&layer, &head);
  return {static_cast<int>(layer), static_cast<int>(head)};
}

}  // namespace regard
