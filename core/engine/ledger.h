// The causal ledger: attention against effect. Each word, patch and head of a run is taken away, one after
// another, everything else left as it was; how much that changes stands beside how much it was read. Neither
// number can be told from the other: that is what the ledger shows.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/engine/paint.h"
#include "core/engine/text_run.h"
#include "core/engine/vision_run.h"

namespace regard {

/// What a ledger is about. Of a drawing: whole, its half with the prompt kept.
using LedgerRun = std::variant<std::shared_ptr<const TextRun>, std::shared_ptr<const VisionRun>,
                               std::shared_ptr<const PaintRun>>;

enum class Removal {
  kCut,   // a word that no patch reads, in a text: that EOS does not read; other words have read it
  kMute,  // a word that neither patches nor other words read; a patch that nothing else reads
  kOff,   // a head that gives nothing
};
/// "cut", "mute", "off".
std::string_view removal_name(Removal removal);

struct LedgerEntry {
  Removal removal = Removal::kMute;
  std::string word = {};      // of a word: the prompt's letters; else empty
  int word_index = -1;        // in the run's words
  int patch = -1;             // of a patch: its position in the run's sequence
  int layer = -1, head = -1;  // of a head, from 0
  /// Share of what the readers (a drawing's patches, EOS of a text, CLS of a picture; mean over layers, heads
  /// and steps) read of it. Of a head: what its readers read of words (texts, drawings) or of patches. [0, 1]
  double attention = 0.0;
  /// How far the answer moves without it. Drawing: root mean square of the pixels' distance, 0 to 1. Text and
  /// picture: 1 - cosine of the embedding before and after, 0 to 2. Nothing: not computed yet, or it cannot
  /// be taken away.
  std::optional<double> effect = {};
  std::string problem = {};  // why it cannot be, one line
};

struct Ledger {
  std::vector<LedgerEntry> entries;  // words (cut, then mute) in the order of the prompt, patches, heads
  int done() const;                  // entries with an effect or a problem
};

using LedgerSeen = std::function<void(const Ledger& so_far)>;

/// Takes everything away once. What was tried or weighed in the run stays so. An entry that cannot be taken
/// away says why; the others go on. Errors: cancelled. Thread: any; `seen` is told on the caller's after each
/// entry. Cost: a run for each: of the built-in model 0.3 ms a text, 8 ms a picture, 0.35 s a drawing.
Result<Ledger> run_ledger(const LedgerRun& run, const LedgerSeen& seen = {}, std::stop_token stop = {});

/// Spearman's rank correlation of attention and effect over the entries of one removal that have an effect
/// (of heads, or of words and patches); ties share their rank. Nothing: fewer than three, or all alike.
std::optional<double> rank_correlation(const Ledger& ledger, Removal removal);

}  // namespace regard
