// What may be changed in a run, and what of it a run refuses. Empty members change nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/attention/record.h"
#include "core/base/result.h"
#include "core/tensor/matrix.h"

namespace regard {

/// Attention of another run, put in place of the model's own. Source: prompt-to-prompt (arXiv 2208.01626),
/// "replace" and "refine", carried over to a joint row.
struct KeptMaps {
  std::shared_ptr<const AttentionRecord> from;  // same layers and heads; keeps its maps; same patches
  /// Which key of `from` stands for each key; -1: none, its own attention stays. A row in which anything was
  /// replaced is scaled back to the sum it had. [S]
  std::vector<int> key;
  /// Which query of `from` stands for each query; -1: none, the row stays its own. Empty: row by row. [T]
  std::vector<int> query = {};
  /// Of a joint model: what the text reads is replaced too, not only what patches read.
  bool all_queries = false;

  int query_of(int row) const { return query.empty() ? row : query[static_cast<std::size_t>(row)]; }
};

/// Two sets of keys that trade their attention, row by row: each set gets the other's sum, shared out as its
/// own keys shared theirs (evenly where they had none). Of one key each it is a plain swap.
struct SwappedKeys {
  std::vector<int> first, second;  // no key twice
  bool operator==(const SwappedKeys&) const = default;
};

/// The residual stream at one position, put in place of the model's own. Source: causal tracing
/// (arXiv 2202.05262), activation patching.
struct PatchedState {
  int after = 0;  // so many layers: 0 is what enters the first, L what the last gives
  int position = 0;
  RowVector values;  // [D]
};

struct Intervention {
  /// Added to every score of a key column, in every layer and head, before softmax: ln(weight) of the token's
  /// word. -infinity hides the key. Empty, or one entry a key. [S]
  std::vector<float> key_bias = {};
  /// Multiplies every row's attention to a key column, in every layer and head, after softmax, before the
  /// values are summed: prompt-to-prompt's reweighting. Not renormalised, so rows no longer sum to 1;
  /// negative numbers turn the value around. Empty, or one finite number a key. [S]
  std::vector<float> key_factor = {};

  /// Scores of -infinity, each of one query and key: in every layer and head, or in one. A head that reads
  /// nothing passes on zero.
  std::vector<CutEdge> cut_edges = {};

  // After softmax: kept maps, then swaps (not under a causal mask), then key_factor.
  std::optional<KeptMaps> kept = {};
  std::vector<SwappedKeys> swaps = {};
  /// (layer, head), from 0: what the head reads is kept, what it passes on is zero.
  std::vector<std::pair<int, int>> heads_off = {};
  /// The same, but what it passes on is in every row its mean over the rows.
  std::vector<std::pair<int, int>> heads_mean = {};
  /// From 0: the residual stream (both of a joint model) passes the block unchanged; what it would have read
  /// is kept.
  std::vector<int> blocks_off = {};
  std::vector<PatchedState> patches = {};

  /// Hides one key of `keys`, whatever bias it had.
  void hide(std::size_t key, std::size_t keys);
  bool is_off(int layer) const;
};

/// Puts patched states of this place into the rows of x. @param x  [rows][D], positions `first`.. ; in place
void patch_states(const Intervention& change, int after, MatrixRef x, int first = 0);

/// What the positions of a model's attention are.
enum class AttentionKind {
  kTower,  // text and vision towers
  kJoint,  // patches, then tokens: bias, factor, kept maps and swaps act on what the first changed_queries()
           // read
};

/// Checks an intervention against the run whose record this is, still empty, with its changed_queries() set.
/// Then gives the record its bias, factor and cut edges; the rest is the model's to hand to attend_all() and
/// patch_states().
/// Errors: shape (another length, a number that cannot be used, a key, head or block that is not there),
/// unsupported (keys swapped under a causal mask; maps kept or swapped where records do not keep theirs).
Result<void> apply_intervention(const Intervention& change, AttentionKind kind, AttentionRecord& record);

}  // namespace regard
