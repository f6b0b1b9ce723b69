// A known matrix gives known pixels.
#include "app/gl/heatmap_pass.h"

#include <cmath>
#include <cstdlib>
#include <vector>

#include "app/export/overlay.h"
#include "app/views/cells.h"
#include "tests/app/export/shapes_of.h"
#include "tests/app/gl/gl_fixture.h"

namespace regard {
namespace {

using Heatmap = GlTest;

Rgba rgba(std::uint32_t packed) {
  return {static_cast<std::uint8_t>(packed & 255), static_cast<std::uint8_t>(packed >> 8 & 255),
          static_cast<std::uint8_t>(packed >> 16 & 255), static_cast<std::uint8_t>(packed >> 24)};
}

std::vector<std::uint32_t> draw(int width, int height, const std::vector<float>& values,
                                const ColorScale& scale, Colormap map, Under under = Under::kNothing) {
  auto pass = HeatmapPass::create();
  EXPECT_TRUE(pass) << pass.error().message;
  Texture texture;
  texture.upload_r32f(width, height, values);
  Framebuffer target;
  pass->draw(texture, scale, map, target, under);
  EXPECT_EQ(target.color().width_px(), width);
  EXPECT_EQ(target.color().height_px(), height);
  return target.read_rgba();
}

int bin(Colormap map, std::uint32_t packed) {
  const auto table = colormap_rgba(map);
  for (int i = 0; i < 256; ++i) {
    if (table[static_cast<std::size_t>(i)] == packed) return i;
  }
  return -1000;
}

TEST_F(Heatmap, KnownMatrixGivesKnownPixels) {
  // 3 columns, 2 rows; the first row of the matrix is the first row of pixels.
  const std::vector<float> values = {0.0f, 0.501f, 1.0f, -5.0f, 0.251f, 7.0f};
  const auto pixels = draw(3, 2, values, {.min = 0, .max = 1}, Colormap::kGrey);
  ASSERT_EQ(pixels.size(), 6u);
  const int expected[] = {0, 128, 255, 0, 64, 255};
  for (std::size_t i = 0; i < 6; ++i) {
    const auto level = static_cast<std::uint8_t>(expected[i]);
    EXPECT_EQ(rgba(pixels[i]), (Rgba{level, level, level, 255})) << i;
  }
}

TEST_F(Heatmap, MaskedIsTransparentAndNotANumberFlagged) {
  const std::vector<float> values = {kMaskedValue, upload_value(std::nanf("")), upload_value(-HUGE_VALF),
                                     0.0f};
  const auto pixels = draw(4, 1, values, {.min = 0, .max = 1}, Colormap::kViridis);
  EXPECT_EQ(rgba(pixels[0]), kMaskedColor);
  EXPECT_EQ(rgba(pixels[1]), kFlagColor);
  EXPECT_EQ(rgba(pixels[2]), kFlagColor);
  EXPECT_EQ(rgba(pixels[3]), (Rgba{68, 1, 84, 255}));
}

// The target is used again and again, and ImGui leaves blending on.
TEST_F(Heatmap, MaskedEmptiesWhatWasThere) {
  auto pass = HeatmapPass::create();
  ASSERT_TRUE(pass) << pass.error().message;
  glEnable(GL_BLEND);
  glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
  Texture values;
  Framebuffer target;
  values.upload_r32f(1, 1, std::vector<float>{1.0f});
  pass->draw(values, {}, Colormap::kGrey, target);
  EXPECT_EQ(target.read_rgba(), std::vector<std::uint32_t>{0xffffffffu});
  glEnable(GL_BLEND);
  values.upload_r32f(1, 1, std::vector<float>{kMaskedValue});
  pass->draw(values, {}, Colormap::kGrey, target);
  EXPECT_EQ(target.read_rgba(), std::vector<std::uint32_t>{0u});
}

TEST_F(Heatmap, LogScaleSpreadsDecades) {
  const std::vector<float> values = {1e-9f, 1.1e-3f, 1.0f};
  const auto pixels =
      draw(3, 1, values, {.min = 1e-6f, .max = 1, .log10 = true, .floor = 1e-6f}, Colormap::kGrey);
  EXPECT_EQ(rgba(pixels[0]).r, 0);
  EXPECT_NEAR(rgba(pixels[1]).r, 129, 1);
  EXPECT_EQ(rgba(pixels[2]).r, 255);
}

// The shader and color_of() are twins; a driver may round to the next of 256 colours.
TEST_F(Heatmap, AgreesWithTheCpu) {
  const ColorScale scales[] = {
      {.min = 0.1f, .max = 0.9f},
      {.min = 0, .max = 1, .log10 = true, .floor = 1e-5f},
      {.min = -0.25f, .max = 1, .center = 0.0f},
      {.min = 0.5f, .max = 0.5f},
      {.min = 0, .max = 0, .center = 0.0f},
  };
  constexpr int kWidth = 37;
  constexpr int kHeight = 19;
  std::vector<float> values(kWidth * kHeight);
  std::uint32_t state = 7;
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(state >> 8) / static_cast<float>(1 << 24) * 1.5f - 0.3f;
  }
  for (int m = 0; m < kColormapCount; ++m) {
    const auto map = static_cast<Colormap>(m);
    for (const ColorScale& scale : scales) {
      const auto pixels = draw(kWidth, kHeight, values, scale, map);
      for (std::size_t i = 0; i < values.size(); ++i) {
        const int expected = std::min(255, static_cast<int>(color_scale_at(scale, values[i]) * 256.0f));
        const std::uint32_t wanted = colormap_rgba(map)[static_cast<std::size_t>(expected)];
        if (pixels[i] == wanted) continue;  // several places of a map may share a colour
        ASSERT_NEAR(bin(map, pixels[i]), expected, 1) << "map " << m << ", value " << values[i];
      }
    }
  }
}

// Of the cells under a pixel the farthest from what says nothing; of masked ones nothing, and what is no
// number is not lost.
TEST_F(Heatmap, FewerPixelsShowTheStrongestOfTheirCells) {
  constexpr int kWidth = 23, kHeight = 17;
  std::vector<float> values(kWidth * kHeight);
  std::uint32_t state = 3;
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = (state >> 28) == 0 ? kMaskedValue
                               : static_cast<float>(state >> 8) / static_cast<float>(1 << 24) - 0.5f;
  }
  values[40] = upload_value(std::nanf(""));
  for (int y = 0; y < 4; ++y) std::fill_n(values.begin() + y * kWidth, 6, kMaskedValue);
  for (const ColorScale& scale :
       {ColorScale{.min = -0.5f, .max = 0.5f}, ColorScale{.min = -0.5f, .max = 0.5f, .center = 0.0f}}) {
    for (const auto& [wide, high] : {std::pair{7, 5}, {1, 1}, {22, 16}, {23, 4}}) {
      auto pass = HeatmapPass::create();
      ASSERT_TRUE(pass);
      Texture texture;
      texture.upload_r32f(kWidth, kHeight, values);
      Framebuffer target;
      ASSERT_TRUE(pass->draw(texture, scale, Colormap::kGrey, target, Under::kNothing,
                             shrink_to(kWidth, kHeight, static_cast<float>(wide), static_cast<float>(high))));
      ASSERT_EQ(target.color().width_px(), wide);
      ASSERT_EQ(target.color().height_px(), high);
      const auto pixels = target.read_rgba();
      for (int y = 0; y < high; ++y) {
        for (int x = 0; x < wide; ++x) {
          float most = kMaskedValue, strength = -1;
          for (int r = y * kHeight / high; r < (y * kHeight + kHeight + high - 1) / high; ++r) {
            for (int c = x * kWidth / wide; c < (x * kWidth + kWidth + wide - 1) / wide; ++c) {
              const float value = values[static_cast<std::size_t>(r * kWidth + c)];
              const float weight = value <= kMaskedValue    ? -1.0f
                                   : value >= kInvalidValue ? kInvalidValue
                                   : scale.center           ? std::abs(value)
                                                            : value - scale.min;
              if (weight > strength) {
                strength = weight;
                most = value;
              }
            }
          }
          const std::uint32_t pixel = pixels[static_cast<std::size_t>(y * wide + x)];
          if (most <= kMaskedValue) {
            ASSERT_EQ(rgba(pixel), kMaskedColor);
          } else if (most >= kInvalidValue) {
            ASSERT_EQ(rgba(pixel), kFlagColor);
          } else {
            ASSERT_NEAR(bin(Colormap::kGrey, pixel), static_cast<int>(color_scale_at(scale, most) * 256.0f),
                        1)
                << x << ' ' << y << " of " << wide << " x " << high;
          }
        }
      }
    }
  }
}

