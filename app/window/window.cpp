#include "app/window/window.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <GLFW/glfw3.h>
#include <imgui.h>
#include <imgui_impl_glfw.h>
#include <imgui_impl_opengl3.h>

#include "app/gl/framebuffer.h"
#include "app/window/glfw.h"
#include "app/window/input_order.h"

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

// Screens as GLFW names them, the main one first. Where the system scales by itself (Wayland), its
// coordinates are units already: `by_itself`.
std::vector<Screen> screens_there_are(bool by_itself) {
  int count = 0;
  GLFWmonitor** monitors = glfwGetMonitors(&count);
  std::vector<Screen> screens;
  for (int i = 0; i < count; ++i) {
    Screen screen;
    float scale_x = 1.0f, scale_y = 1.0f;
    glfwGetMonitorWorkarea(monitors[i], &screen.at.x, &screen.at.y, &screen.size.width, &screen.size.height);
    glfwGetMonitorContentScale(monitors[i], &scale_x, &scale_y);
    screen.scale = by_itself ? 1.0 : std::max(0.1f, scale_x);
    if (screen.size.width > 0 && screen.size.height > 0) screens.push_back(screen);
  }
  return screens;
}

// Wayland, where a window is not told where it is, and its size is in units.
bool system_scales(GLFWwindow* window) {
  float scale = 1.0f, scale_y = 1.0f;
  int width = 0, height = 0, width_px = 0, height_px = 0;
  glfwGetWindowContentScale(window, &scale, &scale_y);
  glfwGetWindowSize(window, &width, &height);
  glfwGetFramebufferSize(window, &width_px, &height_px);
  return width_px > width + width / 8;
}

// The monitor that shows most of a window there, else the main one; null without any.
GLFWmonitor* monitor_of(const Placement& window) {
  int count = 0;
  GLFWmonitor** monitors = glfwGetMonitors(&count);
  GLFWmonitor* best = glfwGetPrimaryMonitor();
  double most = 0.0;
  for (int i = 0; i < count && window.at; ++i) {
    Screen screen;
    const GLFWvidmode* mode = glfwGetVideoMode(monitors[i]);
    if (mode == nullptr) continue;
    glfwGetMonitorPos(monitors[i], &screen.at.x, &screen.at.y);
    screen.size = {mode->width, mode->height};
    const double shown = shared_area(screen, *window.at, window.size);
    if (shown <= most) continue;
    most = shown;
    best = monitors[i];
  }
  return best;
}

constexpr std::pair<int, ImGuiKey> kSignKeys[] = {{GLFW_KEY_APOSTROPHE, ImGuiKey_Apostrophe},
                                                  {GLFW_KEY_COMMA, ImGuiKey_Comma},
                                                  {GLFW_KEY_MINUS, ImGuiKey_Minus},
                                                  {GLFW_KEY_PERIOD, ImGuiKey_Period},
                                                  {GLFW_KEY_SLASH, ImGuiKey_Slash},
                                                  {GLFW_KEY_SEMICOLON, ImGuiKey_Semicolon},
                                                  {GLFW_KEY_EQUAL, ImGuiKey_Equal},
                                                  {GLFW_KEY_LEFT_BRACKET, ImGuiKey_LeftBracket},
                                                  {GLFW_KEY_BACKSLASH, ImGuiKey_Backslash},
                                                  {GLFW_KEY_RIGHT_BRACKET, ImGuiKey_RightBracket},
                                                  {GLFW_KEY_GRAVE_ACCENT, ImGuiKey_GraveAccent},
                                                  {GLFW_KEY_WORLD_1, ImGuiKey_Oem102},
                                                  {GLFW_KEY_WORLD_2, ImGuiKey_Oem102}};

