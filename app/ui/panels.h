// The panels, one line each (panels.cpp). Drawing, the default layout, the Panels menu, the names of their
// windows and the tests are made from this table.
// A panel is a file with one function `void draw_..._panel(Ui&)`, its line in the table and its words.
#pragma once

#include <initializer_list>
#include <span>
#include <string>

#include "app/state/state.h"
#include "app/ui/arrangement.h"

namespace regard {

struct Ui;

/// A set of workspaces.
class Workspaces {
 public:
  constexpr Workspaces(std::initializer_list<Workspace> each) {
    for (const Workspace workspace : each) bits_ |= 1u << static_cast<unsigned>(workspace);
  }
  constexpr bool contains(Workspace workspace) const {
    return (bits_ >> static_cast<unsigned>(workspace) & 1u) != 0;
  }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  unsigned bits_ = 0;
};

/// Of a panel that is there only while the state has something for it: a doubled view.
struct OwnPanel {
  bool (*there)(const Ui& ui);
  std::string (*tab)(const Ui& ui);
  void (*close)(Ui& ui);
};

struct Panel {
  const char* key;  // its words in assets/locale, and its window's identity: in layout.ini, so it stays
  Workspaces in;
  Place place;
  bool in_front;  // of the tabs at its place, at first
  void (*draw)(Ui& ui);
  const char* tab = nullptr;  // shorter words for a narrow tab, when it needs them
  const OwnPanel* own = nullptr;
};

/// In the order in which they are drawn, their tabs stand side by side, and the menu lists them.
std::span<const Panel> panels();

/// The words of its tab.
std::string tab_words(const Ui& ui, const Panel& panel);
/// Whether it is drawn in the workspace in force: not closed, and something is there for it.
bool is_open(const Ui& ui, const Panel& panel);
/// The open panel that the workspace in force is about; null: it was closed.
const Panel* main_panel(const Ui& ui);
/// ImGui's name of a panel's window: title in the language in force, identity that never changes.
std::string panel_name(const Ui& ui, const Panel& panel);
/// The same of the window that can be docked. Another stands for it in a small window, and while a panel is
/// maximised.
std::string docked_name(const Ui& ui, const Panel& panel);

}  // namespace regard