TEST(ShrinkTo, NeverMorePixelsThanCells) {
  EXPECT_EQ(shrink_to(9, 9, 300, 300), Shrink{});
  EXPECT_EQ(shrink_to(1370, 1370, 0, 0), Shrink{});
  EXPECT_EQ(shrink_to(1370, 1370, 204, 204), (Shrink{{1370, 1370}, {204, 204}}));
  EXPECT_EQ(shrink_to(37, 25, 24, 80), (Shrink{{37, 25}, {24, 25}}));
}

// What ImGui then blends with the picture below.
TEST_F(Heatmap, AMapOfZerosLeavesAWhitePictureWhite) {
  constexpr Rgba kWhite{255, 255, 255, 255};
  const ColorScale scales[] = {{.min = 0, .max = 1}, {.min = -0.5f, .max = 0.5f, .center = 0.0f}};
  for (const ColorScale& scale : scales) {
    for (int m = 0; m < kColormapCount; ++m) {
      const auto pixels =
          draw(4, 3, std::vector<float>(12, 0.0f), scale, static_cast<Colormap>(m), Under::kPicture);
      for (const std::uint32_t pixel : pixels) EXPECT_EQ(blend(rgba(pixel), kWhite), kWhite) << m;
    }
  }
}

TEST_F(Heatmap, OverAPictureItAgreesWithTheCpu) {
  const ColorScale scales[] = {{.min = 0, .max = 0.8f},
                               {.min = 1e-3f, .max = 1, .log10 = true, .floor = 1e-3f},
                               {.min = -1, .max = 1, .center = 0.0f}};
  std::vector<float> values;
  for (int i = 0; i < 41; ++i) values.push_back(static_cast<float>(i) / 20.0f - 1.0f);
  values.push_back(kMaskedValue);
  values.push_back(kInvalidValue);
  const int count = static_cast<int>(values.size());
  for (const ColorScale& scale : scales) {
    const auto pixels = draw(count, 1, values, scale, Colormap::kViridis, Under::kPicture);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Rgba wanted = overlay_color_of(scale, Colormap::kViridis, values[i], 1.0f);
      EXPECT_NEAR(rgba(pixels[i]).a, wanted.a, 1) << values[i];
    }
  }
}

