// What our two readers of strangers' JSON share: a byte counter under nlohmann's parser, and syntax errors as
// one line. Private to core/formats.
#pragma once

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace regard {

/// Walks a text and tells through `taken` how many bytes the lexer has consumed, so that a SAX handler can
/// say where.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, std::size_t* taken) : at_(at), taken_(taken) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*taken_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator old = *this;
    ++*this;
    return old;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  std::size_t* taken_;
};

/// Runs `handler` (a nlohmann SAX handler) over `text`; false when it, or the grammar, refused.
/// Beside nlohmann's interface it has `bool unread(std::size_t offset)`: bytes follow the value, from there.
/// `taken` follows the lexer. May throw std::bad_alloc only.
template <class Handler>
bool run_sax(std::string_view text, Handler& handler, std::size_t& taken) {
  taken = 0;
  const CountingIterator first(text.data(), &taken);
  const CountingIterator last(text.data() + text.size(), &taken);
  if (!nlohmann::ordered_json::sax_parse(first, last, &handler)) return false;
  // The lexer takes a NUL for the end of the text, whatever follows it; every other byte it refuses itself.
  if (taken == 0 || text[taken - 1] != '\0') return true;
  return handler.unread(taken - 1);
}

/// Where the string that ends just before `taken` starts: its opening quote. Expects the lexer to have just
/// read one.
std::size_t string_start(std::string_view text, std::size_t taken);

/// Where the number that the lexer has just read starts.
std::size_t number_start(std::string_view text, std::size_t taken);

/// nlohmann's "... - unexpected X; expected Y" as "expected Y, got X". Only words that its versions share.
/// @param offset  syntax_offset() of the same error: a NUL there is no end of the text
std::string syntax_message(std::string_view what, std::string_view text, std::size_t offset);

/// For bytes behind the value that the lexer took for the end.
inline constexpr std::string_view kUnreadMessage = "expected end of input, got a NUL byte";

/// nlohmann's count of bytes read, as the offset of the last one.
std::size_t syntax_offset(std::string_view text, std::size_t position);

}  // namespace regard
