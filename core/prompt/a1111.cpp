// Reads A1111's weight grammar. Owns nothing; knows no tokens.
// It is a flat scanner, as the original is: two stacks of open brackets that know nothing of each other, so
// brackets of the two kinds may cross.
#include "core/prompt/prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/prompt/python_number.h"
#include "core/prompt/warnings.h"

namespace regard {
namespace {

using python::Character;
using python::character_at;
using python::character_before;

constexpr double kRoundFactor = 1.1;
constexpr double kSquareFactor = 1.0 / 1.1;
using python::kLargest;
constexpr std::size_t kMultiplications = std::size_t{1} << 23;  // see prompt.h, "warning.depth"
constexpr std::string_view kBreak = "BREAK";

bool is_markup(char c) { return c == '\\' || c == '(' || c == ')' || c == '[' || c == ']' || c == ':'; }
bool can_be_escaped(char c) { return c == '\\' || c == '(' || c == ')' || c == '[' || c == ']'; }

/// `: 1.35 )` at the colon: what closes a group with a number.
struct NumberClose {
  std::size_t end = 0;  // one past the bracket
  double value = 0.0;
  bool well_formed = false;  // false where Python's float() would throw: "1.2.3", "."
  bool overflow = false;
};

/// Decimal text of ASCII digits and dots; correctly rounded, whatever its length.
void convert_number(std::string_view digits, bool negative, NumberClose& out) {
  const std::size_t dots = static_cast<std::size_t>(std::count(digits.begin(), digits.end(), '.'));
  out.well_formed = dots <= 1 && digits.size() > dots;
  if (!out.well_formed) return;
  const python::Number number = python::convert(digits, negative);
  out.value = number.value;
  out.overflow = number.clamped;
}

std::optional<NumberClose> number_close_at(std::string_view prompt, std::size_t colon, bool spaces) {
  std::size_t at = spaces ? python::skip_spaces(prompt, colon + 1) : colon + 1;
  std::string digits;
  const bool negative = at < prompt.size() && prompt[at] == '-';
  if (negative || (at < prompt.size() && prompt[at] == '+')) ++at;
  while (at < prompt.size()) {
    const Character c = character_at(prompt, at);
    const int digit = python::decimal_digit(c.code);
    if (digit < 0 && c.code != '.') break;
    digits += digit < 0 ? '.' : static_cast<char>('0' + digit);
    at += c.size;
  }
  if (digits.empty()) return std::nullopt;
  if (spaces) at = python::skip_spaces(prompt, at);
  if (at >= prompt.size() || prompt[at] != ')') return std::nullopt;
  NumberClose found{.end = at + 1};
  convert_number(digits, negative, found);
  return found;
}

/// One pass over a prompt. Text goes to one buffer; entries are cuts in it, so that a million of them stay
/// cheap.
class Reader {
 public:
  Reader(std::string_view prompt, bool spaces) : prompt_(prompt), spaces_(spaces) {
    REGARD_CHECK(prompt.size() < std::numeric_limits<std::uint32_t>::max());
    text_.reserve(prompt.size());
    source_.reserve(prompt.size());
    const auto opens =
        std::count_if(prompt.begin(), prompt.end(), [](char c) { return c == '(' || c == '['; });
    out_.groups.reserve(static_cast<std::size_t>(opens));
  }

  ParsedPrompt read() {
    for (std::size_t at = 0; at < prompt_.size();) at = step(at);
    for (const Open& open : round_) close_at_end(open, kRoundFactor);
    for (const Open& open : square_) close_at_end(open, kSquareFactor);
    if (entries_.empty()) add_entry(prompt_.size(), false, 1.0);
    warn_of_inner_breaks();
    make_fragments();
    return std::move(out_);
  }

 private:
  struct Open {
    std::size_t byte = 0;
    std::size_t first_entry = 0;  // everything from here on is multiplied when it closes
  };
  struct Entry {
    std::uint32_t text_begin = 0;  // to the next entry's begin
    std::uint32_t source_end = 0;
    bool is_break = false;
  };

  /// Reads what stands at `at`; returns where the next thing begins. The order of the cases is the grammar's.
  std::size_t step(std::size_t at) {
    switch (prompt_[at]) {
      case '\\':
        return read_backslash(at);
      case '(':
        round_.push_back({at, entries_.size()});
        return at + 1;
      case '[':
        square_.push_back({at, entries_.size()});
        return at + 1;
      case ':':
        return read_colon(at);
      case ')':
        return close_or_text(round_, kRoundFactor, at);
      case ']':
        return close_or_text(square_, kSquareFactor, at);
      default:
        return read_plain(at);
    }
  }

  std::size_t read_backslash(std::size_t at) {
    if (at + 1 == prompt_.size() || !can_be_escaped(prompt_[at + 1])) {
      add_piece(at, at, at + 1);  // alone: the backslash is lost
      return at + 1;
    }
    add_piece(at + 1, at + 2, at + 2);
    source_.back() = static_cast<std::uint32_t>(at);  // an escape begins at its backslash
    return at + 2;
  }

  std::size_t read_colon(std::size_t at) {
    if (!round_.empty()) {
      if (const std::optional<NumberClose> number = number_close_at(prompt_, at, spaces_)) {
        if (number->well_formed) {
          if (number->overflow) warn("warning.clamped", at, number->end);
          close(round_, number->value, at, number->end);
          return number->end;
        }
        warn("warning.number", at + 1, number->end - 1);
      }
    }
    add_piece(at, at + 1, at + 1);
    return at + 1;
  }

