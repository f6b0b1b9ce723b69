#include "app/window/gl_context.h"

#include <glad/gl.h>
#include <imgui.h>
#include <imgui_impl_opengl3.h>

#include "core/base/check.h"

namespace regard {
namespace {

const char* gl_text(GLenum name) {
  const auto* text = reinterpret_cast<const char*>(glGetString(name));
  return text != nullptr ? text : "unknown";
}

}  // namespace

void GlContext::start_imgui() {
  REGARD_CHECK(ImGui::GetCurrentContext() == nullptr);
  IMGUI_CHECKVERSION();
  imgui_ = ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.LogFilename = nullptr;
  io.ConfigFlags |= ImGuiConfigFlags_DockingEnable | ImGuiConfigFlags_NavEnableKeyboard;
  REGARD_CHECK(ImGui_ImplOpenGL3_Init("#version 330 core"));
}

void GlContext::stop_imgui() {
  if (imgui_ == nullptr) return;
  ImGui_ImplOpenGL3_Shutdown();
  ImGui::DestroyContext(imgui_);
  imgui_ = nullptr;
}

Result<std::string> load_gl(GlLoader loader) {
  const int version = gladLoadGL(loader);
  if (version == 0) return fail(ErrorCode::kUnsupported, "the OpenGL functions could not be found");
  if (version < GLAD_MAKE_VERSION(3, 3)) {
    return fail(ErrorCode::kUnsupported, "OpenGL {} ({})", gl_text(GL_VERSION), gl_text(GL_RENDERER));
  }
  return fmt::format("{}, {}", gl_text(GL_VERSION), gl_text(GL_RENDERER));
}

}  // namespace regard
