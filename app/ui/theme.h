// Colours, type and space of the screen. Source of every value: specs of the look (README of the drawings),
// contrast checked by tests/app.
#pragma once

#include <array>

#include <imgui.h>

#include "app/state/state.h"

namespace regard {

struct Palette {
  ImU32 background, panel, raised, border;
  ImU32 text, secondary;
  ImU32 accent;  // what can be changed, what is chosen; nothing else
  ImU32 warning, error;
  ImU32 neutral_bar;                 // bars that no pin claims
  ImU32 knob, track;                 // sliders at rest
  ImU32 empty_cell;                  // masked cells of a matrix
  std::array<ImU32, kMaxPins> pins;  // Okabe and Ito's hues, each always with its letter
};

const Palette& palette(Theme theme);

/// The faces. Sizes are asked at each use (real sizes, never scaled bitmaps).
struct Fonts {
  ImFont* regular = nullptr;
  ImFont* bold = nullptr;
};

/// Loads the embedded faces (icons and arrows merged in) into the current ImGui context.
Fonts load_fonts();

/// Type sizes at scale 1, in em as designers count them.
inline constexpr float kSmall = 13.0f, kBody = 14.0f, kTokenSize = 20.0f, kPromptSize = 24.0f;
/// ImGui counts a size from the top of the highest to the bottom of the lowest letter; in Roboto that is so
/// many em.
inline constexpr float kLineOfEm = 2400.0f / 2048.0f;

/// Type follows the screen: 13 px in a window of 1280x800 units are 16 in one of 1920x1080. Grows with the
/// square root of the width (of a 16:9 window that high, when it is wider), in steps of which kSmall is whole
/// pixels; never below 1. @param window  its size in units of the monitor: pixels over the monitor's scale
float type_factor(ImVec2 window);

/// Sets ImGui's style from the palette; `scale` is monitor scale times type_factor() times zoom.
void apply_style(const Palette& colors, float scale);

}  // namespace regard
