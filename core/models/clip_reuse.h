// What a run of a causal text tower has in common with runs that were made before. A position reads what
// stands before it and nothing else, so that up to the first token that is another every row of every layer
// is the same, to the bit: it is taken over, not computed. A whole run that was made before is that run.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "core/attention/intervention.h"
#include "core/attention/record.h"
#include "core/tensor/matrix.h"

namespace regard {

/// An earlier run whose first rows are those of another one.
struct SharedRows {
  std::shared_ptr<const AttentionRecord> record;             // null: there is none
  std::shared_ptr<const std::vector<Matrix>> hidden_states;  // [L+1] of [T][D]
  int rows = 0;
  bool whole = false;  // the runs are the same altogether
};

/// The last few runs of one model. It keeps none of them alive: what somebody still holds (the run on screen,
/// while the next is computed) can be used. Thread: any.
class RecentRuns {
 public:
  /// The one with most rows in common. Runs in which more was changed than the bias and factor of keys
  /// (heads, edges, blocks, states, other runs' maps) have none.
  SharedRows find(std::span<const int> ids, const Intervention& change) const;
  /// Remembers a run that is complete. One with NaN or Inf in it is not: these reach rows before them.
  void add(std::span<const int> ids, const Intervention& change,
           const std::shared_ptr<const AttentionRecord>& record,
           const std::shared_ptr<const std::vector<Matrix>>& hidden_states);

 private:
  static constexpr std::size_t kRuns = 4;
  struct Run {
    std::vector<int> ids;
    std::vector<float> bias, factor;
    std::weak_ptr<const AttentionRecord> record;
    std::weak_ptr<const std::vector<Matrix>> hidden_states;
  };
  mutable std::mutex mutex_;
  std::deque<Run> runs_;  // the newest first
};

/// q, k, v and the first rows of the maps of a causal run, from one record that keeps its maps to another of
/// the same model. Cost: a copy.
void copy_rows(const AttentionRecord& from, int rows, AttentionRecord& to);

}  // namespace regard