// GLFW names keys by their place on a US keyboard, as ImGui does. ImGuiKey_None: no key that types.
ImGuiKey place_of(int key) {
  if (key >= GLFW_KEY_0 && key <= GLFW_KEY_9) return static_cast<ImGuiKey>(ImGuiKey_0 + (key - GLFW_KEY_0));
  if (key >= GLFW_KEY_A && key <= GLFW_KEY_Z) return static_cast<ImGuiKey>(ImGuiKey_A + (key - GLFW_KEY_A));
  const auto* sign = std::ranges::find(kSignKeys, key, &std::pair<int, ImGuiKey>::first);
  return sign != std::end(kSignKeys) ? sign->second : ImGuiKey_None;
}

int glfw_key(ImGuiKey place) {
  if (place >= ImGuiKey_0 && place <= ImGuiKey_9) return GLFW_KEY_0 + (place - ImGuiKey_0);
  if (place >= ImGuiKey_A && place <= ImGuiKey_Z) return GLFW_KEY_A + (place - ImGuiKey_A);
  const auto* sign = std::ranges::find(kSignKeys, place, &std::pair<int, ImGuiKey>::second);
  return sign != std::end(kSignKeys) ? sign->first : GLFW_KEY_UNKNOWN;
}

struct SecondPlace {
  PointPx at;
  SizePx size;
};

// Most of another screen than `first`; on the only one a corner of it.
SecondPlace place_of_second(GLFWmonitor* first) {
  int count = 0;
  GLFWmonitor** monitors = glfwGetMonitors(&count);
  GLFWmonitor* chosen = first;
  for (int i = 0; i < count; ++i) {
    if (monitors[i] == first) continue;
    chosen = monitors[i];
    break;
  }
  SecondPlace out{.at = {40, 40}, .size = {720, 480}};
  if (chosen == nullptr) return out;
  Screen room;
  glfwGetMonitorWorkarea(chosen, &room.at.x, &room.at.y, &room.size.width, &room.size.height);
  const int parts = chosen == first ? 2 : 4;
  out.size = {room.size.width * (parts - 1) / parts, room.size.height * (parts - 1) / parts};
  out.at = {room.at.x + (room.size.width - out.size.width) / 2,
            room.at.y + (room.size.height - out.size.height) / 2};
  return out;
}

// As ImGui's own backend does before each key.
void tell_modifiers(GLFWwindow* window) {
  const auto held = [window](int left, int right) {
    return glfwGetKey(window, left) == GLFW_PRESS || glfwGetKey(window, right) == GLFW_PRESS;
  };
  ImGuiIO& io = ImGui::GetIO();
  io.AddKeyEvent(ImGuiMod_Ctrl, held(GLFW_KEY_LEFT_CONTROL, GLFW_KEY_RIGHT_CONTROL));
  io.AddKeyEvent(ImGuiMod_Shift, held(GLFW_KEY_LEFT_SHIFT, GLFW_KEY_RIGHT_SHIFT));
  io.AddKeyEvent(ImGuiMod_Alt, held(GLFW_KEY_LEFT_ALT, GLFW_KEY_RIGHT_ALT));
  io.AddKeyEvent(ImGuiMod_Super, held(GLFW_KEY_LEFT_SUPER, GLFW_KEY_RIGHT_SUPER));
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
  glfwWindowHint(GLFW_VISIBLE, GLFW_FALSE);  // shown when it has its place
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
  glfwSetKeyCallback(window->window_, [](GLFWwindow* w, int key, int scancode, int action, int mods) {
    static_cast<Window*>(glfwGetWindowUserPointer(w))->press(key, scancode, action, mods);
  });
  window->place(options);
  if (options.visible) glfwShowWindow(window->window_);
  return window;
}

Window::~Window() {
  if (ImGui::GetCurrentContext() != nullptr && ImGui::GetIO().BackendPlatformUserData != nullptr) {
    ImGui_ImplGlfw_Shutdown();
  }
  frame_ = {};  // while there is a context
  stop_imgui();
  if (second_ != nullptr) glfwDestroyWindow(second_);
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
  glfwSetWindowContentScaleCallback(window_, [](GLFWwindow* w, float, float) {
    note(w);
    static_cast<Window*>(glfwGetWindowUserPointer(w))->limit_size();
  });
  glfwSetDropCallback(window_, [](GLFWwindow* w, int count, const char** paths) {
    note(w);
    auto* self = static_cast<Window*>(glfwGetWindowUserPointer(w));
    if (self->drop_) self->drop_(std::vector<std::string>(paths, paths + count));
  });
}

