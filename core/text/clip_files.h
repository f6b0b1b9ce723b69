// The files of a CLIP tokenizer, read and checked: tokenizer.json, or vocab.json and merges.txt, or OpenAI's
// list of merges. Private to clip_tokenizer.cpp, which alone includes it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/formats/json.h"
#include "core/formats/utf8.h"
#include "core/text/added_tokens.h"
#include "core/text/bpe.h"

namespace regard::clip_files {

namespace fs = std::filesystem;

inline constexpr std::int64_t kIdLimit = 1 << 24;
inline constexpr std::size_t kAddedTokenBytes = 512;
inline constexpr std::size_t kAllAddedTokensBytes = 4u << 20;
inline constexpr std::size_t kMergesFileBytes = 64u << 20;
inline constexpr std::size_t kReferenceMerges = 49152 - 256 - 2;  // CLIPTokenizer reads no further
inline constexpr std::string_view kBos = "<|startoftext|>";
inline constexpr std::string_view kEos = "<|endoftext|>";

/// What the files say, checked: every id is in [0, entries.size()), every merge joins entries into an entry.
struct Vocabulary {
  std::vector<std::string> entries;          // by id; "" where no token has the id
  std::unordered_map<std::string, int> ids;  // of the entries, added tokens included
  bpe::Merges merges;
  std::vector<AddedToken> added;
  std::unordered_set<int> added_ids;
  std::size_t added_bytes = 0;
  int bos = -1;
  int eos = -1;
  int unknown = -1;  // stands for a symbol without an entry; -1: it is left out

  std::optional<int> find(const std::string& token) const {
    const auto at = ids.find(token);
    return at == ids.end() ? std::nullopt : std::optional(at->second);
  }
};

/// How a value is shown in "got ...": scalars as written, the rest by kind.
inline std::string shown(const Json& value) {
  if (value.is_string()) return quote(value.get_ref<const std::string&>());
  if (value.is_object()) return "an object";
  if (value.is_array()) return fmt::format("an array of {}", value.size());
  return value.dump();
}

/// Null when `object` is none or has no such member.
inline const Json* member(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  for (const auto& [key, value] : object.get_ref<const Json::object_t&>()) {
    if (key == name) return &value;
  }
  return nullptr;
}

inline bool is_text(const Json* value, std::string_view text) {
  return value != nullptr && value->is_string() && value->get_ref<const std::string&>() == text;
}

inline std::optional<std::int64_t> id_of(const Json& value) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() >= kIdLimit) return std::nullopt;
  return value.get<std::int64_t>();
}

/// Takes entries and their ids from {"token": id, ...}. `where` is the object's place in the file.
inline Result<void> read_vocab(const Json& vocab, std::string_view label, std::string_view where,
                               Vocabulary& out) {
  if (!vocab.is_object()) {
    return fail(ErrorCode::kFormat, "{}: {}: expected an object of ids, got {}", label, where, shown(vocab));
  }
  const auto& members = vocab.get_ref<const Json::object_t&>();
  if (members.empty()) return fail(ErrorCode::kFormat, "{}: {}: expected entries, got none", label, where);
  std::int64_t highest = 0;
  for (const auto& [token, value] : members) {
    const std::optional<std::int64_t> id = id_of(value);
    if (!id) {
      return fail(ErrorCode::kFormat, "{}: {} {}: expected an id from 0 to {}, got {}", label, where,
                  quote(token), kIdLimit - 1, shown(value));
    }
    if (token.empty()) {
      return fail(ErrorCode::kFormat, "{}: {}: expected tokens that are not empty, got '' for id {}", label,
                  where, *id);
    }
    highest = std::max(highest, *id);
  }
  // Ids size a table: a gap is allowed, a table of nothing is not.
  if (static_cast<std::size_t>(highest) >= 2 * members.size() + 1024) {
    return fail(ErrorCode::kFormat,
                "{}: {}: expected ids without large gaps, got {} entries with ids up to {}", label, where,
                members.size(), highest);
  }
  out.entries.resize(static_cast<std::size_t>(highest) + 1);
  out.ids.reserve(members.size() + 64);
  for (const auto& [token, value] : members) {
    const int id = value.get<int>();
    std::string& entry = out.entries[static_cast<std::size_t>(id)];
    if (!entry.empty()) {
      return fail(ErrorCode::kFormat, "{}: {} {}: expected an id of its own, got {} as {} has", label, where,
                  quote(token), id, quote(entry));
    }
    entry = token;
    out.ids.emplace(token, id);
  }
  return {};
}

