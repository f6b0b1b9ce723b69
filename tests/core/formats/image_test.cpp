// Every picture of tests/corpus/image: the malformed with exactly their message, the sound with the pixels
// Pillow gives them (tests/corpus/make_images.py); and bytes changed at random.
#include "core/formats/image.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "core/formats/json.h"
#include "core/formats/png.h"
#include "core/formats/safetensors.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

// Levels of a byte. PNG and lossless WebP are exact by definition. JPEG and lossy WebP measured 0 on Debian
// 12's libraries (libjpeg-turbo 2.1.5, libwebp 1.2.4) against Pillow 12's; two are left for others' rounding.
constexpr int kExact = 0, kLossy = 2;

fs::path corpus() { return fs::path(REGARD_TEST_DIR) / "corpus/image"; }

Json expected() { return read_json(corpus() / "expected.json").value(); }

int worst_difference(const Image& got, const std::vector<float>& want) {
  if (got.rgb.size() != want.size()) return 256;
  int worst = 0;
  for (std::size_t i = 0; i < want.size(); ++i)
    worst = std::max(worst, std::abs(static_cast<int>(got.rgb[i]) - static_cast<int>(want[i])));
  return worst;
}

TEST(ImageCorpus, EveryMalformedFileGivesItsMessage) {
  int malformed = 0;
  for (const Json& item : expected()) {
    const std::string want = item["message"];
    if (want.empty()) continue;
    const fs::path path = corpus() / item["path"].get<std::string>();
    const auto image = read_image(path);
    ASSERT_FALSE(image) << path;
    const std::string folder = path.parent_path().string() + "/";
    EXPECT_EQ(image.error().message, folder + want);
    EXPECT_EQ(image.error().code, ErrorCode::kFormat) << path;
    EXPECT_EQ(image.error().message.find('\n'), std::string::npos);
    ++malformed;
  }
  EXPECT_GE(malformed, 60);
}

TEST(ImageCorpus, EverySoundFileHasPillowsPixels) {
  const auto pixels = Safetensors::open(corpus() / "pixels.safetensors");
  ASSERT_TRUE(pixels) << pixels.error().message;
  std::map<std::string, int> worst, count;
  for (const Json& item : expected()) {
    if (item["message"] != "") continue;
    const std::string name = item["path"];
    const auto image = read_image(corpus() / name);
    ASSERT_TRUE(image) << image.error().message;
    const TensorInfo* tensor = pixels->find(name);
    ASSERT_NE(tensor, nullptr) << name;
    ASSERT_EQ(static_cast<std::uint64_t>(image->height), tensor->shape[0]) << name;
    ASSERT_EQ(static_cast<std::uint64_t>(image->width), tensor->shape[1]) << name;
    const int difference = worst_difference(*image, pixels->read_f32(name, tensor->shape).value());
    const bool exact = image->kind == "PNG" || name.find("lossless") != name.npos;
    EXPECT_LE(difference, exact ? kExact : kLossy) << name;
    worst[image->kind] = std::max(worst[image->kind], difference);
    ++count[image->kind];
  }
  for (const auto& [kind, difference] : worst)
    std::cout << "  " << kind << ": " << count[kind] << " pictures, maximal difference " << difference
              << " of 255\n";
  EXPECT_EQ(count["PNG"], 27);  // one of them by the name of a JPEG
  EXPECT_EQ(count["JPEG"], 27);
  EXPECT_EQ(count["WebP"], 9);
}

TEST(ImageCorpus, ListsEveryFile) {
  const auto files = std::distance(fs::directory_iterator(corpus()), {});
  EXPECT_EQ(static_cast<std::size_t>(files), expected().size() + 2);
}

std::string bytes_of(const char* name) { return read_file(corpus() / name, 1 << 20).value(); }

TEST(Image, KeepsItsLimits) {
  const ImageLimits fits{.side = 37, .decoded_bytes = 37 * 26 * 3}, narrow{.side = 36},
      tight{.side = 37, .decoded_bytes = 37 * 26 * 3 - 1};
  for (const char* name :
       {"444.jpg", "cmyk.jpg", "progressive.jpg", "lossy.webp", "lossless_alpha.webp", "moving.webp"}) {
    const std::string bytes = bytes_of(name);
    EXPECT_TRUE(decode_image(bytes, name, fits)) << name;
    EXPECT_EQ(decode_image(bytes, "x", narrow).error().message,
              "x: size: expected sides of at most 36 pixels, got 37x26");
    EXPECT_EQ(decode_image(bytes, "x", tight).error().message,
              "x: size: expected at most 2885 bytes of pixels, got 2886");
  }
  const std::string png = bytes_of("rgb8.png");
  EXPECT_TRUE(decode_image(png, "x", {.side = 21, .decoded_bytes = 21 * 14 * 4}));
  EXPECT_FALSE(decode_image(png, "x", {.side = 20}));
  EXPECT_EQ(decode_image(png, "x", {.decoded_bytes = 1175}).error().message,
            "x: size: expected at most 1175 bytes of pixels, got 1176");
}

TEST(Image, SaysWhereThereIsNoFile) {
  const auto image = read_image(corpus() / "nowhere.png");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::kIo);
  EXPECT_FALSE(read_image(corpus()));
}