void Window::place(const WindowOptions& options) {
  Frame frame;
  glfwGetWindowFrameSize(window_, &frame.left, &frame.top, &frame.right, &frame.bottom);
  const Placement placement =
      place_window(options.size, options.at, screens_there_are(system_scales(window_)), frame);
  glfwSetWindowSize(window_, placement.size.width, placement.size.height);
  if (placement.at) glfwSetWindowPos(window_, placement.at->x, placement.at->y);
  (void)glfwGetError(nullptr);  // Wayland places windows itself
  limit_size();
}

// A screen that is smaller than that has the last word.
void Window::limit_size() {
  const double scale = system_scales(window_) ? 1.0 : std::max(0.1f, content_scale());
  Placement now;
  glfwGetWindowSize(window_, &now.size.width, &now.size.height);
  now.at = at();
  SizePx most{16384, 16384};
  if (GLFWmonitor* monitor = monitor_of(now)) {
    PointPx corner;
    glfwGetMonitorWorkarea(monitor, &corner.x, &corner.y, &most.width, &most.height);
  }
  const auto least = [&](int units, int screen) {
    return std::max(1, std::min(static_cast<int>(std::lround(units * scale)), screen * 9 / 10));
  };
  glfwSetWindowSizeLimits(window_, least(kLeastWindow.width, most.width),
                          least(kLeastWindow.height, most.height), GLFW_DONT_CARE, GLFW_DONT_CARE);
  (void)glfwGetError(nullptr);
}

std::string Window::key_text(ImGuiKey place) const {
  const int key = glfw_key(place);
  const char* text = key != GLFW_KEY_UNKNOWN ? glfwGetKeyName(key, 0) : nullptr;
  (void)glfwGetError(nullptr);
  return text != nullptr ? text : "";
}

// ImGui's backend asks digits by what their key types: a French 4 would be an apostrophe.
void Window::press(int key, int scancode, int action, int mods) {
  had_event_ = true;
  const ImGuiKey place = place_of(key);
  if (place == ImGuiKey_None || !key_meant_)
    return ImGui_ImplGlfw_KeyCallback(window_, key, scancode, action, mods);
  if (action != GLFW_PRESS && action != GLFW_RELEASE) return;
  tell_modifiers(window_);
  int& pressed = pressed_[static_cast<std::size_t>(key)];
  if (action == GLFW_PRESS) pressed = key_meant_(place);
  if (pressed != ImGuiKey_None)
    ImGui::GetIO().AddKeyEvent(static_cast<ImGuiKey>(pressed), action == GLFW_PRESS);
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
  const HoldBack one_frame;
  ImGui::NewFrame();
}

void Window::end_frame() {
  ImGui::Render();
  const SizePx size = framebuffer_px();
  if (frame_.draw()) {
    frame_.picture().copy_to_bound();
  } else {
    draw_whole_frame(size);
  }
  if (keeps_picture_) {
    picture_ = read_bound_rgba(size.width, size.height);
    flip_rows(picture_, size.width, size.height);
  }
  glfwSwapBuffers(window_);
}

int Window::screens() const {
  int count = 0;
  glfwGetMonitors(&count);
  return count;
}

std::optional<Window::Second> Window::second() const {
  if (second_ == nullptr || glfwWindowShouldClose(second_) == GLFW_TRUE) return std::nullopt;
  Second out;
  glfwGetFramebufferSize(second_, &out.size.width, &out.size.height);
  out.content_scale = ImGui_ImplGlfw_GetContentScaleForWindow(second_);
  return out;
}

