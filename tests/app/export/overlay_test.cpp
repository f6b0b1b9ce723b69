// A map over a picture as a figure: what is left of the picture, its pixels, the marks, the bar.
#include "app/export/overlay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "core/formats/png.h"
#include "tests/app/export/shapes_of.h"

namespace regard {
namespace {

constexpr double kLeft = 20, kTop = 66;  // of the picture, points
constexpr int kSide = 4, kPatch = 2;     // pixels

// A picture of 4 x 4 pixels under a map of 2 x 2 cells.
Overlay overlay_of(std::vector<std::uint8_t> rgb, std::vector<float> values, ColorScale range) {
  return {.rgb = std::move(rgb),
          .width = kSide,
          .height = kSide,
          .patch = kPatch,
          .columns = 2,
          .rows = 2,
          .values = std::move(values),
          .range = range,
          .title = "t",
          .label = "l",
          .caption = {"c"}};
}

std::vector<std::uint8_t> white() { return std::vector<std::uint8_t>(kSide * kSide * 3, 255); }

const ColorScale kOne{.min = 0, .max = 1};
const ColorScale kSigned{.min = -1, .max = 1, .center = 0.0f};

// The pixels of the picture in the figure, one a point.
std::vector<Rgba> picture_in(const Drawing& figure) {
  const auto bytes = to_png(figure, 1.0);
  EXPECT_TRUE(bytes.has_value());
  const auto page = decode_png(*bytes, "figure");
  EXPECT_TRUE(page.has_value());
  const ImageShape picture = shapes_of<ImageShape>(figure).front();
  std::vector<Rgba> out;
  for (int y = 0; y < static_cast<int>(picture.height); ++y) {
    for (int x = 0; x < static_cast<int>(picture.width); ++x) {
      const auto at =
          static_cast<std::size_t>((static_cast<int>(kTop) + y) * page->width + static_cast<int>(kLeft) + x) *
          4;
      out.push_back({page->rgba[at], page->rgba[at + 1], page->rgba[at + 2], 255});
    }
  }
  return out;
}

TEST(OverlayFigure, AMapOfZerosLeavesAWhitePictureWhite) {
  const Strings strings = Strings::load(kEnglish);
  for (const Theme theme : {Theme::kDark, Theme::kLight}) {
    for (const ColorScale& range : {kOne, kSigned}) {
      const Overlay overlay = overlay_of(white(), {0, 0, 0, 0}, range);
      const std::vector<Rgba> picture = picture_in(overlay_figure(overlay, strings, {.theme = theme}));
      EXPECT_EQ(picture.size(), 384u * 384u);
      EXPECT_EQ(std::ranges::count(picture, Rgba{255, 255, 255, 255}), std::ssize(picture));
    }
  }
}

TEST(OverlayFigure, ACellIsTheWindowsColourOverThePicture) {
  const Overlay overlay = overlay_of(white(), {0, 0.25f, 0.5f, 1}, kOne);
  const FigureLook look{.theme = Theme::kDark, .colors = MapColors::kMagma};
  const std::vector<Rgba> picture = picture_in(overlay_figure(overlay, Strings::load(kEnglish), look));
  for (int cell = 0; cell < 4; ++cell) {
    const Rgba wanted =
        blend(overlay_color_of(kOne, Colormap::kMagma, overlay.values[static_cast<std::size_t>(cell)]),
              {255, 255, 255, 255});
    const Rgba got = picture[static_cast<std::size_t>((96 + 192 * (cell / 2)) * 384 + 96 + 192 * (cell % 2))];
    EXPECT_NEAR(got.r, wanted.r, 2) << cell;
    EXPECT_NEAR(got.g, wanted.g, 2) << cell;
    EXPECT_NEAR(got.b, wanted.b, 2) << cell;
  }
}

// No pixel is mixed with its neighbour, on the page or in what other readers are given.
TEST(OverlayFigure, ThePixelsOfThePictureStaySharp) {
  std::vector<std::uint8_t> rgb = white();
  for (std::size_t i = 0; i < rgb.size(); i += 6) rgb[i] = rgb[i + 1] = rgb[i + 2] = 0;  // every second pixel
  const Drawing figure = overlay_figure(overlay_of(rgb, {0, 0, 0, 0}, kOne), Strings::load(kEnglish));
  for (const Rgba& pixel : picture_in(figure)) ASSERT_TRUE(pixel.r == 0 || pixel.r == 255);
  const ImageShape large = magnified(shapes_of<ImageShape>(figure).front());
  EXPECT_EQ(large.columns, 768);
  EXPECT_EQ(large.rows, 768);
  for (const std::uint8_t byte : large.pixels) ASSERT_TRUE(byte == 0 || byte == 255);
  const std::string svg = to_svg(figure);
  EXPECT_THAT(svg, ::testing::HasSubstr("image-rendering:pixelated"));
  EXPECT_THAT(svg, ::testing::Not(::testing::HasSubstr("image-rendering=\"auto\"")));
}

TEST(OverlayFigure, ValuesThatAreNoNumbersAreHatchedOverThePicture) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Drawing figure = overlay_figure(overlay_of(white(), {0, nan, 0, 1}, kOne), Strings::load(kEnglish));
  EXPECT_EQ(std::ranges::count_if(shapes_of<RectShape>(figure), &RectShape::hatched), 1);
  EXPECT_EQ(shapes_of<ImageShape>(figure).back().pixels[7], 0) << "nothing else stands there";
}

TEST(OverlayFigure, TheBarIsAsLongAsThePictureWithThreeNumbers) {
  const Overlay overlay = overlay_of(white(), {0, 0, 0, 0.25f}, {.min = 0, .max = 0.25f});
  const Drawing figure = overlay_figure(overlay, Strings::load(kEnglish));
  const ImageShape picture = shapes_of<ImageShape>(figure).front();
  double top = 1e9, bottom = 0;
  for (const RectShape& rect : shapes_of<RectShape>(figure)) {
    if (rect.x < picture.x + picture.width || rect.width > 14) continue;
    top = std::min(top, rect.y);
    bottom = std::max(bottom, rect.y + rect.height);
  }
  EXPECT_NEAR(top, picture.y, 0.51);
  EXPECT_NEAR(bottom, picture.y + picture.height, 0.51);
  std::vector<std::string> texts;
  for (const TextShape& text : shapes_of<TextShape>(figure)) texts.push_back(text.text);
  EXPECT_THAT(texts, ::testing::IsSupersetOf({"0.000", "0.125", "0.250"}));
}

TEST(OverlayFigure, RegionsAndPinsHaveTheirColoursAndLetters) {
  Overlay overlay = overlay_of(white(), {0, 0, 0, 0}, kOne);
  overlay.marks = {{.kind = Mark::Kind::kRegion, .number = 0, .label = "A", .cells = {{0, 0}, {1, 0}}},
                   {.kind = Mark::Kind::kRegion, .number = 1, .label = "B", .cells = {{0, 1}}},
                   {.kind = Mark::Kind::kPin, .number = 0, .label = "1", .cells = {{1, 1}}},
                   {.kind = Mark::Kind::kPin, .number = 1, .label = "2", .cells = {{-1, -1}}}};
  const Strings strings = Strings::load(kEnglish);
  const FigureLook look;
  const Drawing figure = overlay_figure(overlay, strings, look);
  std::vector<std::string> texts;
  for (const TextShape& text : shapes_of<TextShape>(figure)) texts.push_back(text.text);
  EXPECT_THAT(texts, ::testing::IsSupersetOf({"A", "B", "1"}));
  EXPECT_THAT(texts, ::testing::Not(::testing::Contains("2"))) << "it is not on the picture";
  const auto drawn_in = [&](const Rgba& color) {
    return std::ranges::count(shapes_of<RectShape>(figure), color, &RectShape::fill) > 0;
  };
  EXPECT_TRUE(drawn_in(look.inks().regions[0]));
  EXPECT_TRUE(drawn_in(look.inks().regions[1]));
  EXPECT_TRUE(drawn_in(look.inks().pins[0]));
  FigureLook bare;
  bare.marks = false;
  EXPECT_EQ(shapes_of<TextShape>(overlay_figure(overlay, strings, bare)).size(), texts.size() - 3);
}

TEST(OverlayRange, ZeroSaysNothingUnlessScoresAreShown) {
  EXPECT_EQ(overlay_range({0.1f, 0.3f}, MapZero::kNothing), (ColorScale{.min = 0, .max = 0.3f}));
  EXPECT_EQ(overlay_range({0.1f, 0.3f}, MapZero::kCentre),
            (ColorScale{.min = -0.3f, .max = 0.3f, .center = 0.0f}));
  EXPECT_EQ(overlay_range({-0.1f, 0.3f}, MapZero::kNothing),
            (ColorScale{.min = -0.3f, .max = 0.3f, .center = 0.0f}));
  EXPECT_EQ(overlay_range({-2, 3}, MapZero::kSmallest), (ColorScale{.min = -2, .max = 3}));
  EXPECT_EQ(overlay_range({0, 0}, MapZero::kCentre), (ColorScale{.min = -1, .max = 1, .center = 0.0f}));
  EXPECT_EQ(overlay_range({}, MapZero::kNothing), (ColorScale{.min = 0, .max = 1}));
}

}  // namespace
}  // namespace regard
