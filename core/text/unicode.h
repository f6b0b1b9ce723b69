// Unicode as tokenizers need it: code points that remember their bytes, NFC, lowercase, three classes.
// Tables: utf8proc (Unicode 14 on Debian 12). Knows no tokenizer.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace regard {

/// A code point and the bytes [begin, end) of the original text it stands for, whatever normalisation did to
/// it. Along a text both ends never decrease; code points that share a source (a decomposed one) share its
/// bytes.
struct SourceChar {
  char32_t value = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};
using SourceText = std::vector<SourceChar>;

/// Any bytes to code points; each byte that is not UTF-8 reads as U+FFFD. Thread: any. Cost: O(n).
SourceText decode_utf8(std::string_view text);

/// Normalisation form C. A composed character covers all the bytes it was composed of.
/// Thread: any. Cost: O(n), O(n log n) in runs of combining marks.
SourceText to_nfc(SourceText text);

/// Each code point by its own full lowercase, as Rust's char::to_lowercase: U+0130 becomes i and U+0307, and
/// a final sigma is not looked for. Thread: any. Cost: O(n).
SourceText to_lowercase(SourceText text);

/// Each run of White_Space as one U+0020 that covers the run. Thread: any. Cost: O(n).
SourceText collapse_spaces(SourceText text);

bool is_letter(char32_t c);  ///< general category L*
bool is_number(char32_t c);  ///< general category N*
bool is_space(char32_t c);   ///< property White_Space

/// \w of the Rust regex crate, up to Other_Alphabetic symbols that are no letters, marks or numbers.
bool is_word_char(char32_t c);

}  // namespace regard
