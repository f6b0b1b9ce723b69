#include "core/text/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "core/formats/utf8.h"

namespace regard {
namespace {

constexpr char32_t kFirstMark = 0x300;  // below it every text is its own NFC

utf8proc_int32_t raw(char32_t c) { return static_cast<utf8proc_int32_t>(c); }

int combining_class(char32_t c) {
  return c < kFirstMark ? 0 : utf8proc_get_property(raw(c))->combining_class;
}

void append_decomposed(const SourceChar& c, SourceText& out) {
  std::array<utf8proc_int32_t, 16> parts{};
  int last_boundclass = 0;
  const utf8proc_ssize_t count = utf8proc_decompose_char(raw(c.value), parts.data(), std::ssize(parts),
                                                         UTF8PROC_DECOMPOSE, &last_boundclass);
  if (count <= 0 || count > std::ssize(parts)) {
    out.push_back(c);
    return;
  }
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    out.push_back({static_cast<char32_t>(parts[static_cast<std::size_t>(i)]), c.begin, c.end});
  }
}

/// Marks between two starters, by combining class.
void order_marks(SourceText& text) {
  for (std::size_t i = 0; i < text.size();) {
    if (combining_class(text[i].value) == 0) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && combining_class(text[end].value) != 0) ++end;
    const auto at = [&text](std::size_t k) { return text.begin() + static_cast<std::ptrdiff_t>(k); };
    std::stable_sort(at(i), at(end), [](const SourceChar& a, const SourceChar& b) {
      return combining_class(a.value) < combining_class(b.value);
    });
    i = end;
  }
}

/// The composition of two code points, 0 when there is none.
char32_t compose_pair(char32_t a, char32_t b) {
  if (b < kFirstMark) return 0;
  std::array<utf8proc_int32_t, 2> pair = {raw(a), raw(b)};
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  return utf8proc_normalize_utf32(pair.data(), 2, options) == 1 ? static_cast<char32_t>(pair[0]) : 0;
}

/// Canonical composition (UAX 15): a mark joins the last starter unless one of its class or higher lies
/// between.
SourceText compose(const SourceText& text) {
  SourceText out;
  out.reserve(text.size());
  std::ptrdiff_t starter = -1;  // index in out
  int blocked_below = -1;       // highest class seen since the starter
  for (const SourceChar& c : text) {
    const int mark = combining_class(c.value);
    if (starter >= 0 && mark > blocked_below) {
      SourceChar& head = out[static_cast<std::size_t>(starter)];
      if (const char32_t joined = compose_pair(head.value, c.value); joined != 0) {
        head = {joined, std::min(head.begin, c.begin), std::max(head.end, c.end)};
        continue;
      }
    }
    out.push_back(c);
    if (mark == 0) {
      starter = std::ssize(out) - 1;
      blocked_below = -1;
    } else {
      blocked_below = std::max(blocked_below, mark);
    }
  }
  return out;
}

/// Reordered marks can leave the bytes out of order: widen them until both ends never decrease.
void make_monotone(SourceText& text) {
  for (std::size_t i = 1; i < text.size(); ++i) text[i].end = std::max(text[i].end, text[i - 1].end);
  for (std::size_t i = text.size(); i-- > 1;) text[i - 1].begin = std::min(text[i - 1].begin, text[i].begin);
}

}  // namespace

SourceText decode_utf8(std::string_view text) {
  SourceText out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = utf8_step(text, at);
    const auto size = static_cast<std::size_t>(step.size);
    out.push_back({step.value, at, at + size});
    at += size;
  }
  return out;
}

SourceText to_nfc(SourceText text) {
  if (std::ranges::all_of(text, [](const SourceChar& c) { return c.value < kFirstMark; })) return text;
  SourceText parts;
  parts.reserve(text.size() + text.size() / 4);
  for (const SourceChar& c : text) {
    if (c.value < 0xC0) {
      parts.push_back(c);
    } else {
      append_decomposed(c, parts);
    }
  }
  order_marks(parts);
  SourceText out = compose(parts);
  make_monotone(out);
  return out;
}

SourceText to_lowercase(SourceText text) {
  constexpr char32_t kDottedI = 0x130;  // the only code point whose full lowercase is longer than one
  constexpr char32_t kDotAbove = 0x307;
  const auto dotted = std::ranges::count(text, kDottedI, &SourceChar::value);
  for (SourceChar& c : text) {
    if (c.value < 0x80) {
      if (c.value >= U'A' && c.value <= U'Z') c.value += U'a' - U'A';
    } else if (c.value != kDottedI) {
      c.value = static_cast<char32_t>(utf8proc_tolower(raw(c.value)));
    }
  }
  if (dotted == 0) return text;
  SourceText out;
  out.reserve(text.size() + static_cast<std::size_t>(dotted));
  for (const SourceChar& c : text) {
    if (c.value != kDottedI) {
      out.push_back(c);
      continue;
    }
    out.push_back({U'i', c.begin, c.end});
    out.push_back({kDotAbove, c.begin, c.end});
  }
  return out;
}

SourceText collapse_spaces(SourceText text) {
  std::size_t kept = 0;
  bool in_run = false;
  for (const SourceChar c : text) {
    const bool space = is_space(c.value);
    if (space && in_run) {
      text[kept - 1].end = c.end;
    } else {
      text[kept++] = space ? SourceChar{U' ', c.begin, c.end} : c;
    }
    in_run = space;
  }
  text.resize(kept);
  return text;
}

bool is_letter(char32_t c) {
  if (c < 0x80) return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
  const utf8proc_category_t category = utf8proc_category(raw(c));
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool is_number(char32_t c) {
  if (c < 0x80) return c >= U'0' && c <= U'9';
  const utf8proc_category_t category = utf8proc_category(raw(c));
  return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool is_word_char(char32_t c) {
  if (is_letter(c) || c == U'_' || c == 0x200C || c == 0x200D) return true;
  switch (utf8proc_category(raw(c))) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
      return true;
    default:
      return false;
  }
}

}  // namespace regard
