// The menu of a right click on a view: copy its figure or its numbers, export it, say what it is. One for all
// panels: which map a panel shows stands in one table.
#pragma once

#include <string>

#include "app/ui/ui.h"

namespace regard {

/// What leaves the program when this panel is meant: the map in force, unless it shows another one.
/// @param numbers  of its numbers; else of its figure
ShownView view_of(const Ui& ui, const Panel& panel, bool numbers);

/// The words that say what a panel shows: its own, or those of any.
std::string explanation_key(const Ui& ui, const Panel& panel);

/// Opens the menu for a panel in the next frame; of one (layer, head) when the pointer is on its thumbnail.
void open_view_menu_of(Ui& ui, const Panel& panel);

/// The items that every view has, for a menu that has others too.
void view_menu_items(Ui& ui, const Panel& panel, const std::optional<std::pair<int, int>>& head);

/// Opens the export sheet on a view.
void open_export_sheet(Ui& ui, const ShownView& view);

}  // namespace regard
