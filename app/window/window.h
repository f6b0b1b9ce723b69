// The window on the screen: GLFW.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/window/gl_context.h"
#include "app/window/placement.h"
#include "app/window/retained_frame.h"

struct GLFWwindow;

namespace regard {

struct WindowOptions {
  std::string title = "Regard";
  SizePx size{1280, 800};  // of a screen of scale 1; less when the screen has less
  std::optional<PointPx>
      at;  // the system's coordinates; nothing, or on no screen: the middle of the main one
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
  std::string key_text(ImGuiKey place) const override;
  void begin_frame() override;
  void end_frame() override;
  void show_second(bool on) override;
  std::optional<Second> second() const override;
  void draw_second(ImDrawData& frame) override;
  int screens() const override;

  /// To be given to open() next time. Of a maximised window what it is as long as it is; of one that fills
  /// the screen what it was before.
  SizePx size() const;
  std::optional<PointPx> at() const;  ///< nothing: the system does not say
  /// Fills the screen that shows most of the window, or brings the window back as it was.
  void set_full_screen(bool on);
  bool full_screen() const { return before_full_screen_.has_value(); }
  /// From the next frame on, keeps a copy of each before it is shown (after that its pixels are undefined).
  /// Slow; for tests.
  void keep_picture() { keeps_picture_ = true; }
  /// [height][width] of framebuffer_px(), top row first, bytes R, G, B, A.
  const std::vector<std::uint32_t>& picture() const { return picture_; }
  const RetainedFrame& frame() const { return frame_; }
  /// Called from wait_events() with the paths dropped on the window, in UTF-8.
  void on_drop(std::function<void(std::vector<std::string>)> drop) { drop_ = std::move(drop); }

 private:
  Window() = default;
  void listen();
  void place(const WindowOptions& options);
  void limit_size();
  void press(int key, int scancode, int action, int mods);

  GLFWwindow *window_ = nullptr, *second_ = nullptr;
  std::function<void(std::vector<std::string>)> drop_;
  std::optional<Placement> before_full_screen_;  // the system's coordinates; nothing: it is a window
  bool had_event_ = true;                        // the first frame has to be drawn
  std::atomic<bool> woken_ = false;
  std::array<int, 512> pressed_{};  // by key of GLFW: what its press was for ImGui
  RetainedFrame frame_;
  bool keeps_picture_ = false;
  std::vector<std::uint32_t> picture_;
};

}  // namespace regard
