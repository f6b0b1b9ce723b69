// A lesson played without a window, by the program itself: what `regard inspect` cannot see in a file alone.
#pragma once

#include <string>
#include <vector>

#include "app/i18n/language.h"

namespace regard {

struct LessonTrial {
  int cards = 0, numbers = 0, guesses = 0, checks = 0;
  std::vector<std::string>
      problems;  // "FILE:LINE: card 'TITLE': expected ..., got ...", in the order of cards
};

/// Goes through all cards as a learner would: each number has to be there; the first place of a guess has to
/// be clear; a check must not hold before something is done, and has to once its last hint was shown, as what
/// is to be done at the end of a card.
/// @param lesson  a name of ours or a file
/// @return  one problem and nothing else where it cannot be opened. Cost: its runs, some seconds with
/// drawings
LessonTrial try_lesson(const std::string& lesson, const Language& language);

}  // namespace regard
