// Which map of a run: one value that names it, wherever it is asked for. The same MapQuery is the key of what
// the window keeps, what a session file holds, what the command line's options become, the caption of a
// figure and the check of a lesson, so that what is shown is what is written.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/analysis/fuse.h"
#include "core/attention/trace.h"
#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

/// Which heads, and how several become one map: the heads of a layer are fused, layers are averaged.
struct HeadChoice {
  std::optional<int> layer = {};  // from 0; nothing: every layer
  std::optional<int> head = {};   // from 0; nothing: every head of the layer, fused
  Fusion fusion = Fusion::kMean;
  HeadSet set = {};  // when not empty: these, fused all at once, instead of layer and head
  bool operator==(const HeadChoice&) const = default;
};

/// One head alone.
HeadChoice one_head(int layer, int head);

/// What a person chose to look at: heads, or a lens that joins them all ("rollout", "flow").
struct MapChoice {
  HeadChoice heads = {};
  std::string lens = "attention";
  bool operator==(const MapChoice&) const = default;
};

/// Of one layer and head, from 0; nothing: the mean over all of them.
MapChoice map_choice(std::optional<int> layer, std::optional<int> head, Fusion fusion = Fusion::kMean);
/// Of a lens that joins all layers.
MapChoice lens_choice(std::string lens);

/// Whether the subject is the query (what it reads) or the key (who reads it). Rows are queries, columns
/// keys.
enum class Direction { kReads, kReadBy };

/// The other side of a map: every position, or one segment's.
enum class Over { kAll, kImage, kText };

/// What becomes of positions that are no word and no patch: BOS, EOS, CLS, registers.
enum class Specials {
  kShown,
  kHidden,        // their rows and columns are left out; what the others read of them stays uncounted
  kRenormalised,  // left out, and each row is divided by what it reads of the others
};

struct MapQuery {
  std::string lens = "attention";  // name in lenses() (lens.h)
  HeadChoice heads = {};
  std::optional<StepSpan> steps = {};  // mean over them; nothing: all that were kept
  Half half = Half::kPrompt;
  bool scores = false;  // before softmax, where the lens has both
  /// Positions that the map is about; several: their mean (a word of several tokens). Empty: a whole matrix.
  std::vector<int> subject = {};
  std::vector<int> minus = {};  // the same of these is subtracted: difference of two pins
  Direction direction = Direction::kReads;
  Over over = Over::kAll;
  bool itself = true;  // false: the subject's own cells are 0, where they would drown the rest
  /// Of each row, within `over`: only the smallest set of positions that holds this share of it, in (0, 1].
  std::optional<double> mass = {};
  double discard = 0.0;   // of a rollout: this share of each layer's smallest cells counts as 0, in [0, 1)
  std::string caption{};  // of gradient lenses: what picture or prompt is compared with; empty: nothing
  /// Of gradient lenses: the picture is compared with what `caption` has more than this one. Empty: nothing.
  std::string caption_less{};
  /// What follows is done to the numbers of any lens, in this order (arrange.h): special positions, words,
  /// `mass`, rank. Words, `mass` and shares of what is left are of lenses whose numbers add up
  /// (is_additive()).
  Specials specials = Specials::kShown;
  bool words = false;  // the tokens of a word are one: rows averaged, columns summed
  bool rank = false;   // each row's cells are counted from the largest, 1; equals share the smaller number
  bool operator==(const MapQuery&) const = default;
};

/// Numbers of a map, and which positions they are of.
struct Map {
  MapQuery query;            // as it was asked
  Matrix values;             // [rows][columns]; of a subject's map one row, of channels a row each
  std::vector<int> rows;     // positions of the queries; of a subject's map the subject, of channels none
  std::vector<int> columns;  // positions; of words that are one the first of each (last_of_word())
  /// 1 where there is nothing to show: a cell that the mask forbids, a patch outside of `mass`.
  /// [rows*columns] or empty: none.
  std::vector<char> hidden;
  std::vector<double> shares{};  // of channels: what each explains of the variance
  bool is_signed = false;        // a difference, or a lens with signs: 0 is the middle
  bool is_attention = false;     // shares of what is read: each row of the whole map sums to 1

  bool is_hidden(int row, int column) const {
    return !hidden.empty() &&
           hidden[static_cast<std::size_t>(row) * columns.size() + static_cast<std::size_t>(column)] != 0;
  }
};

struct LensContext;  // lens.h: what some lenses need beside the trace

/// The map that `query` names. Errors: shape (a step, layer, head or position that is not there; the message
/// names the option of the command line that sets it), unsupported (a lens that this run does not have, or
/// one that has no scores), cancelled. Thread: any. Cost: see lens.h, map_cost().
Result<Map> evaluate(const Trace& trace, const MapQuery& query, const LensContext& context);
Result<Map> evaluate(const Trace& trace, const MapQuery& query);

/// The map of `query`'s subject taken from a whole one of the same heads, steps and lens, over all positions,
/// specials and single tokens: what evaluate() would give. @param sequence  of the run
Map subject_map(const Map& whole, const MapQuery& query, const Sequence& sequence);

/// How long evaluate() takes on one core, milliseconds, roughly: what takes longer than a frame goes to a
/// worker.
double map_cost(const Trace& trace, const MapQuery& query);

/// How often evaluate() has run in this process: tests count that nothing is computed twice.
long evaluations();

/// The same query for every layer and head: what a grid of thumbnails shows. [layers * heads], by layers.
/// Errors: as evaluate().
Result<std::vector<Map>> evaluate_heads(const Trace& trace, MapQuery query, std::stop_token stop = {});

/// Whether `query` names heads and steps that are there. Errors: as evaluate().
Result<void> check_heads(const AttentionShape& shape, const HeadChoice& heads);

/// The choice within what the model has: a layer or head beyond the last becomes the last, a set loses what
/// is not there.
HeadChoice within(HeadChoice heads, const AttentionShape& shape);

/// "3", "mean": a layer, from 1, as it is written on the command line and in files; "4", "mean", "max",
/// "min", "product": a head.
std::string layer_name(const HeadChoice& heads);
std::string head_name(const HeadChoice& heads);
/// The inverse. Nothing: it is none of them.
bool read_layer(std::string_view text, HeadChoice& heads);
bool read_head(std::string_view text, HeadChoice& heads);
/// @param key  "layer" (which may name a lens that joins all layers: "rollout", "flow") or "head"
bool read_choice(std::string_view key, std::string_view text, MapChoice& choice);

/// "mean", "max", "min", "product".
std::string_view fusion_name(Fusion fusion);
std::optional<Fusion> fusion_from_name(std::string_view name);

/// "show", "hide", "renormalise".
std::string_view specials_name(Specials specials);
std::optional<Specials> specials_from_name(std::string_view name);

/// Two runs of the same query, position by position; of words that are one the first of each.
struct MapDifference {
  std::vector<AlignedPosition> rows, columns;
  Matrix first, second;                           // 0 where hidden
  Matrix difference;                              // second - first
  std::vector<char> first_hidden, second_hidden;  // [rows*columns]: the run has no such cell
};
/// Errors: as evaluate(). Expects queries without a subject.
Result<MapDifference> compare(const Trace& first, const Trace& second, const MapQuery& query);
/// The same when it is known which position is which.
Result<MapDifference> compare(const Trace& first, const Trace& second, const MapQuery& query,
                              std::vector<AlignedPosition> aligned);

}  // namespace regard