// A 2 x 3 picture whose pixels are numbered row by row, and where each orientation puts them.
TEST(Image, TurnsAsExifAsks) {
  const Image image{2, 3, {0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5}, "JPEG"};
  const std::vector<int> orders[] = {{0, 1, 2, 3, 4, 5}, {1, 0, 3, 2, 5, 4}, {5, 4, 3, 2, 1, 0},
                                     {4, 5, 2, 3, 0, 1}, {0, 2, 4, 1, 3, 5}, {4, 2, 0, 5, 3, 1},
                                     {5, 3, 1, 4, 2, 0}, {1, 3, 5, 0, 2, 4}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image out = turned(image, orientation);
    EXPECT_EQ(out.width, orientation >= 5 ? 3 : 2);
    EXPECT_EQ(out.height, orientation >= 5 ? 2 : 3);
    std::vector<int> order;
    for (std::size_t i = 0; i < out.rgb.size(); i += 3) order.push_back(out.rgb[i]);
    EXPECT_EQ(order, orders[orientation - 1]) << orientation;
  }
  EXPECT_EQ(turned(image, 0).rgb, image.rgb);
  EXPECT_EQ(turned(image, 9).rgb, image.rgb);
}

TEST(Image, ReadsNoOrientationWhereThereIsNone) {
  using namespace std::string_view_literals;
  EXPECT_EQ(exif_orientation(""), 1);
  EXPECT_EQ(exif_orientation("II*\0"sv), 1);
  EXPECT_EQ(exif_orientation("MM\0*\xff\xff\xff\xff"sv), 1);
  EXPECT_EQ(exif_orientation("MM\0*\0\0\0\x08\xff\xff"sv), 1);
  EXPECT_EQ(exif_orientation("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"sv), 6);
  EXPECT_EQ(exif_orientation("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"sv), 6);
  EXPECT_EQ(exif_orientation("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x07\0\0\0"sv), 7);
  EXPECT_EQ(exif_orientation("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0"sv), 1);
  EXPECT_EQ(exif_orientation("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01"sv), 1);
}

// Where PNG has no chunk for EXIF, ImageMagick writes it as a text.
TEST(Image, TurnsAsATextOfAPngAsks) {
  const std::vector<std::uint8_t> pixels = {0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5};
  const auto read = [&](const std::string& text) {
    const std::vector<PngText> texts = {{"Raw profile type exif", text}};
    return decode_image(encode_png(2, 3, 3, pixels, texts).value(), "x").value();
  };
  const Image plain{2, 3, pixels, "PNG"};
  const std::string start = "\nexif\n      32\n4578696600004d4d002a000000080001",
                    end = "\n01120003000000010006000000000000\n";
  EXPECT_EQ(read(start + end).rgb, turned(plain, 6).rgb);
  for (const std::string& text : {std::string(), std::string("\n"), std::string("\n\n\n"), start,
                                  std::string("4578696600004d4d002a"), "\n\n\n4" + start})
    EXPECT_EQ(read(text).rgb, pixels) << text;
}

// What a damaged file may become: a picture within the limits, or one line.
void expect_sane(const std::string& bytes, const ImageLimits& limits) {
  const auto image = decode_image(bytes, "x", limits);
  if (!image) {
    EXPECT_TRUE(image.error().message.starts_with("x: ")) << image.error().message;
    EXPECT_EQ(image.error().message.find('\n'), std::string::npos);
    return;
  }
  EXPECT_TRUE(image->width >= 1 && image->height >= 1 && image->width <= limits.side &&
              image->height <= limits.side);
  const std::size_t pixels = static_cast<std::size_t>(image->width) * static_cast<std::size_t>(image->height);
  EXPECT_EQ(image->rgb.size(), 3 * pixels);
  EXPECT_LE(3 * pixels, limits.decoded_bytes);
}

// A PNG's chunks with their checksums (CRC-32) made right again: else a changed byte is nearly always refused
// for its sum alone, and nothing behind that is tried.
void mend_sums(std::string& png) {
  const auto byte = [&](std::size_t at) { return std::uint32_t{static_cast<unsigned char>(png[at])}; };
  for (std::size_t at = 8; at + 12 <= png.size();) {
    const std::size_t size = byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
    if (size > png.size() - at - 12) return;
    std::uint32_t sum = 0xFFFFFFFF;
    for (std::size_t i = at + 4; i < at + 8 + size; ++i) {
      sum ^= byte(i);
      for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320u : 0u);
    }
    for (std::size_t i = 0; i < 4; ++i) png[at + 8 + size + i] = static_cast<char>(~sum >> (24 - 8 * i));
    at += 12 + size;
  }
}

TEST(Image, SurvivesChangedBytes) {
  constexpr int kRounds = 2000;
  const ImageLimits limits{.side = 512, .decoded_bytes = 1 << 20};
  for (const Json& item : expected()) {
    if (item["message"] != "") continue;
    const auto name = item["path"].get<std::string>();
    const std::string sound = bytes_of(name.c_str());
    std::mt19937 random(1);
    for (int round = 0; round < kRounds && !HasFailure(); ++round) {
      std::string bytes = sound;
      for (unsigned i = 0; i <= random() % 4; ++i)
        bytes[random() % bytes.size()] = static_cast<char>(random());
      if (round % 8 == 0) bytes.resize(random() % bytes.size());
      if (round % 8 < 6 && bytes.starts_with("\x89PNG")) mend_sums(bytes);
      expect_sane(bytes, limits);
    }
    ASSERT_FALSE(HasFailure()) << name;
  }
}

}  // namespace
}  // namespace regard
