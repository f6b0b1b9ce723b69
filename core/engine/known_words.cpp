#include "core/engine/known_words.h"

#include <algorithm>
#include <utility>

#include "core/engine/text_chunks.h"
#include "core/formats/json.h"
#include "core/formats/utf8.h"
#include "core/text/unicode.h"

namespace regard {
namespace {

constexpr std::size_t kMostBytes = std::size_t{4} << 20;

std::string lower_case(std::string_view text) {
  std::string out;
  for (const SourceChar& each : to_lowercase(to_nfc(decode_utf8(text)))) append_utf8(out, each.value);
  return out;
}

bool has_letters(std::string_view text) {
  return std::ranges::any_of(decode_utf8(text),
                             [](const SourceChar& c) { return is_letter(c.value) || is_number(c.value); });
}

Result<KnownWords::Group> read_group(const Json& json, std::string_view label) {
  KnownWords::Group group;
  const auto text = [&](const char* key, std::string& out) {
    const auto found = json.find(key);
    if (found != json.end() && found->is_string()) out = found->get<std::string>();
  };
  if (!json.is_object()) return fail(ErrorCode::kFormat, "{}: groups: expected objects", label);
  text("language", group.language);
  text("kind", group.kind);
  const auto words = json.find("words");
  if (words == json.end() || !words->is_array())
    return fail(ErrorCode::kFormat, "{}: groups.words: expected a list of words", label);
  for (const Json& word : *words) {
    if (!word.is_string())
      return fail(ErrorCode::kFormat, "{}: groups.words: expected a list of words", label);
    group.words.push_back(lower_case(word.get<std::string>()));
  }
  const auto means = json.find("means");
  if (means == json.end()) return group;
  const auto is_text = [](const Json& each) { return each.is_string(); };
  if (!means->is_array() || means->size() != words->size() || !std::ranges::all_of(*means, is_text))
    return fail(ErrorCode::kFormat, "{}: groups.means: expected as many words as in groups.words", label);
  for (const Json& each : *means) group.means.push_back(each.get<std::string>());
  return group;
}

// The bytes of a word without what a cut or an escape may add: its tokens as the person typed them.
std::string pieces_of(const PromptChunk& chunk, const Word& word) {
  std::string pieces;
  for (int token = word.first_token; token <= word.last_token; ++token) {
    if (!pieces.empty()) pieces += "·";
    pieces += chunk.tokens[static_cast<std::size_t>(token)].shown;
  }
  return pieces;
}

}  // namespace

bool KnownWords::has(std::string_view word) const {
  return std::ranges::binary_search(all, lower_case(word));
}

std::string_view KnownWords::meaning_of(std::string_view word, std::string_view kind) const {
  const std::string wanted = lower_case(word);
  for (const Group& group : groups) {
    if (group.kind != kind || group.means.empty()) continue;
    const auto found = std::ranges::find(group.words, wanted);
    if (found != group.words.end()) return group.means[static_cast<std::size_t>(found - group.words.begin())];
  }
  return {};
}

std::vector<const KnownWords::Group*> KnownWords::groups_of(std::string_view word) const {
  std::vector<const Group*> found;
  const std::string lower = lower_case(word);
  for (const Group& group : groups) {
    if (std::ranges::find(group.words, lower) != group.words.end()) found.push_back(&group);
  }
  return found;
}

std::vector<std::string> KnownWords::beginning_with(std::string_view start, std::string_view language,
                                                    std::size_t most) const {
  std::vector<std::string> found;
  const std::string begin = lower_case(start);
  for (const bool own : {true, false}) {
    for (const Group& group : groups) {
      if ((group.language == language) != own) continue;
      for (const std::string& word : group.words) {
        const bool fits = word.size() > begin.size() && word.starts_with(begin);
        if (fits && found.size() < most && std::ranges::find(found, word) == found.end())
          found.push_back(word);
      }
    }
  }
  return found;
}

Result<KnownWords> parse_known_words(std::string_view json, std::string_view label) {
  REGARD_TRY(const Json parsed, parse_json(json, label));
  const auto version = parsed.is_object() ? parsed.find("regard_words") : parsed.end();
  if (!parsed.is_object() || version == parsed.end() || *version != 1)
    return fail(ErrorCode::kFormat, "{}: regard_words: expected 1 (not a list of words)", label);
  const auto groups = parsed.find("groups");
  if (groups == parsed.end() || !groups->is_array())
    return fail(ErrorCode::kFormat, "{}: groups: expected a list", label);
  KnownWords known;
  for (const Json& each : *groups) {
    REGARD_TRY(KnownWords::Group group, read_group(each, label));
    known.all.insert(known.all.end(), group.words.begin(), group.words.end());
    known.groups.push_back(std::move(group));
  }
  std::ranges::sort(known.all);
  known.all.erase(std::unique(known.all.begin(), known.all.end()), known.all.end());
  return known;
}

Result<std::shared_ptr<const KnownWords>> read_known_words(
    const std::vector<std::filesystem::path>& folders) {
  for (const std::filesystem::path& folder : folders) {
    const std::filesystem::path file = folder / "words.json";
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored)) continue;
    REGARD_TRY(const std::string bytes, read_file(file, kMostBytes));
    REGARD_TRY(KnownWords known, parse_known_words(bytes, file.string()));
    return std::make_shared<const KnownWords>(std::move(known));
  }
  return std::shared_ptr<const KnownWords>();
}

std::vector<UnknownWord> unknown_words(const KnownWords& known, std::string_view prompt,
                                       const ChunkedPrompt& tokens) {
  std::vector<UnknownWord> out;
  for (const PromptChunk& chunk : tokens.chunks) {
    for (const Word& word : chunk.words) {
      if (word.start >= word.end || word.end > prompt.size()) continue;
      if (!out.empty() && out.back().start == word.start) continue;  // a cut divides it
      const std::string text(prompt.substr(word.start, word.end - word.start));
      if (!has_letters(text) || known.has(text)) continue;
      out.push_back({word.start, word.end, text, pieces_of(chunk, word)});
    }
  }
  return out;
}

std::size_t start_of_word(std::string_view text, std::size_t at) {
  std::size_t start = std::min(at, text.size());
  while (start > 0) {
    std::size_t before = start - 1;
    while (before > 0 && (static_cast<unsigned char>(text[before]) & 0xC0) == 0x80) --before;
    const Utf8Step step = utf8_step(text, before);
    if (!step.valid || !is_letter(step.value)) break;
    start = before;
  }
  return start;
}

}  // namespace regard