/// Adds a merge; the three entries must be there. `where` is the merge's place in the file.
inline Result<void> add_merge(const std::string& left, const std::string& right, std::size_t rank,
                              std::string_view label, std::string_view where, Vocabulary& out) {
  const std::string joined = left + right;
  for (const std::string* token : {&left, &right, &joined}) {
    if (!out.ids.contains(*token)) {
      return fail(ErrorCode::kFormat, "{}: {}: expected {} in the vocabulary, got none", label, where,
                  quote(*token));
    }
  }
  out.merges.add(out.ids.at(left), out.ids.at(right), static_cast<int>(rank), out.ids.at(joined));
  return {};
}

/// "left right" with one space between; nothing otherwise.
inline std::optional<std::pair<std::string, std::string>> split_merge(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == line.npos || space == 0 || space + 1 == line.size()) return std::nullopt;
  if (line.find(' ', space + 1) != line.npos) return std::nullopt;
  return std::pair(std::string(line.substr(0, space)), std::string(line.substr(space + 1)));
}

/// tokenizer.json's merges: "left right", or since tokenizers 0.20 ["left", "right"].
inline Result<void> read_merges_json(const Json& merges, std::string_view label, Vocabulary& out) {
  if (!merges.is_array()) {
    return fail(ErrorCode::kFormat, "{}: model.merges: expected an array, got {}", label, shown(merges));
  }
  out.merges.reserve(merges.size());
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const Json& merge = merges[rank];
    std::optional<std::pair<std::string, std::string>> pair;
    if (merge.is_string()) pair = split_merge(merge.get_ref<const std::string&>());
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      pair.emplace(merge[0].get<std::string>(), merge[1].get<std::string>());
    }
    const std::string where = fmt::format("model.merges[{}]", rank);
    if (!pair) {
      return fail(ErrorCode::kFormat, "{}: {}: expected \"left right\" or [\"left\", \"right\"], got {}",
                  label, where, shown(merge));
    }
    REGARD_TRY_DO(add_merge(pair->first, pair->second, rank, label, where, out));
  }
  return {};
}

/// The lines of a merges file that count: without "#version" (OpenAI's begins with a quote before it),
/// without the empty ones at the end, no more than the reference reads.
/// @return  (line number from 1, line)
inline std::vector<std::pair<std::size_t, std::string_view>> merge_lines(std::string_view text) {
  std::vector<std::pair<std::size_t, std::string_view>> lines;
  for (std::size_t number = 1; !text.empty() && lines.size() < kReferenceMerges; ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (number == 1 && line.find("#version") != line.npos) continue;
    lines.emplace_back(number, line);
  }
  while (!lines.empty() && lines.back().second.empty()) lines.pop_back();
  return lines;
}

inline Result<void> read_merges_text(std::string_view text, std::string_view label, Vocabulary& out) {
  const auto lines = merge_lines(text);
  out.merges.reserve(lines.size());
  for (std::size_t rank = 0; rank < lines.size(); ++rank) {
    const auto& [number, line] = lines[rank];
    const std::string where = fmt::format("line {}", number);
    const auto pair = split_merge(line);
    if (!pair) {
      return fail(ErrorCode::kFormat, "{}: {}: expected two symbols with one space between, got {}", label,
                  where, quote(line));
    }
    REGARD_TRY_DO(add_merge(pair->first, pair->second, rank, label, where, out));
  }
  return {};
}

