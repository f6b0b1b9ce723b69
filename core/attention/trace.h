// What any run leaves behind, whatever the model: a sequence of positions, and for each step and half of it
// one record of attention. Text encoders and vision transformers have one step and one half; a drawing has a
// step a denoising step and, with guidance, a second half without the prompt. Everything that is looked at,
// exported or compared is computed from a Trace and a MapQuery (core/analysis/map_query.h).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/attention/record.h"
#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

/// One position of a sequence: what a row or a column of a map stands for.
struct Position {
  enum class Kind {
    kSpecial,    // BOS, EOS, CLS, DIST, registers
    kWordPiece,  // a token of the prompt
    kPatch,      // of a picture
  };
  Kind kind = Kind::kWordPiece;
  std::string label{};             // "BOS", "CLS", the prompt's own letters; empty for a patch
  std::string spelling{};          // of a token, as the vocabulary has it
  int id = -1;                     // of a token
  double weight = 1.0;             // of its word in the prompt
  std::size_t start = 0, end = 0;  // bytes of the prompt; equal: none
  int word = -1;                   // index into Sequence::words; -1: none
  int column = -1, row = -1;       // of a patch, from 0
};

/// Neighbouring positions that belong together: "text", "image", "text: T5".
struct Segment {
  std::string name;
  int first = 0, count = 0;   // positions
  int rows = 0, columns = 0;  // of patches, row-major, specials before them; 0 in a text
};

/// A word of the prompt: neighbouring positions.
struct WordSpan {
  int first = 0, last = 0;         // positions, inclusive
  std::size_t start = 0, end = 0;  // bytes of the prompt

  bool holds(std::size_t byte) const { return start <= byte && byte < end; }
};

/// Positions in the order of the record's rows and columns.
struct Sequence {
  std::vector<Position> positions;  // [T]
  std::vector<Segment> segments;
  std::vector<WordSpan> words;

  int count() const { return static_cast<int>(positions.size()); }
  /// The first segment of that name; null when there is none.
  const Segment* segment(std::string_view name) const;
  /// The segment that has patches; null in a text.
  const Segment* image() const;
  /// The position of a patch, rows and columns from 0. Expects an image that has it.
  int patch(int column, int row) const;
  bool is_patch(int position) const;
  /// Patches in their order. Empty in a text.
  std::vector<int> patches() const;
  /// Word pieces and specials of all texts, in their order.
  std::vector<int> text() const;
};

/// The pass with the prompt, and the one that guidance leads away from.
enum class Half { kPrompt, kNegative };

/// Steps counted from the first of the schedule, both inclusive.
struct StepSpan {
  int first = 0, last = 0;
  bool operator==(const StepSpan&) const = default;
};

/// A run's results, read only once made. Copies share the records. Thread: const members from any.
struct Trace {
  std::string model;          // its name
  Sequence prompt, negative;  // of either half; `negative` is empty where there is none
  int first_step = 0;         // records[i] are of step first_step + i
  /// [steps] of either half, as far as they were kept.
  std::vector<std::shared_ptr<const AttentionRecord>> records, negative_records;
  /// L+1 of [T][D]: what enters the first layer, then each layer's output. Null where it was not kept.
  std::shared_ptr<const std::vector<Matrix>> hidden_states;
  /// [steps] of [L] of [words][N]: likeness of what attention gives to each word alone and to each patch, in
  /// the half with the prompt (MmditOutput::concept_maps). Empty where it was not asked for.
  std::vector<std::shared_ptr<const std::vector<Matrix>>> concept_maps;

  const Sequence& sequence(Half half) const { return half == Half::kPrompt ? prompt : negative; }
  const std::vector<std::shared_ptr<const AttentionRecord>>& records_of(Half half) const {
    return half == Half::kPrompt ? records : negative_records;
  }
  /// Layers, heads and sizes of the records of a half; zeros where none was kept.
  AttentionShape shape(Half half = Half::kPrompt) const;
  /// The kept steps of a half; nothing where none was kept.
  std::optional<StepSpan> kept_steps(Half half) const;
  /// `asked`, or all that were kept. @param what  asks for them, in messages
  /// Errors: unsupported (no step was kept), shape (one of them was not).
  Result<StepSpan> steps(Half half, std::optional<StepSpan> asked, std::string_view what) const;
  /// Memory of the records of both halves, bytes.
  double record_bytes() const;
};

/// The trace of one forward pass.
Trace single_trace(std::string model, Sequence sequence, std::shared_ptr<const AttentionRecord> record,
                   std::shared_ptr<const std::vector<Matrix>> hidden_states = {});

/// Positions of a grid of patches behind special tokens, as one segment "image". @param specials  their names
Sequence image_sequence(const std::vector<std::string>& specials, int rows, int columns);

/// `second` behind `first`: positions and words are counted on.
Sequence joined(Sequence first, const Sequence& second);

/// Which positions of two sequences stand for each other: same kind, and the same place (a patch), the same
/// bytes and label (a word piece) or the same name (a special). -1 where one side has none. In the order of
/// the prompt. Thread: any. Cost: O(T).
struct AlignedPosition {
  int first = -1, second = -1;
  bool operator==(const AlignedPosition&) const = default;
};
std::vector<AlignedPosition> align(const Sequence& first, const Sequence& second);

}  // namespace regard
