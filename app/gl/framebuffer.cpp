#include "app/gl/framebuffer.h"

#include <algorithm>
#include <cstddef>

#include "core/base/check.h"

namespace regard {

Framebuffer::~Framebuffer() {
  if (id_ != 0) glDeleteFramebuffers(1, &id_);
}

bool Framebuffer::resize(int width_px, int height_px) {
  if (id_ != 0 && color_.width_px() == width_px && color_.height_px() == height_px) return true;
  color_.allocate_rgba8(width_px, height_px);
  const SavedGlTarget saved;
  if (id_ == 0) glGenFramebuffers(1, &id_);
  glBindFramebuffer(GL_FRAMEBUFFER, id_);
  glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, color_.id(), 0);
  if (glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE) return true;
  glDeleteFramebuffers(1, &id_);
  id_ = 0;
  color_ = {};
  return false;
}

void Framebuffer::bind() const {
  REGARD_CHECK(id_ != 0);
  glBindFramebuffer(GL_FRAMEBUFFER, id_);
  glViewport(0, 0, color_.width_px(), color_.height_px());
}

void Framebuffer::copy_to_bound() const {
  REGARD_CHECK(id_ != 0);
  GLint target = 0;
  glGetIntegerv(GL_DRAW_FRAMEBUFFER_BINDING, &target);
  glDisable(GL_SCISSOR_TEST);
  glBindFramebuffer(GL_READ_FRAMEBUFFER, id_);
  const GLint width = color_.width_px(), height = color_.height_px();
  glBlitFramebuffer(0, 0, width, height, 0, 0, width, height, GL_COLOR_BUFFER_BIT, GL_NEAREST);
  glBindFramebuffer(GL_READ_FRAMEBUFFER, static_cast<GLuint>(target));
}

std::vector<std::uint32_t> Framebuffer::read_rgba() const {
  REGARD_CHECK(id_ != 0);
  const SavedGlTarget saved;
  glBindFramebuffer(GL_FRAMEBUFFER, id_);
  return read_bound_rgba(color_.width_px(), color_.height_px());
}

std::vector<std::uint32_t> read_bound_rgba(int width_px, int height_px) {
  std::vector<std::uint32_t> pixels(static_cast<std::size_t>(width_px) * static_cast<std::size_t>(height_px));
  glPixelStorei(GL_PACK_ALIGNMENT, 4);
  glPixelStorei(GL_PACK_ROW_LENGTH, 0);
  glReadPixels(0, 0, width_px, height_px, GL_RGBA, GL_UNSIGNED_BYTE, pixels.data());
  return pixels;
}

void flip_rows(std::vector<std::uint32_t>& pixels, int width_px, int height_px) {
  const auto width = static_cast<std::ptrdiff_t>(width_px);
  for (int top = 0, bottom = height_px - 1; top < bottom; ++top, --bottom) {
    std::swap_ranges(pixels.begin() + top * width, pixels.begin() + (top + 1) * width,
                     pixels.begin() + bottom * width);
  }
}

SavedGlTarget::SavedGlTarget() {
  glGetIntegerv(GL_FRAMEBUFFER_BINDING, &framebuffer_);
  glGetIntegerv(GL_CURRENT_PROGRAM, &program_);
  glGetIntegerv(GL_VERTEX_ARRAY_BINDING, &vertex_array_);
  glGetIntegerv(GL_VIEWPORT, viewport_);
}

SavedGlTarget::~SavedGlTarget() {
  glBindFramebuffer(GL_FRAMEBUFFER, static_cast<GLuint>(framebuffer_));
  glUseProgram(static_cast<GLuint>(program_));
  glBindVertexArray(static_cast<GLuint>(vertex_array_));
  glViewport(viewport_[0], viewport_[1], viewport_[2], viewport_[3]);
}

}  // namespace regard
