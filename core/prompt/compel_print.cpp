// Prints a prompt that Compel reads as the given fragments. Groups are written with quotes, so that a word
// like
// ".swap" before one does not take it for its argument. See grammar.h for what cannot be quoted.
#include <algorithm>

#include "core/prompt/compel.h"
#include "core/prompt/compel_scan.h"
#include "core/prompt/python_number.h"

namespace regard {
namespace {

using compel::is_skipped;
using compel::is_syntax;

bool is_bracket(char c) { return c == '(' || c == ')' || c == '"'; }

/// Brackets and quotes of `word` with `passes` backslashes more, but for the one at `raw`.
std::string escaped(std::string_view word, std::size_t passes, std::size_t raw = std::string_view::npos) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool after_backslash = i > 0 && word[i - 1] == '\\';
    if (is_bracket(word[i]) && i != raw) out.append(after_backslash ? passes : 1, '\\');
    out += word[i];
  }
  return out;
}

/// Whether the word, as printed, would be read as a word with signs.
bool reads_as_signs(std::string_view printed) {
  std::size_t at = 0;
  while (at < printed.size()) {
    const char c = printed[at];
    if (c == '\\' && at + 1 < printed.size() && is_syntax(printed[at + 1])) {
      at += 2;
    } else if (c == '+' || c == '-') {
      const bool inside =
          at + 1 < printed.size() && !is_skipped(printed[at + 1]) && !is_syntax(printed[at + 1]);
      if (!inside) return at > 0;
      ++at;
    } else if (is_syntax(c)) {
      return false;
    } else {
      ++at;
    }
  }
  return false;
}

/// The first bracket or quote of `word` that ends its letters when it has no backslash: not one after a sign,
/// which would be read as such, nor one after a backslash.
std::size_t stopping_bracket(std::string_view word) {
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (!is_bracket(word[i])) continue;
    if (i == 0) return i;
    const bool sign = word[i - 1] == '+' || word[i - 1] == '-';
    const bool escaped_sign = sign && i > 1 && word[i - 2] == '\\';
    if (word[i - 1] != '\\' && (!sign || escaped_sign || i == 1)) return i;  // a sign alone is no word
  }
  return word.npos;
}

class Printer {
 public:
  void add(const Fragment& fragment) {
    std::vector<std::string_view> words;
    const std::string_view text = fragment.text;
    for (std::size_t at = 0;;) {
      const std::size_t space = text.find(' ', at);
      words.push_back(text.substr(at, space == text.npos ? space : space - at));
      if (space == text.npos) break;
      at = space + 1;
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::size_t passes = i == 0 ? words.size() + 1 : words.size() + 2 - i;
      if (fragment.weight == 1.0) {
        add_plain(words[i], passes);
      } else {
        add_weighted(words[i], passes, fragment.weight);
      }
    }
  }

  std::string take() { return std::move(out_) + closing_; }

 private:
  void separate(bool before_bracket) {
    if (out_.empty()) return;
    const bool takes_bracket = out_.ends_with(".swap") || out_.ends_with(".attend") ||
                               out_.ends_with("useLora") || out_.ends_with("withLora");
    out_ += closing_.empty() ? before_bracket && takes_bracket ? "\v" : " " : closing_;
    closing_.clear();
  }

  void add_plain(std::string_view word, std::size_t passes) {
    // A comma inside a word was the second of two: ",,a" is read as ", ,a".
    if (word.size() > 1 && word[0] == ',' && out_.ends_with(',')) {
      out_ += escaped(word, passes);
      return;
    }
    if (word.empty() || word == "useLora" || word == "withLora") {
      separate(false);
      out_ += '"' + std::string(word) + '"';
      return;
    }
    std::string printed = escaped(word, passes);
    std::string closing;
    const std::size_t bracket = stopping_bracket(word);
    if (reads_as_signs(printed) && bracket == word.npos) {
      closing = "\v";  // it was typed so: a sign before a vertical tab is a letter
    } else if (reads_as_signs(printed)) {
      printed = escaped(word, passes, bracket);
      const bool quoted_twice = word[bracket] == '"' && word.find('"', bracket + 1) != word.npos;
      closing = quoted_twice ? "\v\"()\" " : "\v";
    }
    separate(printed[0] == '(');
    out_ += printed;
    closing_ = closing;
  }

  void add_weighted(std::string_view word, std::size_t passes, double weight) {
    const bool blank = !word.empty() && python::detail::stripped(word).empty();
    separate(blank);
    const std::string space = word.ends_with('\\') ? " " : "";
    out_ += (blank ? '(' : '"') + escaped(word, passes) + space + (blank ? ')' : '"') + fixed_number(weight);
  }

  std::string out_;
  std::string closing_;  // what must follow the last word
};

}  // namespace

std::string print_compel(const std::vector<Fragment>& fragments) {
  if (fragments.empty()) return "()";
  Printer printer;
  for (const Fragment& fragment : fragments) printer.add(fragment);
  std::string out = printer.take();
  // Whitespace of another script alone would be an empty prompt.
  return python::detail::stripped(out).empty() ? "(" + out + ")" : out;
}

}  // namespace regard
