#include "app/window/offscreen.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include <GLFW/glfw3.h>
#include <imgui.h>
#include <imgui_impl_opengl3.h>

#include "app/window/glfw.h"
#include "core/base/check.h"

namespace regard {
namespace {

/// Last resort: works where there is an X server or a Wayland compositor, e.g. under Xvfb.
class HiddenWindow final : public BareContext {
 public:
  explicit HiddenWindow(GLFWwindow* window) : window_(window) {}
  ~HiddenWindow() override {
    glfwDestroyWindow(window_);
    glfwTerminate();
  }
  GlLoader loader() const override { return glfwGetProcAddress; }
  std::string name() const override { return "hidden window"; }

 private:
  GLFWwindow* window_;
};

double thread_cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

/// Makes a context and loads its functions; on success `description` says what it is.
Result<std::unique_ptr<BareContext>> try_way(Result<std::unique_ptr<BareContext>> made,
                                             std::string& description) {
  if (!made) return made;
  const auto loaded = load_gl((*made)->loader());
  if (!loaded) return fail(ErrorCode::kUnsupported, "{}: {}", (*made)->name(), loaded.error().message);
  description = *loaded + ", " + (*made)->name();
  return made;
}

}  // namespace

Result<std::unique_ptr<BareContext>> make_hidden_window_context() {
  if (!has_display()) return fail(ErrorCode::kUnsupported, "hidden window: no display");
  if (glfwInit() != GLFW_TRUE) return fail(ErrorCode::kUnsupported, "hidden window: {}", last_glfw_error());
  hint_core_33();
  glfwWindowHint(GLFW_VISIBLE, GLFW_FALSE);
  GLFWwindow* window = glfwCreateWindow(16, 16, "Regard", nullptr, nullptr);
  if (window == nullptr) {
    const std::string reason = last_glfw_error();
    glfwTerminate();
    return fail(ErrorCode::kUnsupported, "hidden window: {}", reason);
  }
  glfwMakeContextCurrent(window);
  return std::make_unique<HiddenWindow>(window);
}

Result<std::unique_ptr<Offscreen>> Offscreen::create(const OffscreenOptions& options) {
  REGARD_CHECK(options.size.width > 0 && options.size.height > 0 && options.content_scale > 0.0f);
  std::unique_ptr<Offscreen> offscreen(new Offscreen());
  std::string found;
  for (const auto make : {make_egl_context, make_osmesa_context, make_hidden_window_context}) {
    auto made = try_way(make(), offscreen->description_);
    if (made) {
      offscreen->context_ = std::move(*made);
      break;
    }
    found += (found.empty() ? "" : "; ") + made.error().message;
  }
  if (!offscreen->context_) {
    return fail(
        ErrorCode::kUnsupported,
        "drawing without a screen: expected OpenGL 3.3 or newer, got {}; install libegl1 and libgl1-mesa-dri",
        found);
  }
  REGARD_TRY_DO(offscreen->resize(options.size));
  offscreen->content_scale_ = options.content_scale;
  offscreen->retained_ = options.retained;
  offscreen->start_imgui();
  return offscreen;
}

Result<void> Offscreen::resize(SizePx size) {
  const int largest = max_texture_size_px();
  if (std::max(size.width, size.height) > largest) {
    return fail(ErrorCode::kUnsupported,
                "drawing without a screen: size: expected at most {} pixels a side, got {}x{}", largest,
                size.width, size.height);
  }
  if (!framebuffer_.resize(size.width, size.height)) {
    return fail(ErrorCode::kMemory,
                "drawing without a screen: memory: expected enough for {}x{} pixels, got too little",
                size.width, size.height);
  }
  size_ = size;
  return {};
}

Offscreen::~Offscreen() { stop_imgui(); }

void Offscreen::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wakes_.notify_all();
}

bool Offscreen::take_had_event() {
  const std::lock_guard lock(mutex_);
  return std::exchange(woken_, false);
}

void Offscreen::pause_ms(int most_ms) {
  std::unique_lock lock(mutex_);
  wakes_.wait_for(lock, std::chrono::milliseconds(most_ms), [this] { return woken_; });
  woken_ = false;
}

void Offscreen::begin_frame() {
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = ImVec2(static_cast<float>(size_.width), static_cast<float>(size_.height));
  io.DisplayFramebufferScale = ImVec2(1.0f, 1.0f);
  io.DeltaTime = 1.0f / 60.0f;
  ImGui_ImplOpenGL3_NewFrame();
  ImGui::NewFrame();
  framebuffer_.bind();
}

void Offscreen::end_frame() {
  ImGui::Render();
  const double before = thread_cpu_ms();
  framebuffer_.bind();
  if (retained_ && frame_.draw()) {
    frame_.picture().copy_to_bound();
  } else {
    draw_whole_frame(size_);
  }
  drawing_ms_ = thread_cpu_ms() - before;
}

void Offscreen::draw_second(ImDrawData& frame) {
  framebuffer_.bind();
  draw_over_all(frame);
}

std::vector<std::uint32_t> Offscreen::read_rgba() const {
  std::vector<std::uint32_t> pixels = framebuffer_.read_rgba();
  flip_rows(pixels, size_.width, size_.height);
  return pixels;
}

}  // namespace regard
