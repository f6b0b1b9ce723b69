// One word's weight and nothing else: the same prompt from the same noise, drawn once for each weight, and in
// numbers what that moved. It says what is seen, not what ought to be: where a model does not answer a
// weight, the pictures are alike, and so are the numbers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/engine/paint.h"
#include "core/models/segmenter.h"

namespace regard {

/// The weights of a strip that names none.
inline constexpr double kStripWeights[] = {0.0, 0.5, 1.0, 1.5, 2.0};
inline constexpr std::size_t kMostStripWeights = 9;
inline constexpr double kMostStripWeight = 10.0;  // and as far below 0

/// "0,0.5,1": numbers between commas, semicolons or spaces; one that is there twice counts once. Where the
/// decimal sign is a comma, commas part nothing. Errors: format ("expected 1 to 9 numbers from -10 to 10, got
/// ..."). Thread: any.
Result<std::vector<double>> read_strip_weights(std::string_view text, char decimal = '.');

/// What can be measured of a word in the pictures of a model: nothing (it names nothing that is known, or the
/// model has no segmenter), where it was drawn, and of a colour that has a hue how vivid it is, too.
enum class Measurable { kNothing, kArea, kAreaAndVividness };
/// Cost: a look into lists.
Measurable measurable(const PaintModel& model, std::string_view word);

/// What a word names, as it was drawn and as the segmenter reads it. Of a thing: where it stands. Of a
/// colour: where things have it, and how vivid it is there.
struct WordDrawn {
  int area = 0;     // patches
  int patches = 0;  // of the whole picture
  /// Of a colour that has a hue: mean over the pixels of `area` of the largest of red, green and blue less
  /// the smallest, each in [0, 1]: 0 grey, 1 pure. Nothing: no patch has it, or it has no hue.
  std::optional<double> vividness = {};
  bool operator==(const WordDrawn&) const = default;
};
/// Nothing: it is not measurable(), or `seen` is of other patches.
/// @param x  [3][height][width] in [-1, 1], what `seen` is of. Thread: any. Cost: O(pixels).
std::optional<WordDrawn> measure_word(const PaintModel& model, std::string_view word,
                                      const Segmenter::Reading& seen, std::span<const float> x, int height,
                                      int width);

struct StripFrame {
  double weight = 1.0;        // of the word
  std::vector<float> x = {};  // the last picture, [C][height][width]; empty: not drawn yet
  std::string problem = {};   // why it cannot be, one line
  std::optional<double> change =
      {};  // picture_rms() to WeightStrip::plain, 0 to 1; nothing: one is not there
  std::shared_ptr<const Segmenter::Reading> seen = {};  // what stands in it; null: not known
  std::optional<WordDrawn> drawn = {};                  // of the word; nothing: not known
};

struct WeightStrip {
  PaintRequest drawing;                 // whose word is weighed; its noise, scheme and trials hold for all
  Word word;                            // bytes and weight in `drawing.prompt`
  int height = 0, width = 0;            // of the pictures
  std::vector<StripFrame> frames = {};  // in the order of the weights
  std::vector<float> plain = {};        // the picture at weight 1, what changes are measured from

  /// The word's letters in the prompt.
  std::string_view letters() const {
    return std::string_view(drawing.prompt).substr(word.start, word.end - word.start);
  }
  int done() const;  ///< frames with a picture or a problem
  bool complete() const { return done() == std::ssize(frames); }
};

/// The word that holds a byte of the prompt; nothing: none does. Thread: any. Cost: O(prompt).
std::optional<Word> word_at(const PaintRequest& drawing, std::size_t byte);

/// The same drawing with its word at this weight: the prompt written anew in its grammar, trials follow their
/// words. At the weight that the word has already it is the drawing itself. Errors: unsupported (the grammar
/// cannot write that weight there). Thread: any. Cost: O(prompt).
Result<PaintRequest> weighed_drawing(const PaintRequest& drawing, const Word& word, double weight);

/// Fills in every frame's change and what is drawn of the word, as far as pictures and readings are there.
void measure_strip(WeightStrip& strip);

struct WeightStripRequest {
  PaintRequest drawing;  // what it keeps does not matter
  std::size_t byte = 0;  // any of the word's in the prompt
  std::vector<double> weights = {std::begin(kStripWeights), std::end(kStripWeights)};
};
using StripSeen = std::function<void(const WeightStrip& so_far)>;

/// Draws a frame for each weight, and the one at 1 where that is not among them. The frame at the prompt's
/// own weight is bit for bit what run_paint() draws. Errors: shape (no word at that byte; no weight, or more
/// than kMostStripWeights, or one beyond kMostStripWeight), those of weighed_drawing() before anything is
/// drawn, those of run_paint(). Thread: any; `seen` is told on the caller's after each frame. Cost: a drawing
/// each.
Result<WeightStrip> draw_weight_strip(const WeightStripRequest& request, const StripSeen& seen = {},
                                      std::stop_token stop = {});

}  // namespace regard
