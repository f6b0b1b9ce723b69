// Reads A1111's weight grammar and writes one weight back into it. Owns nothing; knows no tokens.
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
#include "core/prompt/python_text.h"

namespace regard {
namespace {

using python::Character;
using python::character_at;
using python::character_before;

constexpr double kRoundFactor = 1.1;
constexpr double kSquareFactor = 1.0 / 1.1;
constexpr double kLargest = std::numeric_limits<double>::max();
constexpr std::size_t kMultiplications = std::size_t{1} << 23;  // see prompt.h, "warning.depth"
constexpr std::size_t kWarnings = 100;
constexpr std::string_view kBreak = "BREAK";

bool is_markup(char c) { return c == '\\' || c == '(' || c == ')' || c == '[' || c == ']' || c == ':'; }
bool can_be_escaped(char c) { return c == '\\' || c == '(' || c == ')' || c == '[' || c == ']'; }

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const Character c = character_at(text, at);
    if (!python::is_space(c.code)) break;
    at += c.size;
  }
  return at;
}

std::size_t skip_spaces_back(std::string_view text, std::size_t end, std::size_t stop) {
  while (end > stop) {
    const Character c = character_before(text, end);
    if (!python::is_space(c.code) || end - stop < c.size) break;
    end -= c.size;
  }
  return end;
}

/// `: 1.35 )` at the colon: what closes a group with a number.
struct NumberClose {
  std::size_t end = 0;  // one past the bracket
  double value = 0.0;
  bool well_formed = false;  // false where Python's float() would throw: "1.2.3", "."
  bool overflow = false;
};

/// Decimal text of ASCII digits and dots, sign first; correctly rounded, whatever its length.
void convert_number(const std::string& digits, NumberClose& out) {
  const std::string_view body = std::string_view(digits).substr(digits[0] == '-' ? 1 : 0);
  const std::size_t dots = static_cast<std::size_t>(std::count(body.begin(), body.end(), '.'));
  out.well_formed = dots <= 1 && body.size() > dots;
  if (!out.well_formed) return;
  const std::from_chars_result read =
      std::from_chars(digits.data(), digits.data() + digits.size(), out.value, std::chars_format::fixed);
  const bool whole_part = body.substr(0, body.find('.')).find_first_not_of('0') != std::string_view::npos;
  if (read.ec == std::errc::result_out_of_range) out.value = whole_part ? kLargest * 2.0 : 0.0;
  if (std::isfinite(out.value)) return;
  out.overflow = true;
  out.value = digits[0] == '-' ? -kLargest : kLargest;
}

std::optional<NumberClose> number_close_at(std::string_view prompt, std::size_t colon) {
  std::size_t at = skip_spaces(prompt, colon + 1);
  std::string digits;
  if (at < prompt.size() && (prompt[at] == '+' || prompt[at] == '-')) {
    if (prompt[at] == '-') digits = "-";
    ++at;
  }
  const std::size_t sign_size = digits.size();
  while (at < prompt.size()) {
    const Character c = character_at(prompt, at);
    const int digit = python::decimal_digit(c.code);
    if (digit < 0 && c.code != '.') break;
    digits += digit < 0 ? '.' : static_cast<char>('0' + digit);
    at += c.size;
  }
  if (digits.size() == sign_size) return std::nullopt;
  at = skip_spaces(prompt, at);
  if (at >= prompt.size() || prompt[at] != ')') return std::nullopt;
  NumberClose found{.end = at + 1};
  convert_number(digits, found);
  return found;
}

