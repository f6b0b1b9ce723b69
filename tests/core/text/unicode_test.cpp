#include <gtest/gtest.h>

#include "core/formats/utf8.h"
#include "core/text/unicode.h"

namespace regard {
namespace {

/// "value[begin,end) ..." with the value in hexadecimal.
std::string shown(const SourceText& text) {
  std::string out;
  for (const SourceChar& c : text) {
    out +=
        fmt::format("{}{:X}[{},{})", out.empty() ? "" : " ", static_cast<unsigned>(c.value), c.begin, c.end);
  }
  return out;
}

TEST(Unicode, ABadByteIsOneReplacement) {
  EXPECT_EQ(shown(decode_utf8("a\xC3é\xF0\x9F\x98z")),
            "61[0,1) FFFD[1,2) E9[2,4) FFFD[4,5) FFFD[5,6) FFFD[6,7) 7A[7,8)");
  EXPECT_EQ(shown(decode_utf8("")), "");
  EXPECT_EQ(shown(decode_utf8("\xED\xA0\x80")), "FFFD[0,1) FFFD[1,2) FFFD[2,3)");
}

TEST(Unicode, ComposedCharactersCoverAllTheirBytes) {
  EXPECT_EQ(shown(to_nfc(decode_utf8("cafe\u0301!"))), "63[0,1) 61[1,2) 66[2,3) E9[3,6) 21[6,7)");
  EXPECT_EQ(shown(to_nfc(decode_utf8("\u1100\u1161\u11a8"))), "AC01[0,9)");  // Hangul
  EXPECT_EQ(shown(to_nfc(decode_utf8("\u212b"))), "C5[0,3)");                // a singleton
  EXPECT_EQ(shown(to_nfc(decode_utf8("\u0958"))), "915[0,3) 93C[0,3)");      // excluded from composition
  EXPECT_EQ(shown(to_nfc(decode_utf8("\u0344"))), "308[0,2) 301[0,2)");
  EXPECT_EQ(shown(to_nfc(decode_utf8("a\u0345\u0301"))), "E1[0,5) 345[1,5)");  // composed over a mark between
  EXPECT_EQ(shown(to_nfc(decode_utf8("q\u0307\u0323"))), "71[0,1) 323[1,5) 307[1,5)");  // reordered
  EXPECT_EQ(shown(to_nfc(decode_utf8("\u0301a"))), "301[0,2) 61[2,3)");
  EXPECT_EQ(shown(to_nfc(decode_utf8("e\u0301\u0302"))),
            "E9[0,3) 302[3,5)");  // the second one finds é, which takes none
  EXPECT_EQ(shown(to_nfc(decode_utf8("a\u0305\u0301"))),
            "61[0,1) 305[1,3) 301[3,5)");                             // one of its class between
  EXPECT_EQ(shown(to_nfc(decode_utf8("\u0bc6\u0bbe"))), "BCA[0,6)");  // two starters
}

TEST(Unicode, LowercaseIsFullAndKnowsNoContext) {
  EXPECT_EQ(shown(to_lowercase(decode_utf8("AÉİΣẞ"))), "61[0,1) E9[1,3) 69[3,5) 307[3,5) 3C3[5,7) DF[7,10)");
}

TEST(Unicode, SpacesBecomeOne) {
  EXPECT_EQ(shown(collapse_spaces(decode_utf8("a \t\u3000b\u00a0"))), "61[0,1) 20[1,6) 62[6,7) 20[7,9)");
  int spaces = 0;
  for (char32_t c = 0; c < 0x110000; ++c) spaces += is_space(c) ? 1 : 0;
  EXPECT_EQ(spaces, 25);  // PropList.txt, White_Space
}

TEST(Unicode, Classes) {
  for (const char32_t c : U"aZéßǅʰ日ªひ") {
    if (c == 0) continue;  // the literal's end
    EXPECT_TRUE(is_letter(c) && !is_number(c) && is_word_char(c)) << static_cast<unsigned>(c);
  }
  for (const char32_t c : U"0½²Ⅷ٣①") {
    if (c == 0) continue;  // the literal's end
    EXPECT_TRUE(is_number(c) && !is_letter(c)) << static_cast<unsigned>(c);
  }
  for (const char32_t c : U"_-!\u0301\u200d😀\u0378 ")
    EXPECT_FALSE(is_letter(c) || is_number(c)) << static_cast<unsigned>(c);
  EXPECT_TRUE(is_word_char(U'_') && is_word_char(0x301) && is_word_char(U'7'));
  EXPECT_FALSE(is_word_char(U'-') || is_word_char(U' ') || is_word_char(U'²'));
}

TEST(Unicode, Utf8RoundTrip) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string bytes;
    append_utf8(bytes, c);
    const Utf8Step step = utf8_step(bytes, 0);
    ASSERT_TRUE(step.valid && step.value == c && static_cast<std::size_t>(step.size) == bytes.size())
        << static_cast<unsigned>(c);
  }
}

}  // namespace
}  // namespace regard
