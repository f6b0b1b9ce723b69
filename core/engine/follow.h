// One word of a prompt through three transformers: what it reads in the text tower, what it adds to how well
// the prompt fits a picture and which patches that comes from, and which patches of a drawing read it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/map_query.h"
#include "core/base/result.h"
#include "core/engine/paint.h"
#include "core/engine/text_run.h"
#include "core/engine/vision_run.h"
#include "core/tensor/matrix.h"

namespace regard {

/// A prompt as captions of a picture have it: without weights and brackets, and once more without one word.
struct WordLeftOut {
  std::string word;          // its letters in the prompt
  std::string with;          // the whole prompt
  std::string without = {};  // empty: it is the only word
};

/// Errors: shape (no word of the prompt holds the byte; a grammar whose brackets hold words of their own, so
/// that the words without weights are others). Cost: two readings of the prompt.
Result<WordLeftOut> leave_word_out(const TextModel& model, std::string_view prompt, Syntax syntax,
                                   std::size_t byte);

/// The direction that a text's embedding has beyond another's: difference of the two at length 1. [P]
/// The cosine of a picture with it is, times its length, how much nearer the first text is.
RowVector embedding_beyond(const RowVector& text, const RowVector& less);

struct FollowRequest {
  std::shared_ptr<const TextRun> text;
  std::size_t byte = 0;   // of text->request.prompt; any byte of the word
  MapQuery reading = {};  // lens, heads and special positions of the text's map; its subject is the word
  std::shared_ptr<const VisionRun> picture = {};  // null: not asked for
  std::string relevance = "chefer";               // "chefer" or "legrad"
  std::shared_ptr<const PaintRun> drawing = {};   // null: not asked for
  MapQuery drawn = {};                            // heads, steps and special positions of the drawing's map
  bool operator==(const FollowRequest&) const = default;
};

/// A word or special position of the prompt, and how much.
struct ThoughtLink {
  std::string label = {};  // letters of the word; "BOS", "EOS"
  int position = 0;        // its first in the sequence
  bool special = false;
  float share = 0;
};

/// Numbers over patches.
struct ThoughtMap {
  int rows = 0, columns = 0;
  RowVector values = {};  // [rows * columns]
  int largest = 0;        // patch
};

struct TextStation {
  std::vector<ThoughtLink> reads = {}, read_by = {};  // words joined, in the order of the prompt
};

struct PictureStation {
  WordLeftOut texts = {};
  float cosine = 0;  // of the whole prompt with the picture
  /// Of the prompt without the word; nothing: it is the only word.
  std::optional<float> cosine_without = {};
  /// What of the picture speaks for the difference of the two; of the only word, for the word.
  ThoughtMap map = {};
};

struct DrawingStation {
  float share = 0;      // of a patch's attention that goes to the word, mean over patches, heads and steps
  ThoughtMap map = {};  // the same of each patch
};

struct Thought {
  std::string word = {};
  TextStation text = {};
  std::optional<PictureStation> picture = {};
  std::string picture_problem = {};  // why there is none of a picture that was asked for
  std::optional<DrawingStation> drawing = {};
  std::string drawing_problem = {};
};

/// Errors: shape (no such word), as evaluate() of the text's map, cancelled. What fails of the picture or the
/// drawing is told in its problem. Thread: any. Cost: two passes of the text tower, gradients through the
/// vision tower, and a map of the drawing: some 50 ms on the built-in model.
Result<Thought> follow_word(const FollowRequest& request, std::stop_token stop = {});

}  // namespace regard
