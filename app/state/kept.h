// What a start brings back from the last one and a person may have forgotten: trials, pins, ways of looking.
// Not the prompt, which is seen, nor language, theme and size. Pure functions.
#pragma once

#include <vector>

#include "app/state/state.h"

namespace regard {

/// Keys of their words in the locale files, of the workspace in sight; each may take a number. Empty: all is
/// as on a first start.
struct KeptThing {
  const char* words;
  int count = 0;
};
std::vector<KeptThing> kept_things(const AppState& state);

/// Each of them as on a first start, in every workspace; the document's in one undo step.
void reset_kept(AppState& state);

}  // namespace regard
