// From a picture to the numbers a vision model reads, exactly as the model's own processor does it: convert
// to RGB, resize on bytes (as Pillow 13), crop the middle, rescale, normalise. Source:
// huggingface/transformers image_processing_{clip,vit,deit,bit}.py (the slow ones); proven by tests/golden.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/formats/image.h"
#include "core/formats/json.h"
#include "core/formats/resize.h"

namespace regard {

struct ImageProcessor {
  bool resize = true;
  int shortest_edge = 224;  // 0: exactly `width` x `height`, whatever the picture's shape
  int width = 224, height = 224;
  Resample resample = Resample::kBicubic;
  PassOrder passes = PassOrder::kPillow13;
  bool crop = true;
  int crop_width = 224, crop_height = 224;
  double rescale = 1.0 / 255.0;  // 0: not rescaled
  bool normalise = true;
  std::array<double, 3> mean{0.5, 0.5, 0.5}, std{0.5, 0.5, 0.5};
  /// Where half a pixel goes when the middle does not fall on one: to the even side (torchvision: OpenCLIP,
  /// timm), else up and left (transformers).
  bool crop_to_even = false;
};

/// A rectangle of the original picture, in its pixels; may reach beyond it where the crop was padded.
struct Cover {
  double x = 0, y = 0, width = 0, height = 0;
};

struct PreparedImage {
  int width = 0, height = 0;
  std::vector<float> pixels;      // [3][height][width], what the model reads
  std::vector<std::uint8_t> rgb;  // [height][width][3], the same before rescaling
  Cover cover;                    // where that lies in the original
};

/// Reads the first of a folder's preprocessor_config.json, processor_config.json (its `image_processor`),
/// open_clip_config.json (`preprocess_cfg`) and config.json (timm's `pretrained_cfg`, else what the
/// model_type uses by default). Values no file gives are those of the class:
/// without preprocessor file, CLIP, ViT and DeiT take the side of their config's `image_size`.
/// Errors: io (none of the four), format (a value of another type or outside its range), unsupported (another
/// class of processor; a resample not of the four; a longest edge).
Result<ImageProcessor> read_image_processor(const std::filesystem::path& folder);
/// The same from parsed files: a preprocessor's and a config.json or open_clip_config.json; either may be
/// null, not both. `label` stands for the file in messages: the preprocessor's when there is one.
Result<ImageProcessor> image_processor_from(const Json* preprocessor, const Json* config,
                                            std::string_view label);

/// Errors: shape (no pixel, a side beyond 16384 after the resize). Cost: a resize.
Result<PreparedImage> prepare(const Image& image, const ImageProcessor& processor);

/// The whole picture as columns x rows patches of `patch` pixels: resized to exactly that, no crop.
/// Errors: shape. Cost: a resize.
Result<PreparedImage> prepare_fitted(const Image& image, const ImageProcessor& processor, int patch,
                                     int columns, int rows);

/// Columns and rows that keep a picture's shape with `long_side` patches along its longer side, at least 1
/// each, the other rounded. Expects positive numbers.
std::pair<int, int> fitted_grid(int width, int height, int long_side);

}  // namespace regard
