// What session files are read with: keys of one JSON object, and the first that was wrong. Of app/state
// alone.
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/analysis/query_json.h"
#include "core/formats/json.h"

namespace regard {

template <class E>
using Names = std::initializer_list<std::pair<const char*, E>>;

template <class E>
const char* name_of(Names<E> names, E value) {
  for (const auto& [name, each] : names) {
    if (each == value) return name;
  }
  return "";
}

/// A value of the file as messages show it: JSON, one line, cut between characters.
inline std::string shown_value(const Json& value) {
  constexpr std::size_t kMost = 40;
  std::string shown = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (shown.size() <= kMost) return shown;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0) == 0x80) --end;
  return shown.substr(0, end) + "...";
}

// Reads keys out of one JSON object and remembers the first that was wrong.
class Reader {
 public:
  Reader(const Json& object, std::string where, std::string& error)
      : object_(object), where_(std::move(where)), error_(error) {}

  void text(const char* key, std::string& out, std::size_t max_bytes) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_string()) return wrong(key, fmt::format("text of at most {} bytes", max_bytes), *value);
    const std::size_t size = value->get_ref<const std::string&>().size();
    if (size > max_bytes) return wrong_size(key, max_bytes, size);
    out = value->get<std::string>();
  }
  void flag(const char* key, bool& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_boolean()) return wrong(key, "true or false", *value);
    out = value->get<bool>();
  }
  template <class T>
  void number(const char* key, T& out, std::type_identity_t<T> least, std::type_identity_t<T> most) {
    const Json* value = find(key);
    if (value == nullptr) return;
    const double got = value->is_number() ? value->get<double>() : std::nan("");
    if (!(got >= least && got <= most))
      return wrong(key, fmt::format("a number in [{}, {}]", least, most), *value);
    out = static_cast<T>(got);
  }
  template <class E, class Out>
  void one_of(const char* key, Names<E> names, Out& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    std::string all;
    for (const auto& [name, each] : names) {
      if (value->is_string() && *value == name) {
        out = each;
        return;
      }
      all += (all.empty() ? "" : " or ") + std::string(name);
    }
    wrong(key, all, *value);
  }
  // A value whose names core knows.
  template <class E>
  void named(const char* key, std::optional<E> (*from_name)(std::string_view), const char* expected, E& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    const auto found = value->is_string() ? from_name(value->get_ref<const std::string&>()) : std::nullopt;
    if (!found) return wrong(key, expected, *value);
    out = *found;
  }
  template <class E>
  void optional_named(const char* key, std::optional<E> (*from_name)(std::string_view), const char* expected,
                      std::optional<E>& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    out = value->is_string() ? from_name(value->get_ref<const std::string&>()) : std::nullopt;
    if (!out) wrong(key, expected, *value);
  }
  // Counted from 1 in the file.
  void count(const char* key, int& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number_integer() || value->get<std::int64_t>() < 1 ||
        value->get<std::int64_t>() > 1'000'000)
      return wrong(key, "a whole number from 1 to 1000000", *value);
    out = value->get<int>() - 1;
  }
  // The keys of a MapQuery.
  void query(MapQuery& out) {
    if (const auto fault = read_query(object_, out)) wrong(fault->key.c_str(), fault->expected, fault->got);
  }
  // A layer and a head, or the lens that joins all layers. @return whether there was one
  bool map_choice(MapChoice& choice) {
    MapQuery asked{.lens = choice.lens, .heads = choice.heads};
    query(asked);
    choice = {.heads = asked.heads, .lens = asked.lens};
    return find("layer") != nullptr || find("head") != nullptr;
  }
  // Tokens of a picture, from 0: specials, then patches.
  void tokens(const char* key, std::vector<int>& out, std::size_t most) {
    const Json* value = find(key);
    if (value == nullptr) return;
    const auto good = [](const Json& t) {
      return t.is_number_unsigned() && t.get<std::uint64_t>() < 1'000'000;
    };
    if (!value->is_array() || value->size() > most || !std::ranges::all_of(*value, good))
      return wrong(key, fmt::format("at most {} tokens, each a number from 0", most), *value);
    out = value->get<std::vector<int>>();
  }
  void texts(const char* key, std::vector<std::string>& out, std::size_t most, std::size_t most_bytes) {
    const Json* value = find(key);
    if (value == nullptr) return;
    const auto good = [&](const Json& t) {
      return t.is_string() && t.get_ref<const std::string&>().size() <= most_bytes;
    };
    if (!value->is_array() || value->size() > most || !std::ranges::all_of(*value, good))
      return wrong(key, fmt::format("at most {} texts of at most {} bytes", most, most_bytes), *value);
    out = value->get<std::vector<std::string>>();
  }
  // A whole number as it is.
  void whole(const char* key, int& out, int least, int most) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number_integer() || value->get<std::int64_t>() < least ||
        value->get<std::int64_t>() > most)
      return wrong(key, fmt::format("a whole number from {} to {}", least, most), *value);
    out = value->get<int>();
  }
  // A whole number that may be beyond an int.
  void seed(const char* key, std::uint64_t& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number_unsigned()) return wrong(key, "a whole number from 0 on", *value);
    out = value->get<std::uint64_t>();
  }
  const Json* find(const char* key) const {
    const auto it = object_.find(key);
    return it == object_.end() ? nullptr : &*it;
  }
  void wrong(const char* key, const std::string& expected, const Json& got) {
    if (!error_.empty()) return;
    error_ = fmt::format("{}{}: expected {}, got {}", where_, key, expected, shown_value(got));
  }
  void wrong_size(const char* key, std::size_t max_bytes, std::size_t size) {
    if (error_.empty())
      error_ = fmt::format("{}{}: expected text of at most {} bytes, got {}", where_, key, max_bytes, size);
  }

 private:
  const Json& object_;
  std::string where_;
  std::string& error_;
};

}  // namespace regard
