#include "app/ui/fallback_fonts.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <utf8proc.h>

#include "app/ui/theme.h"

namespace regard {
namespace {

#define REGARD_NOTO(script) "/usr/share/fonts/truetype/noto/NotoSans" script "-Regular.ttf"

// Each font, its package in Debian and Ubuntu, and the letters it is for: later lines are asked when no
// earlier one has a letter.
struct FallbackFont {
  const char *path, *package;
  struct Range {
    char32_t first, last;
  } ranges[8];
};
constexpr FallbackFont kFallbackFonts[] = {
    {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
     "fonts-dejavu-core",
     {{0x0100, 0x058F}, {0x10A0, 0x10FF}, {0x1D00, 0x20CF}, {0x2100, 0x2BFF}}},
    {"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
     "fonts-noto-cjk",
     {{0x1100, 0x11FF},
      {0x2E80, 0xA4CF},
      {0xA960, 0xA97F},
      {0xAC00, 0xD7FF},
      {0xF900, 0xFAFF},
      {0xFE30, 0xFE4F},
      {0xFF00, 0xFFEF},
      {0x20000, 0x323AF}}},
    {REGARD_NOTO("Arabic"),
     "fonts-noto-core",
     {{0x0600, 0x06FF}, {0x0750, 0x077F}, {0x08A0, 0x08FF}, {0xFB50, 0xFDFF}, {0xFE70, 0xFEFF}}},
    {REGARD_NOTO("Hebrew"), "fonts-noto-core", {{0x0590, 0x05FF}, {0xFB1D, 0xFB4F}}},
    {REGARD_NOTO("Devanagari"), "fonts-noto-core", {{0x0900, 0x097F}, {0xA8E0, 0xA8FF}}},
    {REGARD_NOTO("Bengali"), "fonts-noto-core", {{0x0980, 0x09FF}}},
    {REGARD_NOTO("Gurmukhi"), "fonts-noto-core", {{0x0A00, 0x0A7F}}},
    {REGARD_NOTO("Gujarati"), "fonts-noto-core", {{0x0A80, 0x0AFF}}},
    {REGARD_NOTO("Tamil"), "fonts-noto-core", {{0x0B80, 0x0BFF}}},
    {REGARD_NOTO("Telugu"), "fonts-noto-core", {{0x0C00, 0x0C7F}}},
    {REGARD_NOTO("Kannada"), "fonts-noto-core", {{0x0C80, 0x0CFF}}},
    {REGARD_NOTO("Malayalam"), "fonts-noto-core", {{0x0D00, 0x0D7F}}},
    {REGARD_NOTO("Sinhala"), "fonts-noto-core", {{0x0D80, 0x0DFF}}},
    {REGARD_NOTO("Thai"), "fonts-noto-core", {{0x0E00, 0x0E7F}}},
    {REGARD_NOTO("Lao"), "fonts-noto-core", {{0x0E80, 0x0EFF}}},
    {REGARD_NOTO("Myanmar"), "fonts-noto-core", {{0x1000, 0x109F}}},
    {REGARD_NOTO("Ethiopic"), "fonts-noto-core", {{0x1200, 0x139F}}},
    {REGARD_NOTO("Khmer"), "fonts-noto-core", {{0x1780, 0x17FF}}},
    // Emoji and signs, in one colour.
    {"/usr/share/fonts/truetype/ancient-scripts/Symbola_hint.ttf",
     "fonts-symbola",
     {{0x2600, 0x27BF}, {0x2B00, 0x2BFF}, {0x1D400, 0x1D7FF}, {0x1F000, 0x1FAFF}}},
};

#undef REGARD_NOTO

bool has(const FallbackFont& font, char32_t letter) {
  return std::ranges::any_of(font.ranges, [&](const FallbackFont::Range& range) {
    return range.last != 0 && range.first <= letter && letter <= range.last;
  });
}

// Has no picture of its own: joins, selects a variant, marks a direction.
bool is_unseen(char32_t letter) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(letter))) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return true;
    default:
      return false;
  }
}

}  // namespace

void add_fallback_fonts(ImFont* font) {
  for (const FallbackFont& fallback : kFallbackFonts) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(fallback.path, ignored)) continue;
    ImFontConfig config;
    config.MergeMode = true;
    config.DstFont = font;
    config.Flags |= ImFontFlags_NoLoadError;
    ImGui::GetIO().Fonts->AddFontFromFileTTF(fallback.path, kBody, &config);
  }
}

const char* package_of(char32_t letter) {
  // The last that is for it: a later line is the one made for these letters.
  const char* package = nullptr;
  for (const FallbackFont& font : kFallbackFonts) {
    if (has(font, letter)) package = font.package;
  }
  return package;
}

MissingLetter missing_letter(ImFont* font, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    utf8proc_int32_t letter = 0;
    const auto used = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                                       static_cast<utf8proc_ssize_t>(text.size() - at), &letter);
    at += used > 0 ? static_cast<std::size_t>(used) : 1;
    if (used <= 0) continue;  // no letter: shown as the sign for that
    const auto sign = static_cast<char32_t>(letter);
    if (is_unseen(sign) || font->IsGlyphInFont(static_cast<ImWchar>(sign))) continue;
    return {sign, package_of(sign)};
  }
  return {};
}

}  // namespace regard
