// The window on the screen: GLFW.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/window/gl_context.h"

struct GLFWwindow;

namespace regard {

struct WindowOptions {
  std::string title = "Regard";
  SizePx size{1280, 800};  // multiplied by the monitor's scale, where the system does not do it
  bool visible = true;
};

/// UI thread only, except wake(). One at a time: it owns GLFW.
class Window final : public GlContext {
 public:
  /// Errors: unsupported, when there is no display or OpenGL is below 3.3; the message says what was found
  /// and what to do. The caller exits with 3.
  static Result<std::unique_ptr<Window>> open(const WindowOptions& options);
  ~Window() override;

  SizePx framebuffer_px() const override;
  float content_scale() const override;
  bool should_close() const override;
  void wait_events(double timeout_s) override;
  void wake() override;
  bool take_had_event() override;
  void begin_frame() override;
  void end_frame() override;

  /// The person asked to close and has thought better of it.
  void cancel_close();
  /// Size in the system's units, to be given to open() next time.
  SizePx size() const;
  void set_title(const std::string& title);
  /// From the next frame on, keeps a copy of each before it is shown (after that its pixels are undefined).
  /// Slow; for tests.
  void keep_picture() { keeps_picture_ = true; }
  /// [height][width] of framebuffer_px(), top row first, bytes R, G, B, A.
  const std::vector<std::uint32_t>& picture() const { return picture_; }
  /// Called from wait_events() with the paths dropped on the window, in UTF-8.
  void on_drop(std::function<void(std::vector<std::string>)> drop) { drop_ = std::move(drop); }

 private:
  Window() = default;
  void listen();

  GLFWwindow* window_ = nullptr;
  std::function<void(std::vector<std::string>)> drop_;
  bool had_event_ = true;  // the first frame has to be drawn
  std::atomic<bool> woken_ = false;
  bool keeps_picture_ = false;
  std::vector<std::uint32_t> picture_;
};

}  // namespace regard
