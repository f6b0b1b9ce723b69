// UTF-8 at the lowest level, and how untrusted text is shown in a message. Knows no Unicode property.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace regard {

/// One step through UTF-8: `size` bytes hold `value`; `valid` is false for a byte that starts no sequence
/// (overlong, surrogate, above U+10FFFF, cut short), which then reads as U+FFFD over one byte.
struct Utf8Step {
  char32_t value = 0xFFFD;
  int size = 1;
  bool valid = false;
};

/// Decodes at `at`. Expects at < text.size(). Thread: any. Cost: O(1).
inline Utf8Step utf8_step(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return {lead, 1, true};
  const int size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - at < static_cast<std::size_t>(size)) return {};
  char32_t value = lead & (0xFFu >> (size + 1));
  for (int i = 1; i < size; ++i) {
    const unsigned char next = byte(at + static_cast<std::size_t>(i));
    if ((next & 0xC0) != 0x80) return {};
    value = (value << 6) | (next & 0x3Fu);
  }
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, size, true};
}

/// Offset of the first byte that is not UTF-8, or text.size() when all of it is. Thread: any. Cost: O(n).
inline std::size_t utf8_valid_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const Utf8Step step = utf8_step(text, at);
    if (!step.valid) return at;
    at += static_cast<std::size_t>(step.size);
  }
  return at;
}

/// Appends `value` as UTF-8. Expects a Unicode scalar value.
inline void append_utf8(std::string& out, char32_t value) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (value < 0x80) {
    put(value);
  } else if (value < 0x800) {
    put(0xC0 | (value >> 6));
    put(0x80 | (value & 0x3F));
  } else if (value < 0x10000) {
    put(0xE0 | (value >> 12));
    put(0x80 | ((value >> 6) & 0x3F));
    put(0x80 | (value & 0x3F));
  } else {
    put(0xF0 | (value >> 18));
    put(0x80 | ((value >> 12) & 0x3F));
    put(0x80 | ((value >> 6) & 0x3F));
    put(0x80 | (value & 0x3F));
  }
}

/// `text` made fit for one line of a message: control characters and bytes that are not UTF-8 become \xNN,
/// and what goes past `max_bytes` becomes "...". Thread: any.
inline std::string printable(std::string_view text, std::size_t max_bytes = 80) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = utf8_step(text, at);
    const auto size = static_cast<std::size_t>(step.size);
    if (at + size > max_bytes) return out + "...";
    const bool control = step.value < 0x20 || (step.value >= 0x7F && step.value < 0xA0) ||
                         step.value == 0x2028 || step.value == 0x2029;
    if (step.valid && !control) {
      out += text.substr(at, size);
    } else {
      for (const char c : text.substr(at, size)) {
        out += fmt::format("\\x{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
      }
    }
    at += size;
  }
  return out;
}

/// printable(text) between single quotes.
inline std::string quote(std::string_view text, std::size_t max_bytes = 80) {
  return fmt::format("'{}'", printable(text, max_bytes));
}

}  // namespace regard
