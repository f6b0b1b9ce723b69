#include "app/ui/keyboard.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <utf8proc.h>

namespace regard {
namespace {

constexpr bool between(ImGuiKey key, ImGuiKey first, ImGuiKey last) { return first <= key && key <= last; }
constexpr bool is_digit(ImGuiKey key) { return between(key, ImGuiKey_0, ImGuiKey_9); }

struct Sign {
  char text;
  ImGuiKey key;
};
// "+" is asked for as the key of a US keyboard that has it above "=".
constexpr std::array kSigns = std::to_array<Sign>({{'\'', ImGuiKey_Apostrophe},
                                                   {',', ImGuiKey_Comma},
                                                   {'-', ImGuiKey_Minus},
                                                   {'.', ImGuiKey_Period},
                                                   {'/', ImGuiKey_Slash},
                                                   {';', ImGuiKey_Semicolon},
                                                   {'=', ImGuiKey_Equal},
                                                   {'[', ImGuiKey_LeftBracket},
                                                   {'\\', ImGuiKey_Backslash},
                                                   {']', ImGuiKey_RightBracket},
                                                   {'`', ImGuiKey_GraveAccent},
                                                   {'+', ImGuiKey_Equal}});
constexpr std::size_t kKeysOfSigns = kSigns.size() - 1;

// Digits, letters, signs, and the key beside the left Shift that US keyboards do not have.
constexpr auto kKeyPlaces = [] {
  std::array<ImGuiKey, 10 + 26 + kKeysOfSigns + 1> places{};
  std::size_t at = 0;
  for (int i = 0; i < 10; ++i) places[at++] = static_cast<ImGuiKey>(ImGuiKey_0 + i);
  for (int i = 0; i < 26; ++i) places[at++] = static_cast<ImGuiKey>(ImGuiKey_A + i);
  for (std::size_t i = 0; i < kKeysOfSigns; ++i) places[at++] = kSigns[i].key;
  places[at] = ImGuiKey_Oem102;
  return places;
}();

// The key that a text of one ASCII character is asked for as.
ImGuiKey key_of(std::string_view text) {
  if (text.size() != 1) return ImGuiKey_None;
  const char c = text.front();
  if (c >= 'a' && c <= 'z') return static_cast<ImGuiKey>(ImGuiKey_A + (c - 'a'));
  if (c >= 'A' && c <= 'Z') return static_cast<ImGuiKey>(ImGuiKey_A + (c - 'A'));
  const auto sign = std::ranges::find(kSigns, c, &Sign::text);
  return sign != kSigns.end() ? sign->key : ImGuiKey_None;
}

std::string upper_case(std::string_view text) {
  utf8proc_int32_t letter = 0;
  const auto bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto used = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &letter);
  if (used <= 0 || static_cast<std::size_t>(used) != text.size()) return std::string(text);
  utf8proc_uint8_t out[4];
  const auto size = utf8proc_encode_char(utf8proc_toupper(letter), out);
  return {reinterpret_cast<const char*>(out), static_cast<std::size_t>(size)};
}

}  // namespace

std::span<const ImGuiKey> Keyboard::places() { return kKeyPlaces; }

Keyboard::Keyboard(const std::function<std::string(ImGuiKey place)>& text) {
  const auto nobody_means = [&](ImGuiKey key) {
    return std::ranges::none_of(keys_, [&](const auto& each) { return each.second.meant == key; });
  };
  for (const ImGuiKey place : kKeyPlaces) {
    Key& key = keys_[place];
    key.text = text(place);
    key.meant = is_digit(place) ? place : key_of(key.text);
  }
  // What types neither letter nor sign is asked for by its place, unless that is asked for elsewhere.
  for (const ImGuiKey place : kKeyPlaces) {
    Key& key = keys_[place];
    if (key.meant == ImGuiKey_None && nobody_means(place)) key.meant = place;
  }
  // The zoom has a key on every layout: on BÉPO "-" stands in the digit row, and "%" takes its part.
  for (const ImGuiKey needed : {ImGuiKey_Minus, ImGuiKey_Equal}) {
    if (!nobody_means(needed)) continue;
    for (const ImGuiKey place :
         {ImGuiKey_Minus, ImGuiKey_Equal, ImGuiKey_LeftBracket, ImGuiKey_RightBracket}) {
      if (keys_[place].meant != ImGuiKey_None) continue;
      keys_[place].meant = needed;
      break;
    }
  }
}

ImGuiKey Keyboard::meant(ImGuiKey place) const {
  const auto key = keys_.find(place);
  return key != keys_.end() ? key->second.meant : place;
}

std::string Keyboard::shown(ImGuiKey key) const {
  const std::string on_us = key == ImGuiKey_Equal   ? "+"
                            : key == ImGuiKey_Minus ? "-"
                                                    : ImGui::GetKeyName(key);
  if (is_digit(key)) return on_us;
  const auto place = std::ranges::find_if(keys_, [&](const auto& each) { return each.second.meant == key; });
  if (place == keys_.end() || place->second.text.empty()) return on_us;
  // "=" where a US keyboard has it carries "+", too; elsewhere it need not.
  if (key == ImGuiKey_Equal && place->first == ImGuiKey_Equal && place->second.text == "=") return on_us;
  return upper_case(place->second.text);
}

}  // namespace regard