/// One pass over a prompt. Text goes to one buffer; entries are cuts in it, so that a million of them stay
/// cheap.
class Reader {
 public:
  explicit Reader(std::string_view prompt) : prompt_(prompt) {
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
      if (const std::optional<NumberClose> number = number_close_at(prompt_, at)) {
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
      const std::size_t piece_end = skip_spaces_back(prompt_, at, piece);
      add_piece(piece, piece_end, piece_end);
      add_entry(after, true, -1.0);
      append_text(at, after);
      piece = skip_spaces(upto, after);
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

  void warn(const char* key, std::size_t start, std::size_t end) {
    if (out_.warnings.size() > kWarnings) return;
    const bool last = out_.warnings.size() == kWarnings;
    out_.warnings.push_back({start, end, last ? "warning.more" : key});
  }

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
  std::vector<Open> round_, square_;
  std::string text_;
  std::vector<std::uint32_t> source_;  // of text_, byte for byte
  std::vector<Entry> entries_;
  std::vector<double> weights_;  // of entries_
  std::size_t multiplications_left_ = kMultiplications;
  ParsedPrompt out_;
};

// ---- writing back

/// Whether an odd number of backslashes stands before `at`: then the last of them escapes it, or stands
/// alone.
bool after_backslash(std::string_view prompt, std::size_t at) {
  std::size_t count = 0;
  while (count < at && prompt[at - 1 - count] == '\\') ++count;
  return count % 2 == 1;
}

struct Edit {
  std::size_t at = 0;
  std::size_t erased = 0;
  std::string inserted;
};

std::string apply_edits(std::string_view prompt, std::vector<Edit>& edits) {
  std::stable_sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.at < b.at; });
  std::string out;
  std::size_t at = 0;
  for (const Edit& edit : edits) {
    out.append(prompt.substr(at, edit.at - at)).append(edit.inserted);
    at = edit.at + edit.erased;
  }
  return out.append(prompt.substr(at));
}

/// The brackets around one run of text.
struct Surroundings {
  std::size_t end_of_run = 0;
  std::size_t begin = 0, end = 0;  // the run, with what holds it and nothing else
  std::vector<WeightGroup> exact;  // groups that hold only this run, inner ones first
  double outside = 1.0;            // product of all the others around it
};

/// Finds them: walks left over whitespace and opening brackets, right over whitespace and closing ones; a
/// group met on both sides is exact.
Surroundings look_around(std::string_view prompt, const ParsedPrompt& parsed, std::size_t begin,
                         std::size_t end) {
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> opened_at(prompt.size() + 1, kNone), closed_at(prompt.size() + 1, kNone);
  for (std::size_t i = 0; i < parsed.groups.size(); ++i) {
    opened_at[parsed.groups[i].open] = i;
    if (parsed.groups[i].closed) closed_at[parsed.groups[i].content_end] = i;
  }
  std::size_t left = begin;
  while (left > 0) {
    const Character before = character_before(prompt, left);
    const bool lone_backslash = before.code == '\\' && after_backslash(prompt, left);
    if (!python::is_space(before.code) && !lone_backslash && opened_at[left - before.size] == kNone) break;
    left -= before.size;
  }
  std::size_t right = end;
  while (right < prompt.size()) {
    const Character next = character_at(prompt, right);
    if (closed_at[right] != kNone) {
      right = parsed.groups[closed_at[right]].close;
    } else if (python::is_space(next.code)) {
      right += next.size;
    } else {
      break;
    }
  }
  Surroundings around{.end_of_run = end, .begin = begin, .end = end, .exact = {}, .outside = 1.0};
  for (const WeightGroup& group : parsed.groups) {
    if (group.open >= begin || group.content_end < end) continue;
    if (group.open >= left && group.close <= right) {
      around.exact.push_back(group);
      around.begin = std::min(around.begin, group.open);
      around.end = std::max(around.end, group.close);
    } else {
      around.outside *= group.factor;
    }
  }
  return around;
}

/// The number that makes `asked` of `outside`, with the fewest decimals.
std::string number_for(double asked, double outside) {
  std::string text;
  for (int decimals = 0; decimals <= 17; ++decimals) {
    text = fmt::format("{:.{}f}", asked / outside, decimals);
    double value = 0.0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (std::abs(value * outside - asked) < 0.005 - 1e-9) break;
  }
  return text.find_first_not_of("-0.") == std::string::npos ? "0" : text;
}

