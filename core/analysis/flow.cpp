#include "core/analysis/flow.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace regard {

namespace {

using Capacities = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr double kFull = 1e-12;   // an edge with less left counts as full
constexpr double kEnough = 1e-9;  // this near to what its ends let through, a flow is maximal

// (mean over heads + I) / 2 with rows of sum 1. [T][T]
Capacities layer_capacities(const AttentionRecord& record, int layer) {
  const AttentionShape& s = record.shape();
  Capacities out = Capacities::Zero(s.queries, s.keys);
  for (int head = 0; head < s.heads; ++head) out += record.attention_map(layer, head).cast<double>();
  out /= static_cast<double>(s.heads);
  out.diagonal().array() += 1.0;
  const Eigen::VectorXd sums = out.rowwise().sum();
  out.array().colwise() /= sums.array();
  return out;
}

// Dinic's algorithm on the layered graph. Node (level, i) is number level * T + i; level 0 is the input,
// level L what the last layer made. Of edge layer l, from level l + 1 down to l, `left_` is what still fits,
// and `sent_` what could be taken back, both [L] of [T][T], row above, column below.
class LayeredFlow {
 public:
  LayeredFlow(std::vector<Capacities> capacities, int query)
      : capacities_(std::move(capacities)),
        tokens_(static_cast<int>(capacities_[0].rows())),
        levels_(static_cast<int>(capacities_.size()) + 1),
        source_((levels_ - 1) * tokens_ + query),
        distance_(static_cast<std::size_t>(levels_ * tokens_)),
        next_(distance_.size()) {}

  double maximum(int sink) {
    left_ = capacities_;
    sent_.assign(capacities_.size(), Capacities::Zero(tokens_, tokens_));
    sink_ = sink;
    const double bound = std::min(1.0, capacities_[0].col(sink).sum());
    double flow = 0.0;
    while (flow < bound - kEnough && measure_distances()) {
      std::ranges::fill(next_, 0);
      flow += push(source_, bound - flow);
    }
    return flow;
  }

 private:
  // Steps to the sink along edges that are not full, from every node nearer than the source; whether the
  // source has a way.
  bool measure_distances() {
    std::ranges::fill(distance_, -1);
    distance_[at(sink_)] = 0;
    queue_.assign(1, sink_);
    for (std::size_t read = 0; read < queue_.size() && distance_[at(source_)] < 0; ++read) {
      const int node = queue_[read], level = node / tokens_, i = node % tokens_;
      for (int j = 0; j < tokens_; ++j) {
        if (level + 1 < levels_ && left_[at(level)](j, i) > kFull) visit((level + 1) * tokens_ + j, node);
        if (level > 0 && sent_[at(level - 1)](i, j) > kFull) visit((level - 1) * tokens_ + j, node);
      }
    }
    return distance_[at(source_)] >= 0;
  }

  void visit(int node, int after) {
    if (distance_[at(node)] >= 0) return;
    distance_[at(node)] = distance_[at(after)] + 1;
    queue_.push_back(node);
  }

  // Sends up to `wanted` from a node to the sink, each step one nearer; how much went. An edge that is used
  // up is not looked at again before distances change.
  double push(int node, double wanted) {
    if (node == sink_) return wanted;
    const int level = node / tokens_, i = node % tokens_;
    double went = 0.0;
    for (int& k = next_[at(node)]; k < 2 * tokens_; ++k) {  // T edges down, then T edges up
      const bool down = k < tokens_;
      const int j = down ? k : k - tokens_;
      if (down ? level == 0 : level + 1 == levels_) continue;
      const int other = (down ? level - 1 : level + 1) * tokens_ + j;
      if (distance_[at(other)] != distance_[at(node)] - 1) continue;
      double& room = down ? left_[at(level - 1)](i, j) : sent_[at(level)](j, i);
      if (room <= kFull) continue;
      const double got = push(other, std::min(wanted - went, room));
      room -= got;
      (down ? sent_[at(level - 1)](i, j) : left_[at(level)](j, i)) += got;
      went += got;
      if (wanted - went <= kFull) return went;
    }
    return went;
  }

  static std::size_t at(int i) { return static_cast<std::size_t>(i); }

  std::vector<Capacities> capacities_, left_, sent_;
  int tokens_, levels_, source_;
  int sink_ = 0;
  std::vector<int> distance_, next_, queue_;
};

Result<void> check(const AttentionShape& s, int query) {
  if (s.layers == 0 || s.heads == 0)
    return fail(ErrorCode::kShape, "flow: expected a record with layers and heads, got none");
  if (s.queries != s.keys) {
    return fail(ErrorCode::kShape, "flow: expected as many keys as queries, got [{}, {}]", s.queries, s.keys);
  }
  if (query < 0 || query >= s.queries)
    return fail(ErrorCode::kShape, "query: expected 0 to {}, got {}", s.queries - 1, query);
  if (s.queries > kMostFlowTokens) {
    return fail(ErrorCode::kUnsupported,
                "flow: expected at most {} tokens (maximal flows take minutes at 1370), got {}",
                kMostFlowTokens, s.queries);
  }
  return {};
}

}  // namespace

Result<RowVector> attention_flow(const AttentionRecord& record, int query, std::stop_token stop) {
  const AttentionShape& s = record.shape();
  if (auto sound = check(s, query); !sound) return std::unexpected(std::move(sound.error()));
  std::vector<Capacities> capacities;
  for (int layer = 0; layer < s.layers; ++layer) {
    capacities.push_back(layer_capacities(record, layer));
    if (!(capacities.back().array() >= 0.0).all())
      return fail(ErrorCode::kUnsupported, "flow: layer {}: expected attention of 0 or more, got less or NaN",
                  layer + 1);
  }
  LayeredFlow graph(std::move(capacities), query);
  RowVector out(s.keys);
  for (int sink = 0; sink < s.keys; ++sink) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "superseded by a newer request");
    out(sink) = static_cast<float>(graph.maximum(sink));
  }
  return out;
}

}  // namespace regard
