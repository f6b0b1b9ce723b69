// What the program draws on: a window, or an image without a screen. Owns the OpenGL context and the life of
// ImGui; knows nothing of what is drawn.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "core/base/result.h"

struct ImDrawData;
struct ImGuiContext;
enum ImGuiKey : int;

namespace regard {

struct SizePx {
  int width = 0;
  int height = 0;
  friend bool operator==(const SizePx&, const SizePx&) = default;
};

/// One OpenGL 3.3 core context, current on the thread that made it, with ImGui ready on it: docking and
/// keyboard navigation on, no ini file (the caller keeps the layout), fonts and style as ImGui has them. One
/// at a time. Everything that holds a GL name must be destroyed before it. UI thread only, unless said
/// otherwise.
class GlContext {
 public:
  virtual ~GlContext() = default;
  GlContext(const GlContext&) = delete;
  GlContext& operator=(const GlContext&) = delete;

  virtual SizePx framebuffer_px() const = 0;
  /// What the monitor asks fonts and spaces to be multiplied with; 1 on an ordinary one.
  virtual float content_scale() const = 0;
  virtual bool should_close() const = 0;

  /// Waits until something happens, at most so long; 0 only looks. An image does not wait.
  virtual void wait_events(double timeout_s) = 0;
  /// Ends a wait_events(). Thread: any.
  virtual void wake() = 0;
  /// Whether anything happened since the last call: input, a new size, a need to repaint, wake().
  virtual bool take_had_event() = 0;

  /// ImGui's new frame. Between the two calls the framebuffer of the frame is bound.
  virtual void begin_frame() = 0;
  /// ImGui draws; the window shows it.
  virtual void end_frame() = 0;

  /// A second window, for whoever presents, or none. It is never in front by itself.
  struct Second {
    SizePx size;              // pixels
    float content_scale = 1;  // of the monitor it is on
  };
  /// Opens it, beside the screen that the window is on where there is one, or closes it.
  virtual void show_second(bool) {}
  /// Nothing: there is none, or the person has closed it.
  virtual std::optional<Second> second() const { return std::nullopt; }
  /// Draws that over all of it. After end_frame(). The second window's pixels are ImGui's.
  virtual void draw_second(ImDrawData&) {}
  /// Screens that the machine has.
  virtual int screens() const { return 1; }

  /// What the key at a place types without Shift in the layout in force: "a", "é"; empty: nothing, or not
  /// known. @param place  named as on a US keyboard
  virtual std::string key_text(ImGuiKey) const { return {}; }
  /// Which key a press at a place is for shortcuts, ImGuiKey_None: none. Called with each press.
  void on_key_press(std::function<ImGuiKey(ImGuiKey place)> meant) { key_meant_ = std::move(meant); }

  /// E.g. "4.5 (Core Profile) Mesa 22.3.6, llvmpipe (LLVM 15.0.6, 256 bits), EGL without a screen".
  const std::string& description() const { return description_; }

 protected:
  GlContext() = default;

  /// Creates ImGui's context and its drawing on OpenGL. The GL context must be current and loaded.
  void start_imgui();
  /// The reverse; the GL context must still be current. Harmless when start_imgui() was not called.
  void stop_imgui();

  std::string description_;
  std::function<ImGuiKey(ImGuiKey place)> key_meant_;

 private:
  ImGuiContext* imgui_ = nullptr;
};

/// How a GL function is found by name. Same type as glfwGetProcAddress and eglGetProcAddress return.
using GlFunction = void (*)();
using GlLoader = GlFunction (*)(const char* name);

/// Fills glad's table from the current context.
/// @return  "<version>, <renderer>"
/// Errors: unsupported, when it is not OpenGL 3.3 or newer; the message says what it is.
Result<std::string> load_gl(GlLoader loader);

}  // namespace regard
