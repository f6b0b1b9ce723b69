// The vocabulary of a CLIP tokenizer, built entry by entry, each checked. Private to core/text.
// Errors of all: format; `label` is the file and `where` the place in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/formats/json_fwd.h"
#include "core/text/added_tokens.h"
#include "core/text/bpe.h"

namespace regard::clip_files {

inline constexpr std::int64_t kIdLimit = 1 << 24;
inline constexpr std::string_view kBos = "<|startoftext|>";
inline constexpr std::string_view kEos = "<|endoftext|>";

/// What the files say, checked: every id is in [0, entries.size()), every merge joins entries into an entry.
struct Vocabulary {
  std::vector<std::string> entries;          // by id; "" where no token has the id
  std::unordered_map<std::string, int> ids;  // of the entries, added tokens included
  bpe::Merges merges;
  std::vector<AddedToken> added;  // matched whole, in the order they are sought: special ones first
  int bos = -1;
  int eos = -1;
  int pad = -1;      // stands behind EOS where a text is filled up
  int trained = 0;   // ids of the vocabulary itself, the added tokens left aside
  int unknown = -1;  // stands for a symbol without an entry; -1: it is left out

  std::optional<int> find(const std::string& token) const {
    const auto at = ids.find(token);
    return at == ids.end() ? std::nullopt : std::optional(at->second);
  }
};

/// How a value is shown in "got ...": scalars as written, the rest by kind.
std::string shown(const Json& value);

/// Null when `object` is none or has no such member.
const Json* member(const Json& object, std::string_view name);

/// From 0 to kIdLimit - 1, or nothing.
std::optional<std::int64_t> id_of(const Json& value);

/// Takes entries and their ids from {"token": id, ...}. `where` is the object's place in the file.
Result<void> read_vocab(const Json& vocab, std::string_view label, std::string_view where, Vocabulary& out);

/// Adds a merge; the three entries must be there. `where` is the merge's place in the file.
Result<void> add_merge(const std::string& left, const std::string& right, std::size_t rank,
                       std::string_view label, std::string_view where, Vocabulary& out);

/// "left right" with one space between; nothing otherwise.
std::optional<std::pair<std::string, std::string>> split_merge(std::string_view line);

/// The lines of a merges file that count: without "#version" (OpenAI's begins with a quote before it),
/// without the empty ones at the end, no more than the reference reads.
/// @return  (line number from 1, line)
std::vector<std::pair<std::size_t, std::string_view>> merge_lines(std::string_view text);

/// tokenizer.json's merges: "left right", or since tokenizers 0.20 ["left", "right"].
Result<void> read_merges_json(const Json& merges, std::string_view label, Vocabulary& out);

/// The contents of merges.txt: one merge a line.
Result<void> read_merges_text(std::string_view text, std::string_view label, Vocabulary& out);

}  // namespace regard::clip_files
