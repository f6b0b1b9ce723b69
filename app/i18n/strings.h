// The words on screen, by key, in the chosen language; and numbers written as that language writes them.
// The text itself lies in assets/locale/*.json (locales.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <fmt/args.h>
#include <fmt/format.h>

#include "app/i18n/locales.h"

namespace regard {

/// Thread: const members from any thread.
class Strings {
 public:
  /// The texts of a language, English where it has none. Expects `locales` to outlive them. A language that
  /// is not there is English.
  static Strings load(const Language& language, const Locales& locales = Locales::shipped());

  const Language& language() const { return language_; }
  const Locales& locales() const { return *locales_; }  ///< the languages to choose from
  const Locales::Texts& all() const { return texts_; }

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

  /// With the language's own decimal sign: "0,449" in French; a true minus sign; "-∞" for -inf.
  std::string number(double value, int decimals) const;

  /// A share of attention, in [0, 1], as it stands everywhere on screen: "53 %". Sentences, tooltips, bars,
  /// tiles, colour bars and the calculation all ask this one; files keep the fraction.
  /// @param decimals  of the percentage; nothing: two significant digits
  std::string percent(double share, std::optional<int> decimals = std::nullopt) const;
  /// A difference of two such shares: "12.3 points".
  std::string points(double difference) const;

  /// So many, to the nearest whole number: "0 patches", "1 patch", "12 patches". What 0 takes is the
  /// language's.
  std::string patches(double count) const;
  std::string tokens(double count) const;

 private:
  Language language_ = kEnglish;
  const Locales* locales_ = nullptr;
  Locales::Texts texts_;
};

}  // namespace regard
