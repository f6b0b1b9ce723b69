// Sends each grammar to its reader and printer.
#include "core/prompt/grammar.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/prompt/comfyui.h"
#include "core/prompt/compel.h"
#include "core/prompt/number_text.h"

namespace regard {
namespace {

struct Name {
  Syntax syntax;
  std::string_view name;
};
constexpr Name kNames[] = {{Syntax::kA1111, "a1111"},
                           {Syntax::kA1111Old, "a1111-old"},
                           {Syntax::kComfyUI, "comfyui"},
                           {Syntax::kCompel, "compel"}};

/// Appends text that A1111 reads as itself: brackets escaped; a lone backslash, which it drops, keeps BREAK a
/// word.
void append_a1111_text(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' || c == '(' || c == ')' || c == '[' || c == ']') out += '\\';
    out += c;
    if (text.substr(i).starts_with("BREAK")) out += '\\';
  }
}

bool plain_break_fits(const std::vector<Fragment>& fragments, std::size_t i) {
  const auto bare = [](const Fragment& f) { return f.weight == 1.0 && !f.is_break; };
  const auto trimmed = [](std::string_view text) {
    const auto is_edge = [](char c) { return c <= ' ' || static_cast<unsigned char>(c) >= 0x80; };
    return text.empty() || (!is_edge(text.front()) && !is_edge(text.back()));
  };
  if (fragments[i].weight != -1.0 || i == 0 || i + 1 >= fragments.size()) return false;
  const Fragment &before = fragments[i - 1], &after = fragments[i + 1];
  return bare(before) && bare(after) && trimmed(before.text) && trimmed(after.text);
}

std::string print_a1111(const std::vector<Fragment>& fragments) {
  std::string out;
  for (std::size_t i = 0; i < fragments.size(); ++i) {
    const Fragment& f = fragments[i];
    if (f.is_break && plain_break_fits(fragments, i)) {
      out += " BREAK ";
      continue;
    }
    // Text beside a plain BREAK comes out of the same run, even when it is empty.
    const bool beside_break =
        (i > 0 && fragments[i - 1].is_break && plain_break_fits(fragments, i - 1)) ||
        (i + 1 < fragments.size() && fragments[i + 1].is_break && plain_break_fits(fragments, i + 1));
    const bool bare = !f.is_break && f.weight == 1.0 && (!f.text.empty() || beside_break);
    if (bare) {
      append_a1111_text(out, f.text);
      continue;
    }
    out += '(';
    if (f.is_break) {
      out += "\\BREAK\\";
    } else if (f.text.empty()) {
      out += '\\';
    } else {
      append_a1111_text(out, f.text);
    }
    out += ':' + fixed_number(f.is_break ? -f.weight : f.weight) + ')';
  }
  return out;
}

}  // namespace

std::string fixed_number(double value) {
  char digits[1200];  // the smallest double has 1,076 decimals at most
  const std::to_chars_result end =
      std::to_chars(std::begin(digits), std::end(digits), value, std::chars_format::fixed);
  return std::string(digits, end.ptr);
}

std::size_t source_end(std::string_view prompt, const Fragment& fragment, std::size_t i) {
  const std::size_t begin = fragment.source[i], next = fragment.source[i + 1];
  if (begin >= prompt.size()) return begin;
  std::size_t end = begin + 1;
  if (prompt[begin] == '\\') {
    const bool escaped_backslash = fragment.text[i] == '\\' && end < prompt.size() && prompt[end] == '\\';
    if (escaped_backslash) {
      ++end;
    } else if (fragment.text[i] != '\\') {
      while (end < prompt.size() && prompt[end] == '\\') ++end;
      ++end;
    }
  }
  return std::min(end, std::max(begin, next));
}

namespace {

ParsedPrompt read_prompt(Syntax syntax, std::string_view prompt) {
  switch (syntax) {
    case Syntax::kA1111:
      return parse_a1111(prompt, true);
    case Syntax::kA1111Old:
      return parse_a1111(prompt, false);
    case Syntax::kComfyUI:
      return parse_comfyui(prompt);
    case Syntax::kCompel:
      break;
  }
  return parse_compel(prompt);
}

}  // namespace

ParsedPrompt parse_prompt(Syntax syntax, std::string_view prompt) {
  ParsedPrompt out = read_prompt(syntax, prompt);
  warn_of_numbers_read_as_text(syntax, prompt, out);
  return out;
}

bool compel_refuses(const PromptWarning& warning) {
  static constexpr std::string_view kRefused[] = {
      "warning.whitespace",     "warning.structure",   "warning.structure_number", "warning.structure_empty",
      "warning.structure_swap", "warning.after_blend", "warning.swap_inside",      "warning.swap_freedom",
      "warning.no_text",        "warning.empty_weight"};
  return std::ranges::find(kRefused, warning.key) != std::end(kRefused);
}

std::string print_prompt(Syntax syntax, const std::vector<Fragment>& fragments) {
  if (syntax == Syntax::kComfyUI) return print_comfyui(fragments);
  if (syntax == Syntax::kCompel) return print_compel(fragments);
  return print_a1111(fragments);
}

std::string_view syntax_name(Syntax syntax) {
  const auto found = std::ranges::find(kNames, syntax, &Name::syntax);
  return found->name;
}

std::optional<Syntax> syntax_from_name(std::string_view name) {
  const auto found = std::ranges::find(kNames, name, &Name::name);
  if (found == std::end(kNames)) return std::nullopt;
  return found->syntax;
}

}  // namespace regard