/// Gives `token` its place among the added ones. An id of -1 asks for the one the vocabulary has.
inline Result<void> add_token(AddedToken token, std::string_view label, std::string_view where,
                              Vocabulary& out) {
  if (token.content.empty() || token.content.size() > kAddedTokenBytes) {
    return fail(ErrorCode::kFormat, "{}: {}: expected a token of 1 to {} bytes, got {}", label, where,
                kAddedTokenBytes, token.content.size());
  }
  const std::optional<int> known = out.find(token.content);
  if (token.id < 0 && !known) {
    return fail(ErrorCode::kFormat, "{}: {}: expected {} in the vocabulary, got none", label, where,
                quote(token.content));
  }
  if (token.id < 0) token.id = *known;
  if (known && *known != token.id) {
    return fail(ErrorCode::kFormat, "{}: {}: expected id {} for {} as in the vocabulary, got {}", label,
                where, *known, quote(token.content), token.id);
  }
  const auto at = static_cast<std::size_t>(token.id);
  if (at >= out.entries.size() + 4096) {
    return fail(ErrorCode::kFormat, "{}: {}: expected an id near the {} of the vocabulary, got {}", label,
                where, out.entries.size(), token.id);
  }
  if (at >= out.entries.size()) out.entries.resize(at + 1);
  if (!known && !out.entries[at].empty()) {
    return fail(ErrorCode::kFormat, "{}: {}: expected an id of its own for {}, got {} as {} has", label,
                where, quote(token.content), token.id, quote(out.entries[at]));
  }
  out.entries[at] = token.content;
  out.ids.emplace(token.content, token.id);
  if (out.added_ids.insert(token.id).second) out.added.push_back(std::move(token));
  return {};
}

/// Flags of a token object; absent ones keep what `token` has.
inline Result<void> read_flags(const Json& object, std::string_view label, std::string_view where,
                               AddedToken& token) {
  const std::pair<const char*, bool*> flags[] = {{"single_word", &token.single_word},
                                                 {"lstrip", &token.lstrip},
                                                 {"rstrip", &token.rstrip},
                                                 {"normalized", &token.normalized},
                                                 {"special", &token.special}};
  for (const auto& [name, flag] : flags) {
    const Json* value = member(object, name);
    if (value == nullptr) continue;
    if (!value->is_boolean()) {
      return fail(ErrorCode::kFormat, "{}: {}.{}: expected true or false, got {}", label, where, name,
                  shown(*value));
    }
    *flag = value->get<bool>();
  }
  return {};
}

/// One of tokenizer.json's added_tokens.
inline Result<void> read_added(const Json& object, std::string_view label, std::string_view where,
                               Vocabulary& out) {
  const Json* content = member(object, "content");
  const Json* id = member(object, "id");
  if (content == nullptr || !content->is_string()) {
    return fail(ErrorCode::kFormat, "{}: {}.content: expected a text, got {}", label, where,
                content == nullptr ? "none" : shown(*content));
  }
  const std::optional<std::int64_t> number = id == nullptr ? std::nullopt : id_of(*id);
  if (!number) {
    return fail(ErrorCode::kFormat, "{}: {}.id: expected an id from 0 to {}, got {}", label, where,
                kIdLimit - 1, id == nullptr ? "none" : shown(*id));
  }
  AddedToken token{.content = content->get<std::string>(), .id = static_cast<int>(*number)};
  REGARD_TRY_DO(read_flags(object, label, where, token));
  return add_token(std::move(token), label, where, out);
}

