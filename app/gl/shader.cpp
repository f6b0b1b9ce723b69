#include "app/gl/shader.h"

#include <span>
#include <string>

#include "app/embedded.h"

namespace regard {
namespace {

/// One stage, deleted when done: a linked program keeps what it needs.
class Stage {
 public:
  Stage(GLenum kind, std::string_view source) : id_(glCreateShader(kind)) {
    const char* text = source.data();
    const auto length = static_cast<GLint>(source.size());
    glShaderSource(id_, 1, &text, &length);
    glCompileShader(id_);
  }
  ~Stage() { glDeleteShader(id_); }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  GLuint id() const { return id_; }
  bool compiled() const {
    GLint status = GL_FALSE;
    glGetShaderiv(id_, GL_COMPILE_STATUS, &status);
    return status == GL_TRUE;
  }
  std::string log() const {
    GLint size = 0;
    glGetShaderiv(id_, GL_INFO_LOG_LENGTH, &size);
    std::string text(static_cast<std::size_t>(size > 0 ? size : 0), '\0');
    glGetShaderInfoLog(id_, size, nullptr, text.data());
    return text;
  }

 private:
  GLuint id_;
};

std::string program_log(GLuint id) {
  GLint size = 0;
  glGetProgramiv(id, GL_INFO_LOG_LENGTH, &size);
  std::string text(static_cast<std::size_t>(size > 0 ? size : 0), '\0');
  glGetProgramInfoLog(id, size, nullptr, text.data());
  return text;
}

// Errors are one line; the first of a driver's is the one that explains the others.
std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find_first_of(std::string_view("\n\0", 2)));
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<Shader> Shader::compile(std::string_view name, std::string_view vertex, std::string_view fragment) {
  const Stage vertex_stage(GL_VERTEX_SHADER, vertex);
  if (!vertex_stage.compiled()) {
    return fail(ErrorCode::kUnsupported, "shader {}.vert: {}", name, first_line(vertex_stage.log()));
  }
  const Stage fragment_stage(GL_FRAGMENT_SHADER, fragment);
  if (!fragment_stage.compiled()) {
    return fail(ErrorCode::kUnsupported, "shader {}.frag: {}", name, first_line(fragment_stage.log()));
  }
  Shader shader;
  shader.id_ = glCreateProgram();
  glAttachShader(shader.id_, vertex_stage.id());
  glAttachShader(shader.id_, fragment_stage.id());
  glLinkProgram(shader.id_);
  GLint status = GL_FALSE;
  glGetProgramiv(shader.id_, GL_LINK_STATUS, &status);
  if (status != GL_TRUE) {
    return fail(ErrorCode::kUnsupported, "shader {}: link: {}", name, first_line(program_log(shader.id_)));
  }
  glDetachShader(shader.id_, vertex_stage.id());
  glDetachShader(shader.id_, fragment_stage.id());
  return shader;
}

Result<Shader> Shader::load(std::string_view name) {
  const auto vertex = embedded_file(fmt::format("shaders/{}.vert", name));
  const auto fragment = embedded_file(fmt::format("shaders/{}.frag", name));
  if (vertex.empty() || fragment.empty()) {
    return fail(ErrorCode::kIo, "shader {}: expected shaders/{}.vert and .frag inside the program, got none",
                name, name);
  }
  return compile(name, text_of(vertex), text_of(fragment));
}

Shader::~Shader() {
  if (id_ != 0) glDeleteProgram(id_);
}

}  // namespace regard
