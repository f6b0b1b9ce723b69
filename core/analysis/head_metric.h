// One number for each layer and head: how particular a head is in some respect. A new metric is a file of its
// own in core/analysis/metrics/, one line in head_metrics.cpp, and its words in assets/locale ("metric.NAME",
// "metric.NAME.tip").
#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

#include "core/analysis/map_query.h"
#include "core/attention/trace.h"
#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

/// A noun and the adjective that belongs to it, as positions of a sequence.
struct NounAdjective {
  WordSpan noun, adjective;

  /// The one of the two that stands behind the other. In a causal text it alone can read its partner.
  const WordSpan& later() const { return noun.first > adjective.first ? noun : adjective; }
  const WordSpan& earlier() const { return noun.first > adjective.first ? adjective : noun; }
  bool operator==(const NounAdjective& other) const {
    return noun.first == other.noun.first && adjective.first == other.adjective.first;
  }
};

struct MetricInput {
  const Trace& trace;
  Half half = Half::kPrompt;
  std::optional<StepSpan> steps = {};   // mean over them; nothing: all that were kept
  std::vector<int> from = {}, to = {};  // positions, of metrics of two regions
  // What is known of the prompt or the picture beyond the run:
  std::vector<NounAdjective> pairs = {};
  std::vector<int> reflection = {}, object = {};  // patches: in a mirror, and of what it shows

  const Sequence& sequence() const { return trace.sequence(half); }
};

/// What a run, and what is known of it, must have for a metric.
enum class MetricNeeds {
  kAttention,         // any run
  kText,              // a text alone: BOS, words, EOS
  kWords,             // two word pieces in a row
  kSpecials,          // a position that is neither word nor patch
  kWordsBesideImage,  // joint attention
  kPairs,             // two adjectives, each with its noun
  kMirror,            // a reflection and what it shows
  kTwoRegions,
};

/// What its numbers are.
enum class MetricUnit {
  kShare,       // of attention, in [0, 1]
  kDifference,  // of two shares, in [-1, 1]
  kBits,
  kSteps,  // from token to token, or from patch to patch
  kTimes,  // of what chance gives
};

/// One head of one record. Its map is computed once, however many metrics look at it. Thread: one.
class HeadAttention {
 public:
  HeadAttention(const AttentionRecord& record, int layer, int head)
      : record_(record), layer_(layer), head_(head) {}
  const AttentionRecord& record() const { return record_; }
  int layer() const { return layer_; }
  int head() const { return head_; }
  /// [T][S]. Cost: as AttentionRecord::attention_map(), the first time.
  ConstMatrixMap map() const;

 private:
  const AttentionRecord& record_;
  int layer_, head_;
  mutable std::optional<Matrix> computed_;
};

struct HeadMetric {
  std::string_view name;
  MetricNeeds needs = MetricNeeds::kAttention;
  MetricUnit unit = MetricUnit::kShare;
  /// One record's number for a head. Expects positions inside the record, and what the metric needs.
  double (*measure)(const HeadAttention& head, const MetricInput& input) = nullptr;
  std::string_view formula, source;
};

std::span<const HeadMetric* const> head_metrics();
const HeadMetric* find_head_metric(std::string_view name);
/// Whether a run has what a metric needs.
bool has_metric(const HeadMetric& metric, const MetricInput& input);

/// A metric of every head, mean over the steps. [L][H]
/// Errors: shape (steps or positions that are not there), unsupported (a metric that this run does not have).
/// Thread: any. Cost: a map a head and step at most; of two regions a row for each position of `from`.
Result<Eigen::MatrixXd> measure_heads(const HeadMetric& metric, const MetricInput& input);

/// Several metrics of every head, each as measure_heads() gives it; a head's map is computed once for all.
/// Errors: as measure_heads(); cancelled (looked at once a head).
Result<std::vector<Eigen::MatrixXd>> measure_heads(std::span<const HeadMetric* const> metrics,
                                                   const MetricInput& input, std::stop_token stop = {});

/// The same of those of `metrics` that the run has; an empty matrix for each that it has not.
Result<std::vector<Eigen::MatrixXd>> measure_what_it_has(std::span<const HeadMetric* const> metrics,
                                                         const MetricInput& input, std::stop_token stop = {});

/// The head of the largest number, (layer, head). Expects at least one.
std::pair<int, int> largest_head(const Eigen::MatrixXd& measured);

/// The rows that metrics take a mean over: words and patches; where there is none, every position.
std::vector<int> metric_rows(const Sequence& sequence);

}  // namespace regard
