#include "app/cli/explain.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

#include "app/export/cell_json.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t begin = 0;;) {
    const std::size_t comma = text.find(',', begin);
    out.push_back(text.substr(begin, comma == text.npos ? text.npos : comma - begin));
    if (comma == text.npos) return out;
    begin = comma + 1;
  }
}

// What a person may write, read part by part.
class Places {
 public:
  Places(const Sequence& sequence, std::string_view prompt) : sequence_(sequence), prompt_(prompt) {}

  // A place and how many parts it took. Nothing: there is none of that name.
  std::optional<std::pair<int, int>> read(const std::vector<std::string_view>& parts, std::size_t at) const {
    if (at >= parts.size()) return std::nullopt;
    if (const Segment* grid = sequence_.image(); grid != nullptr && at + 1 < parts.size()) {
      const auto column = number_of<int>(parts[at]), row = number_of<int>(parts[at + 1]);
      if (column && row && *column >= 1 && *column <= grid->columns && *row >= 1 && *row <= grid->rows)
        return std::pair(sequence_.patch(*column - 1, *row - 1), 2);
    }
    if (const auto found = word(parts[at])) return std::pair(*found, 1);
    if (const auto found = special(parts[at])) return std::pair(*found, 1);
    const auto number = number_of<int>(parts[at]);
    if (number && sequence_.image() == nullptr && *number >= 1 && *number <= sequence_.count())
      return std::pair(*number - 1, 1);
    return std::nullopt;
  }

  std::string expected() const {
    std::vector<std::string> names;
    for (const WordSpan& word : sequence_.words) {
      if (names.size() < 8) names.push_back(printable(letters(word), 40));
    }
    if (sequence_.words.size() > 8) names.emplace_back("...");
    for (const Position& position : sequence_.positions) {
      const std::string name = lower(position.label);
      if (position.kind == Position::Kind::kSpecial && std::ranges::find(names, name) == names.end())
        names.push_back(name);
    }
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
    const Segment* grid = sequence_.image();
    if (grid == nullptr) return fmt::format("{} or the number of a token, 1 to {}", out, sequence_.count());
    return fmt::format("a patch from 1,1 to {},{}{}{}", grid->columns, grid->rows, out.empty() ? "" : ", ",
                       out);
  }

 private:
  std::string_view letters(const WordSpan& word) const {
    return prompt_.substr(word.start, word.end - word.start);
  }
  std::optional<int> word(std::string_view name) const {
    const auto found = std::ranges::find_if(sequence_.words, [&](const WordSpan& word) {
      return word.end <= prompt_.size() && letters(word) == name;
    });
    return found == sequence_.words.end() ? std::nullopt : std::optional(found->last);
  }
  std::optional<int> special(std::string_view name) const {
    const std::string asked = name == ":start" ? "bos" : name == ":end" ? "eos" : lower(name);
    for (int i = 0; i < sequence_.count(); ++i) {
      const Position& position = sequence_.positions[static_cast<std::size_t>(i)];
      if (position.kind == Position::Kind::kSpecial && lower(position.label) == asked) return i;
    }
    return std::nullopt;
  }

  const Sequence& sequence_;
  std::string_view prompt_;
};

}  // namespace

void add_explain(CLI::App& command, std::string& cell, std::string_view places) {
  command
      .add_option(
          "--explain", cell,
          fmt::format(
              "One cell of one head instead of maps: every step from q and k to what is added "
              "to the residual stream, as JSON. {}; with --layer N and --head N; with --words also how "
              "the word's number comes from its tokens",
              places))
      ->type_name("QUERY,KEY");
}

Result<std::pair<int, int>> read_cell(const Sequence& sequence, std::string_view prompt,
                                      std::string_view text) {
  const Places places(sequence, prompt);
  const std::vector<std::string_view> parts = parts_of(text);
  const auto query = places.read(parts, 0);
  const auto key = query ? places.read(parts, static_cast<std::size_t>(query->second)) : std::nullopt;
  if (query && key && static_cast<std::size_t>(query->second + key->second) == parts.size())
    return std::pair(query->first, key->first);
  return fail(ErrorCode::kFormat, "--explain: expected QUERY,KEY, each one of {}, got {}", places.expected(),
              quote(text));
}

Result<std::pair<int, int>> explained_head(const MapRange& range, const AttentionShape& shape) {
  const HeadChoice& heads = range.query.heads;
  if (range.query.lens != "attention" || range.query.scores) {
    return fail(ErrorCode::kUnsupported, "--explain: expected neither --lens nor --scores, got {}",
                range.query.scores ? "--scores" : range.query.lens);
  }
  if (!heads.layer || !heads.head || range.all_layers || range.all_heads)
    return fail(ErrorCode::kFormat, "--explain: expected --layer N and --head N, one head, got several");
  REGARD_TRY_DO(check_heads(shape, heads));
  return std::pair(*heads.layer, *heads.head);
}

Result<void> check_explained_tokens(const MapQuery& query) {
  const char* const option = query.rank                                           ? "--rank"
                             : query.mass                                         ? "--hold"
                             : !query.words && query.specials != Specials::kShown ? "--special"
                                                                                  : nullptr;
  if (option == nullptr) return {};
  return fail(ErrorCode::kUnsupported, "{}: expected a map, got --explain, one cell", option);
}

std::optional<WordCell> explained_word(const MapQuery& query, const AttentionRecord& record,
                                       const Sequence& sequence, const CellCalculation& cell) {
  if (!query.words) return std::nullopt;
  return word_cell(record, sequence, cell.layer, cell.head, word_around(sequence, cell.query),
                   word_around(sequence, cell.key), query.specials);
}

Result<void> check_explain_out(const std::string& out) {
  if (out.empty() || ending_of(out) == ".json") return {};
  return fail(ErrorCode::kFormat, "--out: expected a name that ends in .json, as --explain writes, got {}",
              quote(out));
}

}  // namespace regard::cli