/// Whether `after` reads as `before` did, but for the weight of the bytes [begin, end) of the old prompt,
/// which is `asked`. Whitespace within `around` may change its weight: it makes no token.
bool only_moves(const ParsedPrompt& before, const ParsedPrompt& after, std::size_t begin, std::size_t end,
                const Surroundings& around, double asked) {
  std::size_t fragment = 0, i = 0;  // in `after`
  const auto settle = [&] {
    while (fragment < after.fragments.size() && i == after.fragments[fragment].text.size()) ++fragment, i = 0;
  };
  for (const Fragment& old : before.fragments) {
    for (std::size_t k = 0; k < old.text.size(); ++k, ++i) {
      settle();
      if (fragment == after.fragments.size()) return false;
      const Fragment& now = after.fragments[fragment];
      if (now.text[i] != old.text[k] || now.is_break != old.is_break) return false;
      const std::size_t byte = old.source[k];
      const bool inside = byte >= begin && byte < end;
      const bool free = (byte >= around.begin && byte < around.end) || old.is_break;
      if (inside && !old.is_break && std::abs(now.weight - asked) > 0.005) return false;
      if (!inside && !free && now.weight != old.weight) return false;
    }
  }
  settle();
  return fragment == after.fragments.size();
}

/// Takes the exact groups away.
std::vector<Edit> without_groups(const Surroundings& around) {
  std::vector<Edit> edits;
  for (const WeightGroup& group : around.exact) {
    edits.push_back({group.open, 1, ""});
    if (group.closed) edits.push_back({group.content_end, group.close - group.content_end, ""});
  }
  return edits;
}

/// One group with `number` where the outermost exact ones stood, so that whitespace inside stays inside.
std::vector<Edit> with_group_in_place(std::string_view prompt, const Surroundings& around,
                                      const std::string& number) {
  std::vector<Edit> edits = without_groups(around);
  const auto by_place = [](const Edit& a, const Edit& b) { return a.at < b.at; };
  std::ranges::min_element(edits, by_place)->inserted = "(";
  const auto last = std::ranges::max_element(edits, by_place);
  const std::string closing = ":" + number + ")";
  if (last->erased > 0 && last->at >= around.end_of_run) {
    last->inserted = closing;
  } else {  // only brackets that were never closed
    edits.push_back({prompt.size(), 0, closing});
  }
  return edits;
}

/// Adds a group right around the run [begin, end).
void add_group(std::string_view prompt, std::size_t begin, std::size_t end, const std::string& number,
               std::vector<Edit>& edits) {
  edits.push_back({begin, 0, "("});
  for (std::size_t i = begin; i < end;
       ++i) {  // a bare `)` was text outside brackets; inside it would close them
    if (prompt[i] == ')' && !after_backslash(prompt, i)) edits.push_back({i, 0, "\\"});
  }
  edits.push_back({end, 0, ":" + number + ")"});
}

/// The ways to give a run its weight, the plainest first. Brackets that cross can spoil one of them.
std::vector<std::vector<Edit>> ways_to_weigh(std::string_view prompt, std::size_t begin, std::size_t end,
                                             const Surroundings& around, double asked) {
  const auto near = [asked](double weight) { return std::abs(weight - asked) < 0.005; };
  double now = around.outside;
  for (const WeightGroup& group : around.exact) now *= group.factor;

  std::vector<std::vector<Edit>> ways;
  if (near(around.outside)) {
    if (around.exact.empty()) return {};
    ways.push_back(without_groups(around));
  } else if (near(now)) {
    return {};
  }
  if (around.outside != 0.0) {
    const std::string number = number_for(asked, around.outside);
    if (!around.exact.empty()) ways.push_back(with_group_in_place(prompt, around, number));
    add_group(prompt, begin, end, number, ways.emplace_back(without_groups(around)));
  }
  if (now != 0.0 && !around.exact.empty()) {
    add_group(prompt, begin, end, number_for(asked, now), ways.emplace_back());
  }
  return ways;
}

