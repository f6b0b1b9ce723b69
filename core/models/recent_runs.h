// What a run of a tower has in common with runs that were made before, to the bit: taken over, not computed.
// In a causal tower a position reads what stands before it and nothing else, so that up to the first token
// that is another every row of every layer is the same. In every tower the layers below the first in which
// something else is tried (a head off, a state patched) are. A whole run that was made before is that run.
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

/// An earlier run whose first rows, or first layers, are those of another one.
struct SharedPart {
  std::shared_ptr<const AttentionRecord> record;             // null: there is none
  std::shared_ptr<const std::vector<Matrix>> hidden_states;  // [L+1] of [T][D]
  int rows = 0;                                              // of every layer; 0 where layers are shared
  int layers = 0;                                            // with all their rows
  bool whole = false;                                        // the runs are the same altogether
};

/// The last few runs of one model. It keeps none of them alive: what somebody still holds (the run on screen,
/// while the next is computed) can be used. Thread: any.
class RecentRuns {
 public:
  /// Of a causal tower: the one with most layers in common, else most rows. Of runs with maps of other runs,
  /// or swapped keys, there is neither; rows are shared only where no more was changed than the bias and
  /// factor of keys.
  SharedPart find(std::span<const int> ids, const Intervention& change) const;
  /// Of any tower, by what enters its first layer: the one with most layers in common. [T][D]
  /// @param keeps_maps  records that do not keep theirs alike share nothing
  SharedPart find(const Matrix& embedded, bool keeps_maps, const Intervention& change) const;
  /// Remembers a run that is complete, of a causal tower with its ids. One with NaN or Inf in it is not:
  /// these reach rows before them.
  void add(std::span<const int> ids, const Intervention& change,
           const std::shared_ptr<const AttentionRecord>& record,
           const std::shared_ptr<const std::vector<Matrix>>& hidden_states);

 private:
  static constexpr std::size_t kRuns = 4;
  struct Run {
    std::vector<int> ids;
    Intervention change;  // without maps of other runs
    std::weak_ptr<const AttentionRecord> record;
    std::weak_ptr<const std::vector<Matrix>> hidden_states;
  };
  mutable std::mutex mutex_;
  std::deque<Run> runs_;  // the newest first
};

/// How many layers, from the first on, compute the same in two runs over the same input: those below the
/// first in which something else is changed. Bias and factor of keys count as of every layer; 0 with kept or
/// swapped maps.
int common_layers(const Intervention& a, const Intervention& b, int layers);

/// The layers that are shared, into the record of a run that has been given its intervention. Cost: a copy.
/// @return  what enters each of them, and what the last one gives. [layers + 1]
std::vector<Matrix> take_layers(const SharedPart& part, AttentionRecord& to);

/// q, k, v and the first rows of the maps of a causal run, from one record that keeps its maps to another of
/// the same model. Cost: a copy.
void copy_rows(const AttentionRecord& from, int rows, AttentionRecord& to);

}  // namespace regard
