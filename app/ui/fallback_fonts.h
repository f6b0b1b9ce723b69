// Letters that Roboto lacks: the fonts of the distribution that are taken when they are there, and which
// package has the letters that are missing.
#pragma once

#include <string>
#include <string_view>

#include <imgui.h>

namespace regard {

/// Adds those that are installed to `font`. Fixed places only.
void add_fallback_fonts(ImFont* font);

/// A letter that is in none of the fonts that were loaded.
struct MissingLetter {
  char32_t letter = 0;            // 0: every letter of the text is there
  const char* package = nullptr;  // of the distribution, that has it; null: none that we would take
};
/// The first of them in a text. Cost: O(text), a look into the fonts for each letter beyond ASCII.
MissingLetter missing_letter(ImFont* font, std::string_view text);
/// The package whose font is taken for a letter; null: none.
const char* package_of(char32_t letter);

}  // namespace regard
