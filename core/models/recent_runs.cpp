#include "core/models/recent_runs.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iterator>
#include <limits>
#include <tuple>
#include <utility>

#include "core/base/check.h"

namespace regard {
namespace {

bool only_keys(const Intervention& change) {
  return change.cut_edges.empty() && !change.kept && change.swaps.empty() && change.heads_off.empty() &&
         change.heads_mean.empty() && change.blocks_off.empty() && change.patches.empty();
}

template <class T>
int common(std::span<const T> a, std::span<const T> b) {
  const auto same = [](T x, T y) {
    return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
  };
  return static_cast<int>(std::ranges::mismatch(a, b, same).in1 - a.begin());
}

// What is done to keys. A score of -0 plus a bias of 0 is another zero, so that no bias at all is not the
// same as a bias of zeros.
int common_keys(std::span<const float> a, std::span<const float> b, int rows) {
  if (a.empty() != b.empty()) return 0;
  return a.empty() ? rows : std::min(rows, common(a, b));
}

bool same_keys(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && common(a, b) == std::ssize(a);
}

// Whether two lists have the same entries among those that are meant.
template <class T, class Meant, class Equal = std::equal_to<>>
bool same_of(const std::vector<T>& a, const std::vector<T>& b, Meant meant, Equal equal = {}) {
  std::vector<T> x, y;
  std::ranges::copy_if(a, std::back_inserter(x), meant);
  std::ranges::copy_if(b, std::back_inserter(y), meant);
  return std::ranges::is_permutation(x, y, equal);
}

bool same_states(const Intervention& a, const Intervention& b, int after) {
  return same_of(
      a.patches, b.patches, [after](const PatchedState& state) { return state.after == after; },
      [](const PatchedState& x, const PatchedState& y) {
        return x.position == y.position &&
               same_keys({x.values.data(), static_cast<std::size_t>(x.values.size())},
                         {y.values.data(), static_cast<std::size_t>(y.values.size())});
      });
}

// What acts while a layer is computed, and on what it gives.
bool same_layer(const Intervention& a, const Intervention& b, int layer) {
  const auto of_layer = [layer](const std::pair<int, int>& head) { return head.first == layer; };
  return same_of(a.heads_off, b.heads_off, of_layer) && same_of(a.heads_mean, b.heads_mean, of_layer) &&
         a.is_off(layer) == b.is_off(layer) &&
         same_of(a.cut_edges, b.cut_edges, [layer](const CutEdge& edge) { return edge.layer == layer; }) &&
         same_states(a, b, layer + 1);
}

// All of it, also what no layer of the run has: it is not the run that was checked before.
bool same_all(const Intervention& a, const Intervention& b) {
  const auto any = [](const auto&) { return true; };
  return same_of(a.heads_off, b.heads_off, any) && same_of(a.heads_mean, b.heads_mean, any) &&
         same_of(a.blocks_off, b.blocks_off, any) && same_of(a.cut_edges, b.cut_edges, any) &&
         a.patches.size() == b.patches.size();
}

bool takes_maps(const Intervention& change) { return change.kept || !change.swaps.empty(); }

}  // namespace

int common_layers(const Intervention& a, const Intervention& b, int layers) {
  const bool same = !takes_maps(a) && !takes_maps(b) && same_keys(a.key_bias, b.key_bias) &&
                    same_keys(a.key_factor, b.key_factor) && same_states(a, b, 0) &&
                    same_of(a.cut_edges, b.cut_edges, [](const CutEdge& edge) { return edge.layer < 0; });
  int common = 0;
  while (same && common < layers && same_layer(a, b, common)) ++common;
  return common;
}

SharedPart RecentRuns::find(std::span<const int> ids, const Intervention& change) const {
  SharedPart best;
  if (takes_maps(change)) return best;
  const std::lock_guard lock(mutex_);
  for (const Run& run : runs_) {
    SharedPart part{.record = run.record.lock(), .hidden_states = run.hidden_states.lock()};
    if (part.record == nullptr || part.hidden_states == nullptr) continue;
    const int layers = part.record->shape().layers, rows = common(ids, std::span<const int>(run.ids));
    if (ids.size() == run.ids.size() && rows == std::ssize(ids))
      part.layers = common_layers(change, run.change, layers);
    part.whole = part.layers == layers && same_all(change, run.change);
    if (part.layers == 0 && only_keys(change) && only_keys(run.change)) {
      part.rows = common_keys(change.key_bias, run.change.key_bias, rows);
      part.rows = common_keys(change.key_factor, run.change.key_factor, part.rows);
    }
    if (std::tie(part.layers, part.rows) > std::tie(best.layers, best.rows)) best = std::move(part);
  }
  return best;
}

SharedPart RecentRuns::find(const Matrix& embedded, bool keeps_maps, const Intervention& change) const {
  SharedPart best;
  if (takes_maps(change)) return best;
  const std::lock_guard lock(mutex_);
  for (const Run& run : runs_) {
    SharedPart part{.record = run.record.lock(), .hidden_states = run.hidden_states.lock()};
    if (part.record == nullptr || part.hidden_states == nullptr || part.record->keeps_maps() != keeps_maps)
      continue;
    const Matrix& entered = part.hidden_states->front();
    if (entered.rows() != embedded.rows() || entered.cols() != embedded.cols() ||
        std::memcmp(entered.data(), embedded.data(),
                    sizeof(float) * static_cast<std::size_t>(embedded.size())) != 0)
      continue;
    const int layers = part.record->shape().layers;
    part.layers = common_layers(change, run.change, layers);
    part.whole = part.layers == layers && same_all(change, run.change);
    if (part.layers > best.layers) best = std::move(part);
  }
  return best;
}

void RecentRuns::add(std::span<const int> ids, const Intervention& change,
                     const std::shared_ptr<const AttentionRecord>& record,
                     const std::shared_ptr<const std::vector<Matrix>>& hidden_states) {
  if (takes_maps(change) || record->non_finite > 0 || !hidden_states->back().allFinite()) return;
  const std::lock_guard lock(mutex_);
  runs_.push_front({{ids.begin(), ids.end()}, change, record, hidden_states});
  if (runs_.size() > kRuns) runs_.pop_back();
}

std::vector<Matrix> take_layers(const SharedPart& part, AttentionRecord& to) {
  to.take_layers(*part.record, part.layers);
  return {part.hidden_states->begin(), part.hidden_states->begin() + part.layers + 1};
}

void copy_rows(const AttentionRecord& from, int rows, AttentionRecord& to) {
  const AttentionShape& s = to.shape();
  REGARD_CHECK(from.causal() && to.causal() && rows <= from.shape().queries && rows <= s.queries);
  const Vector& factor = to.key_factor();
  const Eigen::Index behind = s.keys - rows;  // keys that none of the rows may read
  for (int layer = 0; layer < s.layers; ++layer) {
    for (int head = 0; head < s.heads; ++head) {
      to.query(layer, head).topRows(rows) = from.query(layer, head).topRows(rows);
      to.key(layer, head).topRows(rows) = from.key(layer, head).topRows(rows);
      to.value(layer, head).topRows(rows) = from.value(layer, head).topRows(rows);
      auto scores = to.scores(layer, head).topRows(rows);
      scores.leftCols(rows) = from.scores(layer, head).topLeftCorner(rows, rows);
      scores.rightCols(behind).setConstant(-std::numeric_limits<float>::infinity());
      auto attention = to.attention(layer, head).topRows(rows);
      attention.leftCols(rows) = from.attention(layer, head).topLeftCorner(rows, rows);
      attention.rightCols(behind).setZero();
      if (factor.size() > 0)  // 0 times a negative factor is -0, as in a run that computes it
        attention.rightCols(behind).array().rowwise() *= factor.tail(behind).transpose().array();
    }
  }
}

}  // namespace regard
