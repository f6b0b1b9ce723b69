// Which pixels of a frame differ from those of the frame before, told without drawing either.
#pragma once

#include <cstdint>
#include <vector>

#include "app/window/gl_context.h"

struct ImDrawData;

namespace regard {

/// Pixels of a frame, from its top left corner; right and bottom are one past the last.
struct PixelBox {
  int left = 0, top = 0, right = 0, bottom = 0;
  int area() const { return right > left && bottom > top ? (right - left) * (bottom - top) : 0; }
  friend bool operator==(const PixelBox&, const PixelBox&) = default;
};

PixelBox common_part(const PixelBox& a, const PixelBox& b);
PixelBox around_both(const PixelBox& a, const PixelBox& b);

/// The pixels of a frame: DisplaySize times FramebufferScale.
SizePx pixels_of(const ImDrawData& frame);
/// The scissor that ImGui's OpenGL backend makes of a ClipRect, to the pixel. @param clip  x1, y1, x2, y2
PixelBox scissor_of(const ImDrawData& frame, const float (&clip)[4]);

/// Keeps a number for each tile of the last frame: a hash of all triangles that touch it, in their order,
/// each with its colours, its texture and where it is cut off. While it stays, the tile's pixels stay.
/// (rxi's "cached software rendering", for triangles.) UI thread only.
class Damage {
 public:
  /// @param frame   after ImGui::Render(). What a texture holds is part of its ImTextureID
  /// (Texture::imgui_id);
  ///                ImGui's own textures only grow where nothing was drawn from
  /// @param ground  what the frame is cleared to, ImGui's packed colour
  /// @return  boxes that hold every pixel that may differ: all after a new size; none: the same picture
  /// Cost: O(triangles + tiles they touch); about 1 ms for a whole window.
  std::vector<PixelBox> next(const ImDrawData& frame, std::uint32_t ground);

 private:
  SizePx size_;
  std::vector<std::uint64_t> tiles_, before_;  // [rows][columns] of the new and the last frame
};

}  // namespace regard
