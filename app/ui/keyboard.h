// The keyboard's layout, as far as shortcuts need it: which key a press means, and what stands on it.
// Digits are asked by place: the French digit row types & é " ' ( and still carries 1 2 3 4 5. Letters and
// signs are asked by what the key types, and by place where no key types them (Greek, Russian).
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include <imgui.h>

namespace regard {

/// A key is named by ImGui as on a US keyboard, in both roles: its place, and what it means.
class Keyboard {
 public:
  /// A US keyboard.
  Keyboard() = default;
  /// @param text  what the key at a place types without Shift, in UTF-8; empty: nothing, or a dead key
  /// Cost: some microseconds beside 48 calls.
  explicit Keyboard(const std::function<std::string(ImGuiKey place)>& text);

  /// The keys that type something, but for the keypad.
  static std::span<const ImGuiKey> places();

  /// What a press at a place means for shortcuts; ImGuiKey_None: none of them. Any other key is itself.
  ImGuiKey meant(ImGuiKey place) const;
  /// What stands on the key that means `key`: "Z", "4", "+", "ß".
  std::string shown(ImGuiKey key) const;

  bool operator==(const Keyboard&) const = default;

 private:
  struct Key {
    ImGuiKey meant = ImGuiKey_None;
    std::string text;
    bool operator==(const Key&) const = default;
  };
  std::map<ImGuiKey, Key> keys_;  // by place; empty: a US keyboard
};

}  // namespace regard
