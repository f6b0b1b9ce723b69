// Whether a page is well formed, without a library: every tag closed in order, every sign escaped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace regard {

/// The first fault of an XML text after its doctype; empty: it is well formed.
inline std::string markup_fault(std::string_view text) {
  constexpr std::string_view kDoctype = "<!DOCTYPE html>";
  if (!text.starts_with(kDoctype)) return "no doctype";
  text.remove_prefix(kDoctype.size());
  std::vector<std::string> open;
  while (!text.empty()) {
    if (text.front() == '&') {
      bool known = false;
      for (const std::string_view entity : {"&amp;", "&lt;", "&gt;", "&quot;"})
        known = known || text.starts_with(entity);
      if (!known) return "an & of its own: " + std::string(text.substr(0, 20));
    }
    if (text.front() == '>') return "a > of its own";
    if (text.front() != '<') {
      text.remove_prefix(1);
      continue;
    }
    const std::size_t end = text.find('>');
    if (end == text.npos) return "a tag without an end";
    std::string_view tag = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (tag.ends_with('/')) continue;
    const bool closes = tag.starts_with('/');
    if (closes) tag.remove_prefix(1);
    const std::string name(tag.substr(0, tag.find(' ')));
    if (!closes) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + "> closes " + (open.empty() ? "nothing" : open.back());
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

}  // namespace regard
