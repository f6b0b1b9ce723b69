// Looks for numbers at the places of weights, and asks of each whether its bytes came out as text. It knows
// where weights stand, in any of the grammars; what a grammar makes of them it takes from what was parsed.
#include "core/prompt/number_text.h"

#include <algorithm>
#include <vector>

#include "core/prompt/grammar.h"
#include "core/prompt/python_text.h"
#include "core/prompt/warnings.h"

namespace regard {
namespace {

/// What looks like a number to a person, not only to a grammar.
struct FoundNumber {
  std::size_t begin = 0, end = 0;
  bool digit = false, point = false, comma = false;
};

bool is_sign(char32_t c) { return c == '+' || c == '-' || c == U'\u2212'; }
bool is_comma(char32_t c) { return c == ',' || c == U'\uFF0C' || c == U'\u066B'; }
bool is_point(char32_t c) { return c == '.' || c == U'\uFF0E'; }

/// "1.2", "1,35", "-1e3", "1_0", "120%", "1/2", "1, 35": digits first but for signs and points.
FoundNumber number_at(std::string_view text, std::size_t at) {
  FoundNumber out{at, at};
  const auto next = [&](std::size_t from) { return python::character_at(text, from); };
  while (at < text.size()) {
    const python::Character c = next(at);
    const bool digit = python::decimal_digit(c.code) >= 0;
    const bool inner =
        out.digit && (c.code == 'e' || c.code == 'E' || c.code == '_' || c.code == '/' || c.code == '%');
    if (!digit && !inner && !is_sign(c.code) && !is_comma(c.code) && !is_point(c.code)) break;
    out.digit |= digit;
    out.point |= is_point(c.code);
    out.comma |= is_comma(c.code);
    at += c.size;
    out.end = at;
    // A space after a comma may be the person's or the grammar's.
    if (is_comma(c.code) && at + 1 < text.size() && text[at] == ' ' &&
        python::decimal_digit(next(at + 1).code) >= 0)
      ++at;
  }
  return out;
}

class NumberFinder {
 public:
  NumberFinder(Syntax syntax, std::string_view prompt, ParsedPrompt& parsed)
      : syntax_(syntax), prompt_(prompt), parsed_(parsed), told_(parsed.warnings) {}

  void find() {
    for (std::size_t at = 0; at < prompt_.size(); ++at) {
      switch (prompt_[at]) {
        case '\\':
          if (escapes(at)) ++at;  // text on purpose
          break;
        case '(':
        case '[':
          ++depth_;
          break;
        case ':':
          look_after_colon(at);
          break;
        case ')':
        case ']':
          depth_ = std::max(0, depth_ - 1);
          look_after_bracket(at);
          break;
        case '"':
          quoted_ = !quoted_;
          if (syntax_ == Syntax::kCompel && !quoted_) look_after_bracket(at);
          break;
        case '.':
          if (syntax_ == Syntax::kCompel) look_at_operator(at);
          break;
        default:
          break;
      }
    }
  }

 private:
  bool escapes(std::size_t backslash) const {
    const bool a1111 = syntax_ == Syntax::kA1111 || syntax_ == Syntax::kA1111Old;
    const std::string_view escaped = a1111 ? "\\()[]" : syntax_ == Syntax::kCompel ? "()\"" : "()";
    return backslash + 1 < prompt_.size() && escaped.find(prompt_[backslash + 1]) != escaped.npos;
  }

  // `(a:1.2)`, `[a:1.2]`, `a:1.2)`, `(a:1.2`
  void look_after_colon(std::size_t colon) {
    const std::size_t at = python::skip_spaces(prompt_, colon + 1);
    const FoundNumber number = number_at(prompt_, at);
    if (!number.digit) return;
    const std::size_t after = python::skip_spaces(prompt_, number.end);
    const bool ends = after == prompt_.size();
    const char stop = ends ? ')' : prompt_[after];
    const bool another = stop == ':' && number.point;  // `(a:1.2:1.3)`; "16:9:1.3" is a ratio
    if (stop != ')' && stop != ']' && !another) return;
    if (depth_ == 0 && (ends || stop != ')')) return;  // "at 10:30"
    const char* reason = "warning.number_form";
    if (ends || depth_ == 0) {
      reason = "warning.number_bracket";
    } else if (another) {
      reason = "warning.number_another";
    } else if (prompt_[after] == ']') {
      reason = "warning.number_square";
    } else if (syntax_ == Syntax::kCompel) {
      reason = "warning.number_colon";
    } else if (number.comma) {
      reason = "warning.number_comma";
    }
    tell(reason, number.begin, number.end);
  }

