// Somewhere to draw that is not the window: one colour texture, no depth.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "app/gl/texture.h"

namespace regard {

/// Move-only. UI thread only. Needs a live context.
class Framebuffer {
 public:
  Framebuffer() = default;
  Framebuffer(Framebuffer&& other) noexcept
      : id_(std::exchange(other.id_, 0u)), color_(std::move(other.color_)) {}
  Framebuffer& operator=(Framebuffer&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(color_, other.color_);
    return *this;
  }
  ~Framebuffer();

  /// Gives it an RGBA8 texture of that size; cheap when the size stays.
  /// @return  false when the driver has no memory for it; it then has no size and must not be bound
  [[nodiscard]] bool resize(int width_px, int height_px);
  /// All drawing that follows goes here, over the whole size.
  void bind() const;
  /// Copies its pixels, one to one from the lower left corner, to the framebuffer that is bound: a window's,
  /// or one of the same format.
  void copy_to_bound() const;
  const Texture& color() const { return color_; }
  Texture& color() { return color_; }
  /// [height][width], bytes R, G, B, A; the first row is the one drawn at GL's y = 0.
  std::vector<std::uint32_t> read_rgba() const;

 private:
  GLuint id_ = 0;  // 0: no size yet
  Texture color_;
};

/// Reads the framebuffer that is bound: [height][width], bytes R, G, B, A, GL's y = 0 first.
std::vector<std::uint32_t> read_bound_rgba(int width_px, int height_px);
/// GL counts rows from below, pictures from above.
void flip_rows(std::vector<std::uint32_t>& pixels, int width_px, int height_px);

/// Puts back the framebuffer, viewport and program that were bound, when it goes out of scope: a pass may run
/// in the middle of somebody else's frame.
class SavedGlTarget {
 public:
  SavedGlTarget();
  ~SavedGlTarget();
  SavedGlTarget(const SavedGlTarget&) = delete;
  SavedGlTarget& operator=(const SavedGlTarget&) = delete;

 private:
  GLint framebuffer_ = 0;
  GLint program_ = 0;
  GLint vertex_array_ = 0;
  GLint viewport_[4] = {};
};

}  // namespace regard
