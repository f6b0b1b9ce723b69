// Figures and numbers of a run, without the program around them: broken values, hidden words, odd texts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "app/export/drawing.h"
#include "app/export/figure.h"
#include "app/export/font.h"
#include "app/export/maps.h"
#include "app/export/save_maps.h"
#include "core/formats/png.h"
#include "tests/app/export/shapes_of.h"

namespace regard {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::shared_ptr<const TextModel>& model() {
  static const std::shared_ptr<const TextModel> opened = [] {
    auto result = open_text_model(REGARD_ASSETS_DIR "/little-world");
    return result ? *result : nullptr;
  }();
  return opened;
}

MapSet maps_of(const std::string& prompt, const MapQuery& query = {}) {
  auto run = run_text({model(), prompt});
  EXPECT_TRUE(run.has_value());
  auto maps = collect_maps(*run, {query});
  EXPECT_TRUE(maps.has_value());
  return std::move(*maps);
}

TEST(Export, NothingIsClipped) {
  Font regular(false), bold(true);
  const std::string long_prompt =
      "anticonstitutionnellement un chat rouge et une souris (grise:0.5) poursuivent un très grand "
      "éléphant dans la forêt sous les étoiles";
  for (const std::string& prompt :
       {std::string(), std::string("x"), std::string("un chat rouge"), long_prompt}) {
    for (const MapQuery& query : {MapQuery{.heads = {.layer = 0}}, MapQuery{}, MapQuery{.lens = "rollout"}}) {
      for (const Language language : {"fr", "es", "en"}) {
        const Drawing figure = attention_figure(maps_of(prompt, query), Strings::load(language));
        for (const TextShape& text : shapes_of<TextShape>(figure)) {
          const double width = (text.bold ? bold : regular).width(text.text, text.size);
          const double angle = text.degrees * M_PI / 180;
          const double start = text.anchor == Anchor::kStart ? 0 : text.anchor == Anchor::kMiddle ? 0.5 : 1;
          for (const double along : {-start * width, (1 - start) * width}) {
            const double x = text.x + along * std::cos(angle), y = text.y + along * std::sin(angle);
            EXPECT_GE(x, 4) << text.text;
            EXPECT_LE(x, figure.width - 4) << text.text;
            EXPECT_GE(y, 4) << text.text;
            EXPECT_LE(y, figure.height - 4) << text.text;
          }
        }
        for (const RectShape& rect : shapes_of<RectShape>(figure)) {
          EXPECT_LE(rect.x + rect.width, figure.width);
          EXPECT_LE(rect.y + rect.height, figure.height);
        }
      }
    }
  }
}

TEST(Export, ValuesThatAreNoNumbersAreHatchedAndCounted) {
  MapSet maps = maps_of("un chat rouge", {.heads = one_head(1, 2)});
  maps.maps[0](2, 1) = std::numeric_limits<float>::quiet_NaN();
  maps.maps[0](3, 0) = std::numeric_limits<float>::infinity();
  const Drawing figure = attention_figure(maps, Strings::load(kEnglish));
  int hatched = 0;
  for (const RectShape& rect : shapes_of<RectShape>(figure)) hatched += rect.hatched;
  EXPECT_EQ(hatched, 2);
  EXPECT_THAT(to_svg(figure), HasSubstr("2 values are not numbers"));
  EXPECT_TRUE(to_png(figure, 1.0).has_value());
  EXPECT_THAT(maps_json(maps), HasSubstr("\"non_finite\":2,"));
  EXPECT_THAT(maps_json(maps), Not(HasSubstr("nan")));
  EXPECT_THAT(maps_csv(maps), HasSubstr("nan"));
}

TEST(Export, AHiddenWordIsEmptyNotZero) {
  const MapSet maps = maps_of("un (chat:0) rouge", {.heads = one_head(0, 0)});
  const Drawing figure = attention_figure(maps, Strings::load(kEnglish));
  int numbers = 0;  // one a cell that can be read
  for (const TextShape& text : shapes_of<TextShape>(figure)) numbers += text.size == 10.5;
  EXPECT_EQ(numbers, 1 + 2 + 2 + 3 + 4);
  EXPECT_THAT(to_svg(figure), HasSubstr("chat ×0"));
  const MapSet scores = maps_of("un (chat:0) rouge", {.heads = one_head(0, 0), .scores = true});
  EXPECT_THAT(maps_json(scores), Not(HasSubstr("non_finite"))) << "-inf there is meant";
}

TEST(Export, OddTextsStayWellFormed) {
  Drawing drawing{.width = 100, .height = 50, .title = "<&\">\x01\xFF", .description = "é", .shapes = {}};
  drawing.shapes.emplace_back(TextShape{.x = 1, .y = 20, .text = "a<b&\x02\xFFé猫", .color = {}});
  const std::string svg = to_svg(drawing);
  EXPECT_THAT(svg, HasSubstr("a&lt;b&amp;\uFFFD\uFFFDé猫</text>"));
  EXPECT_THAT(svg, HasSubstr("<title>&lt;&amp;&quot;&gt;\uFFFD\uFFFD</title>"));
  EXPECT_TRUE(to_png(drawing, 2.0).has_value());
}

TEST(Export, PngIsWhatWasDrawn) {
  Drawing drawing{.width = 20, .height = 10, .title = "t", .description = "d", .shapes = {}};
  drawing.shapes.emplace_back(RectShape{2, 3, 4, 5, Rgba{10, 20, 30, 255}});
  const auto bytes = to_png(drawing, 2.0);
  ASSERT_TRUE(bytes.has_value());
  const auto picture = decode_png(*bytes, "picture");
  ASSERT_TRUE(picture.has_value());
  ASSERT_EQ(picture->width, 40);
  ASSERT_EQ(picture->height, 20);
  for (int y = 0; y < 20; ++y) {
    for (int x = 0; x < 40; ++x) {
      const bool inside = x >= 4 && x < 12 && y >= 6 && y < 16;
      EXPECT_EQ(picture->rgba[static_cast<std::size_t>(y * 40 + x) * 4], inside ? 10 : 255);
    }
  }
  EXPECT_FALSE(to_png(Drawing{.width = 9000, .height = 10, .title = "", .description = "", .shapes = {}}, 2.0)
                   .has_value());
}

TEST(Export, FontsMeasureAndCut) {
  Font font(false);
  EXPECT_GT(font.width("WWW", 12), font.width("iii", 12));
  EXPECT_NEAR(font.width("é", 24), 2 * font.width("é", 12), 0.1);
  EXPECT_EQ(font.fit("court", 12, 500), "court");
  const std::string cut = font.fit("été été été été été", 12, 50);
  EXPECT_THAT(cut, ::testing::EndsWith("…"));
  EXPECT_LE(font.width(cut, 12), 50);
  EXPECT_EQ(font.wrap("un deux trois quatre", 12, 60, 9).size(), 3u);
  EXPECT_EQ(font.wrap(std::string(300'000, 'x'), 12, 100, 3).size(), 1u) << "one word, cut; and in no time";
}

TEST(Export, TextIsShaped) {
  Font font(false);
  const double apart = font.width("ق", 12) + font.width("ط", 12) + font.width("ة", 12);
  EXPECT_LT(font.width("قطة", 12), 0.95 * apart) << "letters within a word have shorter forms";
  EXPECT_NEAR(font.width("e\u0301", 12), font.width("é", 12), 0.01) << "the mark stands on its letter";
  const std::string cut = font.fit("e\u0301e\u0301e\u0301e\u0301e\u0301", 12, 30);
  EXPECT_EQ((cut.size() - std::string("…").size()) % 3, 0u) << "no letter without its mark: " << cut;
}

/// Left, top, right and bottom of what is not white, from a PNG of a pixel a point.
std::array<int, 4> ink_of(const Drawing& drawing) {
  const auto bytes = to_png(drawing, 1.0);
  const auto picture = decode_png(bytes.value_or(""), "picture");
  EXPECT_TRUE(picture.has_value());
  std::array<int, 4> box{picture->width, picture->height, -1, -1};
  for (int y = 0; y < picture->height; ++y) {
    for (int x = 0; x < picture->width; ++x) {
      if (picture->rgba[static_cast<std::size_t>(y * picture->width + x) * 4] > 200) continue;
      box = {std::min(box[0], x), std::min(box[1], y), std::max(box[2], x), std::max(box[3], y)};
    }
  }
  return box;
}

TEST(Export, TextTurnsAboutItsAnchor) {
  const auto ink = [](Anchor anchor, double degrees) {
    Drawing drawing{.width = 200, .height = 200, .title = "", .description = "", .shapes = {}};
    drawing.shapes.emplace_back(TextShape{100, 100, "lll", 40, false, Rgba{0, 0, 0, 255}, anchor, degrees});
    return ink_of(drawing);
  };
  const auto [left, top, right, bottom] = ink(Anchor::kStart, 0);
  EXPECT_GE(left, 100);
  EXPECT_LT(top, 75) << "above the baseline";
  EXPECT_LE(bottom, 101);
  EXPECT_LE(ink(Anchor::kEnd, 0)[2], 100);
  EXPECT_NEAR(ink(Anchor::kMiddle, 0)[0] + ink(Anchor::kMiddle, 0)[2], 200, 3);
  const auto turned = ink(Anchor::kStart, -90);
  EXPECT_LT(turned[0], 75) << "turned to the left, up points left";
  EXPECT_LE(turned[2], 101);
  EXPECT_NEAR(turned[3] - turned[1], right - left, 2);
}

TEST(Export, PdfHasNoDateAndItsFontsInside) {
  const Drawing figure =
      attention_figure(maps_of("un chat rouge", {.heads = one_head(1, 2)}), Strings::load("fr"));
  const auto first = to_pdf(figure), second = to_pdf(figure);
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(*first, *second);
  EXPECT_THAT(*first, ::testing::StartsWith("%PDF-"));
  EXPECT_THAT(*first, Not(HasSubstr("Date")));
  EXPECT_THAT(*first, HasSubstr("Roboto"));
  EXPECT_THAT(*first, HasSubstr("/ToUnicode")) << "text can be selected";
  EXPECT_FALSE(to_pdf(Drawing{.width = 20000, .height = 10, .title = "", .description = "", .shapes = {}})
                   .has_value());
}

TEST(Export, EveryFormatOfTheTableIsNamedAndWritten) {
  const MapSet one = maps_of("un chat", {.heads = one_head(0, 0)});
  for (const Format& format : formats()) {
    const std::string ending(format.ending);
    EXPECT_EQ(map_format("map" + ending, "--out").value_or(""), ending);
    EXPECT_EQ(is_picture(ending), format.kind == FormatKind::kPicture);
    EXPECT_THAT(endings({format.kind}), HasSubstr(ending));
    EXPECT_GT(map_bytes(one, ending, "fr").value_or("").size(), 80u) << ending;
  }
  EXPECT_EQ(endings({FormatKind::kDescribed, FormatKind::kNumbers}, " or "), ".json, .csv, .html or .npy");
  EXPECT_EQ(map_format("x.SVG", "--out").value_or(""), ".svg");
  EXPECT_THAT(map_format("x.gif", "--out").error().message, HasSubstr(endings(kAllKinds, " or ")));
  EXPECT_FALSE(map_format("x.csv", "--map", {FormatKind::kPicture}).has_value());
}

}  // namespace
}  // namespace regard
