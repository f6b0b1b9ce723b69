// PNG pictures in and out of memory, by libpng. Eight bits a channel; knows nothing of what is drawn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace regard {

/// A line of text inside the picture: what made it, with which prompt. UTF-8; the key is 1 to 79 printable
/// ASCII characters. A plain ASCII value is stored as tEXt, another as iTXt.
struct PngText {
  std::string key;
  std::string value;
};

struct PngImage {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgba;  // [height][width][4], alpha not premultiplied
  std::vector<PngText> texts;
  std::string exif;  // the bytes of eXIf; empty without one
};

/// What a file may claim before it is refused.
struct PngLimits {
  int side = 16384;  // pixels
  std::size_t decoded_bytes = std::size_t{256} << 20;
};

/// How 16 bits become 8: to the nearest, or the high byte alone (as Pillow does).
enum class Png16 { kRound, kHighByte };

/// Row-major pixels, `channels` 3 (RGB) or 4 (RGBA), to the bytes of a file. The same input gives the same
/// bytes. Expects width, height >= 1 and width*height*channels pixels. Errors: format (what libpng refuses).
/// Thread: any.
Result<std::string> encode_png(int width, int height, int channels, std::span<const std::uint8_t> pixels,
                               std::span<const PngText> texts = {});

/// Any PNG as RGBA8: palettes and grey are spread out, what lacks alpha becomes opaque.
/// `label` stands for the file in messages.
/// Errors: format (no PNG, damaged, larger than `limits`). Thread: any. Cost: O(pixels).
Result<PngImage> decode_png(std::string_view bytes, std::string_view label, const PngLimits& limits = {},
                            Png16 sixteen = Png16::kRound);

}  // namespace regard
