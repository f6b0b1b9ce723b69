#include "app/i18n/locales.h"

#include <algorithm>
#include <cstdlib>

#include "app/embedded.h"
#include "core/base/check.h"
#include "core/formats/json.h"

namespace regard {
namespace {

constexpr std::string_view kFolder = "locale/", kEnding = ".json";

Locales read_shipped() {
  Locales locales;
  for (const std::string_view name : embedded_names()) {
    if (!name.starts_with(kFolder) || !name.ends_with(kEnding)) continue;
    const auto bytes = embedded_file(name);
    const std::string_view code = name.substr(kFolder.size(), name.size() - kFolder.size() - kEnding.size());
    REGARD_CHECK(
        locales.add(Language(code), {reinterpret_cast<const char*>(bytes.data()), bytes.size()}).has_value());
  }
  REGARD_CHECK(locales.find(kEnglish) != nullptr);
  return locales;
}

}  // namespace

const Locales& Locales::shipped() {
  static const Locales locales = read_shipped();
  return locales;
}

Result<void> Locales::add(const Language& code, std::string_view json) {
  const std::string label = std::string(kFolder) + code + std::string(kEnding);
  Result<Json> parsed = parse_json(json, label);
  if (!parsed) return std::unexpected(parsed.error());
  File file{code, {}, {}};
  for (const auto& [key, text] : parsed->items()) {
    if (!text.is_string()) return fail(ErrorCode::kFormat, "{}: {}: expected text", label, key);
    file.texts.emplace(key, text.get<std::string>());
  }
  const auto name = file.texts.find("language.name");
  if (name == file.texts.end())
    return fail(ErrorCode::kFormat, "{}: language.name: expected text, got none", label);
  file.name = name->second;
  std::erase_if(files_, [&](const File& each) { return each.code == code; });
  files_.insert(std::ranges::upper_bound(files_, code, {}, &File::code), std::move(file));
  return {};
}

const Locales::File* Locales::find(std::string_view code) const {
  const auto found = std::ranges::find(files_, code, &File::code);
  return found == files_.end() ? nullptr : &*found;
}

Language Locales::after(std::string_view code) const {
  const auto next = std::ranges::upper_bound(files_, code, {}, &File::code);
  return next == files_.end() ? files_.front().code : next->code;
}

std::string Locales::codes(std::string_view separator) const {
  std::string text;
  for (const File& file : files_) text += (text.empty() ? "" : std::string(separator)) + file.code;
  return text;
}

Language language_from(std::string_view tag, const Locales& locales) {
  if (tag.empty()) {
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
      const char* value = std::getenv(name);
      if (value != nullptr && *value != '\0') {
        tag = value;
        break;
      }
    }
  }
  std::string code(tag.substr(0, tag.find_first_of(".@")));
  std::ranges::replace(code, '_', '-');
  for (const std::string& each : {code, code.substr(0, code.find('-'))}) {
    if (locales.find(each) != nullptr) return each;
  }
  return kEnglish;
}

}  // namespace regard