TEST_F(Heatmap, LeavesTheCallersTargetBound) {
  Framebuffer mine;
  ASSERT_TRUE(mine.resize(64, 32));
  mine.bind();
  GLint before = 0;
  glGetIntegerv(GL_FRAMEBUFFER_BINDING, &before);
  draw(3, 1, {0, 1, 2}, {}, Colormap::kMagma);
  GLint after = 0;
  GLint viewport[4] = {};
  glGetIntegerv(GL_FRAMEBUFFER_BINDING, &after);
  glGetIntegerv(GL_VIEWPORT, viewport);
  EXPECT_EQ(after, before);
  EXPECT_EQ(viewport[2], 64);
  EXPECT_EQ(viewport[3], 32);
  EXPECT_EQ(glGetError(), static_cast<GLenum>(GL_NO_ERROR));
}

TEST_F(Heatmap, MovedFromTexturesFreeNothingTwice) {
  Texture first;
  first.upload_r32f(1, 1, std::vector<float>{0.5f});
  const GLuint id = first.id();
  Texture second(std::move(first));
  EXPECT_EQ(second.id(), id);
  EXPECT_TRUE(glIsTexture(id));
  second = Texture();
  EXPECT_FALSE(glIsTexture(id));
}

TEST_F(Heatmap, AShaderThatDoesNotCompileIsAnError) {
  const auto shader = Shader::compile("broken", "#version 330 core\nvoid main() { nonsense }", "");
  ASSERT_FALSE(shader);
  EXPECT_EQ(shader.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(shader.error().message.rfind("shader broken.vert: ", 0), 0u) << shader.error().message;
  EXPECT_EQ(shader.error().message.find('\n'), std::string::npos);
  EXPECT_EQ(Shader::load("missing").error().code, ErrorCode::kIo);
}

// A smooth map: the window's texture and the exported figure have the same parts with the same colours.
TEST_F(Heatmap, ASmoothMapIsThatOfTheFigure) {
  const std::vector<float> values = {0, 0.9f, 0.2f, 0.4f, 1, 0.05f};  // 3 columns, 2 rows
  const ColorScale range{.min = 0, .max = 1};
  Overlay overlay{.rgb = std::vector<std::uint8_t>(6 * 4 * 3, 255),
                  .width = 6,
                  .height = 4,
                  .patch = 2,
                  .columns = 3,
                  .rows = 2,
                  .values = values,
                  .range = range,
                  .opacity = 1.0f,
                  .smooth = true,
                  .title = {},
                  .label = {},
                  .caption = {}};
  const FigureLook look{.theme = Theme::kDark, .colors = MapColors::kViridis};
  const auto images = shapes_of<ImageShape>(overlay_figure(overlay, Strings::load(kEnglish), look));
  ASSERT_EQ(images.size(), 2u);
  const ImageShape& figure = images.back();
  const CellImage parts = smoothed({.width = 3, .height = 2, .cells = values});
  ASSERT_EQ(figure.columns, parts.width);
  ASSERT_EQ(figure.rows, parts.height);
  const auto window =
      draw(parts.width, parts.height, parts.cells, range, Colormap::kViridis, Under::kPicture);
  for (std::size_t i = 0; i < window.size(); ++i) {
    const Rgba seen = rgba(window[i]);
    EXPECT_NEAR(seen.r, figure.pixels[4 * i], 6) << i;  // a value on the edge of two colours of the map
    EXPECT_NEAR(seen.g, figure.pixels[4 * i + 1], 6) << i;
    EXPECT_NEAR(seen.b, figure.pixels[4 * i + 2], 6) << i;
    EXPECT_NEAR(seen.a, figure.pixels[4 * i + 3], 1) << i;
  }
  // Numbers are interpolated, not colours: half way from 0 to 0.9 stands the colour of 0.45.
  const Rgba middle = rgba(window[8]);
  const Rgba wanted = overlay_color_of(range, Colormap::kViridis, parts.cells[8], 1.0f);
  EXPECT_NEAR(middle.g, wanted.g, 6);
  EXPECT_NEAR(parts.cells[8], 0.9f * 0.5625f, 1e-5f);
}

}  // namespace
}  // namespace regard
