// Words looked for in a text, in any case: "Œil" is found by "œil", "CAFÉ" by "café".
#pragma once

#include <string>
#include <string_view>

namespace regard {

/// In NFC, every letter in lower case; a byte that is not UTF-8 is U+FFFD. Thread: any. Cost: O(n).
std::u32string folded_case(std::string_view text);

/// Whether `word` stands in `text` with no letter, mark, number or _ beside it. Both come from folded_case().
/// An empty word stands nowhere. Thread: any.
bool holds_word(std::u32string_view text, std::u32string_view word);

/// The same of texts as they are written.
inline bool has_word(std::string_view text, std::string_view word) {
  return holds_word(folded_case(text), folded_case(word));
}

}  // namespace regard
