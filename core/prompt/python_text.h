// What Python takes for whitespace, a word character and a digit: the grammars of prompt weights were written
// in it. Internal to core/prompt. An invalid UTF-8 byte is one character that is none of the three. Source:
// Python 3.11 str.isspace, str.isalnum, str.isdecimal, compared over all code points (Unicode 14).
#pragma once

#include <utf8proc.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>

#include "core/formats/utf8.h"

namespace regard::python {

/// One character of a UTF-8 text.
struct Character {
  char32_t code = 0;
  std::size_t size = 1;  // bytes
};

inline constexpr char32_t kInvalidCharacter = 0xFFFFFFFF;

/// Expects at < text.size().
inline Character character_at(std::string_view text, std::size_t at) {
  const Utf8Step step = utf8_step(text, at);
  return {step.valid ? step.value : kInvalidCharacter, static_cast<std::size_t>(step.size)};
}

/// The character that ends at byte `end`. Expects 0 < end <= text.size().
inline Character character_before(std::string_view text, std::size_t end) {
  for (std::size_t size = 2; size <= 4 && size <= end; ++size) {
    if (static_cast<unsigned char>(text[end - 1]) < 0x80) break;
    const Character found = character_at(text, end - size);
    if (found.size == size) return found;
  }
  return character_at(text, end - 1);
}

inline bool is_space(char32_t c) {
  if (c < 0x80) return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/// `\w`: letters and numbers of any script, and the underscore.
inline bool is_word(char32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  if (c == kInvalidCharacter) return false;
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
         (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

/// 0 to 9 for a decimal digit of any script, -1 for anything else.
inline int decimal_digit(char32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9' ? static_cast<int>(c - '0') : -1;
  // The zeros: each script's ten digits follow one another.
  static constexpr char32_t kZeros[] = {
      0x660,   0x6F0,   0x7C0,   0x966,   0x9E6,   0xA66,   0xAE6,   0xB66,   0xBE6,   0xC66,   0xCE6,
      0xD66,   0xDE6,   0xE50,   0xED0,   0xF20,   0x1040,  0x1090,  0x17E0,  0x1810,  0x1946,  0x19D0,
      0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,  0xA900,  0xA9D0,  0xA9F0,
      0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450,
      0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0,
      0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0};
  const char32_t* above = std::upper_bound(std::begin(kZeros), std::end(kZeros), c);
  if (above == std::begin(kZeros)) return -1;
  const char32_t digit = c - *(above - 1);
  return digit < 10 ? static_cast<int>(digit) : -1;
}

/// The first byte from `at` on that is no whitespace.
inline std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const Character c = character_at(text, at);
    if (!is_space(c.code)) break;
    at += c.size;
  }
  return at;
}

/// One past the last byte before `end` that is no whitespace; never below `stop`.
inline std::size_t skip_spaces_back(std::string_view text, std::size_t end, std::size_t stop) {
  while (end > stop) {
    const Character c = character_before(text, end);
    if (!is_space(c.code) || end - stop < c.size) break;
    end -= c.size;
  }
  return end;
}

}  // namespace regard::python
