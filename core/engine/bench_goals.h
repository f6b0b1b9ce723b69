// What the program is to reach on any machine, beside what it reaches on this one: shares of the limits that
// this machine showed in the same run, and times that a person does not notice.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/engine/bench.h"
#include "core/engine/paint_model.h"
#include "core/models/clip_text.h"

namespace regard {

struct GoalRow {
  std::string goal;  // "(ii)", its number in the specification
  std::string what;
  std::string unit;   // "ms", "% of the limit", "x"
  double value = 0;   // measured here
  double median = 0;  // of a time, the median beside the least; 0: there is none
  double aim = 0;
  bool at_least = false;  // the value is to be `aim` or more; else or less

  bool met() const { return at_least ? value >= aim : value <= aim; }
};

/// Every goal that this program alone can show; those against other programs are
/// tests/bench/side_by_side.py's.
/// @param ids  a prompt of the built-in model  @param painter  null: what draws is left out
/// Cost: about 30 s and 700 MB. Thread: any; sets how many others work. Errors: of a run that fails.
Result<std::vector<GoalRow>> measure_goals(const ClipText& built_in, std::span<const int> ids,
                                           const std::shared_ptr<const PaintModel>& painter,
                                           const MachineLimits& limits);

}  // namespace regard
