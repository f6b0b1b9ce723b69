// The program on a GL context: fonts, textures and the order of a frame. Window and picture differ only in
// the context.
#pragma once

#include <array>
#include <chrono>
#include <memory>

#include "app/gl/heatmap_pass.h"
#include "app/program.h"
#include "app/window/gl_context.h"

namespace regard {

/// One view's numbers and colours on the GPU. UI thread only.
class ColoredImage {
 public:
  /// Uploads when the numbers changed, colours when those or the scale or the map changed. Cost: nothing
  /// otherwise.
  /// @param under   the same at every call
  /// @param smooth  as smoothed(): the numbers are interpolated, then coloured
  void sync(HeatmapPass& pass, const CellImage& image, const ColorScale& scale, Colormap map,
            Under under = Under::kNothing, bool smooth = false, const Shrink& shrink = {});
  ImTextureID texture() const;

 private:
  Texture values_;
  Framebuffer colors_;
  std::uint64_t version_ = 0;
  bool smooth_ = false;
  std::optional<std::tuple<ColorScale, Colormap, Shrink>> drawn_;
};

/// UI thread only. The context must outlive it.
class App {
 public:
  /// Errors: unsupported, when the driver refuses our shaders.
  static Result<std::unique_ptr<App>> create(GlContext& context, const Session& session,
                                             Works works = program_works());

  ~App();

  /// Handles all input there is and draws one frame. Order: answers, views, GPU, panels, commands, picture.
  void frame();
  /// When the textures of the last frame were on the card.
  std::chrono::steady_clock::time_point uploaded_at() const { return uploaded_at_; }
  /// Frames still owed: something changed, or ImGui settles.
  bool frame_due() const { return frames_due_ > 0; }
  /// Something happened outside: draw the next few frames.
  void touch() { frames_due_ = kSettle; }

  Program& program() { return program_; }
  const Program& program() const { return program_; }

 private:
  static constexpr int kSettle = 3;
  App(GlContext& context, const Session& session, Works works, HeatmapPass pass);
  const Keyboard& read_keyboard();
  bool prepare();
  void draw();
  void point_only();
  void place_notes();
  void show_notes();
  void stop_work_for_escape();
  void style();
  void sync_picture(Colormap map);
  void sync_pair();
  void sync_doubled();
  std::array<ImTextureID, kMostDoubled> doubled_textures() const;
  void sync_painting(Colormap map);
  void sync_preview();

  GlContext& context_;
  HeatmapPass pass_;
  Fonts fonts_;
  Program program_;
  ColoredImage matrix_, atlas_, first_, second_, difference_;
  ColoredImage overlay_, patch_atlas_, patch_matrix_;
  ColoredImage paint_overlay_, paint_words_, paint_heads_, paint_joint_, paint_difference_;
  Texture film_, film_before_, seeds_;
  std::uint64_t film_version_ = 0, film_before_version_ = 0, seeds_version_ = 0;
  Texture gallery_;
  Texture photo_, other_photo_;
  std::shared_ptr<const Image> photo_shown_, other_photo_shown_;
  ColoredImage pair_overlay_;
  std::array<ColoredImage, kMostDoubled> doubled_;
  bool doubled_on_text_ = false;
  Texture preview_;
  std::shared_ptr<const FigureAnswer> preview_shown_;
  std::optional<std::pair<const Palette*, float>> styled_;
  int frames_due_ = kSettle;
  std::chrono::steady_clock::time_point uploaded_at_;
};

}  // namespace regard
