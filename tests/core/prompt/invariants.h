// What holds of every grammar on any text; shared by the unit tests and the fuzz target.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <random>
#include <string>
#include <string_view>

#include "core/prompt/grammar.h"
#include "core/prompt/structure.h"

namespace regard {

/// A short text of what the grammars care about.
inline std::string random_prompt(std::mt19937& random) {
  static constexpr std::string_view kParts[] = {
      "(",   ")",      "[",        "]",       "\\",     ":",        "|",        "+",  "-",    "\"",
      ",",   ".",      "=",        " ",       " ",      "\n",       "\t",       "\v", "1.2",  "-3",
      "0.5", "1e3",    "inf",      "é",       "\u00a0", "\xC3",     "a",        "b",  "cat",  "BREAK",
      "AND", ".swap(", ".attend(", ".blend(", ".and(",  "useLora(", "withLora", "++", "\\\"", "\\(",
      "\\)", ":1.3)",  ")1.3",     "\"1.3",   "B",      "R",        "EAK"};
  std::string out;
  for (unsigned n = static_cast<unsigned>(random() % 16); n > 0; --n)
    out += kParts[random() % std::size(kParts)];
  return out;
}

/// What is wrong with how `syntax` reads `prompt`; empty when nothing is. `at` counts bytes of the prompt.
inline std::string broken_invariant(Syntax syntax, std::string_view prompt) {
  const ParsedPrompt parsed = parse_prompt(syntax, prompt);
  std::uint32_t at = 0;
  for (const Fragment& f : parsed.fragments) {
    if (!std::isfinite(f.weight)) return "a weight is not finite";
    if (f.source.size() != f.text.size() + 1) return "bytes and text differ in length";
    for (const std::uint32_t byte : f.source) {
      if (byte < at) return "bytes go back";
      at = byte;
    }
    for (std::size_t i = 0; i < f.text.size(); ++i) {
      const std::size_t end = source_end(prompt, f, i);
      if (end < f.source[i] || end > f.source[i + 1]) return "a byte reaches into the next";
      if (end > f.source[i] && f.text[i] != ' ' && prompt[end - 1] != f.text[i])
        return "text differs from its bytes";
    }
  }
  if (at > prompt.size()) return "bytes beyond the prompt";
  for (const WeightGroup& g : parsed.groups) {
    if (g.open > g.content_begin || g.content_begin > g.content_end || g.content_end > g.close)
      return "a group is upside down";
    if (g.close > prompt.size()) return "a group beyond the prompt";
    if (!std::isfinite(g.factor)) return "a factor is not finite";
  }
  for (const PromptWarning& w : parsed.warnings) {
    if (w.start > w.end || w.end > prompt.size()) return "a warning beyond the prompt";
  }
  const std::string printed = print_prompt(syntax, parsed.fragments);
  const ParsedPrompt again = parse_prompt(syntax, printed);
  bool same = again.fragments.size() == parsed.fragments.size();
  for (std::size_t i = 0; same && i < parsed.fragments.size(); ++i) {
    const Fragment &a = parsed.fragments[i], &b = again.fragments[i];
    same = a.text == b.text && a.weight == b.weight && a.is_break == b.is_break;
  }
  if (!same) return fmt::format("printed as <{}>, which reads differently", printed);
  return "";
}

}  // namespace regard
