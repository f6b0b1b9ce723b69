// What a file is by its first bytes, whatever its name: the files that people get in place of the one they
// asked for. Every reader of a file asks here before it reads on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace regard {

/// What a reader can use.
enum class Wanted {
  kAnything,  // no check
  kWeights,   // safetensors
  kJson,
  kText,     // UTF-8, e.g. merges.txt
  kPicture,  // PNG, JPEG or WebP
  kNumbers,  // .npy
};

/// Bytes of the beginning that are enough to tell.
inline constexpr std::size_t kContentBytes = 512;

/// Refuses what is surely something else: a Git LFS pointer, a web page, an archive, a pickle, a GGUF, a
/// picture, an empty file, ... Bytes that nothing is known of are left to the reader, which says what is
/// wrong.
/// @param head  the first kContentBytes, or all when the file is shorter
/// @param size  of the whole file, bytes
/// Errors: format, "<label>: expected <wanted>, got <what it is>: <what to do>". Thread: any. Cost: O(head).
Result<void> check_content(std::string_view head, std::uint64_t size, Wanted wanted, std::string_view label);

/// read_file() (json.h) of what is surely not something else, which is looked at before the size. Errors: as
/// read_file(), and as check_content().
Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes, Wanted wanted);

/// What a file is and what to do about it, "a GGUF file: it is for llama.cpp ..."; safetensors weights as
/// those words alone; empty when nothing is known of it or it cannot be read.
std::string content_of_file(const std::filesystem::path& path);

}  // namespace regard
