// The two lists that say how a prompt is read: its grammar and what its weights do.
#pragma once

#include <optional>

#include "app/ui/ui.h"

namespace regard {

/// Where the second list stands.
enum class ListPlace { kBeside, kBelow };

/// "Grammar: A1111 ▾  Weights: attention ▾" at the cursor. @return what was chosen, when something was
/// @param all  also what belongs to the prompt itself: normalisation and chunk rule, sent as commands
std::optional<Reading> reading_lists(Ui& ui, const char* id, const Reading& reading, bool all,
                                     ListPlace place = ListPlace::kBeside);
float reading_width(Ui& ui, const Reading& reading);

/// "A1111", "attention, ln w".
std::string syntax_label(const Ui& ui, Syntax syntax);
std::string weighting_label(const Ui& ui, Weighting weighting);

}  // namespace regard
