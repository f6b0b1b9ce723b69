#include "app/lessons/lesson_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <functional>
#include <initializer_list>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "app/lessons/lesson_state.h"
#include "app/lessons/markdown.h"
#include "app/state/session_reader.h"
#include "core/analysis/query_json.h"
#include "core/engine/interventions.h"
#include "core/formats/content.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

constexpr std::size_t kMostLessonBytes = 256u << 10, kMostCards = 24, kMostQuestions = 4, kMostPoints = 6,
                      kMostChoices = 6, kMostLessonText = 20'000;
constexpr int kMostDepth = 8;  // of a check

// What the panels of a point are called, and what can be pointed at in each.
enum class PointAt { kPanel, kCell, kToken, kHead, kPatch };
struct PointPanel {
  std::string_view name;
  PointAt at = PointAt::kPanel;
};
constexpr PointPanel kPointPanels[] = {{"prompt", PointAt::kToken},
                                       {"matrix", PointAt::kCell},
                                       {"heads", PointAt::kHead},
                                       {"effect"},
                                       {"why"},
                                       {"compare"},
                                       {"picture", PointAt::kPatch},
                                       {"patch_numbers"},
                                       {"regions"},
                                       {"captions"},
                                       {"patch_matrix"},
                                       {"patch_heads", PointAt::kHead},
                                       {"paint", PointAt::kPatch},
                                       {"paint_words"},
                                       {"paint_heads", PointAt::kHead},
                                       {"paint_numbers"},
                                       {"paint_joint"},
                                       {"paint_edits"},
                                       {"paint_seeds"},
                                       {"truth"},
                                       {"ledger"},
                                       {"heads_plot"},
                                       {"heads_survey"},
                                       {"thought"},
                                       {"calculation"}};

constexpr std::pair<std::string_view, Workspace> kWorkspaceNames[] = {{"text", Workspace::kText},
                                                                      {"compare", Workspace::kCompare},
                                                                      {"image", Workspace::kImage},
                                                                      {"painting", Workspace::kPainting}};
constexpr std::pair<std::string_view, RunKind> kRuns[] = {
    {"text", RunKind::kText}, {"image", RunKind::kPicture}, {"painting", RunKind::kDrawing}};
constexpr std::pair<std::string_view, LessonPlace::Kind> kNamedPlaces[] = {
    {"bos", LessonPlace::Kind::kBos},         {"eos", LessonPlace::Kind::kEos},
    {"cls", LessonPlace::Kind::kCls},         {"words", LessonPlace::Kind::kWords},
    {"patches", LessonPlace::Kind::kPatches}, {"region a", LessonPlace::Kind::kRegionA},
    {"region b", LessonPlace::Kind::kRegionB}};

// What stands between two fences, or beside them.
struct FilePiece {
  std::string name;  // of the block; empty: text
  int line = 0;      // of its first line, from 1
  std::string text = {};
};

int lines_before(std::string_view text, std::size_t at) {
  return static_cast<int>(std::ranges::count(text.substr(0, std::min(at, text.size())), '\n'));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  return first == text.npos ? std::string_view()
                            : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Where an object of a block stands, for messages, and what a card collects while it is read.
class Where {
 public:
  Where(std::string_view label, const FilePiece& piece) : label_(label), piece_(&piece), where_(piece.name) {}

  /// The same block, further in.
  Where inside(const std::string& where) const {
    Where out = *this;
    out.where_ += "." + where;
    return out;
  }
  /// @param key  of the object at fault: its line is looked for; empty: that of the block
  std::unexpected<Error> fault(std::string_view key, std::string_view expected, std::string_view got) const {
    const std::string where = key.empty() ? where_ : where_ + "." + std::string(key);
    return fail(ErrorCode::kFormat, "{}:{}: {}: expected {}, got {}", label_, line_of(key), where, expected,
                got);
  }
  template <std::same_as<Json> Value>
  std::unexpected<Error> fault(std::string_view key, std::string_view expected, const Value& got) const {
    return fault(key, expected, std::string_view(shown_value(got)));
  }
  std::unexpected<Error> other(std::string_view key, std::string_view message) const {
    return fail(ErrorCode::kFormat, "{}:{}: {}", label_, line_of(key), message);
  }
  int line_of(std::string_view key) const {
    const std::size_t at = key.empty() ? piece_->text.npos : piece_->text.find('"' + std::string(key) + '"');
    return at == piece_->text.npos ? piece_->line : piece_->line + lines_before(piece_->text, at);
  }
  std::string_view label() const { return label_; }
  std::string_view text() const { return piece_->text; }
  int line() const { return piece_->line; }

 private:
  std::string_view label_;
  const FilePiece* piece_;
  std::string where_;
};

std::optional<double> number_in(std::string_view text) {
  double out = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out);
  if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(out)) return std::nullopt;
  return out;
}

std::optional<int> count_in(const Json& json, int most) {
  if (!json.is_number_unsigned() || json < 1 || json > most) return std::nullopt;
  return json.get<int>();
}

std::optional<std::pair<int, int>> pair_in(const Json& json) {
  if (!json.is_array() || json.size() != 2) return std::nullopt;
  const auto first = count_in(json[0], 1000), second = count_in(json[1], 1000);
  if (!first || !second) return std::nullopt;
  return std::pair(*first - 1, *second - 1);
}