// Its keys are the window's: a presenter's remote works whichever is in front.
void Window::show_second(bool on) {
  if (on == (second_ != nullptr)) return;
  had_event_ = true;
  if (!on) {
    glfwDestroyWindow(std::exchange(second_, nullptr));
    return;
  }
  Placement here;
  glfwGetWindowSize(window_, &here.size.width, &here.size.height);
  here.at = at();
  GLFWmonitor* const filled = glfwGetWindowMonitor(window_);
  const SecondPlace place = place_of_second(filled != nullptr ? filled : monitor_of(here));
  hint_core_33();
  glfwWindowHint(GLFW_VISIBLE, GLFW_FALSE);
  glfwWindowHint(GLFW_FOCUS_ON_SHOW, GLFW_FALSE);  // the keyboard stays where it is
  second_ = glfwCreateWindow(place.size.width, place.size.height, "Regard", nullptr, window_);
  glfwDefaultWindowHints();
  if (second_ == nullptr) return;
  glfwSetWindowUserPointer(second_, this);
  static constexpr auto note = [](GLFWwindow* window) {
    static_cast<Window*>(glfwGetWindowUserPointer(window))->had_event_ = true;
  };
  glfwSetKeyCallback(second_, [](GLFWwindow* w, int key, int scancode, int action, int mods) {
    static_cast<Window*>(glfwGetWindowUserPointer(w))->press(key, scancode, action, mods);
  });
  glfwSetWindowCloseCallback(second_, [](GLFWwindow* w) { note(w); });
  glfwSetWindowRefreshCallback(second_, [](GLFWwindow* w) { note(w); });
  glfwSetFramebufferSizeCallback(second_, [](GLFWwindow* w, int, int) { note(w); });
  glfwSetWindowContentScaleCallback(second_, [](GLFWwindow* w, float, float) { note(w); });
  // A click into it must not put the presented window away.
  glfwSetWindowAttrib(window_, GLFW_AUTO_ICONIFY, GLFW_FALSE);
  glfwSetWindowPos(second_, place.at.x, place.at.y);
  glfwMakeContextCurrent(second_);
  glfwSwapInterval(0);  // the window waits for the screen already
  glfwMakeContextCurrent(window_);
  glfwShowWindow(second_);
  (void)glfwGetError(nullptr);  // Wayland places windows itself
}

// Textures and buffers are shared; what OpenGL does not share ImGui's drawing makes anew each time.
void Window::draw_second(ImDrawData& frame) {
  if (second_ == nullptr) return;
  glfwMakeContextCurrent(second_);
  draw_over_all(frame);
  glfwSwapBuffers(second_);
  glfwMakeContextCurrent(window_);
}

SizePx Window::size() const {
  SizePx size;
  if (before_full_screen_) {
    size = before_full_screen_->size;
  } else {
    glfwGetWindowSize(window_, &size.width, &size.height);
  }
  return units_of(size, system_scales(window_) ? 1.0 : content_scale());
}

std::optional<PointPx> Window::at() const {
  if (before_full_screen_) return before_full_screen_->at;
  PointPx at;
  (void)glfwGetError(nullptr);
  glfwGetWindowPos(window_, &at.x, &at.y);
  return glfwGetError(nullptr) == GLFW_NO_ERROR ? std::optional(at) : std::nullopt;
}

void Window::set_full_screen(bool on) {
  if (on == full_screen()) return;
  had_event_ = true;
  if (!on) {
    const Placement back = *std::exchange(before_full_screen_, std::nullopt);
    const PointPx corner = back.at.value_or(PointPx{});
    glfwSetWindowMonitor(window_, nullptr, corner.x, corner.y, back.size.width, back.size.height,
                         GLFW_DONT_CARE);
    limit_size();
    (void)glfwGetError(nullptr);
    return;
  }
  Placement now;
  glfwGetWindowSize(window_, &now.size.width, &now.size.height);
  now.at = at();
  GLFWmonitor* monitor = monitor_of(now);
  const GLFWvidmode* mode = monitor != nullptr ? glfwGetVideoMode(monitor) : nullptr;
  if (mode == nullptr) return;
  before_full_screen_ = now;
  glfwSetWindowMonitor(window_, monitor, 0, 0, mode->width, mode->height, mode->refreshRate);
  (void)glfwGetError(nullptr);
}

}  // namespace regard
