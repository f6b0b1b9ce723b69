// What may be changed in a run, and what of it a run refuses. Empty members change nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace regard {

class AttentionRecord;

/// Attention of another run, put in place of the model's own. Source: prompt-to-prompt (arXiv 2208.01626),
/// "replace" and "refine", carried over to a joint row.
struct KeptMaps {
  std::shared_ptr<const AttentionRecord> from;  // same layers and heads; keeps its maps; same patches
  /// Which key of `from` stands for each key; -1: none, its own attention stays. A row in which anything was
  /// replaced is scaled back to the sum it had. [S]
  std::vector<int> key;
};

/// Two sets of keys that trade their attention, row by row: each set gets the other's sum, shared out as its
/// own keys shared theirs (evenly where they had none). Of one key each it is a plain swap.
struct SwappedKeys {
  std::vector<int> first, second;  // no key twice
  bool operator==(const SwappedKeys&) const = default;
};

struct Intervention {
  /// Added to every score of a key column, in every layer and head, before softmax: ln(weight) of the token's
  /// word. -infinity hides the key. Empty, or one entry a key. [S]
  std::vector<float> key_bias = {};
  /// Multiplies every row's attention to a key column, in every layer and head, after softmax, before the
  /// values are summed: prompt-to-prompt's reweighting. Not renormalised, so rows no longer sum to 1;
  /// negative numbers turn the value around. Empty, or one finite number a key. [S]
  std::vector<float> key_factor = {};

  // Of joint attention alone (the towers refuse them). After softmax: kept maps, then swaps,
  // then key_factor.
  std::optional<KeptMaps> kept = {};
  std::vector<SwappedKeys> swaps = {};
  /// (layer, head), from 0: what the head reads is kept, what it passes on is zero.
  std::vector<std::pair<int, int>> heads_off = {};
  /// From 0: both streams pass the block unchanged; what it would have read is kept.
  std::vector<int> blocks_off = {};

  /// Hides one key of `keys`, whatever bias it had.
  void hide(std::size_t key, std::size_t keys);
  /// Whether it asks for something that only the diffusion transformer can do.
  bool is_joint() const { return kept || !swaps.empty() || !heads_off.empty() || !blocks_off.empty(); }
};

/// What a model's attention can be changed in.
enum class AttentionKind {
  kTower,  // key bias and factor: text and vision towers
  kJoint,  // everything, on what the first changed_queries() read: the diffusion transformer
};

/// Checks an intervention against the run whose record this is, still empty, with its changed_queries() set.
/// Then gives the record its bias and factor; what acts after softmax is the model's to hand to attend().
/// Errors: shape (another length, a number that cannot be used, a key, head or block that is not there),
/// unsupported (what this kind of attention cannot do; maps kept or swapped where records do not keep
/// theirs).
Result<void> apply_intervention(const Intervention& change, AttentionKind kind, AttentionRecord& record);

}  // namespace regard
