// The languages there are: the files of assets/locale, embedded when built. Menus, --lang, sessions and the
// system's choice are made from this list. A language is one file, named by its code: its texts by key, its
// own name ("language.name") and how it writes numbers ("number.decimal"). What it lacks is said in English.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/i18n/language.h"
#include "core/base/result.h"

namespace regard {

/// Thread: const members from any thread.
class Locales {
 public:
  using Texts = std::map<std::string, std::string, std::less<>>;
  struct File {
    Language code;
    std::string name;  // in the language itself
    Texts texts;       // as the file has them
  };

  /// Those inside the program. A broken file is our own bug: checked.
  static const Locales& shipped();

  /// Adds a file, or replaces the one of that code. @param json  {"key": "text", ...}
  /// Errors: format (a value that is no text, no "language.name").
  Result<void> add(const Language& code, std::string_view json);

  const std::vector<File>& files() const { return files_; }  ///< by code
  const File* find(std::string_view code) const;             ///< null: no such language
  Language after(std::string_view code) const;               ///< the next one, in turn
  std::string codes(std::string_view separator) const;       ///< "en, fr"

 private:
  std::vector<File> files_;
};

/// The language of a system's tag: "fr_FR.UTF-8" -> "fr"; "pt_BR" -> "pt-BR" when there is such a file, else
/// "pt"; English when there is none. Empty: asks LC_ALL, LC_MESSAGES, LANG in that order.
Language language_from(std::string_view tag, const Locales& locales = Locales::shipped());

}  // namespace regard
