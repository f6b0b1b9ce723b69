// The lenses as a list to choose from, made of their table: the same in every workspace.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/ui/ui.h"
#include "core/attention/trace.h"

namespace regard {

/// The name of a lens as it stands on screen.
std::string lens_label(const Ui& ui, std::string_view lens);

/// An item a lens, within an open list: those that `trace` has can be chosen, the others say why not. What
/// each shows, its formula and its source stand in its tooltip.
/// @param current  name of the one in force
/// @return         name of the one that was chosen
std::optional<std::string> lens_items(Ui& ui, const Trace& trace, std::string_view current);

/// What gradient lenses compare a prompt with, as a field: empty, with the prompt's own vector.
void toward_field(Ui& ui);

}  // namespace regard
