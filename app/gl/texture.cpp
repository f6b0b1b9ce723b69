#include "app/gl/texture.h"

#include <cstddef>

#include "core/base/check.h"

namespace regard {
namespace {

bool holds(std::size_t count, int width_px, int height_px) {
  return width_px > 0 && height_px > 0 &&
         count == static_cast<std::size_t>(width_px) * static_cast<std::size_t>(height_px);
}

}  // namespace

Texture::~Texture() {
  if (id_ != 0) glDeleteTextures(1, &id_);
}

void Texture::upload_r32f(int width_px, int height_px, std::span<const float> texels) {
  REGARD_CHECK(holds(texels.size(), width_px, height_px));
  store(GL_R32F, GL_RED, GL_FLOAT, width_px, height_px, texels.data());
}

void Texture::upload_rgba8(int width_px, int height_px, std::span<const std::uint32_t> texels) {
  REGARD_CHECK(holds(texels.size(), width_px, height_px));
  store(GL_RGBA8, GL_RGBA, GL_UNSIGNED_BYTE, width_px, height_px, texels.data());
}

void Texture::allocate_rgba8(int width_px, int height_px) {
  REGARD_CHECK(width_px > 0 && height_px > 0);
  if (id_ != 0 && width_px == width_px_ && height_px == height_px_) return;
  store(GL_RGBA8, GL_RGBA, GL_UNSIGNED_BYTE, width_px, height_px, nullptr);
}

void Texture::set_filter(Filter filter) {
  REGARD_CHECK(id_ != 0);
  const GLint mode = filter == Filter::kLinear ? GL_LINEAR : GL_NEAREST;
  glBindTexture(GL_TEXTURE_2D, id_);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, mode);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, mode);
  ++changes_;
}

void Texture::store(GLint internal_format, GLenum format, GLenum type, int width_px, int height_px,
                    const void* texels) {
  const bool created = id_ == 0;
  if (created) glGenTextures(1, &id_);
  glBindTexture(GL_TEXTURE_2D, id_);
  if (created) {
    set_filter(Filter::kNearest);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
  }
  // ImGui's backend sets these for its own uploads and need not restore them.
  glPixelStorei(GL_UNPACK_ALIGNMENT, 4);  // every texel of ours is 4 bytes
  glPixelStorei(GL_UNPACK_ROW_LENGTH, 0);
  glTexImage2D(GL_TEXTURE_2D, 0, internal_format, width_px, height_px, 0, format, type, texels);
  ++changes_;
  width_px_ = width_px;
  height_px_ = height_px;
}

int max_texture_size_px() {
  GLint size = 0;
  glGetIntegerv(GL_MAX_TEXTURE_SIZE, &size);
  return size;
}

}  // namespace regard
