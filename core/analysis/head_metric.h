// One number for each layer and head: how particular a head is in some respect. A new metric is a file of its
// own in core/analysis/metrics/, one line in head_metrics.cpp, and its words in assets/locale ("metric.NAME",
// "metric.NAME.tip").
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/analysis/map_query.h"
#include "core/attention/trace.h"
#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

struct MetricInput {
  const Trace& trace;
  Half half = Half::kPrompt;
  std::optional<StepSpan> steps = {};   // mean over them; nothing: all that were kept
  std::vector<int> from = {}, to = {};  // positions, of metrics of two regions
};

/// What a metric needs to be asked.
enum class MetricNeeds { kAttention, kText, kTwoRegions };

struct HeadMetric {
  std::string_view name;
  MetricNeeds needs = MetricNeeds::kAttention;
  /// One record's number for a head. Expects positions inside the record.
  double (*measure)(const AttentionRecord& record, const MetricInput& input, int layer, int head) = nullptr;
  std::string_view formula, source;
};

std::span<const HeadMetric* const> head_metrics();
const HeadMetric* find_head_metric(std::string_view name);

/// A metric of every head, mean over the steps. [L][H]
/// Errors: shape (steps or positions that are not there), unsupported (a metric that this run does not have).
/// Thread: any. Cost: a map a head and step at most; of two regions a row for each position of `from`.
Result<Eigen::MatrixXd> measure_heads(const HeadMetric& metric, const MetricInput& input);

/// The head of the largest number, (layer, head). Expects at least one.
std::pair<int, int> largest_head(const Eigen::MatrixXd& measured);

}  // namespace regard
