// Numbers as Python's float() and the grammars' own patterns read them. Internal to core/prompt.
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "core/prompt/python_text.h"

namespace regard::python {

/// Weights stop here, in every grammar: "warning.clamped".
inline constexpr double kLargest = std::numeric_limits<double>::max();

struct Number {
  double value = 0.0;    // finite
  bool clamped = false;  // it was beyond kLargest, or infinite
  bool nan = false;      // it was nan; value is 1
  std::size_t end = 0;   // one past its bytes
};

/// `ascii` is a number of Python's in ASCII without sign or underscore: "1.5", ".5", "1.", "1e3". Correctly
/// rounded.
inline Number convert(std::string_view ascii, bool negative) {
  Number out;
  const std::from_chars_result read = std::from_chars(ascii.data(), ascii.data() + ascii.size(), out.value);
  if (read.ec == std::errc::result_out_of_range) {
    // Too large or too small: strtod tells them apart, whatever the exponent.
    out.value = std::strtod(std::string(ascii).c_str(), nullptr);
    out.clamped = std::isinf(out.value);
    if (out.clamped) out.value = kLargest;
  }
  if (negative) out.value = -out.value;
  return out;
}

/// Appends the decimal digits at `at` (any script) to `ascii`, single underscores between them left out when
/// `underscores`; returns where they end.
inline std::size_t read_digits(std::string_view text, std::size_t at, bool underscores, std::string& ascii) {
  bool any = false;
  while (at < text.size()) {
    std::size_t digit_at = at;
    if (underscores && any && text[at] == '_') ++digit_at;
    if (digit_at >= text.size()) break;
    const Character c = character_at(text, digit_at);
    const int digit = decimal_digit(c.code);
    if (digit < 0) break;
    ascii += static_cast<char>('0' + digit);
    at = digit_at + c.size;
    any = true;
  }
  return at;
}

namespace detail {

inline bool equals_folded(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

inline std::string_view stripped(std::string_view text) {
  while (!text.empty()) {
    const Character c = character_at(text, 0);
    if (!is_space(c.code)) break;
    text.remove_prefix(c.size);
  }
  while (!text.empty()) {
    const Character c = character_before(text, text.size());
    if (!is_space(c.code)) break;
    text.remove_suffix(c.size);
  }
  return text;
}

}  // namespace detail

/// float(text), or nothing where it throws. Infinite: clamped. Cost: O(n).
inline std::optional<Number> read_float(std::string_view text) {
  text = detail::stripped(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (detail::equals_folded(text, "inf") || detail::equals_folded(text, "infinity")) {
    return Number{negative ? -kLargest : kLargest, true, false, 0};
  }
  if (detail::equals_folded(text, "nan")) return Number{1.0, false, true, 0};
  std::string ascii;
  std::size_t at = read_digits(text, 0, true, ascii);
  std::size_t digits = ascii.size();
  if (at < text.size() && text[at] == '.') {
    ascii += '.';
    at = read_digits(text, at + 1, true, ascii);
    digits = ascii.size() - 1;
  }
  if (digits == 0) return std::nullopt;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ascii += 'e';
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
      if (text[at] == '-') ascii += '-';
      ++at;
    }
    const std::size_t before = ascii.size();
    at = read_digits(text, at, true, ascii);
    if (ascii.size() == before) return std::nullopt;
  }
  if (at != text.size()) return std::nullopt;
  return convert(ascii, negative);
}

/// `\d+\.\d*` or `\.\d+`, at `at`; no sign.
inline std::optional<Number> read_real(std::string_view text, std::size_t at) {
  std::string ascii;
  std::size_t end = read_digits(text, at, false, ascii);
  if (end >= text.size() || text[end] != '.') return std::nullopt;
  const bool whole = !ascii.empty();
  ascii += '.';
  end = read_digits(text, end + 1, false, ascii);
  if (!whole && ascii.size() == 1) return std::nullopt;
  Number out = convert(ascii, false);
  out.end = end;
  return out;
}

}  // namespace regard::python
