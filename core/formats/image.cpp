#include "core/formats/image.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/formats/content.h"
#include "core/formats/json.h"
#include "core/formats/png.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

constexpr std::size_t kMostFileBytes = std::size_t{256} << 20;
constexpr std::string_view kExpected = "a PNG, JPEG or WebP picture";

// How ImageMagick keeps EXIF in a text: an empty line, its name, its size, then the bytes in hex digits.
std::string raw_profile(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int line = 0; line < 3; ++line) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return {};
    text.remove_prefix(end + 1);
  }
  std::string out;
  std::size_t high = kDigits.size();  // no first digit yet
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == kDigits.npos) continue;
    if (high == kDigits.size()) {
      high = digit;
    } else {
      out.push_back(static_cast<char>(16 * high + digit));
      high = kDigits.size();
    }
  }
  return out;
}

int orientation_of(const PngImage& png) {
  if (!png.exif.empty()) return exif_orientation(png.exif);
  const auto profile = std::ranges::find(png.texts, "Raw profile type exif", &PngText::key);
  return profile == png.texts.end() || profile->value.empty() ? 1
                                                              : exif_orientation(raw_profile(profile->value));
}

Result<Image> from_png(std::string_view bytes, std::string_view label, const ImageLimits& limits) {
  REGARD_TRY(auto png, decode_png(bytes, label, {.side = limits.side, .decoded_bytes = limits.decoded_bytes},
                                  Png16::kHighByte));
  Image image{png.width, png.height, {}, "PNG"};
  image.rgb.reserve(png.rgba.size() / 4 * 3);
  for (std::size_t i = 0; i + 3 < png.rgba.size(); i += 4)
    image.rgb.insert(image.rgb.end(), &png.rgba[i], &png.rgba[i] + 3);
  return turned(std::move(image), orientation_of(png));
}

// A 16- or 32-bit number of an EXIF block in its byte order; 0 beyond its end.
std::uint32_t number_at(std::string_view tiff, std::size_t at, std::size_t bytes, bool little) {
  if (at > tiff.size() || tiff.size() - at < bytes) return 0;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    const std::size_t from = little ? at + bytes - 1 - i : at + i;
    value = value << 8 | static_cast<unsigned char>(tiff[from]);
  }
  return value;
}

}  // namespace

Result<void> check_image_size(std::size_t width, std::size_t height, std::string_view label,
                              const ImageLimits& limits) {
  const auto side = static_cast<std::size_t>(limits.side);
  if (width > side || height > side) {
    return fail(ErrorCode::kFormat, "{}: size: expected sides of at most {} pixels, got {}x{}", label, side,
                width, height);
  }
  if (3 * width * height > limits.decoded_bytes) {
    return fail(ErrorCode::kFormat, "{}: size: expected at most {} bytes of pixels, got {}", label,
                limits.decoded_bytes, 3 * width * height);
  }
  return {};
}

int exif_orientation(std::string_view exif) {
  constexpr std::string_view kMark("Exif\0\0", 6);
  constexpr std::uint32_t kOrientation = 0x0112, kLong = 4;
  if (exif.starts_with(kMark)) exif.remove_prefix(kMark.size());
  const bool little = exif.starts_with("II");
  if (!little && !exif.starts_with("MM")) return 1;
  const std::size_t directory = number_at(exif, 4, 4, little);
  const std::size_t entries = number_at(exif, directory, 2, little);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t at = directory + 2 + 12 * i;
    if (at >= exif.size()) break;
    if (number_at(exif, at, 2, little) != kOrientation) continue;
    const std::size_t bytes = number_at(exif, at + 2, 2, little) == kLong ? 4 : 2;
    const std::uint32_t value = number_at(exif, at + 8, bytes, little);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image turned(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const int w = image.width, h = image.height;
  const bool sideways = orientation >= 5;
  Image out{sideways ? h : w, sideways ? w : h, {}, std::move(image.kind), image.frames};
  out.rgb.resize(image.rgb.size());
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      int from_x = sideways ? y : x, from_y = sideways ? x : y;  // 5: transposed
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        from_x = w - 1 - from_x;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        from_y = h - 1 - from_y;
      const std::size_t from = 3 * (static_cast<std::size_t>(from_y) * static_cast<std::size_t>(w) +
                                    static_cast<std::size_t>(from_x));
      const std::size_t to = 3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(out.width) +
                                  static_cast<std::size_t>(x));
      std::copy_n(&image.rgb[from], 3, &out.rgb[to]);
    }
  }
  return out;
}

Result<Image> decode_image(std::string_view bytes, std::string_view label, const ImageLimits& limits) try {
  REGARD_TRY_DO(check_content(bytes, bytes.size(), Wanted::kPicture, label));
  if (bytes.starts_with("\x89PNG")) return from_png(bytes, label, limits);
  if (bytes.starts_with("\xff\xd8")) return decode_jpeg(bytes, label, limits);
  if (bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP")
    return decode_webp(bytes, label, limits);
  return fail(ErrorCode::kFormat, "{}: expected {}, got {}", label, kExpected, quote(bytes.substr(0, 8)));
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "{}: expected enough memory, got '{}'", label, error.what());
}

Result<Image> read_image(const std::filesystem::path& path, const ImageLimits& limits) {
  REGARD_TRY(const std::string bytes, read_file(path, kMostFileBytes, Wanted::kPicture));
  return decode_image(bytes, printable(path.string(), 4096), limits);
}

}  // namespace regard
