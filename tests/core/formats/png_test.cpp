#include <gtest/gtest.h>

#include <numeric>

#include "core/formats/png.h"

namespace regard {
namespace {

std::vector<std::uint8_t> ramp(std::size_t size) {
  std::vector<std::uint8_t> out(size);
  std::iota(out.begin(), out.end(), std::uint8_t{3});
  return out;
}

TEST(Png, RgbaReadsBack) {
  const std::vector<std::uint8_t> pixels = ramp(5 * 3 * 4);
  const Result<std::string> bytes = encode_png(5, 3, 4, pixels);
  ASSERT_TRUE(bytes) << bytes.error().message;
  const Result<PngImage> image = decode_png(*bytes, "x.png");
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->width, 5);
  EXPECT_EQ(image->height, 3);
  EXPECT_EQ(image->rgba, pixels);
  EXPECT_TRUE(image->texts.empty());
}

TEST(Png, RgbBecomesOpaque) {
  const std::vector<std::uint8_t> pixels = {1, 2, 3, 4, 5, 6};
  const PngImage image = decode_png(encode_png(1, 2, 3, pixels).value(), "x.png").value();
  EXPECT_EQ(image.rgba, (std::vector<std::uint8_t>{1, 2, 3, 255, 4, 5, 6, 255}));
}

TEST(Png, TextsReadBackInAnyLanguage) {
  const std::vector<PngText> texts = {
      {"Software", "Regard 0.1"}, {"prompt", "un chat « é » 猫"}, {"empty", ""}};
  const std::string bytes = encode_png(1, 1, 4, ramp(4), texts).value();
  EXPECT_NE(bytes.find("tEXtSoftware"), bytes.npos);
  EXPECT_NE(bytes.find("iTXtprompt"), bytes.npos);
  const PngImage image = decode_png(bytes, "x.png").value();
  ASSERT_EQ(image.texts.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(image.texts[i].key, texts[i].key);
    EXPECT_EQ(image.texts[i].value, texts[i].value);
  }
}

TEST(Png, SameInputSameBytes) {
  const std::string first =
      encode_png(64, 64, 4, ramp(64 * 64 * 4), std::vector<PngText>{{"k", "v"}}).value();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(encode_png(64, 64, 4, ramp(64 * 64 * 4), std::vector<PngText>{{"k", "v"}}).value(), first);
  }
}

TEST(Png, AKeyLibpngRefusesIsAnError) {
  const Result<std::string> bytes = encode_png(1, 1, 4, ramp(4), std::vector<PngText>{{"", "v"}});
  ASSERT_FALSE(bytes);
  EXPECT_TRUE(bytes.error().message.starts_with("PNG: expected a picture libpng can write, got '"))
      << bytes.error().message;
}

TEST(Png, LimitsAreTheCallers) {
  const std::string bytes = encode_png(20, 10, 4, ramp(20 * 10 * 4)).value();
  EXPECT_TRUE(decode_png(bytes, "x.png", {.side = 20, .decoded_bytes = 800}));
  EXPECT_FALSE(decode_png(bytes, "x.png", {.side = 19}));
  EXPECT_EQ(decode_png(bytes, "x.png", {.decoded_bytes = 799}).error().message,
            "x.png: size: expected at most 799 bytes of pixels, got 800");
}

TEST(Png, TextsStayWithinABudget) {
  const std::string large(7'900'000, 'a');  // 9 of them: beyond 64 MiB, each within what libpng takes
  const std::vector<PngText> texts(9, PngText{"k", large});
  const Result<PngImage> image = decode_png(encode_png(1, 1, 4, ramp(4), texts).value(), "x");
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->rgba, ramp(4));
  std::size_t kept = 0;
  for (const PngText& text : image->texts) {
    EXPECT_EQ(text.value, large);
    kept += text.value.size();
  }
  EXPECT_GT(kept, std::size_t{32} << 20);
  EXPECT_LE(kept, std::size_t{64} << 20);
}

TEST(Png, NoPrefixAndNoFlipCrashes) {
  const std::string sound =
      encode_png(7, 5, 4, ramp(7 * 5 * 4), std::vector<PngText>{{"a", "é"}, {"b", "c"}}).value();
  for (std::size_t cut = 0; cut < sound.size() - 12; ++cut)
    EXPECT_FALSE(decode_png(sound.substr(0, cut), "x")) << cut;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    for (const int bit : {0, 3, 7}) {
      std::string bytes = sound;
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
      const Result<PngImage> image = decode_png(bytes, "x");
      if (!image) continue;
      EXPECT_EQ(image->rgba.size(), static_cast<std::size_t>(image->width * image->height * 4));
    }
  }
}

}  // namespace
}  // namespace regard