/// with_weight_a1111 for a run without brackets. `begin` moves with the run.
void weigh_run(std::string& prompt, std::size_t& begin, std::size_t end, double asked) {
  const ParsedPrompt before = parse_a1111(prompt);
  std::size_t wrap_begin = begin;  // a bracket right after a lone backslash would be escaped by it
  if (begin > 0 && after_backslash(prompt, begin)) --wrap_begin;
  const Surroundings around = look_around(prompt, before, wrap_begin, end);
  for (std::vector<Edit>& edits : ways_to_weigh(prompt, wrap_begin, end, around, asked)) {
    std::string next = apply_edits(prompt, edits);
    if (!only_moves(before, parse_a1111(next), wrap_begin, end, around, asked)) continue;
    std::size_t moved = begin;
    for (const Edit& edit : edits) {
      if (edit.at < begin || (edit.at == begin && edit.inserted == "("))
        moved += edit.inserted.size() - edit.erased;
    }
    prompt = std::move(next);
    begin = moved;
    return;
  }
}

struct Run {
  std::size_t begin = 0, end = 0;
};

/// [start, end) without brackets, numbers and outer whitespace.
std::vector<Run> runs_of_text(std::string_view prompt, std::size_t start, std::size_t end) {
  std::vector<Run> cuts;  // brackets and numbers, sorted
  for (const WeightGroup& group : parse_a1111(prompt).groups) {
    cuts.push_back({group.open, group.open + 1});
    if (group.closed) cuts.push_back({group.content_end, group.close});
  }
  cuts.push_back({prompt.size(), prompt.size()});
  std::sort(cuts.begin(), cuts.end(), [](const Run& a, const Run& b) { return a.begin < b.begin; });
  std::vector<Run> runs;
  std::size_t at = 0;
  for (const Run& cut : cuts) {
    Run run{std::max(at, start), std::min(cut.begin, end)};
    at = cut.end;
    if (run.begin >= run.end) continue;
    run.begin = std::min(skip_spaces(prompt, run.begin), run.end);
    run.end = skip_spaces_back(prompt, run.end, run.begin);
    if (run.begin < run.end) runs.push_back(run);
  }
  return runs;
}

}  // namespace

std::size_t source_end(std::string_view prompt, const Fragment& fragment, std::size_t i) {
  const std::size_t begin = fragment.source[i];
  return begin + (prompt[begin] == '\\' ? 2 : 1);  // a backslash that yields text is always an escape
}

ParsedPrompt parse_a1111(std::string_view prompt) { return Reader(prompt).read(); }

std::string with_weight_a1111(std::string_view prompt, std::size_t start, std::size_t end, double weight,
                              std::size_t* span_start) {
  constexpr std::size_t kMostRuns = 64;
  std::string out(prompt);
  end = std::min(end, prompt.size());
  start = std::min(start, end);
  std::size_t begin = start;
  const double asked = std::round(weight * 100.0) / 100.0 + 0.0;  // + 0.0: no negative zero
  if (std::isfinite(asked) && start < end) {
    if (can_be_escaped(prompt[start]) && after_backslash(prompt, start)) --start;
    if (end < prompt.size() && can_be_escaped(prompt[end]) && after_backslash(prompt, end)) ++end;
    const std::vector<Run> runs = runs_of_text(prompt, start, end);
    // From the right, so that what is still to be done keeps its place.
    if (runs.size() <= kMostRuns) {
      for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
        begin = run->begin;
        weigh_run(out, begin, run->end, asked);
      }
    }
  }
  if (span_start != nullptr) *span_start = begin;
  return out;
}

}  // namespace regard
