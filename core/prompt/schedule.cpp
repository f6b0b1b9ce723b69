// A1111's scheduling and alternation. The original's grammar is ambiguous only in what it leaves alone, so
// brackets are paired with one stack: a pair counts when all it holds counts and its colons and pipes fit one
// of the forms; the rest is text, as at the original's top level.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "core/base/check.h"
#include "core/prompt/python_number.h"
#include "core/prompt/structure.h"
#include "core/prompt/warnings.h"

namespace regard {
namespace {

/// `[a:b:N]` or `[a|b]`, in the prompt's bytes.
struct Choice {
  std::size_t open = 0, close = 0;  // of the brackets
  std::vector<std::size_t>
      separators;  // before each option but the first; the last of a schedule is before N
  bool alternates = false;
  int step = 0;  // of a schedule
};

struct Open {
  std::size_t at = 0;
  std::vector<std::size_t> separators;
  bool pipes = false, colons = false, broken = false;
  std::size_t last_inner = 0;  // one past the last bracket within
};

bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

/// The step of `[ws] SIGNED_NUMBER [ws]`, at most `steps`.
std::optional<int> step_of(std::string_view text, int steps) {
  text = python::detail::stripped(text);
  std::string_view digits = text;
  if (digits.starts_with('+') || digits.starts_with('-')) digits.remove_prefix(1);
  if (digits.empty() || !(is_ascii_digit(digits[0]) || digits[0] == '.')) return std::nullopt;
  if (digits.find_first_not_of("0123456789.eE+-") != digits.npos) return std::nullopt;
  const auto number = python::read_float(text);
  if (!number) return std::nullopt;
  const double step = text.find('.') != text.npos ? number->value * steps : number->value;
  return static_cast<int>(std::clamp(step, -1.0, static_cast<double>(steps)));
}

class Finder {
 public:
  Finder(std::string_view prompt, int steps) : prompt_(prompt), steps_(steps) {}

  /// The choices in the order of their closing, or nothing where the original's parser fails at `failed_at`.
  bool find(std::vector<Choice>& out, std::size_t& failed_at) {
    for (std::size_t at = 0; at < prompt_.size(); ++at) {
      const char c = prompt_[at];
      if (c == '\\') {
        if (at + 1 == prompt_.size() || prompt_[at + 1] == '\n') return failed_at = at, false;
        ++at;
      } else if (c == '(' || c == '[') {
        open_.push_back({at, {}, false, false, false, at + 1});
      } else if (c == ':' || c == '|') {
        if (open_.empty() && c == '|') return failed_at = at, false;
        if (!open_.empty()) add_separator(open_.back(), c, at);
      } else if (c == ')' || c == ']') {
        if (!close(c, at, out)) return failed_at = pipe_, false;
      }
    }
    return drop_open() || (failed_at = pipe_, false);
  }

 private:
  static void add_separator(Open& open, char c, std::size_t at) {
    (c == '|' ? open.pipes : open.colons) = true;
    // Three colons fit nothing; a list of a million of them is not kept.
    if (open.pipes && open.colons) open.broken = true;
    if (c == ':' && open.separators.size() >= 2) open.broken = true;
    if (!open.broken || c == '|') open.separators.push_back(at);
  }

  /// A bracket that pairs with nothing is text, and nothing around it counts. A pipe that is left is a
  /// failure.
  bool drop_open() {
    for (const Open& open : open_) {
      if (!open.pipes) continue;
      for (const std::size_t at : open.separators) {
        if (prompt_[at] == '|') return pipe_ = at, false;
      }
    }
    open_.clear();
    return true;
  }

  bool close(char c, std::size_t at, std::vector<Choice>& out) {
    if (open_.empty()) return true;
    Open& open = open_.back();
    if ((prompt_[open.at] == '(') != (c == ')')) return drop_open();
    const bool counts =
        !open.broken && (c == ')' ? !open.pipes && open.separators.size() <= 1 : close_square(open, at, out));
    if (!counts) return drop_open();
    open_.pop_back();
    if (!open_.empty()) open_.back().last_inner = at + 1;
    return true;
  }

