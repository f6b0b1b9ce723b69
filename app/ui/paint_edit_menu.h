// What can be tried with a word, as menu items: under the word itself and in the list of trials.
#pragma once

#include "app/ui/ui.h"

namespace regard {

/// Cut, mute, swap with another: the items of an open menu.
void edit_items(Ui& ui, const PromptWord& place);

}  // namespace regard
