#include "app/window/window.h"

#include <utility>

#include <GLFW/glfw3.h>
#include <imgui.h>
#include <imgui_impl_glfw.h>
#include <imgui_impl_opengl3.h>

#include "app/gl/framebuffer.h"
#include "app/window/glfw.h"

namespace regard {
namespace {

// What OpenGL the machine has when it has no 3.3: any context at all can say.
std::string describe_old_gl() {
  glfwDefaultWindowHints();
  glfwWindowHint(GLFW_VISIBLE, GLFW_FALSE);
  GLFWwindow* probe = glfwCreateWindow(16, 16, "", nullptr, nullptr);
  if (probe == nullptr) return "no OpenGL (" + last_glfw_error() + ")";
  glfwMakeContextCurrent(probe);
  const auto found = load_gl(glfwGetProcAddress);
  glfwDestroyWindow(probe);
  return found ? *found : found.error().message;
}

}  // namespace

Result<std::unique_ptr<Window>> Window::open(const WindowOptions& options) {
  if (!has_display()) {
    return fail(
        ErrorCode::kUnsupported,
        "window: expected a display, got none (neither DISPLAY nor WAYLAND_DISPLAY is set); `regard shot` "
        "draws without one");
  }
  if (glfwInit() != GLFW_TRUE) {
    return fail(ErrorCode::kUnsupported,
                "window: expected a display, got none ({}); `regard shot` draws without one",
                last_glfw_error());
  }
  std::unique_ptr<Window> window(new Window());  // from here on its destructor ends GLFW
  hint_core_33();
  glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
  glfwWindowHint(GLFW_VISIBLE, options.visible ? GLFW_TRUE : GLFW_FALSE);
  window->window_ =
      glfwCreateWindow(options.size.width, options.size.height, options.title.c_str(), nullptr, nullptr);
  if (window->window_ == nullptr) {
    const std::string reason = last_glfw_error();
    return fail(ErrorCode::kUnsupported,
                "window: expected OpenGL 3.3 or newer, got {} ({}); update the graphics driver, or set "
                "LIBGL_ALWAYS_SOFTWARE=1 to draw without it",
                describe_old_gl(), reason);
  }
  glfwMakeContextCurrent(window->window_);
  auto loaded = load_gl(glfwGetProcAddress);
  if (!loaded) {
    return fail(ErrorCode::kUnsupported, "window: expected OpenGL 3.3 or newer, got {}",
                loaded.error().message);
  }
  window->description_ = *loaded + ", window";
  glfwSwapInterval(1);
  window->listen();
  window->start_imgui();
  ImGui_ImplGlfw_InitForOpenGL(window->window_, true);  // calls our callbacks, too
  return window;
}

Window::~Window() {
  if (ImGui::GetCurrentContext() != nullptr && ImGui::GetIO().BackendPlatformUserData != nullptr) {
    ImGui_ImplGlfw_Shutdown();
  }
  stop_imgui();
  if (window_ != nullptr) glfwDestroyWindow(window_);
  glfwTerminate();
}

// Callbacks only note that something happened: ImGui's own, chained on these, read what it was.
void Window::listen() {
  glfwSetWindowUserPointer(window_, this);
  static constexpr auto note = [](GLFWwindow* window) {
    static_cast<Window*>(glfwGetWindowUserPointer(window))->had_event_ = true;
  };
  glfwSetKeyCallback(window_, [](GLFWwindow* w, int, int, int, int) { note(w); });
  glfwSetCharCallback(window_, [](GLFWwindow* w, unsigned) { note(w); });
  glfwSetMouseButtonCallback(window_, [](GLFWwindow* w, int, int, int) { note(w); });
  glfwSetCursorPosCallback(window_, [](GLFWwindow* w, double, double) { note(w); });
  glfwSetCursorEnterCallback(window_, [](GLFWwindow* w, int) { note(w); });
  glfwSetScrollCallback(window_, [](GLFWwindow* w, double, double) { note(w); });
  glfwSetWindowFocusCallback(window_, [](GLFWwindow* w, int) { note(w); });
  glfwSetWindowCloseCallback(window_, [](GLFWwindow* w) { note(w); });
  glfwSetWindowRefreshCallback(window_, [](GLFWwindow* w) { note(w); });
  glfwSetFramebufferSizeCallback(window_, [](GLFWwindow* w, int, int) { note(w); });
  glfwSetWindowContentScaleCallback(window_, [](GLFWwindow* w, float, float) { note(w); });
  glfwSetDropCallback(window_, [](GLFWwindow* w, int count, const char** paths) {
    note(w);
    auto* self = static_cast<Window*>(glfwGetWindowUserPointer(w));
    if (self->drop_) self->drop_(std::vector<std::string>(paths, paths + count));
  });
}

SizePx Window::framebuffer_px() const {
  SizePx size;
  glfwGetFramebufferSize(window_, &size.width, &size.height);
  return size;
}

float Window::content_scale() const { return ImGui_ImplGlfw_GetContentScaleForWindow(window_); }

bool Window::should_close() const { return glfwWindowShouldClose(window_) == GLFW_TRUE; }

void Window::wait_events(double timeout_s) {
  if (timeout_s > 0.0) {
    glfwWaitEventsTimeout(timeout_s);
  } else {
    glfwPollEvents();
  }
}

void Window::wake() {
  woken_ = true;
  glfwPostEmptyEvent();  // may be called from any thread
}

bool Window::take_had_event() {
  const bool woken = woken_.exchange(false);
  return std::exchange(had_event_, false) || woken;
}

void Window::begin_frame() {
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  ImGui::NewFrame();
}

void Window::end_frame() {
  const SizePx size = framebuffer_px();
  draw_imgui(size);
  if (keeps_picture_) {
    picture_ = read_bound_rgba(size.width, size.height);
    flip_rows(picture_, size.width, size.height);
  }
  glfwSwapBuffers(window_);
}

void Window::cancel_close() { glfwSetWindowShouldClose(window_, GLFW_FALSE); }

SizePx Window::size() const {
  SizePx size;
  glfwGetWindowSize(window_, &size.width, &size.height);
  return size;
}

void Window::set_title(const std::string& title) { glfwSetWindowTitle(window_, title.c_str()); }

}  // namespace regard
