// What the painting workspace draws and which of its maps are looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/analysis/map_query.h"
#include "core/engine/paint.h"
#include "core/engine/weight_strip.h"

namespace regard {

/// The most steps the window draws: both halves of 100 keep 1.1 GB of the built-in model's attention.
inline constexpr int kMostShownSteps = 100;
/// Of a drawing that follows a weight while it is dragged.
inline constexpr int kDraftSteps = 6;
inline constexpr std::size_t kMaxEdits = 12;

/// What is left out when a drawing is made a second time beside itself.
enum class LeftOut {
  kNothing,
  kWord,    // one word, muted
  kTrials,  // all trials, and the weights of the prompt
};

inline constexpr int kSeedsShown = 9;

/// What differs between drawings that stand beside each other.
enum class Series {
  kSeeds,       // the noise: kSeedsShown seeds
  kWeightings,  // the weighting scheme: all of them, from the same noise
  kWeights,     // the weight of the word that is looked at: SeedGrid::weights, from the same noise
};

/// Drawings beside each other; of seeds from `first` on, and perhaps each a second time with something left
/// out.
struct SeedGrid {
  Series series = Series::kSeeds;
  std::uint64_t first = 1;
  LeftOut without = LeftOut::kNothing;
  PromptWord word = {};  // of LeftOut::kWord
  /// Of Series::kWeights: 1 to kMostStripWeights that differ, each within kMostStripWeight of 0.
  std::vector<double> weights = {std::begin(kStripWeights), std::end(kStripWeights)};
  bool operator==(const SeedGrid&) const = default;
};
/// Each seed once.
void leave_out_nothing(SeedGrid& seeds);

/// Undone with the rest of the document. Steps, blocks and heads count from 0.
struct PaintDocument {
  std::string negative;
  std::uint64_t seed = 1;
  int steps = 0;                   // 0: the model's own
  std::optional<double> guidance;  // nothing: the model's own
  WeightPlace place = kUsualWeightPlace;
  std::vector<PaintEdit> edits;
  /// What the picture is compared with, and takes kept maps from. Nothing: the prompt without its weights.
  std::optional<std::string> before;
  std::string picture;    // to begin with instead of noise: a file's path or a sample's name
  int picture_step = 12;  // the step it is brought to

  // Looked at:
  std::optional<PromptWord> word;                // whose map lies over the picture; nothing: the first word
  int patch = -1;                                // held on to: its own map lies there instead; -1: none
  HeadSet maps;                                  // brushed; empty: every head of all blocks but the first
  Fusion fusion = Fusion::kMean;                 // how several become one map
  std::optional<std::pair<int, int>> step_span;  // from, to; nothing: all of them
  SeedGrid seeds;                                // beside each other in a panel of their own
  bool operator==(const PaintDocument&) const = default;
};

/// What a map over the drawing means.
enum class PaintLens {
  kAttention,  // what is read, as it is
  kValue,      // times the length of the value
  kWritten,    // the length of what it writes
  kShare,      // image -> text as shares among the words
  kRollout,    // over all blocks, with the residual
  kOutput,     // ConceptAttention: likeness of what attention gives to patch and word
  kNorms,      // the length of each patch's vector behind a block
  kCosine,     // likeness of vectors behind a block
  kPca,        // their first three principal components, as colours
  kAttnLrp,    // where a patch of the picture that the step heads for comes from, with signs
  kChefer,     // the same by gradients times attention
  kLeGrad,     // the same by gradients of attention within each block
};

/// Of one step, by the way back through the transformer.
constexpr bool is_gradient(PaintLens lens) {
  return lens == PaintLens::kAttnLrp || lens == PaintLens::kChefer || lens == PaintLens::kLeGrad;
}
/// About no word and no patch: one map of all.
constexpr bool has_no_subject(PaintLens lens) { return lens == PaintLens::kNorms || lens == PaintLens::kPca; }
/// Of the vectors behind one block.
constexpr bool is_of_states(PaintLens lens) { return has_no_subject(lens) || lens == PaintLens::kCosine; }
/// 0 is the middle.
constexpr bool is_signed(PaintLens lens) { return lens == PaintLens::kAttnLrp || lens == PaintLens::kCosine; }
/// A word asks patches, never the other way round: what it gives them, how alike it is to them.
constexpr bool is_of_words(PaintLens lens) {
  return lens == PaintLens::kShare || lens == PaintLens::kOutput || lens == PaintLens::kCosine ||
         is_gradient(lens);
}

/// What stands where the picture is, while there is another drawing to compare it with.
enum class PaintShow {
  kNow,         // the picture, with its map
  kBefore,      // the other drawing
  kDifference,  // how far each pixel moved
  kWipe,        // before to the left of a line that is dragged, now to its right
  kBeside,      // before and now side by side
};

struct PaintView {
  PaintLens lens = PaintLens::kAttention;
  bool reverse = false;        // words: text -> image instead of image -> text; patches: who reads it
  bool unconditional = false;  // the half without the prompt
  bool smooth = true;          // interpolated, not cells
  bool absolute = false;       // one scale for all words and heads
  bool noisy = false;          // the state of the noise, instead of the picture it is heading for
  float opacity = 0.65f;       // of the overlay, [0, 1]
  PaintShow show = PaintShow::kNow;
  float wipe = 0.5f;  // of PaintShow::kWipe: where the line stands, [0, 1] of the width
  bool operator==(const PaintView&) const = default;
};

/// Begins with a picture, and looks at the step it is brought to: there its own content is read. Empty: with
/// noise, and all steps.
void begin_with(PaintDocument& paint, const std::string& picture);

/// The words that a document holds on to follow their bytes from `before` to `after`; what rested on replaced
/// bytes goes.
void move_words(PaintDocument& paint, const std::string& before, const std::string& after);
void move_words(std::vector<RunEdit>& edits, const std::string& before, const std::string& after);
/// The same of a document when the bytes of [start, end) move to `start_now` and all behind follow (a weight
/// was written).
void shift_words(PaintDocument& paint, std::size_t start, std::size_t end, std::size_t start_now,
                 std::ptrdiff_t grown);

}  // namespace regard
