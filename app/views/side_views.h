// Drawings beside the one in sight, of which only the last picture is kept: without each of its words, and
// from other noise. What a worker is asked for and answers, and what the screen shows of it. UI thread, but
// for the values themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/state/state.h"
#include "app/views/paint_views.h"
#include "core/engine/paint.h"
#include "core/engine/weight_strip.h"

namespace regard {

/// One drawing, whole. `picture` and `kept` of the request are filled in by the work.
struct SideDrawing {
  PaintRequest request;
  std::optional<PaintRequest> before;  // what the request takes kept maps from, or what is left out of it
  std::string picture;                 // file or sample to begin with; empty: noise
  bool operator==(const SideDrawing&) const = default;
};

/// A prompt written anew, and what is tried on it: bytes of words are those of this prompt.
struct Reworded {
  std::string prompt;
  std::vector<PaintEdit> edits;
  bool operator==(const Reworded&) const = default;
};

/// How one differs from the drawing in sight.
struct Variation {
  std::uint64_t seed = 1;
  LeftOut without = LeftOut::kNothing;
  PromptWord word = {};                     // of LeftOut::kWord; of `reworded` the one that is weighed
  std::optional<Weighting> weighting = {};  // instead of its own
  std::optional<Reworded> reworded = {};    // instead of its own prompt
  double weight = 1.0;                      // of the word that was written anew
  bool shown = true;                        // false: only what others are compared with
  std::string problem = {};                 // why it cannot be drawn, one line
  bool operator==(const Variation&) const = default;
};

struct SideList {
  SideDrawing base;             // the drawing in sight
  std::vector<Variation> each;  // in the order in which they are drawn
  bool operator==(const SideList&) const = default;
};

/// The one that the others of its series are compared with: of seeds, its own without anything left out; of
/// schemes, none; of weights, 1. -1: it is that one.
int reference_of(const SideList& list, std::size_t each);

/// What is drawn for a variation. `before` is set only when its maps are kept.
SideDrawing drawing_of(const SideDrawing& base, const Variation& each);
/// Whether two lists ask for the same drawings, in whatever order.
bool same_drawings(const SideList& a, const SideList& b);

struct SidePicture {
  std::vector<float> x;  // [3][height][width]
  int height = 0, width = 0;
  std::string problem;                                  // why there is no picture, one line
  std::shared_ptr<const Segmenter::Reading> seen = {};  // what stands in it; null: not known
  std::size_t bytes() const { return sizeof(SidePicture) + sizeof(float) * x.size(); }
};

/// A list and as much of it as is drawn.
struct SidePictures {
  SideList list;
  std::vector<std::shared_ptr<const SidePicture>> pictures;  // of list.each; null: not yet
  int done() const;
};

/// How much a drawing loses without a word.
struct WordEffect {
  float rms = 0;        // picture_rms() of the two last pictures, 0 to 1
  std::string problem;  // why it cannot be left out; empty: there is a number
};

/// What the text encoder let a word read before it: words by how much of its row they have, mean over layers
/// and heads.
struct ReadBefore {
  std::vector<std::pair<std::size_t, float>> words;  // (byte of the prompt, share), the most read first
  bool exact = true;  // the drawing's words were encoded just so: no weight, no word muted
};

class SideViews {
 public:
  /// The worker's answers, whole or so far.
  void accept_words(std::shared_ptr<const SidePictures> pictures);
  void accept_seeds(std::shared_ptr<const SidePictures> pictures);
  /// The drawing in sight is another one now: what there is stays until it is replaced, and counts as old.
  void outdate() { words_old_ = seeds_old_ = true; }
  /// Nothing of the drawings before is to be seen.
  void forget();
  /// Cost: nothing when nothing changed; else O(pixels) a new picture.
  void refresh(const AppState& state);

  /// Without this word; nothing: not drawn yet. The largest of all words, and how many are done.
  const WordEffect* without(const PromptWord& place, const PaintText& text) const;
  float largest_effect() const { return largest_; }
  int words_done() const { return words_ ? words_->done() : 0; }
  int words_asked() const { return words_ ? static_cast<int>(words_->list.each.size()) : 0; }
  bool words_old() const { return words_old_; }

  /// What a word of the drawing has read; nothing: the encoder's run is of another prompt or model.
  std::optional<ReadBefore> read_before(const PromptWord& place) const;
  bool has_read_before() const { return encoded_ != nullptr; }

  /// What is asked of the seeds now, and their pictures: tile i of the sheet is of variation i. Null: nothing
  /// was asked.
  const SidePictures* seeds() const { return seeds_.get(); }
  const PixelSheet& seeds_sheet() const { return sheet_; }
  bool seeds_old() const { return seeds_old_; }
  /// How far a picture of the series is from its reference_of(); nothing: it is that one, or not both are
  /// there. picture_rms(), 0 to 1
  std::optional<float> change(std::size_t each) const;
  /// The series of one word's weights as far as it is drawn; null: another series stands there.
  std::shared_ptr<const WeightStrip> strip() const { return strip_; }

 private:
  void measure_words(const AppState& state);
  void fill_sheet();
  void fill_strip();
  void read_encoder(const AppState& state);

  std::shared_ptr<const SidePictures> words_, seeds_, sheet_of_;
  std::shared_ptr<const SidePictures> measured_;    // what effects_ is of
  std::vector<std::optional<WordEffect>> effects_;  // of measured_->list.each
  float largest_ = 0;
  std::shared_ptr<const TextRun> encoded_;  // of the drawing's prompt
  Matrix encoder_;                          // [T][T] mean over its layers and heads
  bool encoder_exact_ = true;
  bool words_old_ = false, seeds_old_ = false;
  PixelSheet sheet_;
  std::shared_ptr<const WeightStrip> strip_;
};

}  // namespace regard
