#include "core/models/mmdit_check.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "core/base/check.h"

namespace regard {

namespace {

constexpr double kMaxRunBytes = 4e9;  // q, k, v, kept maps and pictures of a run

Result<void> check_side(const MmditConfig& c, const char* what, int side) {
  if (side >= c.patch && side % c.patch == 0 && side / c.patch <= c.position_side) return {};
  return fail(ErrorCode::kShape, "picture: expected a {} of {} to {}, a multiple of {}, got {}", what,
              c.patch, c.patch * c.position_side, c.patch, side);
}

Result<void> check_concepts(const MmditConfig& c, const MmditInput& in) {
  if (in.concepts == nullptr) return {};
  if (in.concepts->rows() >= 1 && in.concepts->cols() == c.text_width) return {};
  return fail(ErrorCode::kShape, "concepts: expected at least one of width {}, got {} of width {}",
              c.text_width, in.concepts->rows(), in.concepts->cols());
}

Result<void> check_values(const std::vector<float>& values, const char* what, std::size_t tokens,
                          bool may_hide) {
  if (!values.empty() && values.size() != tokens) {
    return fail(ErrorCode::kShape, "{}: expected {} numbers, one a patch, then one a token, got {}", what,
                tokens, values.size());
  }
  for (std::size_t t = 0; t < values.size(); ++t) {
    if (std::isfinite(values[t]) || (may_hide && values[t] == -std::numeric_limits<float>::infinity()))
      continue;
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
    return fail(ErrorCode::kShape, "kept maps: expected {} keys, one a patch, then one a token, got {}",
                shape.keys, kept.key.size());
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

}  // namespace

Result<void> check_mmdit_input(const MmditConfig& c, const MmditInput& in) {
  if (auto r = check_side(c, "height", in.height); !r) return r;
  if (auto r = check_side(c, "width", in.width); !r) return r;
  const std::size_t numbers = static_cast<std::size_t>(c.channels) * static_cast<std::size_t>(in.height) *
                              static_cast<std::size_t>(in.width);
  if (in.latent.size() != numbers) {
    return fail(ErrorCode::kShape, "picture: expected {} numbers for {} channels of {} x {}, got {}", numbers,
                c.channels, in.width, in.height, in.latent.size());
  }
  if (in.text.rows() < 1 || in.text.cols() != c.text_width) {
    return fail(ErrorCode::kShape, "text: expected at least one token of width {}, got {} of width {}",
                c.text_width, in.text.rows(), in.text.cols());
  }
  if (!in.pooled.empty() && in.pooled.size() != static_cast<std::size_t>(c.pooled_width)) {
    return fail(ErrorCode::kShape, "pooled text: expected {} numbers, got {}", c.pooled_width,
                in.pooled.size());
  }
  if (!std::isfinite(in.timestep))
    return fail(ErrorCode::kShape, "timestep: expected a number, got {}", in.timestep);
  if (auto r = check_concepts(c, in); !r) return r;
  const double concepts = in.concepts == nullptr ? 0.0 : static_cast<double>(in.concepts->rows());
  const double patches = static_cast<double>(in.height / c.patch) * (in.width / c.patch);
  const double tokens = in.text.rows() + patches;
  const double bytes =
      sizeof(float) * tokens * c.width() * 3.0 * static_cast<double>(c.layers + std::ssize(c.dual_layers)) +
      2.0 * AttentionRecord::kKeptBytes + 3.0 * sizeof(float) * static_cast<double>(numbers) +
      sizeof(float) * concepts * patches * c.layers;
  if (bytes > kMaxRunBytes) {
    return fail(ErrorCode::kShape,
                "picture: expected a run of at most {:.0f} MB, got {:.0f} MB for {} tokens",
                kMaxRunBytes * 1e-6, bytes * 1e-6, tokens);
  }
  return {};
}

Result<void> check_mmdit_change(const Intervention& change, const AttentionRecord& record, int patches) {
  const AttentionShape& shape = record.shape();
  const auto tokens = static_cast<std::size_t>(shape.keys);
  if (auto r = check_values(change.key_bias, "key bias", tokens, true); !r) return r;
  if (auto r = check_values(change.key_factor, "key factor", tokens, false); !r) return r;
  if (auto r = check_off(change, shape); !r) return r;
  if (!change.kept && change.swaps.empty()) return {};
  if (!record.keeps_maps()) {
    return fail(ErrorCode::kUnsupported,
                "kept or swapped maps: expected maps of at most {:.0f} MB, got more for {} tokens",
                AttentionRecord::kKeptBytes * 1e-6, tokens);
  }
  for (const SwappedKeys& swap : change.swaps) {
    if (auto r = check_swap(swap, shape.keys); !r) return r;
  }
  return change.kept ? check_kept(*change.kept, shape, patches) : Result<void>{};
}

void check_mmdit_weights(const MmditConfig& c, const MmditWeights& w) {
  REGARD_CHECK(c.layers > 0 && c.heads > 0 && c.head_width > 0 && c.patch > 0);
  REGARD_CHECK(std::ranges::is_sorted(c.dual_layers, std::less_equal<>()) || c.dual_layers.size() < 2);
  REGARD_CHECK(w.blocks.size() == static_cast<std::size_t>(c.layers));
  REGARD_CHECK(w.positions.rows() == Eigen::Index{c.position_side} * c.position_side);
  for (int i = 0; i < c.layers; ++i)
    REGARD_CHECK(w.blocks[static_cast<std::size_t>(i)].dual.has_value() == c.is_dual(i));
}

}  // namespace regard
