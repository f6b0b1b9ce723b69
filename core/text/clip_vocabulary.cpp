#include "core/text/clip_vocabulary.h"

#include <algorithm>

#include "core/formats/json.h"
#include "core/formats/utf8.h"

namespace regard::clip_files {
namespace {

constexpr std::size_t kReferenceMerges = 49152 - 256 - 2;  // CLIPTokenizer reads no further

}  // namespace

std::string shown(const Json& value) {
  if (value.is_string()) return quote(value.get_ref<const std::string&>());
  if (value.is_object()) return "an object";
  if (value.is_array()) return fmt::format("an array of {}", value.size());
  return value.dump();
}

const Json* member(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  for (const auto& [key, value] : object.get_ref<const Json::object_t&>()) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::optional<std::int64_t> id_of(const Json& value) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() >= kIdLimit) return std::nullopt;
  return value.get<std::int64_t>();
}

Result<void> read_vocab(const Json& vocab, std::string_view label, std::string_view where, Vocabulary& out) {
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

Result<void> add_merge(const std::string& left, const std::string& right, std::size_t rank,
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

std::optional<std::pair<std::string, std::string>> split_merge(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == line.npos || space == 0 || space + 1 == line.size()) return std::nullopt;
  if (line.find(' ', space + 1) != line.npos) return std::nullopt;
  return std::pair(std::string(line.substr(0, space)), std::string(line.substr(space + 1)));
}

Result<void> read_merges_json(const Json& merges, std::string_view label, Vocabulary& out) {
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

std::vector<std::pair<std::size_t, std::string_view>> merge_lines(std::string_view text) {
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

Result<void> read_merges_text(std::string_view text, std::string_view label, Vocabulary& out) {
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

}  // namespace regard::clip_files