  // `(a)1.3`, `(a):1.3`, `"a"1,35`
  void look_after_bracket(std::size_t bracket) {
    const bool compel = syntax_ == Syntax::kCompel;
    std::size_t at = bracket + 1;
    const bool colon = at < prompt_.size() && prompt_[at] == ':';
    const bool space = compel && at < prompt_.size() && prompt_[at] == ' ';
    if (colon || space) ++at;
    const FoundNumber number = number_at(prompt_, at);
    if (!number.digit || is_comma(python::character_at(prompt_, at).code)) return;
    const bool continues =
        number.end < prompt_.size() && python::is_word(python::character_at(prompt_, number.end).code);
    if (continues) return;  // "(a)2nd"
    // A whole number after a bracket may be anything, "(c)2024"; Compel reads it as a weight.
    const bool weight = colon || number.point || number.comma || (compel && !space);
    if (!weight || (space && !number.point)) return;
    if (!compel || colon || space) {
      tell("warning.number_after", number.begin, number.end);
    } else {
      tell("warning.number_rest", number.begin, number.end);
    }
  }

  // `a.attend(-1)`, `(a).attend(1,2)`, `x ("a", "b").blend(1, 1)`
  void look_at_operator(std::size_t dot) {
    static constexpr std::string_view kOperators[] = {".attend", ".swap", ".blend", ".and", ".add"};
    const std::string_view rest = prompt_.substr(dot);
    const auto found =
        std::ranges::find_if(kOperators, [&](std::string_view name) { return rest.starts_with(name); });
    if (found == std::end(kOperators)) return;
    const std::size_t open = python::skip_spaces(prompt_, dot + found->size());
    if (open == prompt_.size() || prompt_[open] != '(') return;
    const std::size_t argument = python::skip_spaces(prompt_, open + 1);
    const bool number = *found == kOperators[0] && number_at(prompt_, argument).digit;
    if (number) {
      tell("warning.number_attend", argument, number_at(prompt_, argument).end);
    } else if (!refused()) {
      tell("warning.operator_text", dot, open + 1);
    }
  }

  bool refused() const {
    return std::ranges::any_of(told_, [](const PromptWarning& w) { return compel_refuses(w); });
  }

  void tell(const char* reason, std::size_t begin, std::size_t end) {
    if (!became_text(begin, end)) return;
    const auto holds = [&](const PromptWarning& w) { return w.start <= begin && begin < w.end; };
    if (std::ranges::any_of(told_, holds)) return;
    warn(parsed_, reason, begin, end);
  }

  bool became_text(std::size_t begin, std::size_t end) {
    if (text_.empty()) mark_text();
    return std::any_of(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                       text_.begin() + static_cast<std::ptrdiff_t>(end),
                       [](bool is_text) { return is_text; });
  }

  void mark_text() {
    text_.resize(prompt_.size() + 1);
    for (const Fragment& fragment : parsed_.fragments) {
      for (std::size_t i = 0; i < fragment.text.size(); ++i) {
        if (fragment.text[i] != ' ') text_[fragment.source[i]] = true;  // a grammar puts spaces, too
      }
    }
  }

  Syntax syntax_;
  std::string_view prompt_;
  ParsedPrompt& parsed_;
  std::vector<PromptWarning> told_;  // the grammar's own
  std::vector<bool> text_;           // of the prompt's bytes, whether they came out as text
  int depth_ = 0;                    // brackets open, of either kind
  bool quoted_ = false;
};

}  // namespace

void warn_of_numbers_read_as_text(Syntax syntax, std::string_view prompt, ParsedPrompt& parsed) {
  NumberFinder(syntax, prompt, parsed).find();
}

}  // namespace regard