/// Refuses what would split a text in another way than CLIP's does.
inline Result<void> check_is_clip(const Json& root, std::string_view label) {
  const auto other = [&label](std::string_view where, std::string_view expected, const Json* got) {
    return fail(ErrorCode::kUnsupported, "{}: {}: expected {}, got {}", label, where, expected,
                got == nullptr ? "none" : shown(*got));
  };
  const auto sequence = [](const Json* node, const char* list) -> const Json* {
    const Json* steps =
        node != nullptr && is_text(member(*node, "type"), "Sequence") ? member(*node, list) : nullptr;
    return steps != nullptr && steps->is_array() ? steps : nullptr;
  };
  const Json* normalizer = member(root, "normalizer");
  const Json* steps = sequence(normalizer, "normalizers");
  constexpr std::string_view kNormalizer = "CLIP's sequence NFC, Replace \\s+ by a space, Lowercase";
  if (steps == nullptr || steps->size() != 3) return other("normalizer", kNormalizer, normalizer);
  const Json* pattern = member((*steps)[1], "pattern");
  const bool replaces = is_text(member((*steps)[1], "type"), "Replace") && pattern != nullptr &&
                        is_text(member(*pattern, "Regex"), "\\s+") &&
                        is_text(member((*steps)[1], "content"), " ");
  if (!is_text(member((*steps)[0], "type"), "NFC") || !replaces ||
      !is_text(member((*steps)[2], "type"), "Lowercase")) {
    return other("normalizer", kNormalizer, normalizer);
  }

  const Json* splitter = member(root, "pre_tokenizer");
  steps = sequence(splitter, "pretokenizers");
  constexpr std::string_view kSplitter = "CLIP's sequence Split, ByteLevel";
  if (steps == nullptr || steps->size() != 2 || !is_text(member((*steps)[0], "type"), "Split") ||
      !is_text(member((*steps)[1], "type"), "ByteLevel")) {
    return other("pre_tokenizer", kSplitter, splitter);
  }
  constexpr std::string_view kPattern = R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";
  constexpr std::string_view kSpecials =
      R"(<\|startoftext\|>|<\|endoftext\|>|)";  // cut out before; some files repeat them
  pattern = member((*steps)[0], "pattern");
  const Json* regex = pattern == nullptr ? nullptr : member(*pattern, "Regex");
  if (!is_text(regex, kPattern) && !is_text(regex, std::string(kSpecials) + std::string(kPattern))) {
    return other("pre_tokenizer.pretokenizers[0].pattern", "CLIP's pattern", regex);
  }
  const Json* inverted = member((*steps)[0], "invert");
  if (inverted == nullptr || *inverted != true || !is_text(member((*steps)[0], "behavior"), "Removed")) {
    return other("pre_tokenizer.pretokenizers[0]", "behavior Removed, inverted", &(*steps)[0]);
  }
  const Json* prefix = member((*steps)[1], "add_prefix_space");
  if (prefix == nullptr || *prefix != false) {
    return other("pre_tokenizer.pretokenizers[1].add_prefix_space", "false", prefix);
  }
  return {};
}

/// The same for the options of its BPE.
inline Result<void> check_model(const Json& model, std::string_view label) {
  const auto other = [&label](std::string_view name, std::string_view expected, const Json* got) {
    return fail(ErrorCode::kUnsupported, "{}: model.{}: expected {}, got {}", label, name, expected,
                got == nullptr ? "none" : shown(*got));
  };
  const Json* type = member(model, "type");
  if (type != nullptr && !is_text(type, "BPE")) return other("type", "'BPE'", type);
  const Json* suffix = member(model, "end_of_word_suffix");
  if (!is_text(suffix, bpe::kEndOfWord)) return other("end_of_word_suffix", "'</w>'", suffix);
  const Json* prefix = member(model, "continuing_subword_prefix");
  if (prefix != nullptr && !prefix->is_null() && !is_text(prefix, "")) {
    return other("continuing_subword_prefix", "none", prefix);
  }
  const Json* dropout = member(model, "dropout");
  if (dropout != nullptr && !dropout->is_null() && *dropout != 0) return other("dropout", "none", dropout);
  for (const char* name : {"fuse_unk", "byte_fallback", "ignore_merges"}) {
    const Json* flag = member(model, name);
    if (flag != nullptr && !flag->is_null() && *flag != false) return other(name, "false", flag);
  }
  return {};
}

/// An optional file beside the tokenizer: null when it is not there.
inline Result<Json> read_optional(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return Json();
  Result<Json> json = read_json(path);
  if (json && !json->is_object()) {
    return fail(ErrorCode::kFormat, "{}: top: expected an object, got {}", printable(path.string(), 4096),
                shown(*json));
  }
  return json;
}

/// special_tokens_map.json and tokenizer_config.json, read when there.
struct SideFiles {
  Json special_map;
  Json config;
  std::string special_map_label;
  std::string config_label;
};

inline Result<SideFiles> read_side_files(const fs::path& folder) {
  SideFiles files;
  const auto read = [&folder](const char* name, Json& into, std::string& label) -> Result<void> {
    label = printable((folder / name).string(), 4096);
    REGARD_TRY(Json json, read_optional(folder / name));
    into = std::move(json);
    return {};
  };
  REGARD_TRY_DO(read("special_tokens_map.json", files.special_map, files.special_map_label));
  REGARD_TRY_DO(read("tokenizer_config.json", files.config, files.config_label));
  return files;
}

