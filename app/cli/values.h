// What the values of options may be, as validators of CLI11 for Option::transform(). Its own Range and
// IsMember are not used: they read " 5", "+5", 0x10 and 010 (as 8), and refuse in words of their own. Here a
// number is its digits, and a refusal reads `expected <what>, got '<text>'`; cli.cpp makes it bad input (exit
// status 1).
#pragma once

#include <CLI/CLI.hpp>

#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace regard::cli {

/// Texts that `read` takes; it gives back what CLI11 then converts to the option's type (of an enumerator its
/// number), or nothing when the text is refused.
CLI::Validator reads(std::string expected, std::function<std::optional<std::string>(std::string_view)> read);

/// A number whose digits are all of the text; no space, no plus sign, no other base.
template <class T>
std::optional<T> number_of(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A whole number in [low, high].
template <class T>
CLI::Validator whole(T low, T high) {
  return reads(fmt::format("a whole number from {} to {}", low, high), [=](std::string_view text) {
    const auto value = number_of<T>(text);
    return value && *value >= low && *value <= high ? std::optional(std::to_string(*value)) : std::nullopt;
  });
}

/// A number in [low, high]; 17 digits go on to CLI11, which read back as the same double.
CLI::Validator number(double low, double high);

/// "a", "a or b", "a, b or c".
std::string list_of(const std::vector<std::string>& names);

/// One of these words, letter by letter.
CLI::Validator word_of(std::vector<std::string> words);

/// A name, letter by letter, and the value it stands for.
template <class Value>
CLI::Validator one_of(std::vector<std::pair<std::string, Value>> values) {
  std::vector<std::string> names;
  for (const auto& [name, value] : values) names.push_back(name);
  return reads(list_of(names), [values = std::move(values)](std::string_view text) {
    std::optional<std::string> found;
    for (const auto& [name, value] : values) {
      if (name == text) found = std::to_string(static_cast<int>(value));
    }
    return found;
  });
}

/// All values of an enumeration, each by the name that `name_of` gives.
template <class Values, class Name>
CLI::Validator one_of(const Values& values, Name name_of) {
  std::vector<std::pair<std::string, std::decay_t<decltype(*std::begin(values))>>> named;
  for (const auto value : values) named.emplace_back(std::string(name_of(value)), value);
  return one_of(std::move(named));
}

/// ".png": of a file's name, in lower case.
std::string ending_of(std::string_view path);

/// A file's name with one of these endings, in any case.
CLI::Validator ends_in(std::vector<std::string> endings);

/// "N<mark>N", both from 1.
std::optional<std::pair<int, int>> two_numbers(std::string_view text, char mark);

}  // namespace regard::cli
