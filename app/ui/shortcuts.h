// The keys that work everywhere, one line each (shortcuts.cpp). What handles them, the list on F1 and the
// hints in menus read this table.
#pragma once

#include <span>
#include <string>

#include <imgui.h>

#include "app/ui/actions.h"
#include "app/ui/keyboard.h"

namespace regard {

/// Who gets the key first.
enum class Route {
  kGlobal,    // we, also while a text field has the keyboard
  kAnyOwner,  // the field and we: it owns the arrow keys while it is in use
  kNoTyping,  // a text field that is in use, else we
  kBare,      // whoever else asks, too; with any modifier
  kOfImGui,   // ImGui alone: only listed
};

struct Shortcut {
  ImGuiKeyChord chord;
  const char* words;              // of its row in the list; neighbours with the same words share it
  Action act;                     // null for kOfImGui
  bool (*applies)(const Ui& ui);  // null: always
  Route route = Route::kGlobal;
  bool repeats = false;  // while it is held
  bool listed = true;    // false: another chord of the action is
};

/// In the order of the list.
std::span<const Shortcut> shortcuts();

/// Does what the keys pressed in this frame ask for.
void handle_shortcuts(Ui& ui);

/// "Ctrl+Z", "Alt+←": as it stands on the keys of that keyboard.
std::string chord_name(const Keyboard& keyboard, ImGuiKeyChord chord);
/// The same in the language in use: "Maj+F6", "Échap".
std::string key_name(const Ui& ui, ImGuiKeyChord chord);

/// An item of a menu that does `act`, with its key beside it; grey when it does not apply.
void menu_item(Ui& ui, const char* words, Action act, bool enabled = true);

}  // namespace regard
