// Pictures from files as RGB bytes: PNG, JPEG, WebP. Knows nothing of what is shown. What a file is, its
// first bytes say, never its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace regard {

struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t>
      rgb;           // [height][width][3], sRGB; alpha is dropped, as Pillow's convert("RGB") does
  std::string kind;  // "PNG", "JPEG", "WebP"
  int frames = 1;    // of the file; the first one is here
};

/// What a file may claim before it is refused.
struct ImageLimits {
  int side = 16384;  // pixels
  std::size_t decoded_bytes = std::size_t{256} << 20;
};

/// Any PNG, JPEG (grey, YCbCr, RGB, CMYK, YCCK) or WebP (the first picture of an animation), turned as its
/// EXIF orientation says. The same pixels as Pillow's ImageOps.exif_transpose(Image.open(f)).convert("RGB"),
/// but: grey of 16 bits a pixel, of which Pillow clips all above 255, is its high byte, as in colours of 16
/// bits; an orientation that only XMP gives is not looked at; a JPEG that ends early or whose data are
/// damaged is refused. `label` stands for the file in messages. Errors: format (another type, which is named;
/// damaged; larger than `limits`, before memory is asked for). Thread: any. Cost: O(pixels).
Result<Image> decode_image(std::string_view bytes, std::string_view label, const ImageLimits& limits = {});

/// The same from a file of at most 256 MiB. Errors: io, format.
Result<Image> read_image(const std::filesystem::path& path, const ImageLimits& limits = {});

/// Whether a picture of width x height RGB pixels keeps to `limits`. Errors: format.
Result<void> check_image_size(std::size_t width, std::size_t height, std::string_view label,
                              const ImageLimits& limits);

// One a format; each refuses what is not its own.
Result<Image> decode_jpeg(std::string_view bytes, std::string_view label, const ImageLimits& limits);
Result<Image> decode_webp(std::string_view bytes, std::string_view label, const ImageLimits& limits);

/// `image` turned as EXIF orientation 1 to 8 asks; other values change nothing.
Image turned(Image image, int orientation);
/// The orientation in an EXIF block ("Exif\0\0" before it or not); 1 when it says none or cannot be read.
int exif_orientation(std::string_view exif);

}  // namespace regard
