// Colours a matrix on the GPU: changing the range or the map uploads nothing and computes nothing on the CPU.
#pragma once

#include <optional>
#include <utility>

#include "app/gl/framebuffer.h"
#include "app/gl/shader.h"
#include "app/gl/texture.h"
#include "app/views/colormap.h"
#include "core/base/result.h"

namespace regard {

/// What lies under a coloured matrix.
enum class Under {
  kNothing,  // the panel: the colours are opaque
  kPicture,  // the colours of overlay_color_of() at opacity 1: clear where the map says nothing
};

/// A matrix with more cells than it has pixels on screen: each part of `cells` is drawn with `pixels`, and a
/// pixel has the colour of the cell under it that is farthest from what says nothing. None: a pixel a cell.
struct Shrink {
  struct Size {
    int width = 1, height = 1;
    bool operator==(const Size&) const = default;
  };
  Size cells, pixels;
  bool operator==(const Shrink&) const = default;
};
/// Of parts of `width` x `height` cells that are drawn `shown_width` x `shown_height` pixels large: never
/// more pixels than cells. Nothing is shown yet (0): none.
Shrink shrink_to(float width, float height, float shown_width, float shown_height);

/// Move-only. UI thread only. Needs a live context.
class HeatmapPass {
 public:
  /// Errors: unsupported, when the driver refuses the shader.
  static Result<HeatmapPass> create();

  /// Draws `values` into `target`, which takes the size `shrink` makes of theirs; row 0 of the matrix is row
  /// 0 of the texture (ImGui::Image shows it on top). Whatever framebuffer, program and viewport were bound
  /// are bound again.
  /// @param values  R32F of upload_value() or kMaskedValue; linear or log10 as `scale` says
  /// @return  false when the driver has no memory for it: nothing is drawn
  bool draw(const Texture& values, const ColorScale& scale, Colormap map, Framebuffer& target,
            Under under = Under::kNothing, const Shrink& shrink = {});

 private:
  HeatmapPass() = default;
  void set_scale(const ColorScale& scale) const;

  /// GL draws nothing without a vertex array, even an empty one.
  class VertexArray {
   public:
    VertexArray() = default;
    VertexArray(VertexArray&& other) noexcept : id_(std::exchange(other.id_, 0u)) {}
    VertexArray& operator=(VertexArray&& other) noexcept {
      std::swap(id_, other.id_);
      return *this;
    }
    ~VertexArray();
    void create();
    GLuint id() const { return id_; }

   private:
    GLuint id_ = 0;
  };

  Shader shader_;
  VertexArray triangle_;
  Texture map_;  // 256 x 1
  std::optional<Colormap> uploaded_map_;
};

}  // namespace regard