  /// Plain brackets, an alternation or a schedule.
  bool close_square(Open& open, std::size_t at, std::vector<Choice>& out) const {
    if (open.separators.empty()) return true;
    if (open.pipes) {
      out.push_back({open.at, at, std::move(open.separators), true, 0});
      return true;
    }
    const std::size_t number = open.separators.back() + 1;
    if (open.last_inner > number) return false;
    const std::optional<int> step = step_of(prompt_.substr(number, at - number), steps_);
    if (!step) return false;
    out.push_back({open.at, at, std::move(open.separators), false, *step});
    return true;
  }

  std::string_view prompt_;
  int steps_;
  std::vector<Open> open_;
  std::size_t pipe_ = 0;
};

/// The bytes of `choice` that are used at `step`.
std::pair<std::size_t, std::size_t> chosen(const Choice& choice, int step) {
  const std::vector<std::size_t>& cuts = choice.separators;
  if (!choice.alternates) {
    const bool before = step <= choice.step;
    const std::size_t middle = cuts.size() == 2 ? cuts[0] : choice.open;  // [to:N] is from nothing
    return before ? std::pair{choice.open + 1, std::max(choice.open + 1, middle)}
                  : std::pair{middle + 1, cuts.back()};
  }
  const std::size_t index = static_cast<std::size_t>(step - 1) % (cuts.size() + 1);
  const std::size_t begin = index == 0 ? choice.open + 1 : cuts[index - 1] + 1;
  return {begin, index == cuts.size() ? choice.close : cuts[index]};
}

/// `choices` by their opening. What a choice leaves out is jumped over, with the choices within.
std::string text_at(std::string_view prompt, const std::vector<Choice>& choices, int step) {
  std::string out;
  std::vector<std::pair<std::size_t, std::size_t>> resume;  // at the first byte, go on at the second
  std::size_t next = 0;
  for (std::size_t at = 0; at < prompt.size() || !resume.empty();) {
    while (next < choices.size() && choices[next].open < at) ++next;
    const std::size_t begins = next < choices.size() ? choices[next].open : prompt.size();
    const std::size_t stop = resume.empty() ? begins : std::min(begins, resume.back().first);
    out.append(prompt.substr(at, stop - at));
    at = stop;
    if (!resume.empty() && at == resume.back().first) {
      at = resume.back().second;
      resume.pop_back();
    } else if (next < choices.size()) {
      const auto [begin, end] = chosen(choices[next], step);
      resume.emplace_back(end, choices[next].close + 1);
      at = begin;
    }
  }
  return out;
}

}  // namespace

PromptSchedule schedule_a1111(std::string_view prompt, int steps) {
  REGARD_CHECK(steps >= 1);
  PromptSchedule out;
  std::vector<Choice> choices;
  std::size_t failed_at = 0;
  if (!Finder(prompt, steps).find(choices, failed_at)) {
    warn(out.warnings, "warning.schedule", failed_at, failed_at + 1);
    out.texts.push_back({steps, std::string(prompt)});
    return out;
  }
  std::ranges::sort(choices, {}, &Choice::open);
  std::vector<bool> ends(static_cast<std::size_t>(steps) + 1, false);
  ends.back() = true;
  const bool alternates = std::ranges::any_of(choices, &Choice::alternates);
  for (const Choice& choice : choices) {
    if (!choice.alternates && choice.step >= 1) ends[static_cast<std::size_t>(choice.step)] = true;
  }
  for (int step = 1; step <= steps; ++step) {
    if (alternates || ends[static_cast<std::size_t>(step)])
      out.texts.push_back({step, text_at(prompt, choices, step)});
  }
  return out;
}

}  // namespace regard
