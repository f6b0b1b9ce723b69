// A frame that stays: each new one is drawn on the last, only where it differs. Same pixels as drawn whole.
// Without a graphics card most of a frame's time is filling pixels, and most of them stay.
#pragma once

#include <cstdint>
#include <vector>

#include "app/gl/framebuffer.h"
#include "app/window/damage.h"

struct ImDrawData;

namespace regard {

/// Clears what is bound to the background and lets ImGui draw all of its frame on it. After ImGui::Render().
void draw_whole_frame(SizePx size);

/// Lets ImGui draw that over all of what is bound.
void draw_over_all(ImDrawData& frame);

/// UI thread only. The context must outlive it, and ImGui's drawing on OpenGL must be ready.
class RetainedFrame {
 public:
  /// Brings the picture to what ImGui::Render() left. What was bound is bound again.
  /// @return  false when the driver has no memory for it: there is no picture
  [[nodiscard]] bool draw();
  const Framebuffer& picture() const { return picture_; }
  /// Of the last draw(): how many pixels were drawn.
  int pixels_drawn() const { return pixels_drawn_; }
  /// The same frame drawn whole beside it, until ImGui's next one: [height][width], GL's y = 0 first. Slow;
  /// for tests.
  std::vector<std::uint32_t> drawn_whole() const;

 private:
  Damage damage_;
  Framebuffer picture_;
  int pixels_drawn_ = 0;
};

}  // namespace regard
