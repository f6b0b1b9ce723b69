// What the terms on screen mean: assets/glossary/glossary.LANG.json, one file a language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/i18n/language.h"
#include "core/base/result.h"

namespace regard {

struct GlossaryTerm {
  std::string id;                  // the same in all languages
  std::vector<std::string> names;  // as they stand on screen; the first is its title. At least one
  std::string definition;
  std::string formula;            // empty: none
  std::string source;             // author, year, where
  std::string not_shown;          // what it does not say; empty: nothing to warn of
  std::vector<std::string> keys;  // of the locale's texts that are about it
};

/// @param label  of the file, for errors
/// Errors: format, with the term and the member.
Result<std::vector<GlossaryTerm>> parse_glossary(std::string_view json, std::string_view label);

/// That of a language; English where it has none. Read at the first use, and kept. Thread: UI.
const std::vector<GlossaryTerm>& glossary(const Language& language);

/// The term that `text`, read on screen, is about: the one whose longest name stands in it as a word,
/// whatever the case; null: none.
const GlossaryTerm* term_in(const std::vector<GlossaryTerm>& terms, std::string_view text);

}  // namespace regard
