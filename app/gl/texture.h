// Images on the GPU. Owns GL names; knows nothing of what the numbers mean.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include <glad/gl.h>

namespace regard {

enum class Filter { kNearest, kLinear };

/// One 2D image on the GPU. Move-only. UI thread only; from the first upload to the destructor the context
/// must live.
class Texture {
 public:
  Texture() = default;
  Texture(Texture&& other) noexcept
      : id_(std::exchange(other.id_, 0u)),
        changes_(std::exchange(other.changes_, 0u)),
        width_px_(std::exchange(other.width_px_, 0)),
        height_px_(std::exchange(other.height_px_, 0)) {}
  Texture& operator=(Texture&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(changes_, other.changes_);
    std::swap(width_px_, other.width_px_);
    std::swap(height_px_, other.height_px_);
    return *this;
  }
  ~Texture();

  /// @param texels  row-major [height][width], row 0 first; unit is the caller's, no normalisation here
  void upload_r32f(int width_px, int height_px, std::span<const float> texels);
  /// @param texels  row-major [height][width], bytes R, G, B, A in memory
  void upload_rgba8(int width_px, int height_px, std::span<const std::uint32_t> texels);
  /// Makes room for an RGBA8 image that a pass draws into; keeps what is there when the size stays.
  void allocate_rgba8(int width_px, int height_px);
  /// Nearest until asked otherwise: a cell of a matrix has edges.
  void set_filter(Filter filter);

  GLuint id() const { return id_; }  // 0: nothing uploaded yet
  /// For ImGui, whose drawing takes the lower 32 bits: the name, and above it a number that grows with every
  /// change of what is drawn with it. 0: nothing uploaded yet.
  std::uint64_t imgui_id() const { return id_ != 0 ? std::uint64_t{changes_} << 32 | id_ : 0; }
  /// A pass has drawn on it.
  void note_drawn() { ++changes_; }
  int width_px() const { return width_px_; }
  int height_px() const { return height_px_; }

 private:
  void store(GLint internal_format, GLenum format, GLenum type, int width_px, int height_px,
             const void* texels);

  GLuint id_ = 0;
  std::uint32_t changes_ = 0;
  int width_px_ = 0;
  int height_px_ = 0;
};

/// Largest width and height the context takes. Never below 1024 on OpenGL 3.3.
int max_texture_size_px();

}  // namespace regard