LessonPlace place_in(std::string_view text) {
  for (const auto& [name, kind] : kNamedPlaces) {
    if (text == name) return {.kind = kind};
  }
  constexpr std::string_view kObject = "object ";
  if (text.starts_with(kObject))
    return {LessonPlace::Kind::kObject, std::string(text.substr(kObject.size()))};
  LessonPlace out{LessonPlace::Kind::kWord, std::string(text)};
  const std::size_t sign = text.rfind('#');
  const auto which = sign == text.npos || sign == 0 ? std::nullopt : number_in(text.substr(sign + 1));
  if (which && *which >= 1 && *which <= 1000) {
    out.which = static_cast<int>(*which);
    out.name = text.substr(0, sign);
  }
  return out;
}

// The same within a text, where "[9, 10]" is a patch.
LessonPlace written_place(std::string_view text) {
  const Json json = text.starts_with('[') ? Json::parse(text, nullptr, false) : Json();
  if (const auto patch = pair_in(json))
    return {.kind = LessonPlace::Kind::kPatch, .column = patch->first, .row = patch->second};
  return place_in(text);
}

// Reads the blocks of one lesson, card by card. Its member functions return what they read, or the first
// fault.
class LessonReader {
 public:
  LessonReader(std::string_view label, std::string name, Language language) : label_(label) {
    lesson_.name = std::move(name);
    lesson_.language = std::move(language);
    ViewOptions view;
    view.language = kEnglish;
    state_ = lesson_base(view);
  }

  Result<Lesson> read(std::string_view text) {
    if (text.size() > kMostLessonBytes)
      return fail(ErrorCode::kFormat, "{}:1: size: expected at most {} bytes, got {}", label_,
                  kMostLessonBytes, text.size());
    if (const std::size_t bad = utf8_valid_prefix(text); bad != text.size())
      return fail(ErrorCode::kFormat, "{}:{}: text: expected UTF-8, got byte {:02X}", label_,
                  lines_before(text, bad) + 1, static_cast<unsigned>(static_cast<unsigned char>(text[bad])));
    REGARD_TRY_DO(split(text));
    REGARD_TRY_DO(check_whole());
    return std::move(lesson_);
  }

 private:
  // ---- lines ----------------------------------------------------------------------------------------------

