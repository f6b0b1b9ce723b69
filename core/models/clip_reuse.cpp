#include "core/models/clip_reuse.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
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

}  // namespace

SharedRows RecentRuns::find(std::span<const int> ids, const Intervention& change) const {
  SharedRows best;
  if (!only_keys(change)) return best;
  const std::lock_guard lock(mutex_);
  for (const Run& run : runs_) {
    int rows = common(ids, std::span<const int>(run.ids));
    rows = common_keys(change.key_bias, run.bias, rows);
    rows = common_keys(change.key_factor, run.factor, rows);
    if (rows <= best.rows) continue;
    auto record = run.record.lock();
    auto hidden_states = run.hidden_states.lock();
    if (record == nullptr || hidden_states == nullptr) continue;
    const bool whole = rows == std::ssize(ids) && ids.size() == run.ids.size();
    best = {std::move(record), std::move(hidden_states), rows, whole};
  }
  return best;
}

void RecentRuns::add(std::span<const int> ids, const Intervention& change,
                     const std::shared_ptr<const AttentionRecord>& record,
                     const std::shared_ptr<const std::vector<Matrix>>& hidden_states) {
  if (!only_keys(change) || record->non_finite > 0 || !hidden_states->back().allFinite()) return;
  const std::lock_guard lock(mutex_);
  runs_.push_front({{ids.begin(), ids.end()}, change.key_bias, change.key_factor, record, hidden_states});
  if (runs_.size() > kRuns) runs_.pop_back();
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