  std::size_t close_or_text(std::vector<Open>& stack, double factor, std::size_t at) {
    if (stack.empty()) {
      add_piece(at, at + 1, at + 1);
    } else {
      close(stack, factor, at, at + 1);
    }
    return at + 1;
  }

  /// A run without markup, split at BREAK as a whole word; the whitespace around it belongs to it.
  std::size_t read_plain(std::size_t begin) {
    std::size_t end = begin;
    while (end < prompt_.size() && !is_markup(prompt_[end])) ++end;
    const std::string_view upto = prompt_.substr(0, end);
    std::size_t piece = begin;
    for (std::size_t at = begin; (at = upto.find(kBreak, at)) != upto.npos; at += kBreak.size()) {
      const std::size_t after = at + kBreak.size();
      const bool starts = at == begin || !python::is_word(character_before(upto, at).code);
      const bool ends = after == end || !python::is_word(character_at(upto, after).code);
      if (!starts || !ends) continue;
      const std::size_t piece_end = python::skip_spaces_back(prompt_, at, piece);
      add_piece(piece, piece_end, piece_end);
      add_entry(after, true, -1.0);
      append_text(at, after);
      piece = python::skip_spaces(upto, after);
      add_entry(piece, false, 1.0);  // also when empty: two breaks in a row have an empty text between them
    }
    add_piece(piece, end, end);
    return end;
  }

  void append_text(std::size_t begin, std::size_t end) {
    text_.append(prompt_.substr(begin, end - begin));
    for (std::size_t i = begin; i < end; ++i) source_.push_back(static_cast<std::uint32_t>(i));
  }

  /// Text of weight 1. Joins the entry before when nothing can tell them apart any more: both at exactly 1
  /// and no bracket opened between them.
  void add_piece(std::size_t begin, std::size_t end, std::size_t source_end) {
    const std::size_t count = entries_.size();
    const bool opened_here = (!round_.empty() && round_.back().first_entry == count) ||
                             (!square_.empty() && square_.back().first_entry == count);
    const bool joins = count > 0 && !opened_here && weights_.back() == 1.0 && !entries_.back().is_break;
    if (joins) {
      entries_.back().source_end = static_cast<std::uint32_t>(source_end);
    } else {
      add_entry(source_end, false, 1.0);
    }
    append_text(begin, end);
  }

  void add_entry(std::size_t source_end, bool is_break, double weight) {
    entries_.push_back(
        {static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(source_end), is_break});
    weights_.push_back(weight);
  }

  void close(std::vector<Open>& stack, double factor, std::size_t content_end, std::size_t end) {
    const Open open = stack.back();
    stack.pop_back();
    out_.groups.push_back({open.byte, open.byte + 1, content_end, end, factor, true});
    multiply_from(open.first_entry, factor, open.byte, end);
  }

  void close_at_end(const Open& open, double factor) {
    const std::size_t end = prompt_.size();
    out_.groups.push_back({open.byte, open.byte + 1, end, end, factor, false});
    warn("warning.unclosed", open.byte, open.byte + 1);
    multiply_from(open.first_entry, factor, open.byte, end);
  }

  void multiply_from(std::size_t first, double factor, std::size_t start, std::size_t end) {
    const std::size_t count = weights_.size() - first;
    if (count > multiplications_left_) {
      if (multiplications_left_ > 0) warn("warning.depth", start, end);
      multiplications_left_ = 0;
      return;
    }
    multiplications_left_ -= count;
    bool overflow = false;
    for (std::size_t i = first; i < weights_.size(); ++i) {
      const double product = weights_[i] * factor;
      weights_[i] = std::min(std::max(product, -kLargest), kLargest);
      overflow |= weights_[i] != product;
    }
    if (overflow) warn("warning.clamped", start, end);
  }

  void warn(const char* key, std::size_t start, std::size_t end) { regard::warn(out_, key, start, end); }

  void warn_of_inner_breaks() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (!entries_[i].is_break || weights_[i] == -1.0) continue;
      warn("warning.break_inside", entries_[i].source_end - kBreak.size(), entries_[i].source_end);
    }
  }

  /// Neighbours of exactly equal weight become one fragment.
  void make_fragments() {
    for (std::size_t i = 0; i < entries_.size();) {
      std::size_t j = i + 1;
      while (j < entries_.size() && weights_[j] == weights_[i] && !entries_[i].is_break &&
             !entries_[j].is_break)
        ++j;
      const std::size_t begin = entries_[i].text_begin;
      const std::size_t end = j < entries_.size() ? entries_[j].text_begin : text_.size();
      Fragment& fragment = out_.fragments.emplace_back();
      fragment.text.assign(text_, begin, end - begin);
      fragment.weight = weights_[i];
      fragment.is_break = entries_[i].is_break;
      fragment.source.reserve(end - begin + 1);
      fragment.source.assign(source_.begin() + static_cast<std::ptrdiff_t>(begin),
                             source_.begin() + static_cast<std::ptrdiff_t>(end));
      fragment.source.push_back(entries_[j - 1].source_end);
      i = j;
    }
  }

  std::string_view prompt_;
  bool spaces_;
  std::vector<Open> round_, square_;
  std::string text_;
  std::vector<std::uint32_t> source_;  // of text_, byte for byte
  std::vector<Entry> entries_;
  std::vector<double> weights_;  // of entries_
  std::size_t multiplications_left_ = kMultiplications;
  ParsedPrompt out_;
};

}  // namespace

ParsedPrompt parse_a1111(std::string_view prompt, bool spaces_around_number) {
  return Reader(prompt, spaces_around_number).read();
}

}  // namespace regard