  Result<void> split(std::string_view text) {
    int line = 0;
    FilePiece piece{.name = {}, .line = 1};
    enum class In { kStart, kHead, kText, kBlock } in = In::kStart;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view row = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++line;
      if (row.ends_with('\r')) row.remove_suffix(1);
      if (in == In::kStart) {
        if (line == 1 && row.starts_with("\xEF\xBB\xBF")) row.remove_prefix(3);
        if (row != "---")
          return fail(ErrorCode::kFormat, "{}:{}: front matter: expected ---, got {}", label_, line,
                      quote(row));
        in = In::kHead;
        piece = {.name = "front matter", .line = line + 1};
      } else if (in == In::kHead && row == "---") {
        REGARD_TRY_DO(read_head(piece));
        in = In::kText;
        piece = {.name = {}, .line = line + 1};
      } else if (in == In::kText && row.starts_with("```")) {
        REGARD_TRY_DO(take(piece));
        in = In::kBlock;
        piece = {.name = std::string(trimmed(row.substr(3))), .line = line + 1};
        fence_ = line;
      } else if (in == In::kBlock && trimmed(row) == "```") {
        REGARD_TRY_DO(take(piece));
        in = In::kText;
        piece = {.name = {}, .line = line + 1};
      } else if (in == In::kBlock && (row.starts_with("```") || (row.starts_with("# ") && is_json(piece)))) {
        return fail(ErrorCode::kFormat,
                    "{}:{}: {}: expected ``` before it, got none: the block of line {} goes on", label_, line,
                    piece.name, fence_);
      } else if (in == In::kText && row.size() > 1 && row[0] == '#' && row[1] != '#' && row[1] != ' ') {
        return fail(ErrorCode::kFormat, "{}:{}: card: expected # and a space, got {}", label_, line,
                    quote(row));
      } else if (in == In::kText && row.starts_with("# ")) {
        REGARD_TRY_DO(take(piece));
        REGARD_TRY_DO(end_card());
        REGARD_TRY_DO(begin_card(trimmed(row.substr(2)), line));
        piece = {.name = {}, .line = line + 1};
      } else {
        piece.text.append(row).append("\n");
      }
    }
    if (in == In::kStart || in == In::kHead)
      return fail(ErrorCode::kFormat, "{}:{}: front matter: expected --- behind it, got the end of the file",
                  label_, std::max(line, 1));
    if (in == In::kBlock)
      return fail(ErrorCode::kFormat, "{}:{}: {}: expected ``` behind it, got the end of the file", label_,
                  fence_, piece.name.empty() ? "block" : piece.name);
    REGARD_TRY_DO(take(piece));
    return end_card();
  }

  static bool is_json(const FilePiece& block) { return block.name != "formula" && block.name != "note"; }

  Result<void> begin_card(std::string_view title, int line) {
    if (title.empty() || title.size() > 200)
      return fail(ErrorCode::kFormat, "{}:{}: card: expected a title of 1 to 200 bytes, got {}", label_, line,
                  title.size());
    if (lesson_.cards.size() == kMostCards)
      return fail(ErrorCode::kFormat, "{}:{}: card: expected at most {} cards, got one more", label_, line,
                  kMostCards);
    lesson_.cards.push_back({.title = std::string(title), .line = line});
    question_open_ = false;
    return {};
  }

  // Nothing was done before a guess: its word is one of the card's prompt, wherever the state stands.
  Result<void> end_card() {
    const auto guessed = std::exchange(guessed_, std::nullopt);
    if (!guessed || state_.doc.prompt.empty()) return {};  // no prompt: the learner's own
    const LessonPlace& place = guessed->first;
    const std::string word = place.which > 1 ? fmt::format("{}#{}", place.name, place.which) : place.name;
    if (byte_of_word(state_.doc.prompt, word)) return {};
    return fail(ErrorCode::kFormat, "{}:{}: guess.answer: expected a word of the prompt {}, got {}", label_,
                guessed->second, quote(state_.doc.prompt), quote(word));
  }

  Result<void> take(const FilePiece& piece) {
    if (piece.name.empty() && trimmed(piece.text).empty() && !in_block_without_name(piece)) return {};
    if (lesson_.cards.empty())
      return fail(ErrorCode::kFormat, "{}:{}: card: expected a line that begins with # before it, got none",
                  label_, piece.line);
    return piece.name.empty() ? take_text(piece) : take_block(piece);
  }
  // A fence without a word behind it.
  bool in_block_without_name(const FilePiece& piece) const { return fence_ != 0 && fence_ == piece.line - 1; }

  LessonCard& card() { return lesson_.cards.back(); }

  Result<void> take_text(const FilePiece& piece) {
    if (in_block_without_name(piece))
      return fail(ErrorCode::kFormat, "{}:{}: block: expected its name behind ```, got none", label_, fence_);
    REGARD_TRY(LessonText text, text_of(piece.text, piece.line));
    card().blocks.emplace_back(std::move(text));
    return {};
  }

  Result<void> take_block(const FilePiece& piece) {
    using Read = Result<void> (LessonReader::*)(const Json&, const Where&);
    static constexpr std::pair<std::string_view, Read> kBlocks[] = {
        {"state", &LessonReader::read_state}, {"point", &LessonReader::read_points},
        {"guess", &LessonReader::read_guess}, {"question", &LessonReader::read_question},
        {"hint", &LessonReader::read_hint},   {"done", &LessonReader::read_done}};
    const Where at(label_, piece);
    if (piece.name == "formula" || piece.name == "note") {
      const std::string text(trimmed(piece.text));
      if (text.empty() || text.size() > kMostLessonText) return at.fault("", "text", "none, or too much");
      if (piece.name == "formula") card().blocks.emplace_back(LessonFormula{text});
      if (piece.name == "note") card().note += (card().note.empty() ? "" : "\n") + text;
      return {};
    }
    for (const auto& [name, read] : kBlocks) {
      if (piece.name != name) continue;
      REGARD_TRY(const Json json, json_of(piece));
      return (this->*read)(json, at);
    }
    return fail(ErrorCode::kFormat,
                "{}:{}: block: expected state, formula, point, guess, question, hint, done or note, got {}",
                label_, piece.line - 1, quote(piece.name));
  }

  Result<Json> json_of(const FilePiece& piece) {
    Result<Json> json = parse_json(piece.text, piece.name, {.bytes = kMostLessonBytes, .depth = 24});
    if (json) return json;
    // "guess: byte 17: expected ..., got ..."
    const std::string& message = json.error().message;
    const std::string_view rest =
        std::string_view(message).substr(std::min(piece.name.size() + 2, message.size()));
    constexpr std::string_view kByte = "byte ";
    std::size_t byte = 0;
    std::string_view said = rest;
    if (rest.starts_with(kByte)) {
      std::from_chars(rest.data() + kByte.size(), rest.data() + rest.size(), byte);
      said = rest.substr(std::min(rest.find(": ") + 2, rest.size()));
    }
    return fail(ErrorCode::kFormat, "{}:{}: {}: {}{}", label_,
                piece.line + lines_before(trimmed_end(piece.text), byte), piece.name, said,
                advice(said, piece.text));
  }
  // What people mistype most.
  static std::string_view advice(std::string_view said, std::string_view text) {
    const bool curly = text.find("\u201c") != text.npos || text.find("\u201d") != text.npos;
    if (said.ends_with("invalid literal") && curly) return " (quotes of JSON are straight: \")";
    if (said.ends_with("got string literal")) return " (a comma is missing before it?)";
    return {};
  }
  // A fault at the end is one of the last line that has something.
  static std::string_view trimmed_end(std::string_view text) {
    return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  }

  Result<void> read_head(const FilePiece& piece) {
    REGARD_TRY(const Json json, json_of(piece));
    const Where at(label_, piece);
    REGARD_TRY_DO(only(json, at, {"title", "about", "order", "minutes"}));
    REGARD_TRY(lesson_.title, string_at(json, "title", at));
    REGARD_TRY(lesson_.about, string_at(json, "about", at));
    for (const auto& [key, out] :
         {std::pair("order", &lesson_.order), std::pair("minutes", &lesson_.minutes)}) {
      if (!json.contains(key)) continue;
      const auto number = count_in(json[key], 1000);
      if (!number) return at.fault(key, "a whole number from 1 to 1000", json[key]);
      *out = *number;
    }
    return {};
  }

  Result<void> check_whole() {
    if (lesson_.cards.empty())
      return fail(ErrorCode::kFormat, "{}:1: cards: expected at least one line that begins with #, got none",
                  label_);
    for (const LessonCard& each : lesson_.cards) {
      if (each.blocks.empty())
        return fail(ErrorCode::kFormat, "{}:{}: card: expected some text, got none", label_, each.line);
    }
    for (const auto& [id, line] : asked_) {
      if (!ids_.contains(id))
        return fail(ErrorCode::kFormat, "{}:{}: answered: expected the id of a question or guess, got {}",
                    label_, line, quote(id));
    }
    return {};
  }

  // ---- JSON -----------------------------------------------------------------------------------------------

  static Result<void> only(const Json& json, const Where& at, std::initializer_list<std::string_view> keys) {
    if (!json.is_object()) return at.fault("", "an object", json);
    for (const auto& [key, value] : json.items()) {
      if (std::ranges::find(keys, std::string_view(key)) != keys.end()) continue;
      std::string list;
      for (const std::string_view each : keys) list += fmt::format("{}{}", list.empty() ? "" : ", ", each);
      return at.fault(key, "one of the keys " + list, "an unknown one");
    }
    return {};
  }

  static Result<std::string> string_at(const Json& json, const char* key, const Where& at) {
    const auto found = json.find(key);
    if (found == json.end()) return at.fault(key, "text", "none");
    if (!found->is_string()) return at.fault(key, "text", *found);
    std::string text = found->get<std::string>();
    if (trimmed(text).empty() || text.size() > kMostLessonText)
      return at.fault(key, fmt::format("1 to {} bytes of text", kMostLessonText),
                      std::to_string(text.size()));
    return text;
  }

  /// Inline text of a key; empty where it is not there and need not be.
  Result<LessonText> words_at(const Json& json, const char* key, const Where& at, bool needed) {
    if (!needed && !json.contains(key)) return LessonText{};
    REGARD_TRY(const std::string text, string_at(json, key, at));
    return text_of(text, at.line_of(key));
  }

  Result<LessonText> text_of(std::string_view text, int line) {
    return read_lesson_text(text, label_, line,
                            [this](std::string_view inside) { return number_span(inside); });
  }

  Result<std::string> id_at(const Json& json, const Where& at) {
    REGARD_TRY(std::string id, string_at(json, "id", at));
    const bool good =
        id.size() <= 40 && std::ranges::all_of(id, [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        });
    if (!good) return at.fault("id", "letters, digits and -", quote(id));
    if (!ids_.insert(id).second) return at.fault("id", "an id of its own", quote(id));
    return id;
  }

  // ---- values ---------------------------------------------------------------------------------------------

  std::size_t keep(LessonValue value) {
    std::vector<LessonValue>& all = card().values;
    const auto found = std::ranges::find(all, value);
    if (found != all.end()) return static_cast<std::size_t>(found - all.begin());
    all.push_back(std::move(value));
    return all.size() - 1;
  }

  static Result<LessonPlace> place_at(const Json& json, const char* key, const Where& at) {
    const Json& value = json[key];
    if (value.is_string() && !trimmed(value.get_ref<const std::string&>()).empty())
      return place_in(value.get_ref<const std::string&>());
    if (const auto patch = pair_in(value))
      return LessonPlace{.kind = LessonPlace::Kind::kPatch, .column = patch->first, .row = patch->second};
    return at.fault(key, "a word of the prompt, a name such as patches, or [column, row] from 1", value);
  }

  Result<void> read_map(const Json& json, const Where& at, MapQuery& map) {
    Json keys = Json::object();
    for (const char* key : {"layer", "head", "lens", "scores", "span"}) {
      if (json.contains(key)) keys[key] = json[key];
    }
    if (const auto fault = read_query(keys, map)) return at.fault(fault->key, fault->expected, fault->got);
    return {};
  }

  Result<LessonValue> value_of(const Json& json, const Where& at) {
    if (json.is_number())
      return LessonValue{.what = LessonValue::What::kConstant, .constant = json.get<double>()};
    if (json.is_object() && json.contains("weight")) {
      REGARD_TRY_DO(only(json, at, {"weight"}));
      REGARD_TRY(const std::string word, string_at(json, "weight", at));
      return LessonValue{.what = LessonValue::What::kWeight, .query = place_in(word)};
    }
    if (json.is_object() && json.contains("changed")) {
      REGARD_TRY_DO(only(json, at, {"changed"}));
      if (json["changed"] != "sentence") return at.fault("changed", "sentence", json["changed"]);
      return LessonValue{.what = LessonValue::What::kChanged};
    }
    REGARD_TRY(LessonValue value, cell_of(json, at));
    for (const auto& [key, side] : {std::pair("query", &value.query), std::pair("key", &value.key)}) {
      if (side->kind == LessonPlace::Kind::kNothing) return at.fault(key, "a place", "none");
    }
    return value;
  }

  // A side may be left open.
  Result<LessonValue> cell_of(const Json& json, const Where& at) {
    REGARD_TRY_DO(only(json, at, {"query", "key", "layer", "head", "lens", "of", "scores", "span"}));
    LessonValue value;
    if (json.contains("of")) {
      const auto* found =
          std::ranges::find_if(kRuns, [&](const auto& run) { return json["of"] == run.first; });
      if (found == std::end(kRuns)) return at.fault("of", "text, image or painting", json["of"]);
      value.of = found->second;
    }
    if (json.contains("query")) {
      REGARD_TRY(value.query, place_at(json, "query", at));
    }
    if (json.contains("key")) {
      REGARD_TRY(value.key, place_at(json, "key", at));
    }
    REGARD_TRY_DO(read_map(json, at, value.map));
    return value;
  }

  Result<std::size_t> number_of(const Json& json, const Where& at) {
    REGARD_TRY(LessonValue value, value_of(json, at));
    return keep(std::move(value));
  }

  // {{rouge -> chat | layer 3, head 3 | percent}}
  Result<TextSpan> number_span(std::string_view inside) {
    std::vector<std::string_view> parts;
    for (std::size_t from = 0; from <= inside.size();) {
      const std::size_t end = std::min(inside.find('|', from), inside.size());
      parts.push_back(trimmed(inside.substr(from, end - from)));
      from = end + 1;
    }
    const auto wrong = [&](const char* expected) {
      return fail(ErrorCode::kFormat, "expected {}, got {}", expected, quote(inside));
    };
    constexpr std::string_view kWeight = "weight ";
    TextSpan out;
    LessonValue value;
    std::size_t form = 2;
    if (parts[0].starts_with(kWeight)) {
      value = {.what = LessonValue::What::kWeight,
               .query = place_in(trimmed(parts[0].substr(kWeight.size())))};
      form = 1;
    } else {
      std::string_view cell = parts[0];
      for (const auto& [name, run] : kRuns) {
        if (!cell.starts_with(std::string(name) + ":")) continue;
        value.of = run;
        cell = trimmed(cell.substr(name.size() + 1));
      }
      const std::size_t arrow = cell.find("->");
      if (arrow == cell.npos)
        return wrong("QUERY -> KEY | layer L, head H, lens NAME | percent, number or times");
      value.query = written_place(trimmed(cell.substr(0, arrow)));
      value.key = written_place(trimmed(cell.substr(arrow + 2)));
      if (value.query.name.empty() && value.query.kind == LessonPlace::Kind::kWord)
        return wrong("a word before ->");
      if (value.key.name.empty() && value.key.kind == LessonPlace::Kind::kWord)
        return wrong("a word behind ->");
      if (parts.size() < 2) return wrong("| layer L, head H | behind the words");
      Result<MapQuery> map = map_in(parts[1]);
      if (!map) return std::unexpected(map.error());
      value.map = *std::move(map);
    }
    if (parts.size() != form + 1) return wrong("percent, number or times behind the last |");
    const std::string_view said = parts[form];
    if (said == "percent") {
      out.form = NumberForm::kPercent;
    } else if (said == "times") {
      out.form = NumberForm::kTimes;
      out.decimals = 1;
    } else if (said.starts_with("number")) {
      const std::string_view digits = trimmed(said.substr(6));
      const auto decimals = digits.empty() ? std::optional(3.0) : number_in(digits);
      if (!decimals || *decimals < 0 || *decimals > 6) return wrong("number, or number 0 to number 6");
      out.decimals = static_cast<int>(*decimals);
    } else {
      return wrong("percent, number or times behind the last |");
    }
    out.value = keep(std::move(value));
    return out;
  }

  // "layer 3, head 3, lens value"
  static Result<MapQuery> map_in(std::string_view text) {
    Json keys = Json::object();
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(','), text.size());
      const std::string_view part = trimmed(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
      const std::size_t gap = std::min(part.find(' '), part.size());
      const std::string_view key = part.substr(0, gap), said = trimmed(part.substr(gap));
      if ((key != "layer" && key != "head" && key != "lens") || said.empty())
        return fail(ErrorCode::kFormat, "expected layer L, head H or lens NAME, got {}", quote(part));
      keys[std::string(key)] = std::string(said);
    }
    MapQuery map;
    if (const auto fault = read_query(keys, map))
      return fail(ErrorCode::kFormat, "{}: expected {}, got {}", fault->key, fault->expected,
                  shown_value(fault->got));
    return map;
  }

  // ---- checks ---------------------------------------------------------------------------------------------

  Result<LessonCheck> check_of(const Json& json, const Where& at, int depth = 0) {
    if (!json.is_object()) return at.fault("", "a check, an object", json);
    if (depth > kMostDepth) return at.fault("", fmt::format("checks at most {} deep", kMostDepth), "deeper");
    using What = LessonCheck::What;
    LessonCheck out;
    for (const auto& [key, what] : {std::pair("all", What::kAll), std::pair("any", What::kAny)}) {
      if (!json.contains(key)) continue;
      REGARD_TRY_DO(only(json, at, {key}));
      if (!json[key].is_array() || json[key].empty() || json[key].size() > 12)
        return at.fault(key, "1 to 12 checks", json[key]);
      out.what = what;
      for (const Json& part : json[key]) {
        REGARD_TRY(LessonCheck each, check_of(part, at, depth + 1));
        out.parts.push_back(std::move(each));
      }
      return out;
    }
    if (json.contains("not")) {
      REGARD_TRY_DO(only(json, at, {"not"}));
      out.what = What::kNot;
      REGARD_TRY(LessonCheck part, check_of(json["not"], at, depth + 1));
      out.parts.push_back(std::move(part));
      return out;
    }
    if (json.contains("greater")) return greater_of(json, at);
    if (json.contains("value") || json.contains("weight")) return bound_of(json, at);
    return state_check_of(json, at);
  }

  Result<LessonCheck> greater_of(const Json& json, const Where& at) {
    REGARD_TRY_DO(only(json, at, {"greater"}));
    if (!json["greater"].is_array() || json["greater"].size() != 2)
      return at.fault("greater", "two values", json["greater"]);
    LessonCheck out{.what = LessonCheck::What::kGreater};
    for (const Json& value : json["greater"]) {
      REGARD_TRY(const std::size_t index, number_of(value, at));
      out.values.push_back(index);
    }
    return out;
  }

  static bool is_share(const LessonValue& value) {
    return value.what == LessonValue::What::kCell && value.map.lens == "attention" && !value.map.scores;
  }

  Result<LessonCheck> bound_of(const Json& json, const Where& at) {
    REGARD_TRY_DO(only(json, at, {"value", "weight", "at_least", "at_most"}));
    LessonCheck out{.what = LessonCheck::What::kValue};
    const Json value = json.contains("value") ? json["value"] : Json{{"weight", json["weight"]}};
    REGARD_TRY(const std::size_t index, number_of(value, at));
    out.values.push_back(index);
    for (const auto& [key, bound] : {std::pair("at_least", &out.least), std::pair("at_most", &out.most)}) {
      if (!json.contains(key)) continue;
      if (!json[key].is_number()) return at.fault(key, "a number", json[key]);
      *bound = json[key].get<double>();
      if (is_share(card().values[index]) && !(**bound >= 0 && **bound <= 1))
        return at.fault(key, "a share from 0 to 1 (30 % is 0.3)", json[key]);
    }
    if (!out.least && !out.most) return at.fault("", "at_least or at_most", "neither");
    return out;
  }

  Result<LessonCheck> state_check_of(const Json& json, const Where& at) {
    using What = LessonCheck::What;
    LessonCheck out;
    for (const auto& [key, what] :
         {std::pair("prompt_has", What::kPromptHas), std::pair("prompt_lacks", What::kPromptHas),
          std::pair("trial", What::kTrial), std::pair("pinned", What::kPinned),
          std::pair("answered", What::kAnswered)}) {
      if (!json.contains(key)) continue;
      REGARD_TRY_DO(only(json, at, {key}));
      out.what = what;
      REGARD_TRY(out.name, string_at(json, key, at));
      if (what == What::kTrial && find_intervention(out.name) == nullptr)
        return at.fault(key, "a kind of trial, such as cut or head-off", quote(out.name));
      if (what == What::kAnswered) asked_.emplace_back(out.name, at.line_of(key));
      if (std::string_view(key) != "prompt_lacks") return out;
      return LessonCheck{.what = What::kNot, .parts = {out}};
    }
    if (json.contains("workspace")) {
      REGARD_TRY_DO(only(json, at, {"workspace"}));
      const auto* found = std::ranges::find_if(
          kWorkspaceNames, [&](const auto& each) { return json["workspace"] == each.first; });
      if (found == std::end(kWorkspaceNames))
        return at.fault("workspace", "text, compare, image or painting", json["workspace"]);
      out.what = What::kWorkspace;
      out.workspace = found->second;
      return out;
    }
    if (json.contains("selected")) {
      REGARD_TRY_DO(only(json, at, {"selected"}));
      const Json& chosen = json["selected"];
      REGARD_TRY_DO(only(chosen, at.inside("selected"), {"layer", "head"}));
      out.what = What::kSelected;
      for (const auto& [key, side] : {std::pair("layer", &out.layer), std::pair("head", &out.head)}) {
        if (!chosen.contains(key)) continue;
        const auto number = count_in(chosen[key], 1000);
        if (!number) return at.fault(key, "a number from 1", chosen[key]);
        *side = *number - 1;
      }
      if (!out.layer && !out.head) return at.fault("selected", "layer or head", "neither");
      return out;
    }
    return at.fault(
        "",
        "value, weight, greater, prompt_has, prompt_lacks, trial, workspace, selected, pinned, answered, "
        "all, any or not",
        json);
  }

  // ---- blocks ---------------------------------------------------------------------------------------------

  Result<void> read_state(const Json& json, const Where& at) {
    if (card().state) return at.fault("", "one state a card", "a second");
    REGARD_TRY_DO(check_state(json, at));
    const Result<Session> after = with_lesson_state(json, state_);
    if (after) state_ = *after;
    card().state = json;
    return {};
  }
  Result<void> check_state(const Json& json, const Where& at) const {
    if (const auto fault = check_lesson_state(json, state_)) return at.other(fault->key, fault->message);
    return {};
  }

  Result<void> read_points(const Json& json, const Where& at) {
    const Json list = json.is_array() ? json : Json::array({json});
    if (list.empty() || list.size() + card().points.size() > kMostPoints)
      return at.fault("", fmt::format("1 to {} points a card", kMostPoints), std::to_string(list.size()));
    for (const Json& each : list) {
      REGARD_TRY(LessonPoint point, point_of(each, at));
      card().points.push_back(std::move(point));
    }
    return {};
  }

  static std::string panel_names() {
    std::string out;
    for (const PointPanel& each : kPointPanels)
      out += fmt::format("{}{}", out.empty() ? "" : ", ", each.name);
    return out;
  }

  Result<LessonPoint> point_of(const Json& json, const Where& at) {
    REGARD_TRY_DO(only(json, at, {"panel", "cell", "token", "head", "patch", "say"}));
    REGARD_TRY(const std::string name, string_at(json, "panel", at));
    const auto* panel = std::ranges::find(kPointPanels, name, &PointPanel::name);
    if (panel == std::end(kPointPanels)) return at.fault("panel", "one of " + panel_names(), quote(name));
    LessonPoint out{.panel = "panel." + name};
    REGARD_TRY(out.say, words_at(json, "say", at, true));
    static constexpr std::pair<const char*, PointAt> kAims[] = {{"cell", PointAt::kCell},
                                                                {"token", PointAt::kToken},
                                                                {"head", PointAt::kHead},
                                                                {"patch", PointAt::kPatch}};
    for (const auto& [key, aim] : kAims) {
      if (json.contains(key) && aim != panel->at)
        return at.fault(key, fmt::format("no {} in panel {}", key, name), json[key]);
    }
    if (json.contains("cell")) {
      const Json& cell = json["cell"];
      if (!cell.is_array() || cell.size() != 2) return at.fault("cell", "two words", cell);
      const Json both{{"query", cell[0]}, {"key", cell[1]}};
      REGARD_TRY(LessonPlace query, place_at(both, "query", at));
      REGARD_TRY(LessonPlace key, place_at(both, "key", at));
      out.cell.emplace(std::move(query), std::move(key));
    }
    if (json.contains("token")) {
      REGARD_TRY(LessonPlace token, place_at(json, "token", at));
      out.token = std::move(token);
    }
    for (const auto& [key, side] : {std::pair("head", &out.head), std::pair("patch", &out.patch)}) {
      if (!json.contains(key)) continue;
      *side = pair_in(json[key]);
      if (!*side) return at.fault(key, "two numbers from 1", json[key]);
    }
    return out;
  }

  Result<void> read_guess(const Json& json, const Where& at) {
    REGARD_TRY_DO(only(json, at, {"id", "ask", "click", "answer", "top", "others", "right", "wrong"}));
    if (guess_of(card()) != nullptr) return at.fault("", "one guess a card", "a second");
    LessonGuess out;
    REGARD_TRY(out.id, id_at(json, at));
    REGARD_TRY(out.ask, words_at(json, "ask", at, true));
    const Json click = json.value("click", Json("word"));
    if (click != "word" && click != "patch") return at.fault("click", "word or patch", click);
    out.patches = click == "patch";
    if (!json.contains("answer")) return at.fault("answer", "a value with a side left open", "none");
    REGARD_TRY(LessonValue value, cell_of(json["answer"], at.inside("answer")));
    const bool query = value.query.kind != LessonPlace::Kind::kNothing,
               key = value.key.kind != LessonPlace::Kind::kNothing;
    if (query == key) return at.fault("answer", "either a query or a key", query ? "both" : "neither");
    const LessonPlace& named = query ? value.query : value.key;
    if (value.of != RunKind::kPicture && named.kind == LessonPlace::Kind::kWord)
      guessed_ = {named, at.line_of("answer")};
    if (out.patches && value.of == RunKind::kText)
      return at.fault("answer", "patches of image or painting", "text");
    value.patches = out.patches;
    out.value = keep(std::move(value));
    const auto top = count_in(json.value("top", Json(1u)), 50);
    if (!top) return at.fault("top", "a whole number from 1 to 50", json["top"]);
    out.top = *top;
    const Json others = json.value("others", Json(true));
    if (!others.is_boolean()) return at.fault("others", "true or false", others);
    out.others = others.get<bool>();
    REGARD_TRY(out.right, words_at(json, "right", at, false));
    REGARD_TRY(out.wrong, words_at(json, "wrong", at, false));
    card().blocks.emplace_back(std::move(out));
    return {};
  }

  Result<void> read_question(const Json& json, const Where& at) {
    REGARD_TRY_DO(
        only(json, at, {"id", "ask", "choices", "check", "number", "within", "form", "right", "wrong"}));
    if (questions_of(card()).size() == kMostQuestions)
      return at.fault("", fmt::format("at most {} questions a card", kMostQuestions), "one more");
    LessonQuestion out;
    REGARD_TRY(out.id, id_at(json, at));
    REGARD_TRY(out.ask, words_at(json, "ask", at, true));
    const int kinds = static_cast<int>(json.contains("choices")) + static_cast<int>(json.contains("check")) +
                      static_cast<int>(json.contains("number"));
    if (kinds != 1) return at.fault("", "one of choices, check and number", kinds == 0 ? "none" : "several");
    if (json.contains("choices")) {
      REGARD_TRY_DO(read_choices(json, at, out));
    } else {
      REGARD_TRY(out.right, words_at(json, "right", at, true));
      REGARD_TRY(out.wrong, words_at(json, "wrong", at, true));
    }
    if (json.contains("check")) {
      REGARD_TRY(out.check, check_of(json["check"], at.inside("check")));
    }
    if (json.contains("number")) REGARD_TRY_DO(read_number(json, at, out));
    card().blocks.emplace_back(std::move(out));
    question_open_ = true;
    return {};
  }

  Result<void> read_choices(const Json& json, const Where& at, LessonQuestion& out) {
    for (const char* key : {"right", "wrong", "within", "form"}) {
      if (json.contains(key)) return at.fault(key, "none: each choice has its own reply", json[key]);
    }
    const Json& list = json["choices"];
    if (!list.is_array() || list.size() < 2 || list.size() > kMostChoices)
      return at.fault("choices", fmt::format("2 to {} choices", kMostChoices), list);
    int right = 0;
    for (const Json& each : list) {
      const Where inside = at.inside("choices");
      REGARD_TRY_DO(only(each, inside, {"text", "right", "reply"}));
      LessonChoice choice;
      REGARD_TRY(choice.text, words_at(each, "text", inside, true));
      REGARD_TRY(choice.reply, words_at(each, "reply", inside, true));
      const Json is_right = each.value("right", Json(false));
      if (!is_right.is_boolean()) return inside.fault("right", "true or false", is_right);
      choice.right = is_right.get<bool>();
      right += choice.right ? 1 : 0;
      out.choices.push_back(std::move(choice));
    }
    if (right != 1) return at.fault("choices", "exactly one that is right", std::to_string(right));
    return {};
  }

  Result<void> read_number(const Json& json, const Where& at, LessonQuestion& out) {
    REGARD_TRY(out.number, number_of(json["number"], at.inside("number")));
    if (!json.contains("within") || !json["within"].is_number() || !(json["within"] > 0))
      return at.fault("within", "a number above 0", json.value("within", Json()));
    out.within = json["within"].get<double>();
    if (is_share(card().values[*out.number]) && out.within >= 1)
      return at.fault("within", "a part of 1 (two points of a percentage are 0.02)", json["within"]);
    const Json form = json.value("form", Json("number"));
    if (form != "number" && form != "percent") return at.fault("form", "number or percent", form);
    out.percent = form == "percent";
    return {};
  }

  Result<void> read_hint(const Json& json, const Where& at) {
    REGARD_TRY_DO(only(json, at, {"nudge", "suggestion", "show"}));
    if (!question_open_)
      return at.fault("", "a question before it on the card", "none, or one that has a hint");
    question_open_ = false;
    LessonHint hint;
    REGARD_TRY(hint.nudge, words_at(json, "nudge", at, false));
    REGARD_TRY(hint.suggestion, words_at(json, "suggestion", at, false));
    if (json.contains("show")) {
      REGARD_TRY_DO(check_state(json["show"], at));
      hint.show = json["show"];
    }
    if (hint.rungs() == 0) return at.fault("", "nudge, suggestion or show", "none of them");
    for (auto block = card().blocks.rbegin(); block != card().blocks.rend(); ++block) {
      if (auto* question = std::get_if<LessonQuestion>(&*block)) {
        question->hint = std::move(hint);
        break;
      }
    }
    return {};
  }

  Result<void> read_done(const Json& json, const Where& at) {
    if (card().done) return at.fault("", "one done a card", "a second");
    REGARD_TRY(card().done, check_of(json, at));
    return {};
  }

  std::string label_;
  Lesson lesson_;
  Session state_;  // as it is after the cards read so far
  std::set<std::string> ids_;
  std::vector<std::pair<std::string, int>> asked_;      // ids that checks name, and their lines
  bool question_open_ = false;                          // a hint may follow
  std::optional<std::pair<LessonPlace, int>> guessed_;  // the word of the card's guess, and its line
  int fence_ = 0;                                       // line of the newest ```
};

}  // namespace

Result<Lesson> parse_lesson(std::string_view text, std::string_view label, std::string name,
                            Language language) {
  return LessonReader(label, std::move(name), std::move(language)).read(text);
}

std::pair<std::string, Language> lesson_file_name(const std::filesystem::path& file) {
  const std::filesystem::path stem = file.stem();
  const std::string language = stem.extension().string();
  if (language.size() < 3) return {stem.string(), kEnglish};
  return {stem.stem().string(), Language(language.substr(1))};
}

Result<Lesson> read_lesson(const std::filesystem::path& file) {
  REGARD_TRY(const std::string text, read_file(file, kMostLessonBytes, Wanted::kText));
  return parse_lesson(text, printable(file.string(), 4096), file.string(), lesson_file_name(file).second);
}

}  // namespace regard
