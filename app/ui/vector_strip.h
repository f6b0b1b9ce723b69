// Vectors as thin bars about a zero line: one a number while there is room, else one a pixel, of the number
// farthest from 0 in it. Pointing shows all digits, in every strip of the same length at once.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "app/ui/ui.h"

namespace regard {

struct Strip {
  std::string name = {};   // "q · rouge"
  std::string shape = {};  // "[1×64]", at the right
  std::span<const float> values = {};
  float reach = 0;                  // number that fills half of the height; 0: the largest of its own
  std::span<const int> order = {};  // which number stands where; empty: as they are
  ImU32 color = 0;                  // of the bars
};

/// Draws it at the cursor, as wide as the room. @param tip  what a tooltip says of a number's index
void draw_strip(Ui& ui, const Strip& strip, const std::function<std::string(int index)>& tip);
/// The index that is pointed at in a strip of so many numbers; -1: none.
int pointed_number(const Ui& ui, std::size_t count);
/// Largest |number| of several; 0 where there is none that is finite.
float reach_of(std::initializer_list<std::span<const float>> vectors);

}  // namespace regard
