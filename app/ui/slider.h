// Sliders whose number stands beside them, where the knob never covers it.
#pragma once

#include <functional>
#include <string>

#include "app/ui/ui.h"

namespace regard {

/// Where the parts of a slider are drawn. Places run from 0 at the left end to 1 at the right one.
struct SliderTrack {
  ImVec2 low, size;     // of the whole slider, pixels
  float from = 0;       // place where the coloured part begins
  float at = 0;         // of the knob
  bool changed = true;  // from where it rests: in the accent
  bool hot = false;     // pointed at, dragged or in focus
};
void draw_slider(Ui& ui, ImDrawList* draw, const SliderTrack& track);

struct Slid {
  bool moved = false;
  bool activated = false;  // a gesture began
};
/// A slider of ImGui's (drag, Ctrl+click to type, keys) and its number at the right; both together are the
/// last item's rectangle.
/// @param format  of printf, for what is typed
/// @param number  how a value is written beside the slider
Slid slider(Ui& ui, const char* id, float& value, float low, float high, float width_px, const char* format,
            const std::function<std::string(float)>& number, const char* tip);

}  // namespace regard