/// The token that plays `role` ("bos_token"): from special_tokens_map.json, else tokenizer_config.json, else
/// `usual`. It becomes an added token, so that it is found when typed by hand.
/// @return  its id
inline Result<int> special_token(const SideFiles& files, std::string_view role, std::string_view usual,
                                 std::string_view label, Vocabulary& out) {
  const Json* value = member(files.special_map, role);
  std::string_view from = files.special_map_label;
  if (value == nullptr || value->is_null()) {
    value = member(files.config, role);
    from = files.config_label;
  }
  // Flags as CLIPTokenizerFast gives them to the tokens it adds itself.
  AddedToken token{.content = std::string(usual), .normalized = true, .special = true};
  if (value == nullptr || value->is_null()) {
    from = label;
  } else {
    const Json* content = value->is_object() ? member(*value, "content") : value;
    if (content == nullptr || !content->is_string()) {
      return fail(ErrorCode::kFormat, "{}: {}: expected a text or an object with content, got {}", from, role,
                  shown(*value));
    }
    token.content = content->get<std::string>();
    REGARD_TRY_DO(read_flags(*value, from, role, token));
    token.special = true;
  }
  const std::string content = token.content;
  REGARD_TRY_DO(add_token(std::move(token), from, role, out));
  return out.ids.at(content);
}

inline Result<void> read_special_tokens(const SideFiles& files, std::string_view label, Vocabulary& out) {
  REGARD_TRY(const int bos, special_token(files, "bos_token", kBos, label, out));
  REGARD_TRY(const int eos, special_token(files, "eos_token", kEos, label, out));
  out.bos = bos;
  out.eos = eos;
  return {};
}

/// tokenizer.json says everything but which token opens and closes a text.
inline Result<Vocabulary> read_tokenizer_json(const fs::path& folder) {
  const fs::path path = folder / "tokenizer.json";
  const std::string label = printable(path.string(), 4096);
  REGARD_TRY(const Json root, read_json(path));
  const Json* model = member(root, "model");
  if (model == nullptr || !model->is_object()) {
    return fail(ErrorCode::kFormat, "{}: model: expected an object, got {}", label,
                model == nullptr ? "none" : shown(*model));
  }
  REGARD_TRY_DO(check_model(*model, label));
  REGARD_TRY_DO(check_is_clip(root, label));

  Vocabulary out;
  const Json none;
  const Json* vocab = member(*model, "vocab");
  REGARD_TRY_DO(read_vocab(vocab == nullptr ? none : *vocab, label, "model.vocab", out));
  const Json* merges = member(*model, "merges");
  REGARD_TRY_DO(read_merges_json(merges == nullptr ? none : *merges, label, out));
  if (const Json* added = member(root, "added_tokens"); added != nullptr && !added->is_null()) {
    if (!added->is_array()) {
      return fail(ErrorCode::kFormat, "{}: added_tokens: expected an array, got {}", label, shown(*added));
    }
    for (std::size_t i = 0; i < added->size(); ++i) {
      const std::string where = fmt::format("added_tokens[{}]", i);
      REGARD_TRY_DO(read_added((*added)[i], label, where, out));
    }
  }
  REGARD_TRY(const SideFiles files, read_side_files(folder));
  REGARD_TRY_DO(read_special_tokens(files, label, out));
  if (const Json* unknown = member(*model, "unk_token"); unknown != nullptr && !unknown->is_null()) {
    const std::optional<int> id = unknown->is_string() ? out.find(unknown->get<std::string>()) : std::nullopt;
    if (!id) {
      return fail(ErrorCode::kFormat, "{}: model.unk_token: expected a token of the vocabulary, got {}",
                  label, shown(*unknown));
    }
    out.unknown = *id;
  }
  return out;
}

