// Views that were doubled: what a panel of one is called, and how one comes to be.
#pragma once

#include <cstddef>
#include <string>

#include "app/ui/panels.h"
#include "app/ui/ui.h"

namespace regard {

/// The panel of a number, from 0.
const Panel& doubled_panel(std::size_t number);
/// The number of the panel of a doubled view; kMostDoubled: it is of none.
std::size_t doubled_number(const Panel& panel);
bool is_doubled(const Ui& ui, std::size_t number);
/// "1 · L2 H3": of a tab.
std::string doubled_tab(const Ui& ui, std::size_t number);
/// What its map is of, in words.
std::string doubled_title(const Ui& ui, std::size_t number);

/// Whether the workspace in force has a map that can be doubled.
bool can_double(const Ui& ui);
/// The present query takes the place of its own.
void pin_again(Ui& ui, std::size_t number);
void close_doubled(Ui& ui, std::size_t number);

}  // namespace regard
