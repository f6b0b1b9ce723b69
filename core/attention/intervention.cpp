#include "core/attention/intervention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "core/attention/record.h"
#include "core/base/check.h"

namespace regard {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Who the keys are, for messages.
const char* keys_of(AttentionKind kind) {
  return kind == AttentionKind::kJoint ? "one a patch, then one a token" : "one a token";
}

// One number a key, or none at all. @param may_hide  whether -infinity is one
Result<void> check_values(const std::vector<float>& values, const char* what, AttentionKind kind, int keys,
                          bool may_hide) {
  if (!values.empty() && std::ssize(values) != keys) {
    return fail(ErrorCode::kShape, "{}: expected {} numbers, {}, got {}", what, keys, keys_of(kind),
                values.size());
  }
  for (std::size_t t = 0; t < values.size(); ++t) {
    if (std::isfinite(values[t]) || (may_hide && values[t] == -kInfinity)) continue;
    return fail(ErrorCode::kShape, "{} {}: expected a number{}, got {}", what, t + 1,
                may_hide ? " or -infinity" : "", values[t]);
  }
  return {};
}

// Rows of another run, each of which stands for one of this.
Result<void> check_kept_queries(const KeptMaps& kept, const AttentionShape& shape) {
  const int from = kept.from->shape().queries;
  const auto expected = static_cast<std::size_t>(shape.queries);
  if (kept.query.empty() ? from != shape.queries : kept.query.size() != expected) {
    return fail(ErrorCode::kShape, "kept maps: expected {} queries, got {}", shape.queries,
                kept.query.empty() ? static_cast<std::size_t>(from) : kept.query.size());
  }
  for (std::size_t i = 0; i < kept.query.size(); ++i) {
    if (kept.query[i] < -1 || kept.query[i] >= from) {
      return fail(ErrorCode::kShape, "kept maps: query {}: expected one from 0 to {}, or -1, got {}", i + 1,
                  from - 1, kept.query[i]);
    }
  }
  return {};
}

Result<void> check_kept(const KeptMaps& kept, AttentionKind kind, const AttentionShape& shape, int patches) {
  if (kept.from == nullptr) return fail(ErrorCode::kShape, "kept maps: expected a record, got none");
  const AttentionShape& from = kept.from->shape();
  if (from.layers != shape.layers || from.heads != shape.heads) {
    return fail(ErrorCode::kShape, "kept maps: expected {} blocks of {} heads, got {} of {}", shape.layers,
                shape.heads, from.layers, from.heads);
  }
  if (kind == AttentionKind::kTower) {
    REGARD_TRY_DO(check_kept_queries(kept, shape));
  } else if (kept.from->changed_queries() != patches || from.queries < patches) {
    return fail(ErrorCode::kShape, "kept maps: expected those of {} patches, got {}", patches,
                kept.from->changed_queries());
  } else if (kept.all_queries) {
    REGARD_TRY_DO(check_kept_queries(kept, shape));
  }
  if (!kept.from->keeps_maps())
    return fail(ErrorCode::kUnsupported,
                "kept maps: expected a record that keeps its maps, got one too long");
  if (std::ssize(kept.key) != shape.keys) {
    return fail(ErrorCode::kShape, "kept maps: expected {} keys, {}, got {}", shape.keys, keys_of(kind),
                kept.key.size());
  }
  for (std::size_t i = 0; i < kept.key.size(); ++i) {
    if (kept.key[i] < -1 || kept.key[i] >= from.keys) {
      return fail(ErrorCode::kShape, "kept maps: key {}: expected one from 0 to {}, or -1, got {}", i + 1,
                  from.keys - 1, kept.key[i]);
    }
  }
  return {};
}

Result<void> check_swap(const SwappedKeys& swap, int keys) {
  std::set<int> seen;
  for (const auto* set : {&swap.first, &swap.second}) {
    if (set->empty())
      return fail(ErrorCode::kShape, "swapped keys: expected two sets of keys, got an empty one");
    for (const int key : *set) {
      if (key < 0 || key >= keys) {
        return fail(ErrorCode::kShape, "swapped keys: expected keys from 0 to {}, got {}", keys - 1, key);
      }
      if (!seen.insert(key).second)
        return fail(ErrorCode::kShape, "swapped keys: expected every key once, got {} twice", key);
    }
  }
  return {};
}

Result<void> check_off(const Intervention& change, const AttentionShape& shape) {
  for (const auto* heads : {&change.heads_off, &change.heads_mean}) {
    for (const auto& [block, head] : *heads) {
      if (block >= 0 && block < shape.layers && head >= 0 && head < shape.heads) continue;
      return fail(ErrorCode::kShape,
                  "heads off: expected blocks from 0 to {} and heads from 0 to {}, got {}, {}",
                  shape.layers - 1, shape.heads - 1, block, head);
    }
  }
  for (const int block : change.blocks_off) {
    if (block >= 0 && block < shape.layers) continue;
    return fail(ErrorCode::kShape, "blocks off: expected blocks from 0 to {}, got {}", shape.layers - 1,
                block);
  }
  return {};
}

Result<void> check_edges(const Intervention& change, const AttentionShape& shape) {
  for (const CutEdge& edge : change.cut_edges) {
    const bool there =
        edge.query >= 0 && edge.query < shape.queries && edge.key >= 0 && edge.key < shape.keys;
    if (!there) {
      return fail(ErrorCode::kShape,
                  "cut edge: expected a query from 0 to {} and a key from 0 to {}, got {}, {}",
                  shape.queries - 1, shape.keys - 1, edge.query, edge.key);
    }
    if (edge.layer < -1 || edge.layer >= shape.layers || edge.head < -1 || edge.head >= shape.heads) {
      return fail(ErrorCode::kShape,
                  "cut edge: expected a layer from 0 to {} and a head from 0 to {}, or -1, got {}, {}",
                  shape.layers - 1, shape.heads - 1, edge.layer, edge.head);
    }
  }
  return {};
}

Result<void> check_patches(const Intervention& change, const AttentionShape& shape) {
  const int width = shape.heads * shape.head_width;
  for (const PatchedState& patch : change.patches) {
    if (patch.after < 0 || patch.after > shape.layers || patch.position < 0 ||
        patch.position >= shape.queries) {
      return fail(ErrorCode::kShape,
                  "patched state: expected one behind 0 to {} layers, at a position from 0 to {}, got {}, {}",
                  shape.layers, shape.queries - 1, patch.after, patch.position);
    }
    if (patch.values.size() != width) {
      return fail(ErrorCode::kShape, "patched state: expected {} numbers, got {}", width,
                  patch.values.size());
    }
  }
  return {};
}

Result<void> check_kept_and_swapped(const Intervention& change, AttentionKind kind,
                                    const AttentionRecord& record) {
  if (!change.kept && change.swaps.empty()) return {};
  const AttentionShape& shape = record.shape();
  if (!change.swaps.empty() && record.causal())
    return fail(ErrorCode::kUnsupported, "swapped keys: expected attention without a causal mask, got one");
  if (!record.keeps_maps()) {
    return fail(ErrorCode::kUnsupported,
                "kept or swapped maps: expected maps of at most {:.0f} MB, got more for {} tokens",
                AttentionRecord::kKeptBytes * 1e-6, shape.keys);
  }
  for (const SwappedKeys& swap : change.swaps) {
    REGARD_TRY_DO(check_swap(swap, shape.keys));
  }
  return change.kept ? check_kept(*change.kept, kind, shape, record.changed_queries()) : Result<void>{};
}

Result<void> check(const Intervention& change, AttentionKind kind, const AttentionRecord& record) {
  const AttentionShape& shape = record.shape();
  REGARD_TRY_DO(check_values(change.key_bias, "key bias", kind, shape.keys, true));
  REGARD_TRY_DO(check_values(change.key_factor, "key factor", kind, shape.keys, false));
  REGARD_TRY_DO(check_off(change, shape));
  REGARD_TRY_DO(check_edges(change, shape));
  REGARD_TRY_DO(check_patches(change, shape));
  return check_kept_and_swapped(change, kind, record);
}

Vector copy(const std::vector<float>& values) {
  return Eigen::Map<const Vector>(values.data(), std::ssize(values));
}

}  // namespace

void Intervention::hide(std::size_t key, std::size_t keys) {
  REGARD_CHECK(key < keys && key_bias.size() <= keys);
  key_bias.resize(keys, 0.0f);
  key_bias[key] = -kInfinity;
}

bool Intervention::is_off(int layer) const {
  return std::ranges::find(blocks_off, layer) != blocks_off.end();
}

void patch_states(const Intervention& change, int after, MatrixRef x, int first) {
  for (const PatchedState& patch : change.patches) {
    const int row = patch.position - first;
    if (patch.after == after && row >= 0 && row < x.rows()) x.row(row) = patch.values;
  }
}

Result<void> apply_intervention(const Intervention& change, AttentionKind kind, AttentionRecord& record) {
  REGARD_TRY_DO(check(change, kind, record));
  record.set_key_bias(copy(change.key_bias));
  record.set_key_factor(copy(change.key_factor));
  record.set_cut_edges(change.cut_edges);
  for (const auto& [layer, head] : change.heads_off) record.set_off(layer, head);
  for (const int layer : change.blocks_off) {
    for (int head = 0; head < record.shape().heads; ++head) record.set_off(layer, head);
  }
  return {};
}

}  // namespace regard
