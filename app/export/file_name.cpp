#include "app/export/file_name.h"

#include <utf8proc.h>

namespace regard {
namespace {

bool is_letter_or_digit(utf8proc_int32_t letter) {
  switch (utf8proc_category(letter)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:  // marks stay with their letter
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ND:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string safe_name(std::string_view text, std::size_t most_bytes) {
  std::string name;
  bool gap = false;
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t letter = 0;
    const auto bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at;
    const auto used = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - at), &letter);
    at += used > 0 ? static_cast<std::size_t>(used) : 1;
    if (used <= 0 || !is_letter_or_digit(letter)) {
      gap = true;
      continue;
    }
    utf8proc_uint8_t lower[4];
    const auto size = static_cast<std::size_t>(utf8proc_encode_char(utf8proc_tolower(letter), lower));
    const std::size_t dash = gap && !name.empty() ? 1 : 0;
    if (name.size() + dash + size > most_bytes) break;
    if (dash > 0) name += '-';
    name.append(reinterpret_cast<const char*>(lower), size);
    gap = false;
  }
  return name;
}

std::string figure_name(std::string_view about, std::string_view map) {
  std::string name = safe_name(about);
  const std::string rest = safe_name(map);
  if (!name.empty() && !rest.empty()) name += '-';
  name += rest;
  return name.empty() ? "figure" : name;
}

}  // namespace regard
