// What Compel's reader finds, before it is joined into fragments. Internal to core/prompt.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/prompt/compel_scan.h"
#include "core/prompt/prompt.h"

namespace regard::compel {

/// One word, comma, period or empty phrase.
struct Leaf {
  Index begin = 0, end = 0;  // of Text::text
  double weight = 1.0;
  int swap = -1;        // index into Reading::swaps
  bool edited = false;  // what the swap puts there, not what it replaces
};

struct Part {
  double weight = 1.0;
  std::vector<Leaf> leaves;
};

enum class Shape { kPrompt, kAnd, kBlend };

struct Reading {
  Shape shape = Shape::kPrompt;
  std::vector<Part> parts;
  bool normalize = true;                   // of a blend
  std::vector<std::vector<Option>> swaps;  // their options as written
  std::vector<std::pair<std::string, double>> loras;
  std::vector<WeightGroup> groups;
  std::vector<PromptWarning> warnings;
};

/// Thread: any. Cost: O(n).
Reading read(const Text& text, const Scan& scan);

/// The leaves of [first, last) under one weight, joined by spaces as Compel joins them.
Fragment join(const Text& text, const Leaf* first, const Leaf* last);

/// Neighbours of equal weight joined.
std::vector<Fragment> fuse(const Text& text, const std::vector<Leaf>& leaves);

}  // namespace regard::compel
