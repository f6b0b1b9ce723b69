// From a number to a colour: the same arithmetic for the window (as a shader, app/gl/heatmap_pass), for the
// colour bar and for exported pictures. No GL here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace regard {

/// The maps for dark ground run from dark (low) to light (high). On light ground the paper maps run from
/// white, the colour of the panel, to the dark end of the same map: there, too, what is low fades into the
/// ground. kPuOr is for differences, on every ground.
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
};
inline constexpr int kColormapCount = 9;

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
/// The map's twin for light ground; itself when it has none.
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

/// How a value becomes a place in a colour map.
struct ColorScale {
  float min = 0.0f;
  float max = 1.0f;
  bool log10 = false;                          // min and max are still values, not exponents
  float floor = 1e-6f;                         // log10 only: smaller values count as this one
  std::optional<float> center = std::nullopt;  // linear only: the middle of the map, both sides to one scale
  bool share = false;  // its values are shares of attention: written as percent
  friend bool operator==(const ColorScale&, const ColorScale&) = default;
};

/// @return  0 at min, 1 at max, clamped; 0 when the range is empty
float color_scale_at(const ColorScale& scale, float value);
/// The colour of a cell: masked, flagged or from the map. `value` as given by upload_value().
Rgba color_of(const ColorScale& scale, Colormap map, float value);

}  // namespace regard
