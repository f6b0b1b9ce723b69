// A compiled and linked pair of shaders.
#pragma once

#include <string_view>
#include <utility>

#include <glad/gl.h>

#include "core/base/result.h"

namespace regard {

/// Move-only. UI thread only. Needs a live context.
class Shader {
 public:
  /// @param name      for messages, e.g. "heatmap"
  /// @param vertex    GLSL source, any length, need not end in a zero
  /// Errors: unsupported, with the driver's first line, when a stage does not compile or the pair does not
  /// link.
  static Result<Shader> compile(std::string_view name, std::string_view vertex, std::string_view fragment);
  /// The pair `shaders/<name>.vert`, `shaders/<name>.frag` inside the program.
  static Result<Shader> load(std::string_view name);

  Shader() = default;
  Shader(Shader&& other) noexcept : id_(std::exchange(other.id_, 0u)) {}
  Shader& operator=(Shader&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Shader();

  void use() const { glUseProgram(id_); }
  /// -1 (which GL ignores) when the name is unknown or was optimised away.
  GLint uniform(const char* name) const { return glGetUniformLocation(id_, name); }

 private:
  GLuint id_ = 0;
};

}  // namespace regard
