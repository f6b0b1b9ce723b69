// The numbers that a card asks for, of the runs at hand: each a MapQuery and a place in its map, so that a
// lesson and the window cannot disagree.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/lessons/lesson.h"
#include "core/base/result.h"

namespace regard {

/// Holds everything that the numbers of a card depend on.
struct LessonAsk {
  std::shared_ptr<const Lesson> lesson;
  std::size_t card = 0;
  std::shared_ptr<const TextRun> text;  // null: not there yet
  std::shared_ptr<const VisionRun> picture;
  std::shared_ptr<const PaintRun> drawing;
  std::vector<int> region_a, region_b;  // of the picture
  /// Positions of "object NAME", by run and name, as far as it is found.
  std::map<std::pair<int, std::string>, std::vector<int>> objects;
  std::optional<double> changed;  // of LessonValue::What::kChanged
  bool operator==(const LessonAsk&) const = default;
};

/// What the card needs that is there. Nothing: the card has no numbers.
std::optional<LessonAsk> lesson_ask(const std::shared_ptr<const Lesson>& lesson, std::size_t card,
                                    const AppState& state);

struct LessonNumber {
  std::optional<double> number = {};  // nothing: the run has no such word, or is not there
  /// Where a side was left open: one a word of the prompt, or one a patch, row by row.
  std::vector<double> each = {};
  std::vector<std::string> words = {};  // of `each`; empty where they are patches
  std::vector<char> counts = {};        // of `each`: 0 for the asked word itself, BOS and EOS
  std::vector<char> special = {};       // of `each`: 1 for BOS and EOS
  int columns = 0, rows = 0;            // of patches
};

struct LessonNumbers {
  LessonAsk of;
  std::vector<LessonNumber> values;  // one a LessonCard::values
};

/// Errors: cancelled. Thread: any. Cost: of each value, as evaluate() (core/analysis).
Result<std::shared_ptr<const LessonNumbers>> compute_lesson_numbers(const LessonAsk& ask,
                                                                    std::stop_token stop);

/// Positions of a place in a run's sequence; empty: it is not there. kObject and regions have none here.
std::vector<int> lesson_positions(const Sequence& sequence, const LessonPlace& place);

/// What a check is held against.
struct CheckGround {
  const std::vector<LessonNumber>& numbers;
  const AppState& state;
  std::function<bool(const std::string& id)> answered;
};
/// Nothing: a number that it needs is not there.
std::optional<bool> holds(const LessonCheck& check, const CheckGround& ground);

}  // namespace regard
