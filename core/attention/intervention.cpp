#include "core/attention/intervention.h"

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

Result<void> check_kept(const KeptMaps& kept, const AttentionShape& shape, int patches) {
  if (kept.from == nullptr) return fail(ErrorCode::kShape, "kept maps: expected a record, got none");
  const AttentionShape& from = kept.from->shape();
  if (from.layers != shape.layers || from.heads != shape.heads) {
    return fail(ErrorCode::kShape, "kept maps: expected {} blocks of {} heads, got {} of {}", shape.layers,
                shape.heads, from.layers, from.heads);
  }
  if (kept.from->changed_queries() != patches || from.queries < patches) {
    return fail(ErrorCode::kShape, "kept maps: expected those of {} patches, got {}", patches,
                kept.from->changed_queries());
  }
  if (!kept.from->keeps_maps())
    return fail(ErrorCode::kUnsupported,
                "kept maps: expected a record that keeps its maps, got one too long");
  if (std::ssize(kept.key) != shape.keys) {
    return fail(ErrorCode::kShape, "kept maps: expected {} keys, {}, got {}", shape.keys,
                keys_of(AttentionKind::kJoint), kept.key.size());
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
  for (const auto& [block, head] : change.heads_off) {
    if (block >= 0 && block < shape.layers && head >= 0 && head < shape.heads) continue;
    return fail(ErrorCode::kShape,
                "heads off: expected blocks from 0 to {} and heads from 0 to {}, got {}, {}",
                shape.layers - 1, shape.heads - 1, block, head);
  }
  for (const int block : change.blocks_off) {
    if (block >= 0 && block < shape.layers) continue;
    return fail(ErrorCode::kShape, "blocks off: expected blocks from 0 to {}, got {}", shape.layers - 1,
                block);
  }
  return {};
}

Result<void> check_kept_and_swapped(const Intervention& change, const AttentionRecord& record) {
  if (!change.kept && change.swaps.empty()) return {};
  const AttentionShape& shape = record.shape();
  if (!record.keeps_maps()) {
    return fail(ErrorCode::kUnsupported,
                "kept or swapped maps: expected maps of at most {:.0f} MB, got more for {} tokens",
                AttentionRecord::kKeptBytes * 1e-6, shape.keys);
  }
  for (const SwappedKeys& swap : change.swaps) {
    REGARD_TRY_DO(check_swap(swap, shape.keys));
  }
  return change.kept ? check_kept(*change.kept, shape, record.changed_queries()) : Result<void>{};
}

Result<void> check(const Intervention& change, AttentionKind kind, const AttentionRecord& record) {
  if (kind == AttentionKind::kTower && change.is_joint()) {
    return fail(ErrorCode::kUnsupported,
                "intervention: expected a key bias or factor, got kept or swapped maps, heads or blocks off");
  }
  const AttentionShape& shape = record.shape();
  REGARD_TRY_DO(check_values(change.key_bias, "key bias", kind, shape.keys, true));
  REGARD_TRY_DO(check_values(change.key_factor, "key factor", kind, shape.keys, false));
  REGARD_TRY_DO(check_off(change, shape));
  return check_kept_and_swapped(change, record);
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

Result<void> apply_intervention(const Intervention& change, AttentionKind kind, AttentionRecord& record) {
  REGARD_TRY_DO(check(change, kind, record));
  record.set_key_bias(copy(change.key_bias));
  record.set_key_factor(copy(change.key_factor));
  return {};
}

}  // namespace regard
