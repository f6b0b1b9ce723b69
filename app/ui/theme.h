// Colours, type and space of the screen. Source of every value: specs of the look (README of the drawings),
// contrast checked by tests/app.
#pragma once

#include <array>

#include <imgui.h>

#include "app/state/state.h"
#include "app/views/theme_colors.h"

namespace regard {

struct Palette {
  ImU32 background = 0, panel = 0, raised = 0, border = 0;
  ImU32 text = 0, secondary = 0;
  ImU32 accent = 0;  // what can be changed, what is chosen; nothing else
  ImU32 warning = 0, error = 0;
  ImU32 neutral_bar = 0;      // bars that no pin claims
  ImU32 knob = 0, track = 0;  // sliders at rest
  // As ThemeColors has them.
  ImU32 empty_cell = 0;
  std::array<ImU32, kMaxPins> pins{};
  std::array<ImU32, 2> regions{};
  ImU32 word = 0;
};

const Palette& palette(Theme theme);
/// For a projector: the light theme on white, every text at least 7 : 1, lines dark.
const Palette& projector_palette();

ImU32 imgui_color(const Rgba& color);
Rgba rgba_of(ImU32 color);

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
