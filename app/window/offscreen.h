// An image to draw on where there is no screen: EGL without a surface, else OSMesa, else a window that is
// never shown.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/gl/framebuffer.h"
#include "app/window/gl_context.h"
#include "app/window/retained_frame.h"

namespace regard {

/// A current OpenGL 3.3 context and nothing else; the destructor ends it.
class BareContext {
 public:
  virtual ~BareContext() = default;
  virtual GlLoader loader() const = 0;
  /// The way it was made, e.g. "EGL without a screen".
  virtual std::string name() const = 0;
};

/// The three ways. Errors: unsupported; the message is short and to be joined with the others'.
Result<std::unique_ptr<BareContext>> make_egl_context();
Result<std::unique_ptr<BareContext>> make_osmesa_context();
Result<std::unique_ptr<BareContext>> make_hidden_window_context();

struct OffscreenOptions {
  SizePx size{1280, 800};  // pixels of the image
  float content_scale = 1.0f;
  bool retained = false;  // as a window draws: on the last frame, what changed. Same pixels
};

/// UI thread only. Time advances by 1/60 s a frame, so that the same frames give the same picture.
class Offscreen final : public GlContext {
 public:
  /// Errors: unsupported, when none of the three ways gives OpenGL 3.3; the message says what each found and
  /// what to do. The caller exits with 3.
  static Result<std::unique_ptr<Offscreen>> create(const OffscreenOptions& options);
  ~Offscreen() override;

  SizePx framebuffer_px() const override { return size_; }
  float content_scale() const override { return content_scale_; }
  bool should_close() const override { return false; }
  void wait_events(double) override {}
  void wake() override;
  bool take_had_event() override;
  void begin_frame() override;
  void end_frame() override;
  /// The second window as an image of the same size: from then on read_rgba() gives that one.
  void show_second(bool on) override { second_ = on; }
  std::optional<Second> second() const override {
    return second_ ? std::optional(Second{size_, content_scale_}) : std::nullopt;
  }
  void draw_second(ImDrawData& frame) override;

  /// Waits for a wake() since the last pause, at most so long. For a caller that knows an answer is under
  /// way.
  void pause_ms(int most_ms);
  /// What the last end_frame() drew: [height][width], top row first, bytes R, G, B, A.
  std::vector<std::uint32_t> read_rgba() const;
  /// CPU time of this thread in the last end_frame(), milliseconds: the driver's and, where it has no card,
  /// its part of drawing.
  double drawing_ms() const { return drawing_ms_; }
  /// From the next frame on. Errors: as create(); the old size stays.
  Result<void> resize(SizePx size);
  const RetainedFrame& frame() const { return frame_; }  ///< with `retained`

 private:
  Offscreen() = default;

  std::unique_ptr<BareContext> context_;
  Framebuffer framebuffer_;  // after context_: destroyed before it
  RetainedFrame frame_;
  bool retained_ = false, second_ = false;
  double drawing_ms_ = 0;
  SizePx size_;
  float content_scale_ = 1.0f;
  std::mutex mutex_;  // guards woken_
  std::condition_variable wakes_;
  bool woken_ = true;  // the first frame has to be drawn
};

}  // namespace regard
