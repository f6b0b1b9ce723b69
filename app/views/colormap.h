// From a number to a colour: the same arithmetic for the window (as a shader, app/gl/heatmap_pass), for the
// colour bar and for exported pictures. No GL here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/tensor/matrix.h"

namespace regard {

/// The maps for dark ground run from dark (low) to light (high). On light ground the paper maps run from
/// white, the colour of the panel, to the dark end of the same map: there, too, what is low fades into the
/// ground. kPuOr is for differences: its middle is the dark theme's panel, its twin's the light theme's.
enum class Colormap {
  kViridis,
  kCividis,
  kMagma,
  kGrey,
  kPuOr,
  kPaperViridis,
  kPaperCividis,
  kPaperMagma,
  kPaperGrey,
  kPaperPuOr,
};
inline constexpr int kColormapCount = 10;

struct Rgba {
  std::uint8_t r = 0;
  std::uint8_t g = 0;
  std::uint8_t b = 0;
  std::uint8_t a = 255;
  friend bool operator==(const Rgba&, const Rgba&) = default;
};

/// 256 colours from low to high; in memory the bytes R, G, B, 255 (what ImGui's ImU32 and GL_RGBA8 are, too).
std::span<const std::uint32_t, 256> colormap_rgba(Colormap map);
/// @param t  clamped to [0, 1]; NaN gives the colour of 0
Rgba colormap_at(Colormap map, float t);
/// The map's twin for light ground.
Colormap on_paper(Colormap map);

/// Values at or below it mean "masked": the cell is empty, not zero.
inline constexpr float kMaskedValue = -3e38f;
/// Values at or above it mean "not a number": shown in kFlagColor, so that a broken model is seen.
inline constexpr float kInvalidValue = 3e38f;
inline constexpr Rgba kFlagColor{255, 0, 144, 255};
inline constexpr Rgba kMaskedColor{0, 0, 0, 0};

/// What is uploaded for a value computed by a model: infinite and NaN become kInvalidValue, since a
/// comparison with NaN is up to the driver.
float upload_value(float value);

/// How a value becomes a place in a colour map. A linear one may fall: `min` above `max` (ranks).
struct ColorScale {
  float min = 0.0f;
  float max = 1.0f;
  bool log10 = false;                          // min and max are still values, not exponents
  float floor = 1e-6f;                         // log10 only: smaller values count as this one
  std::optional<float> center = std::nullopt;  // linear only: the middle of the map, both sides to one scale
  bool share = false;                          // its values are shares of attention: written as percent
  friend bool operator==(const ColorScale&, const ColorScale&) = default;
};

/// @return  0 at min, 1 at max, clamped; 0 when the range is empty
float color_scale_at(const ColorScale& scale, float value);
/// The value at a place of the map: what color_scale_at() takes there.
float color_scale_value(const ColorScale& scale, float place);
/// The colour of a cell: masked, flagged or from the map. `value` as given by upload_value().
Rgba color_of(const ColorScale& scale, Colormap map, float value);

/// How much the map says at this place of it, as color_scale_at() gives it: from 0 at the low end, or in the
/// middle of a centred scale, to 1 at the far end. A map over a picture is as opaque as this.
float strength_at(const ColorScale& scale, float place);
/// How much a map hides of the picture where it is strongest, unless the person chose otherwise.
inline constexpr float kOverlayOpacity = 0.7f;
/// The colour of a cell over a picture: `opacity` where the map is strongest, clear where it says nothing, so
/// that a map of zeros leaves the picture as it is. What is no number has the whole opacity.
Rgba overlay_color_of(const ColorScale& scale, Colormap map, float value, float opacity = kOverlayOpacity);

/// Of several numbers a cell, colours: the rows of `channels` are red, green and blue, each from its least to
/// its largest finite number; a channel of one number alone is its middle. What is no number: kFlagColor.
/// @param channels  [3][N]
std::vector<Rgba> component_colours(ConstMatrixRef channels);

/// `color` seen over an opaque `ground`.
Rgba blend(const Rgba& color, const Rgba& ground);
/// The colour bar of a map over a picture stands on squares of these greys, which no map has.
inline constexpr Rgba kBarGrounds[2] = {{0xB9, 0xB9, 0xB9, 255}, {0xD9, 0xD9, 0xD9, 255}};
/// Opaque colour of a colour bar at a place. @param opacity  of a map over a picture; empty: a map alone
/// @param ground  under a map over a picture: one of kBarGrounds or the panel's colour
Rgba bar_color(const ColorScale& scale, Colormap map, float place, std::optional<float> opacity,
               const Rgba& ground = kBarGrounds[0]);

/// WCAG 2.1 contrast of two opaque colours, from 1 to 21.
double contrast(const Rgba& a, const Rgba& b);
/// Black or white, whichever is read better on `ground`: their contrast is never below 4.5.
Rgba ink_on(const Rgba& ground);

}  // namespace regard
