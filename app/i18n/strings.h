// The words on screen, by key, in the chosen language; and numbers written as that language writes them.
// The text itself lies in assets/locale/*.json and is embedded when built.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <fmt/args.h>
#include <fmt/format.h>

#include "app/state/state.h"
#include "core/base/result.h"

namespace regard {

/// "fr_FR.UTF-8" -> French; anything else -> English. Empty: asks LC_ALL, LC_MESSAGES, LANG in that order.
Language language_from(std::string_view tag);

/// Thread: const members from any thread.
class Strings {
 public:
  /// Reads {"key": "text", ...}. Errors: format.
  static Result<Strings> parse(std::string_view json, std::string_view label, Language language);

  /// The embedded strings. A broken file is our own bug: checked.
  static Strings load(Language language);

  Language language() const { return language_; }
  const std::map<std::string, std::string, std::less<>>& all() const { return texts_; }

  /// The text of `key`, zero-terminated; the key itself when it is missing, so that a gap is seen.
  const char* operator()(std::string_view key) const;

  /// The text of `key` with its {named} places filled. A text that does not fit its arguments is returned as
  /// it is.
  template <class... Args>
  std::string format(std::string_view key, Args&&... args) const {
    try {
      return fmt::format(fmt::runtime((*this)(key)), std::forward<Args>(args)...);
    } catch (const fmt::format_error&) {
      return (*this)(key);
    }
  }

  /// "0,449" in French, "0.449" in English; a true minus sign; "-∞" for -inf.
  std::string number(double value, int decimals) const;

 private:
  Language language_ = Language::kEnglish;
  std::map<std::string, std::string, std::less<>> texts_;
};

}  // namespace regard
