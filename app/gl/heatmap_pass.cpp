#include "app/gl/heatmap_pass.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/base/check.h"

namespace regard {
namespace {

// Place in the map = (value - low) * per_unit: the linear, the centred and the logarithmic scale are all of
// this form.
struct Line {
  float low = 0.0f;
  float per_unit = 0.0f;
};

Line line_of(const ColorScale& scale) {
  float low = scale.min;
  float high = scale.max;
  if (scale.log10) {
    low = std::log10(std::max(scale.min, scale.floor));
    high = std::log10(std::max(scale.max, scale.floor));
  } else if (scale.center) {
    float reach = std::max(std::abs(scale.max - *scale.center), std::abs(scale.min - *scale.center));
    if (!(reach > 0.0f)) reach = 1.0f;  // nothing differs: the middle
    low = *scale.center - reach;
    high = *scale.center + reach;
  }
  return {low, high != low ? 1.0f / (high - low) : 0.0f};
}

int shrunk(int cells, int part, int shown) {
  return static_cast<int>((static_cast<std::int64_t>(cells) * shown + part - 1) / part);
}

}  // namespace

Shrink shrink_to(float width, float height, float shown_width, float shown_height) {
  if (!(shown_width >= 1 && shown_height >= 1 && width >= 1 && height >= 1)) return {};
  const auto part = [](float cells) { return static_cast<int>(cells); };
  const auto shown = [](float cells, float pixels) {
    return std::min(static_cast<int>(cells), static_cast<int>(std::ceil(pixels)));
  };
  const Shrink shrink{.cells = {part(width), part(height)},
                      .pixels = {shown(width, shown_width), shown(height, shown_height)}};
  return shrink.cells == shrink.pixels ? Shrink{} : shrink;
}

Result<HeatmapPass> HeatmapPass::create() {
  auto shader = Shader::load("heatmap");
  if (!shader) return std::unexpected(shader.error());
  HeatmapPass pass;
  pass.shader_ = std::move(*shader);
  pass.triangle_.create();
  return pass;
}

bool HeatmapPass::draw(const Texture& values, const ColorScale& scale, Colormap map, Framebuffer& target,
                       Under under, const Shrink& shrink) {
  REGARD_CHECK(values.id() != 0);
  if (uploaded_map_ != map) {
    map_.upload_rgba8(256, 1, colormap_rgba(map));
    uploaded_map_ = map;
  }
  if (!target.resize(shrunk(values.width_px(), shrink.cells.width, shrink.pixels.width),
                     shrunk(values.height_px(), shrink.cells.height, shrink.pixels.height)))
    return false;

  const SavedGlTarget saved;
  target.bind();
  glDisable(GL_BLEND);  // a masked cell must end up empty, whatever was there
  glDisable(GL_SCISSOR_TEST);
  glDisable(GL_CULL_FACE);
  glDisable(GL_DEPTH_TEST);
  shader_.use();
  set_scale(scale);
  glUniform1i(shader_.uniform("u_over_picture"), under == Under::kPicture ? 1 : 0);
  glUniform1f(shader_.uniform("u_nothing"), scale.center ? 0.5f : 0.0f);
  glUniform2i(shader_.uniform("u_part"), shrink.cells.width, shrink.cells.height);
  glUniform2i(shader_.uniform("u_shown"), shrink.pixels.width, shrink.pixels.height);
  glUniform1i(shader_.uniform("u_values"), 0);
  glUniform1i(shader_.uniform("u_map"), 1);
  glBindVertexArray(triangle_.id());
  glActiveTexture(GL_TEXTURE1);
  glBindTexture(GL_TEXTURE_2D, map_.id());
  glActiveTexture(GL_TEXTURE0);
  glBindTexture(GL_TEXTURE_2D, values.id());
  glDrawArrays(GL_TRIANGLES, 0, 3);
  target.color().note_drawn();
  return true;
}

void HeatmapPass::set_scale(const ColorScale& scale) const {
  const Line line = line_of(scale);
  glUniform1f(shader_.uniform("u_low"), line.low);
  glUniform1f(shader_.uniform("u_per_unit"), line.per_unit);
  glUniform1i(shader_.uniform("u_log"), scale.log10 ? 1 : 0);
  glUniform1f(shader_.uniform("u_floor"), scale.floor);
  glUniform4f(shader_.uniform("u_flag_color"), static_cast<float>(kFlagColor.r) / 255.0f,
              static_cast<float>(kFlagColor.g) / 255.0f, static_cast<float>(kFlagColor.b) / 255.0f, 1.0f);
}

HeatmapPass::VertexArray::~VertexArray() {
  if (id_ != 0) glDeleteVertexArrays(1, &id_);
}

void HeatmapPass::VertexArray::create() { glGenVertexArrays(1, &id_); }

}  // namespace regard
