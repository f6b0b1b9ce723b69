#include "app/lessons/lesson_state.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "app/assets.h"
#include "app/state/session_reader.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

// Keys of sessions that session_json() leaves out where there is nothing to say.
constexpr std::string_view kSometimes[] = {"chunk_rule", "layer",  "head",  "maps",   "lens",
                                           "discard",    "prompt", "cell",  "span",   "word",
                                           "guidance",   "before", "other", "series", "least"};
constexpr std::string_view kOfLearner[] = {"theme",  "language", "zoom",
                                           "colors", "details",  "reduced_motion"};
constexpr const char* kEditWords[] = {"word", "other"};

bool is_letter(char c) {
  return (static_cast<unsigned char>(c) & 0x80) != 0 || std::isalnum(static_cast<unsigned char>(c)) != 0;
}

template <std::size_t N>
bool is_one_of(const std::string_view (&names)[N], std::string_view name) {
  return std::ranges::find(names, name) != std::end(names);
}

// A lesson opens what is shipped, and no folder of the learner's.
bool may_draw(const Json& model) {
  if (!model.is_string()) return false;
  const std::string name = model.get<std::string>();
  return name.empty() || !checkpoint_path(name).empty();
}

// A key that `known` has not, objects in objects too; `where` of the part itself is empty.
std::optional<LessonFault> unknown_key(const Json& part, const Json& known, const std::string& where) {
  for (const auto& [key, value] : part.items()) {
    const std::string at = where + key;
    if (where == "view." && is_one_of(kOfLearner, key))
      return LessonFault{key, at + ": expected a key that is not the learner's own choice, got it"};
    if (where.empty() && key == "paint_model") {
      if (may_draw(value)) continue;
      return LessonFault{key, key +
                                  ": expected \"\" or the name of a checkpoint of assets/checkpoints, got " +
                                  (value.is_string() ? quote(value.get<std::string>()) : value.type_name())};
    }
    if (where.empty() && (key == "regard_session" || key.ends_with("model")))
      return LessonFault{key, at + ": expected a key of a session that a lesson may set, got it"};
    if (where.empty() && (key == "pins" || key == "edits") && !value.is_array())
      return LessonFault{
          key, key + ": expected a list, such as [" +
                   (key == "pins" ? "\"rouge\"" : "{\"kind\": \"mute\", \"word\": \"rouge\"}") + "], got " +
                   shown_value(value)};
    const auto found = known.find(key);
    if (found == known.end() && !is_one_of(kSometimes, key))
      return LessonFault{key, at + ": expected a key of a session, got an unknown one"};
    if (found == known.end() || !found->is_object() || !value.is_object() || key == "word") continue;
    if (auto fault = unknown_key(value, *found, at + ".")) return fault;
  }
  return std::nullopt;
}

struct Words {
  std::string_view prompt;
  std::string missing = {};  // the first word that is not in the prompt

  // A word becomes its byte; "start", "end" and what is no text stay. False: it is not there.
  bool resolve(Json& value, bool names_ends) {
    if (!value.is_string()) return true;
    const std::string word = value.get<std::string>();
    if (names_ends ? word == "start" || word == "end" : word == "bos" || word == "eos") return true;
    const auto byte = byte_of_word(prompt, word);
    if (byte) value = *byte;
    if (!byte && missing.empty()) missing = word;
    return byte.has_value();
  }

  void resolve_pins(Json& pins) {
    if (!pins.is_array()) return;
    Json out = Json::array();
    for (Json& pin : pins) {
      if (resolve(pin, false)) out.push_back(pin);
    }
    pins = out;
  }

  void resolve_edits(Json& owner) {
    const auto edits = owner.find("edits");
    if (edits == owner.end() || !edits->is_array()) return;
    Json out = Json::array();
    for (Json& edit : *edits) {
      bool there = true;
      for (const char* key : kEditWords) {
        if (edit.is_object() && edit.contains(key)) there = resolve(edit[key], true) && there;
      }
      if (there) out.push_back(edit);
    }
    *edits = out;
  }

