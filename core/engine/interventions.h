// What can be tried on a drawing: a table, a line each. A new one is a struct of PaintEdit (paint_edit.h),
// what it does and its line in interventions.cpp, and its words in the locale files ("paint.edit.NAME", its
// ".item" and
// ".tip"). Command line, sessions, files, menus and the check of a request follow from its line and from what
// its struct holds: `word`, or `first` and `second`; `block`; `head`; `image`.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/engine/paint_edit.h"

namespace regard {

struct PaintRun;
struct StepChange;

/// What an edit is told, whatever its kind.
struct EditArguments {
  std::vector<PromptWord> words = {};
  std::optional<int> block = {}, head = {};  // from 0
  std::optional<bool> image = {};
};

/// Which of these a kind takes.
struct EditTakes {
  int words = 0;
  bool block = false, head = false, image = false;
};

/// Where a step is: what `apply` may read.
struct EditStep {
  const PaintRun& run;  // with its prompt, sizes and steps
  int step;
  /// Which token of the kept run's prompt stands for each of this one's, -1: none. [T]; empty without kept
  /// maps
  const std::vector<int>& counterpart;
};

struct InterventionKind {
  std::string_view name;          // in sessions and files, and behind "--" on the command line
  std::string_view label;         // key of its words in the locale files: a {} for each word, block and head
  std::string_view help;          // of its option
  bool takes_start = true;        // false: of words, BOS cannot be told
  bool hides_in_encoder = false;  // its words are hidden from other words, too
  bool reads_kept = false;        // needs PaintRequest::kept
  /// Changes what is changed at a step. Called for all edits of a kind, then of the next kind of the table.
  void (*apply)(const EditStep& at, const PaintEdit& edit, StepChange& change) = nullptr;
  /// What is wrong with an edit beyond words, blocks and heads that are not there. Null: nothing can be.
  /// Errors: shape.
  Result<void> (*check)(const PaintRun& run, std::size_t index) = nullptr;
  // Of the struct, by kind<T>() (interventions.cpp).
  std::size_t index = 0;  // in PaintEdit::What
  EditTakes takes = {};
  PaintEdit::What (*make)(const EditArguments& told) = nullptr;
};

/// All of them, in the order of menus and of PaintEdit::What.
std::span<const InterventionKind> interventions();
const InterventionKind& kind_of(const PaintEdit& edit);
/// Null: there is none of that name.
const InterventionKind* find_intervention(std::string_view name);

EditArguments arguments_of(const PaintEdit& edit);
/// The words an edit is about, to be changed in place.
std::vector<PromptWord*> words_of(PaintEdit& edit);

}  // namespace regard
