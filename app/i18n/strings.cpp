#include "app/i18n/strings.h"

#include <cmath>
#include <cstdlib>

#include "app/embedded.h"
#include "core/base/check.h"
#include "core/formats/json.h"

namespace regard {

Language language_from(std::string_view tag) {
  if (tag.empty()) {
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
      const char* value = std::getenv(name);
      if (value != nullptr && *value != '\0') {
        tag = value;
        break;
      }
    }
  }
  return tag.starts_with("fr") ? Language::kFrench : Language::kEnglish;
}

Result<Strings> Strings::parse(std::string_view json, std::string_view label, Language language) {
  Result<Json> parsed = parse_json(json, label);
  if (!parsed) return std::unexpected(parsed.error());
  Strings strings;
  strings.language_ = language;
  for (const auto& [key, text] : parsed->items()) {
    if (!text.is_string()) return fail(ErrorCode::kFormat, "{}: {}: expected text", label, key);
    strings.texts_.emplace(key, text.get<std::string>());
  }
  return strings;
}

Strings Strings::load(Language language) {
  const char* name = language == Language::kFrench ? "locale/fr.json" : "locale/en.json";
  const auto bytes = embedded_file(name);
  auto strings = parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, name, language);
  REGARD_CHECK(strings.has_value());
  return std::move(*strings);
}

const char* Strings::operator()(std::string_view key) const {
  const auto it = texts_.find(key);
  // Keys are literals, hence zero-terminated.
  return it == texts_.end() ? key.data() : it->second.c_str();
}

std::string Strings::number(double value, int decimals) const {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "\u2212\u221e" : "\u221e";
  std::string text = fmt::format("{:.{}f}", std::abs(value), decimals);
  const bool is_zero = text.find_first_not_of("0.") == std::string::npos;
  if (language_ == Language::kFrench) {
    if (const auto point = text.find('.'); point != std::string::npos) text[point] = ',';
  }
  return value < 0 && !is_zero ? "\u2212" + text : text;
}

}  // namespace regard
