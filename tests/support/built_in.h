// The built-in models, opened once a test binary.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "core/engine/paint_model.h"
#include "core/engine/text_model.h"
#include "core/formats/json.h"
#include "core/models/mmdit_weights.h"

namespace regard::test {

/// Null, and a failure of the test, when it does not open.
template <typename Model>
std::shared_ptr<const Model> opened_or_failed(Result<std::shared_ptr<const Model>> result) {
  if (!result) ADD_FAILURE() << result.error().message;
  return result ? *result : nullptr;
}

inline const std::shared_ptr<const TextModel>& built_in_text_model() {
  static const auto opened = opened_or_failed(open_text_model(REGARD_ASSETS_DIR "/little-world"));
  return opened;
}

inline const std::shared_ptr<const PaintModel>& built_in_paint_model() {
  static const auto opened = opened_or_failed(open_paint_model(REGARD_ASSETS_DIR "/little-world"));
  return opened;
}

/// Sizes of the built-in drawing model, as its config says them. Terminates without it.
struct PaintSizes {
  int side = 0, patch = 0;              // pixels
  int grid = 0, patches = 0;            // a side; N
  int blocks = 0, heads = 0;            // L, H
  std::size_t pixels = 0, numbers = 0;  // of a picture; 3 a pixel
};
inline PaintSizes built_in_sizes() {
  const std::string path = REGARD_ASSETS_DIR "/little-world/transformer/config.json";
  const MmditConfig config = read_mmdit_config(read_json(path).value(), path).value();
  const int grid = config.sample_side / config.patch;
  const std::size_t side = static_cast<std::size_t>(config.sample_side), pixels = side * side;
  return {config.sample_side, config.patch, grid,   grid * grid,
          config.layers,      config.heads, pixels, 3 * pixels};
}

}  // namespace regard::test
