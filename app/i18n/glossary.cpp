#include "app/i18n/glossary.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "app/embedded.h"
#include "core/base/check.h"
#include "core/formats/json.h"
#include "core/text/find_word.h"

namespace regard {
namespace {

Result<std::string> text_of(const Json& term, const char* name, bool required, std::string_view where) {
  const auto found = term.find(name);
  if (found == term.end() && !required) return std::string();
  if (found == term.end() || !found->is_string() || (required && found->get<std::string>().empty()))
    return fail(ErrorCode::kFormat, "{}: {}: expected text", where, name);
  return found->get<std::string>();
}

Result<std::vector<std::string>> texts_of(const Json& term, const char* name, std::string_view where) {
  std::vector<std::string> out;
  const auto found = term.find(name);
  if (found == term.end()) return out;
  if (!found->is_array()) return fail(ErrorCode::kFormat, "{}: {}: expected a list of texts", where, name);
  for (const Json& each : *found) {
    if (!each.is_string()) return fail(ErrorCode::kFormat, "{}: {}: expected a list of texts", where, name);
    out.push_back(each.get<std::string>());
  }
  return out;
}

Result<GlossaryTerm> term_of(const Json& json, std::string_view label, std::size_t index) {
  std::string where = fmt::format("{}: term {}", label, index + 1);
  if (!json.is_object()) return fail(ErrorCode::kFormat, "{}: expected an object", where);
  GlossaryTerm out;
  REGARD_TRY(out.id, text_of(json, "id", true, where));
  where = fmt::format("{}: {}", label, out.id);
  REGARD_TRY(out.names, texts_of(json, "names", where));
  if (out.names.empty()) return fail(ErrorCode::kFormat, "{}: names: expected at least one", where);
  REGARD_TRY(out.definition, text_of(json, "definition", true, where));
  REGARD_TRY(out.formula, text_of(json, "formula", false, where));
  REGARD_TRY(out.source, text_of(json, "source", true, where));
  REGARD_TRY(out.not_shown, text_of(json, "not", false, where));
  REGARD_TRY(out.keys, texts_of(json, "keys", where));
  return out;
}

std::vector<GlossaryTerm> read_shipped(const Language& language) {
  const std::string name = fmt::format("glossary/glossary.{}.json", language);
  const auto bytes = embedded_file(name);
  if (bytes.empty()) {
    REGARD_CHECK(language != kEnglish);
    return read_shipped(kEnglish);
  }
  auto terms = parse_glossary({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, name);
  REGARD_CHECK(terms.has_value());
  return std::move(*terms);
}

}  // namespace

Result<std::vector<GlossaryTerm>> parse_glossary(std::string_view json, std::string_view label) {
  REGARD_TRY(const Json file, parse_json(json, std::string(label)));
  const auto terms = file.find("terms");
  if (!file.is_object() || terms == file.end() || !terms->is_array())
    return fail(ErrorCode::kFormat, "{}: terms: expected a list", label);
  std::vector<GlossaryTerm> out;
  for (std::size_t i = 0; i < terms->size(); ++i) {
    REGARD_TRY(GlossaryTerm term, term_of((*terms)[i], label, i));
    if (std::ranges::find(out, term.id, &GlossaryTerm::id) != out.end())
      return fail(ErrorCode::kFormat, "{}: {}: stands there twice", label, term.id);
    out.push_back(std::move(term));
  }
  return out;
}

const std::vector<GlossaryTerm>& glossary(const Language& language) {
  static std::map<Language, std::vector<GlossaryTerm>> kept;
  const auto found = kept.find(language);
  return found != kept.end() ? found->second : kept.emplace(language, read_shipped(language)).first->second;
}

const GlossaryTerm* term_in(const std::vector<GlossaryTerm>& terms, std::string_view text) {
  const std::u32string read = folded_case(text);
  const GlossaryTerm* best = nullptr;
  std::size_t longest = 0;
  for (const GlossaryTerm& term : terms) {
    for (const std::string& name : term.names) {
      if (name.size() <= longest || !holds_word(read, folded_case(name))) continue;
      best = &term;
      longest = name.size();
    }
  }
  return best;
}

}  // namespace regard
