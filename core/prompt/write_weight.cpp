// Writes one weight into a prompt, in any grammar, and takes all weights away. Works on what the reader says
// of the prompt: a change is tried, read again, and kept when nothing else moved.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <ranges>
#include <string>
#include <utility>

#include "core/prompt/grammar.h"
#include "core/prompt/python_text.h"

namespace regard {
namespace {

using python::Character;
using python::character_at;
using python::character_before;

bool is_a1111(Syntax syntax) { return syntax == Syntax::kA1111 || syntax == Syntax::kA1111Old; }

bool can_be_escaped(Syntax syntax, char c) {
  if (c == '(' || c == ')') return true;
  if (is_a1111(syntax)) return c == '\\' || c == '[' || c == ']';
  return syntax == Syntax::kCompel && std::string_view("\",.+-=").find(c) != std::string_view::npos;
}

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

double within(double outside, const WeightGroup& group) {
  return group.absolute ? group.factor : outside * group.factor;
}

/// Compel's bare brackets and quotes weigh nothing and stay.
bool is_bare(const WeightGroup& group, Syntax syntax) {
  return syntax == Syntax::kCompel && group.close <= group.content_end + 1 && group.factor == 1.0;
}

/// Finds them: walks left over whitespace and opening brackets, right over whitespace and closing ones; a
/// group met on both sides is exact.
Surroundings look_around(Syntax syntax, std::string_view prompt, const ParsedPrompt& parsed,
                         std::size_t begin, std::size_t end) {
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> opened_at(prompt.size() + 1, kNone), closed_at(prompt.size() + 1, kNone);
  for (std::size_t i = 0; i < parsed.groups.size(); ++i) {
    if (parsed.groups[i].open < parsed.groups[i].content_begin) opened_at[parsed.groups[i].open] = i;
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
  for (const WeightGroup& group : parsed.groups | std::views::reverse) {  // outer ones first
    if (group.content_begin > begin || group.content_end < end || is_bare(group, syntax)) continue;
    if (group.open >= left && group.close <= right) {
      around.exact.insert(around.exact.begin(), group);
      around.begin = std::min(around.begin, group.open);
      around.end = std::max(around.end, group.close);
    } else {
      around.outside = within(around.outside, group);
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

struct Byte {
  char text = 0;
  bool is_break = false;
  std::size_t source = 0;
  double weight = 1.0;
};

/// Every byte of text with its weight. Compel's own spaces come and go with its brackets: they are left out.
std::vector<Byte> bytes_of(const ParsedPrompt& parsed, bool spaces) {
  std::vector<Byte> out;
  for (const Fragment& f : parsed.fragments) {
    for (std::size_t i = 0; i < f.text.size(); ++i) {
      if (spaces || f.text[i] != ' ') out.push_back({f.text[i], f.is_break, f.source[i], f.weight});
    }
  }
  return out;
}

/// Whether `after` reads as `before` did, but for the weight of the bytes [begin, end) of the old prompt,
/// which is `asked`. Whitespace within `around` may change its weight: it makes no token.
bool only_moves(const std::vector<Byte>& before, const std::vector<Byte>& after, std::size_t begin,
                std::size_t end, const Surroundings& around, double asked) {
  if (before.size() != after.size()) return false;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const Byte &old = before[i], &now = after[i];
    if (now.text != old.text || now.is_break != old.is_break) return false;
    const bool inside = old.source >= begin && old.source < end;
    const bool free = (old.source >= around.begin && old.source < around.end) || old.is_break;
    if (inside && !old.is_break && std::abs(now.weight - asked) > 0.005) return false;
    if (!inside && !free && now.weight != old.weight) return false;
  }
  return true;
}

/// Takes the exact groups away.
std::vector<Edit> without_groups(const Surroundings& around) {
  std::vector<Edit> edits;
  for (const WeightGroup& group : around.exact) {
    edits.push_back({group.open, group.content_begin - group.open, ""});
    if (group.closed) edits.push_back({group.content_end, group.close - group.content_end, ""});
  }
  return edits;
}

/// What closes a group that begins with "(".
std::string closing_of(Syntax syntax, const std::string& number) {
  return syntax == Syntax::kCompel ? ")" + number : ":" + number + ")";
}

/// One group with `number` where the outermost exact ones stood, so that whitespace inside stays inside.
std::vector<Edit> with_group_in_place(std::string_view prompt, const Surroundings& around,
                                      const std::string& closing) {
  std::vector<Edit> edits = without_groups(around);
  const auto by_place = [](const Edit& a, const Edit& b) { return a.at < b.at; };
  std::ranges::min_element(edits, by_place)->inserted = "(";
  const auto last = std::ranges::max_element(edits, by_place);
  if (last->erased > 0 && last->at >= around.end_of_run) {
    last->inserted = closing;
  } else {  // only brackets that were never closed
    edits.push_back({prompt.size(), 0, closing});
  }
  return edits;
}

/// Adds a group right around the run [begin, end).
void add_group(Syntax syntax, std::string_view prompt, std::size_t begin, std::size_t end,
               const std::string& closing, std::vector<Edit>& edits) {
  edits.push_back({begin, 0, "("});
  // A bare bracket was text outside; inside it would close the group, or open one.
  const std::string_view escaped = is_a1111(syntax) ? ")" : syntax == Syntax::kComfyUI ? "()" : "()\"";
  for (std::size_t i = begin; i < end; ++i) {
    if (escaped.find(prompt[i]) != escaped.npos && !after_backslash(prompt, i)) edits.push_back({i, 0, "\\"});
  }
  edits.push_back({end, 0, closing});
}

/// Backslashes before ComfyUI's brackets that are text, outside [begin, end).
void escape_text_brackets(std::string_view prompt, const ParsedPrompt& parsed, std::size_t begin,
                          std::size_t end, std::vector<Edit>& edits) {
  for (const Fragment& f : parsed.fragments) {
    for (const std::size_t byte : f.source) {
      const bool bracket = byte < prompt.size() && (prompt[byte] == '(' || prompt[byte] == ')');
      const bool text = bracket && byte != f.source.back() && (byte < begin || byte >= end);
      if (text) edits.push_back({byte, 0, "\\"});
    }
  }
}

/// The ways to give a run its weight, the plainest first. Brackets that cross can spoil one of them.
std::vector<std::vector<Edit>> ways_to_weigh(Syntax syntax, std::string_view prompt,
                                             const ParsedPrompt& parsed, std::size_t begin, std::size_t end,
                                             const Surroundings& around, double asked) {
  const auto near = [asked](double weight) { return std::abs(weight - asked) < 0.005; };
  double now = around.outside;
  for (const WeightGroup& group : around.exact | std::views::reverse) now = within(now, group);

  std::vector<std::vector<Edit>> ways;
  if (near(around.outside)) {
    if (around.exact.empty()) return {};
    ways.push_back(without_groups(around));
  } else if (near(now)) {
    return {};
  }
  const bool absolute = syntax == Syntax::kComfyUI;
  const auto closing = [&](double outside) {
    return closing_of(syntax, number_for(asked, absolute ? 1.0 : outside));
  };
  if (around.outside != 0.0 || absolute) {
    if (!around.exact.empty()) ways.push_back(with_group_in_place(prompt, around, closing(around.outside)));
    add_group(syntax, prompt, begin, end, closing(around.outside), ways.emplace_back(without_groups(around)));
  }
  if ((now != 0.0 || absolute) && !around.exact.empty()) {
    add_group(syntax, prompt, begin, end, closing(now), ways.emplace_back());
  }
  if (absolute) {
    add_group(syntax, prompt, begin, end, closing(1.0), ways.emplace_back());
    escape_text_brackets(prompt, parsed, begin, end, ways.back());
  }
  return ways;
}

/// with_weight for a run without brackets. `begin` moves with the run.
void weigh_run(Syntax syntax, std::string& prompt, std::size_t& begin, std::size_t end, double asked) {
  const ParsedPrompt before = parse_prompt(syntax, prompt);
  const bool spaces = syntax != Syntax::kCompel;
  const std::vector<Byte> old = bytes_of(before, spaces);
  std::size_t wrap_begin = begin;  // a bracket right after a lone backslash would be escaped by it
  if (begin > 0 && after_backslash(prompt, begin)) --wrap_begin;
  const Surroundings around = look_around(syntax, prompt, before, wrap_begin, end);
  for (std::vector<Edit>& edits : ways_to_weigh(syntax, prompt, before, wrap_begin, end, around, asked)) {
    std::string next = apply_edits(prompt, edits);
    if (!only_moves(old, bytes_of(parse_prompt(syntax, next), spaces), wrap_begin, end, around, asked))
      continue;
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
std::vector<Run> runs_of_text(Syntax syntax, std::string_view prompt, std::size_t start, std::size_t end) {
  std::vector<Run> cuts;  // brackets and numbers, sorted
  for (const WeightGroup& group : parse_prompt(syntax, prompt).groups) {
    cuts.push_back({group.open, group.content_begin});
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
    run.begin = std::min(python::skip_spaces(prompt, run.begin), run.end);
    run.end = python::skip_spaces_back(prompt, run.end, run.begin);
    if (run.begin < run.end) runs.push_back(run);
  }
  return runs;
}

/// Whether `after` reads as `before` did, but for the text of [begin, end), whose weights are multiplied by
/// `ratio`, or stay where an absolute group inside sets them.
bool only_scales(const std::vector<Byte>& before, const std::vector<Byte>& after, std::size_t begin,
                 std::size_t end, double ratio) {
  if (before.size() != after.size()) return false;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const Byte &old = before[i], &now = after[i];
    if (now.text != old.text || now.is_break != old.is_break) return false;
    if (old.is_break || now.weight == old.weight) continue;
    if (old.source < begin || old.source >= end) return false;
    const double expected = old.weight * ratio;
    if (std::abs(now.weight - expected) > 0.006 * std::max(1.0, std::abs(old.weight))) return false;
  }
  return true;
}

}  // namespace

double weight_in_group(const ParsedPrompt& parsed, const WeightGroup& group) {
  double weight = 1.0;
  for (const WeightGroup& outer : parsed.groups | std::views::reverse) {  // outer ones first
    if (outer.content_begin <= group.content_begin && outer.content_end >= group.content_end &&
        outer.open <= group.open && outer.close >= group.close)
      weight = within(weight, outer);
  }
  return weight;
}

std::string with_group_weight(Syntax syntax, std::string_view prompt, std::size_t start, std::size_t end,
                              double weight, bool keep, std::size_t* span_start) {
  if (span_start != nullptr) *span_start = start;
  const double asked = std::round(weight * 100.0) / 100.0 + 0.0;
  const bool absolute = syntax == Syntax::kComfyUI;
  if (!std::isfinite(asked) || (asked < 0.0 && syntax == Syntax::kCompel) || start >= end ||
      end > prompt.size())
    return std::string(prompt);
  const ParsedPrompt parsed = parse_prompt(syntax, prompt);
  const Surroundings around = look_around(syntax, prompt, parsed, start, end);
  if (around.exact.empty()) return with_weight(syntax, prompt, start, end, weight, span_start);
  double now = around.outside;
  for (const WeightGroup& group : around.exact | std::views::reverse) now = within(now, group);
  if (around.outside == 0.0 && !absolute) return std::string(prompt);
  std::vector<Edit> edits;
  if (!keep && std::abs(around.outside - asked) < 0.005) {
    edits = without_groups(around);
  } else {
    const std::string number = number_for(asked, absolute ? 1.0 : around.outside);
    edits = with_group_in_place(prompt, around, closing_of(syntax, number));
  }
  std::string next = apply_edits(prompt, edits);
  const bool spaces = syntax != Syntax::kCompel;
  const auto old = bytes_of(parsed, spaces), read = bytes_of(parse_prompt(syntax, next), spaces);
  const bool same = now == 0.0 ? std::ranges::equal(old, read, {}, &Byte::text, &Byte::text)
                               : only_scales(old, read, around.begin, around.end, asked / now);
  if (!same) return std::string(prompt);
  if (span_start != nullptr) {
    std::size_t moved = start;
    for (const Edit& edit : edits) {
      if (edit.at < start || (edit.at == start && edit.inserted == "("))
        moved += edit.inserted.size() - edit.erased;
    }
    *span_start = moved;
  }
  return next;
}

std::string with_weight(Syntax syntax, std::string_view prompt, std::size_t start, std::size_t end,
                        double weight, std::size_t* span_start) {
  constexpr std::size_t kMostRuns = 64;
  std::string out(prompt);
  end = std::min(end, prompt.size());
  start = std::min(start, end);
  std::size_t begin = start;
  const double asked = std::round(weight * 100.0) / 100.0 + 0.0;  // + 0.0: no negative zero
  const bool can_be_written = std::isfinite(asked) && (asked >= 0.0 || syntax != Syntax::kCompel);
  if (can_be_written && start < end) {
    if (can_be_escaped(syntax, prompt[start]) && after_backslash(prompt, start)) --start;
    if (end < prompt.size() && can_be_escaped(syntax, prompt[end]) && after_backslash(prompt, end)) ++end;
    const std::vector<Run> runs = runs_of_text(syntax, prompt, start, end);
    // From the right, so that what is still to be done keeps its place.
    if (runs.size() <= kMostRuns) {
      for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
        begin = run->begin;
        weigh_run(syntax, out, begin, run->end, asked);
      }
    }
  }
  if (span_start != nullptr) *span_start = begin;
  return out;
}

std::string with_weight_a1111(std::string_view prompt, std::size_t start, std::size_t end, double weight,
                              std::size_t* span_start, bool spaces_around_number) {
  const Syntax syntax = spaces_around_number ? Syntax::kA1111 : Syntax::kA1111Old;
  return with_weight(syntax, prompt, start, end, weight, span_start);
}

std::string without_weights(Syntax syntax, std::string_view prompt) {
  std::vector<bool> gone(prompt.size(), false);
  const auto mark = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < std::min(end, gone.size()); ++i) gone[i] = true;
  };
  for (const WeightGroup& group : parse_prompt(syntax, prompt).groups) {
    mark(group.open, group.content_begin);
    if (group.closed) mark(group.content_end, group.close);
  }
  std::string text;
  for (std::size_t i = 0; i < prompt.size(); ++i) {
    if (!gone[i]) text += prompt[i];
  }
  return text;
}

}  // namespace regard
