// The built-in models, opened once a test binary.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "core/engine/paint_model.h"
#include "core/engine/text_model.h"

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

}  // namespace regard::test
