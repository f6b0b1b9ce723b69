#include "app/cli/values.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "core/formats/utf8.h"

namespace regard::cli {

CLI::Validator reads(std::string expected, std::function<std::optional<std::string>(std::string_view)> read) {
  const auto check = [expected = std::move(expected), read = std::move(read)](std::string& text) {
    auto value = read(text);
    if (!value) return fmt::format("expected {}, got {}", expected, quote(text));
    text = std::move(*value);
    return std::string();
  };
  return {check, ""};
}

CLI::Validator number(double low, double high) {
  return reads(fmt::format("a number from {} to {}", low, high), [=](std::string_view text) {
    const auto value = number_of<double>(text);
    return value && *value >= low && *value <= high ? std::optional(fmt::format("{:.17g}", *value))
                                                    : std::nullopt;
  });
}

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return out;
}

CLI::Validator word_of(std::vector<std::string> words) {
  return reads(list_of(words), [words](std::string_view text) {
    return std::ranges::find(words, text) == words.end() ? std::nullopt : std::optional(std::string(text));
  });
}

std::string ending_of(std::string_view path) {
  std::string ending = std::filesystem::path(path).extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending;
}

CLI::Validator ends_in(std::vector<std::string> endings) {
  return reads("a name that ends in " + list_of(endings), [endings](std::string_view text) {
    const bool known = std::ranges::find(endings, ending_of(text)) != endings.end();
    return known ? std::optional(std::string(text)) : std::nullopt;
  });
}

std::optional<std::pair<int, int>> two_numbers(std::string_view text, char mark) {
  const std::size_t middle = text.find(mark);
  if (middle == std::string_view::npos) return std::nullopt;
  const auto first = number_of<int>(text.substr(0, middle)), second = number_of<int>(text.substr(middle + 1));
  if (!first || !second || *first < 1 || *second < 1) return std::nullopt;
  return std::pair(*first, *second);
}

}  // namespace regard::cli
