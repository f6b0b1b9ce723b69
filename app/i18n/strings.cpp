#include "app/i18n/strings.h"

#include <cmath>

namespace regard {

Strings Strings::load(const Language& language, const Locales& locales) {
  Strings strings;
  strings.language_ = language;
  strings.locales_ = &locales;
  for (const std::string_view code : {std::string_view(language), std::string_view(kEnglish)}) {
    if (const Locales::File* file = locales.find(code))
      strings.texts_.insert(file->texts.begin(), file->texts.end());  // English: only what is missing
  }
  return strings;
}

const char* Strings::operator()(std::string_view key) const {
  const auto it = texts_.find(key);
  // Keys are literals, hence zero-terminated.
  return it == texts_.end() ? key.data() : it->second.c_str();
}

std::string Strings::percent(double share, std::optional<int> decimals) const {
  const double most = std::abs(share);
  if (most == 0.0 && !decimals) return format("number.percent", number(0.0, 0));
  const int digits = decimals.value_or(most >= 0.0995 ? 0 : most >= 0.00995 ? 1 : most >= 0.000995 ? 2 : 3);
  return format("number.percent", number(100.0 * share, digits));
}

std::string Strings::points(double difference) const {
  return format("number.points", number(100.0 * difference, std::abs(difference) >= 0.0995    ? 0
                                                            : std::abs(difference) >= 0.00995 ? 1
                                                                                              : 2));
}

namespace {

// What 0, 1 and more of a thing are called.
std::string counted(const Strings& strings, double count, const char* none, const char* one,
                    const char* several) {
  const double whole = std::round(count);
  return strings.format(whole == 0.0 ? none : whole == 1.0 ? one : several, strings.number(whole, 0));
}

}  // namespace

std::string Strings::patches(double count) const {
  return counted(*this, count, "number.patches.none", "number.patches.one", "number.patches");
}

std::string Strings::tokens(double count) const {
  return counted(*this, count, "number.tokens.none", "number.tokens.one", "number.tokens");
}

std::string Strings::number(double value, int decimals) const {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "\u2212\u221e" : "\u221e";
  std::string text = fmt::format("{:.{}f}", std::abs(value), decimals);
  const bool is_zero = text.find_first_not_of("0.") == std::string::npos;
  if (const auto point = text.find('.'); point != std::string::npos)
    text.replace(point, 1, (*this)("number.decimal"));
  return value < 0 && !is_zero ? "\u2212" + text : text;
}

}  // namespace regard
