// Reads untrusted JSON: bounded in bytes and depth, duplicate keys refused, never throws past this file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/result.h"

namespace regard {

using Json = nlohmann::ordered_json;

struct JsonLimits {
  std::size_t bytes = 64u << 20;
  int depth = 64;
};

/// Whole file as JSON. Errors: io; format with the byte offset ("config.json: byte 17: ...").
Result<Json> read_json(const std::filesystem::path& path, const JsonLimits& limits = {});

/// Same for text at hand; `label` stands for the file in messages.
Result<Json> parse_json(std::string_view text, std::string_view label, const JsonLimits& limits = {});

/// Whole file as bytes. Errors: io (missing, a folder, unreadable, more than `max_bytes`).
Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes);

/// Writes `bytes` beside `path`, syncs, renames over it: the old file stays whole when anything fails.
/// Errors: io.
Result<void> write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace regard
