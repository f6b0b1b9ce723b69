// Reading a model's JSON configuration value by value: every number checked against its range, every message
// naming the file, the key and what was there. `get_*` leave `out` alone when the key is absent, so that the
// defaults of a class stand in `out` before.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/formats/json.h"
#include "core/models/activation.h"

namespace regard {

// Far above any transformer there is; they keep a product of two sizes inside 64 bits and an absurd file from
// allocating.
inline constexpr int kMaxLayers = 512, kMaxHeads = 1024, kMaxWidth = 65'536, kMaxMlp = 1 << 20;

/// One JSON object and what to call it in messages. Does not own the object.
struct Section {
  const Json* object;  // null: an absent section, all defaults
  std::string where;   // "config.json: text_config.", put before a key

  /// Null when absent.
  const Json* find(std::string_view key) const;
};

/// A foreign value as messages show it: JSON, one line, cut when long.
std::string shown(const Json& value);

/// Errors of all: format (a value of another type or outside its range).
Result<void> get_int(const Section& in, std::string_view key, int low, int high, int& out);
Result<void> get_bool(const Section& in, std::string_view key, bool& out);
/// A number in (0, high].
Result<void> get_positive(const Section& in, std::string_view key, double high, double& out);
/// A sub-object of the file; absent and null are the same.
Result<Section> get_section(const Section& in, std::string_view key);
/// The key `hidden_act`. Errors: unsupported (another activation).
Result<void> get_activation(const Section& in, Activation& out);
/// Errors: format when `width` is no multiple of `heads`.
Result<void> check_heads(const Section& in, std::string_view width_key, int width, std::string_view heads_key,
                         int heads);

}  // namespace regard
