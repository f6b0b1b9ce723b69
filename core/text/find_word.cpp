#include "core/text/find_word.h"

#include "core/text/unicode.h"

namespace regard {

std::u32string folded_case(std::string_view text) {
  std::u32string out;
  for (const SourceChar& each : to_lowercase(to_nfc(decode_utf8(text)))) out += each.value;
  return out;
}

bool holds_word(std::u32string_view text, std::u32string_view word) {
  if (word.empty()) return false;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_word_char(text[at - 1]);
    const bool ends = end == text.size() || !is_word_char(text[end]);
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace regard