  void resolve_paint(Json& paint) {
    if (!paint.is_object()) return;
    if (paint.contains("word") && !resolve(paint["word"], true)) paint.erase("word");
    resolve_edits(paint);
  }
};

// @param missing  gets the first word that the prompt has not
Json resolved(const Json& part, const Session& now, std::string& missing) {
  Json out = part;
  const auto own = part.find("prompt");
  const std::string prompt = own != part.end() && own->is_string() ? own->get<std::string>() : now.doc.prompt;
  Words words{prompt};
  if (out.contains("pins")) words.resolve_pins(out["pins"]);
  words.resolve_edits(out);
  if (out.contains("paint")) words.resolve_paint(out["paint"]);
  out["regard_session"] = 1;
  missing = words.missing;
  return out;
}

// Of another prompt nothing is kept that was about the bytes of the one before.
Session without_old_bytes(const Json& part, Session now) {
  const auto prompt = part.find("prompt");
  if (prompt == part.end() || !prompt->is_string() || *prompt == now.doc.prompt) return now;
  now.doc.pins.clear();
  now.doc.edits.clear();
  now.doc.chunk = 0;
  now.doc.paint.edits.clear();
  now.doc.paint.word.reset();
  now.doc.other_prompt.reset();
  now.view.calculation.cell.reset();
  return now;
}

}  // namespace

Session lesson_base(const ViewOptions& view) {
  Session session;
  session.view.theme = view.theme;
  session.view.language = view.language;
  session.view.colors = view.colors;
  session.view.zoom = view.zoom;
  session.view.details = view.details;
  session.view.reduced_motion = view.reduced_motion;
  return session;
}

std::optional<std::size_t> byte_of_word(std::string_view prompt, std::string_view word) {
  int which = 1;
  if (const std::size_t sign = word.rfind('#'); sign != word.npos && sign > 0) {
    const char* const end = word.data() + word.size();
    const auto read = std::from_chars(word.data() + sign + 1, end, which);
    if (read.ec != std::errc{} || read.ptr != end || which < 1) return std::nullopt;
    word = word.substr(0, sign);
  }
  if (word.empty()) return std::nullopt;
  for (std::size_t at = prompt.find(word); at != prompt.npos; at = prompt.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool whole =
        (at == 0 || !is_letter(prompt[at - 1])) && (end == prompt.size() || !is_letter(prompt[end]));
    if (whole && --which == 0) return at;
  }
  return std::nullopt;
}

Result<Session> with_lesson_state(const Json& part, const Session& now) {
  std::string missing;
  const Json json = resolved(part, now, missing);
  REGARD_TRY(Session session, parse_session(json.dump(-1, ' ', false, Json::error_handler_t::replace),
                                            "state", without_old_bytes(part, now)));
  session.restored = false;
  return session;
}

std::optional<LessonFault> check_lesson_state(const Json& part, const Session& now) {
  if (!part.is_object()) return LessonFault{"", "state: expected an object, got something else"};
  if (auto fault = unknown_key(part, Json::parse(session_json(now)), "")) return fault;
  std::string missing;
  const Json json = resolved(part, now, missing);
  if (!missing.empty())
    return LessonFault{missing, "state: expected a word of the prompt, got " + quote(missing)};
  const Result<Session> read = parse_session(json.dump(-1, ' ', false, Json::error_handler_t::replace),
                                             "state", without_old_bytes(part, now));
  if (read) return std::nullopt;
  const std::string message = read.error().message;  // "state: view.workspace: expected ..."
  const std::size_t from = std::min(message.find(": "), message.size() - 2) + 2;
  std::string key = message.substr(from, message.find(':', from) - from);
  key = key.substr(key.rfind('.') == key.npos ? 0 : key.rfind('.') + 1);
  return LessonFault{key, message};
}

}  // namespace regard