/// added_tokens.json: {"token": id}, as older fine-tunings left it.
inline Result<void> read_added_tokens_json(const fs::path& folder, Vocabulary& out) {
  const fs::path path = folder / "added_tokens.json";
  const std::string label = printable(path.string(), 4096);
  REGARD_TRY(const Json added, read_optional(path));
  if (added.is_null()) return {};
  std::vector<std::pair<std::int64_t, std::string>>
      sorted;  // by id, so that they extend the vocabulary one by one
  for (const auto& [content, value] : added.get_ref<const Json::object_t&>()) {
    const std::optional<std::int64_t> id = id_of(value);
    if (!id) {
      return fail(ErrorCode::kFormat, "{}: {}: expected an id from 0 to {}, got {}", label, quote(content),
                  kIdLimit - 1, shown(value));
    }
    sorted.emplace_back(*id, content);
  }
  std::ranges::sort(sorted);
  for (const auto& [id, content] : sorted) {
    AddedToken token{.content = content, .id = static_cast<int>(id), .normalized = true};
    REGARD_TRY_DO(add_token(std::move(token), label, quote(content), out));
  }
  return {};
}

/// vocab.json and merges.txt, as the slow tokenizer saves them.
inline Result<Vocabulary> read_vocab_and_merges(const fs::path& folder) {
  const std::string vocab_label = printable((folder / "vocab.json").string(), 4096);
  REGARD_TRY(const Json vocab, read_json(folder / "vocab.json"));
  REGARD_TRY(const std::string merges, read_file(folder / "merges.txt", kMergesFileBytes));

  Vocabulary out;
  REGARD_TRY_DO(read_vocab(vocab, vocab_label, "entry", out));
  const std::string merges_label = printable((folder / "merges.txt").string(), 4096);
  REGARD_TRY_DO(read_merges_text(merges, merges_label, out));
  REGARD_TRY(const SideFiles files, read_side_files(folder));
  REGARD_TRY_DO(read_special_tokens(files, vocab_label, out));
  REGARD_TRY(
      const int unknown,
      special_token(files, "unk_token", out.entries[static_cast<std::size_t>(out.eos)], vocab_label, out));
  out.unknown = unknown;
  REGARD_TRY_DO(read_added_tokens_json(folder, out));
  return out;
}

/// OpenAI's file lists merges only: 256 byte symbols, the same with </w>, one entry a merge, two specials.
/// Source: openai/CLIP, clip/simple_tokenizer.py, SimpleTokenizer.__init__.
inline Result<Vocabulary> read_openai_merges(std::string_view text) {
  constexpr std::string_view kLabel = "bpe_simple_vocab_16e6.txt";
  Vocabulary out;
  const auto append = [&out](std::string token) {
    const bool fresh = out.ids.emplace(token, static_cast<int>(out.entries.size())).second;
    if (fresh) out.entries.push_back(std::move(token));
    return fresh;
  };
  std::vector<char32_t> symbols;
  for (unsigned byte = 0; byte < 256; ++byte) symbols.push_back(bpe::printable_byte(byte));
  std::ranges::sort(symbols);  // the table's own order: printable bytes first, then the shifted ones
  for (const std::string_view suffix : {std::string_view(), bpe::kEndOfWord}) {
    for (const char32_t symbol : symbols) {
      std::string token;
      append_utf8(token, symbol);
      append(token.append(suffix));
    }
  }
  const auto lines = merge_lines(text);
  out.merges.reserve(lines.size());
  for (std::size_t rank = 0; rank < lines.size(); ++rank) {
    const auto& [number, line] = lines[rank];
    const auto pair = split_merge(line);
    if (!pair) {
      return fail(ErrorCode::kFormat, "{}: line {}: expected two symbols with one space between, got {}",
                  kLabel, number, quote(line));
    }
    const std::string where = fmt::format("line {}", number);
    if (!append(pair->first + pair->second)) {
      return fail(ErrorCode::kFormat, "{}: {}: expected a new entry, got {} again", kLabel, where,
                  quote(pair->first + pair->second));
    }
    REGARD_TRY_DO(add_merge(pair->first, pair->second, rank, kLabel, where, out));
  }
  append(std::string(kBos));
  append(std::string(kEos));
  REGARD_TRY_DO(read_special_tokens({}, kLabel, out));
  out.unknown = out.eos;
  return out;
}

}  // namespace regard::clip_files
