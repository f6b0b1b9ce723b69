// What can be tried on a run: a table, a line each, for text, pictures and drawings. A new one is a struct of
// RunEdit (run_edit.h), what it does and its line in interventions.cpp, and its words in the locale files
// (its label, ".item" and ".tip"). Command line, sessions, files, menus and the check of a request follow
// from its line and from what its struct holds: `word` or `place`; `first` and `second`, or `query` and
// `key`; `block`; `head`; `mean`; `image`; `after`.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/attention/intervention.h"
#include "core/attention/trace.h"
#include "core/base/result.h"
#include "core/engine/run_edit.h"

namespace regard {

struct PaintRun;

/// The three kinds of run, as a set.
enum RunKinds : unsigned { kTextRun = 1, kVisionRun = 2, kPaintRun = 4 };
inline constexpr unsigned kTowerRuns = kTextRun | kVisionRun, kAllRuns = kTowerRuns | kPaintRun;

/// What an edit is told, whatever its kind.
struct EditArguments {
  std::vector<PromptWord> words = {};
  std::optional<int> block = {}, head = {};  // from 0
  std::optional<bool> mean = {}, image = {};
  std::optional<int> after = {};                  // layers
  std::optional<int> from = {}, from_after = {};  // of what is taken: a position of the other run, layers
};

/// Which of these a kind takes.
struct EditTakes {
  int words = 0;
  bool block = false, head = false, mean = false, image = false, after = false;
  bool edge = false;  // its two words are a query and a key; block and head may be left out
};

/// Where an edit acts: what `apply` may read.
struct EditSite {
  const Sequence& sequence;                            // of the run, or of a drawing's half
  const Trace* kept = nullptr;                         // the other run; null: there is none
  std::shared_ptr<const AttentionRecord> record = {};  // its record, of this step
  /// Which position of the other run stands for each of this one's, -1: none. Empty without one. [T]
  const std::vector<int>& counterpart;
};

struct InterventionKind {
  std::string_view name;       // in sessions and files, and behind "--" on the command line
  std::string_view also = {};  // another name on the command line
  /// Key of its words in the locale files: a {} for each word, block and head. Of a drawing, and of the other
  /// runs; empty: it is not for them.
  std::string_view label = {}, tower_label = {};
  std::string_view help;             // of its option
  std::string_view tower_help = {};  // of a text's or picture's
  unsigned runs = kPaintRun;         // RunKinds it exists for
  bool takes_start = true;           // false: of words, BOS cannot be told
  bool hides_in_encoder = false;     // of a drawing, its words are hidden from other words, too
  bool both_halves = false;          // of a drawing, it acts without the prompt as well
  bool reads_kept = false;           // needs another run
  /// Changes what is changed in a run, or at a step of a drawing. Called for all edits of a kind, then of the
  /// next kind of the table.
  void (*apply)(const EditSite& at, const RunEdit& edit, Intervention& change) = nullptr;
  /// What is wrong with an edit of a drawing beyond words, blocks and heads that are not there. Null: nothing
  /// can be. Errors: shape.
  Result<void> (*check)(const PaintRun& run, std::size_t index) = nullptr;
  // Of the struct, by kind<T>() (interventions.cpp).
  std::size_t index = 0;  // in RunEdit::What
  EditTakes takes = {};
  RunEdit::What (*make)(const EditArguments& told) = nullptr;
};

/// All of them, in the order of menus and of RunEdit::What.
std::span<const InterventionKind> interventions();
const InterventionKind& kind_of(const RunEdit& edit);
/// Null: there is none of that name.
const InterventionKind* find_intervention(std::string_view name);

EditArguments arguments_of(const RunEdit& edit);
/// The places an edit is about, to be changed in place.
std::vector<PromptWord*> words_of(RunEdit& edit);
/// Words follow their bytes when those of [start, end) move to `start_now` and all behind by `grown` (a
/// weight was written).
void shift_words(std::vector<RunEdit>& edits, std::size_t start, std::size_t end, std::size_t start_now,
                 std::ptrdiff_t grown);
void shift_byte(std::size_t& byte, std::size_t start, std::size_t end, std::size_t start_now,
                std::ptrdiff_t grown);

/// The positions of a place. Empty: it is not there. Ascending.
std::vector<int> positions_of(const Sequence& sequence, const PromptWord& place);

/// Which position of `from` stands for each of `to`: patches by column and row, specials of a picture by
/// name, tokens by counterpart_tokens(). -1: none. [to]
std::vector<int> counterpart_positions(const Sequence& from, const Sequence& to);

/// Whether blocks and heads that an edit names are there. @param layers, heads  of the model
bool finds_parts(const RunEdit& edit, int layers, int heads);
/// Whether any of these needs the other run.
bool reads_other_run(std::span<const RunEdit> edits);

/// A run of a tower, before it is made.
struct TowerSite {
  unsigned run = kTextRun;  // one of RunKinds
  const Sequence& sequence;
  int layers = 0, heads = 0, width = 0;
  const Trace* other = nullptr;  // another run of the same model
};
/// What the edits of a text or vision run come to. Of a place that is not in the sequence (a word of another
/// chunk) an edit changes nothing.
/// Errors: shape (a block, head or layer that is not there; BOS muted; a patched place without a counterpart;
/// no other run to take from), unsupported (a kind that this run does not know). Thread: any. Cost: O(T^2)
/// with another run, else O(edits).
Result<Intervention> read_edits(std::span<const RunEdit> edits, const TowerSite& site);

}  // namespace regard
