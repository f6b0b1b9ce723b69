// A live OpenGL context for a test: without a screen, or a hidden window when REGARD_TEST_CONTEXT=window.
#pragma once

#include <cstdlib>
#include <memory>
#include <string_view>

#include <gtest/gtest.h>

#include "app/window/offscreen.h"
#include "app/window/window.h"

namespace regard {

inline bool test_in_window() {
  const char* wanted = std::getenv("REGARD_TEST_CONTEXT");
  return wanted != nullptr && std::string_view(wanted) == "window";
}

inline Result<std::unique_ptr<GlContext>> open_test_context(SizePx size) {
  if (test_in_window()) {
    WindowOptions options;
    options.size = size;
    options.visible = false;
    return Window::open(options);
  }
  return Offscreen::create({.size = size, .content_scale = 1.0f});
}

class GlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto context = open_test_context({200, 120});
    ASSERT_TRUE(context) << context.error().message;
    context_ = std::move(*context);
  }

  std::unique_ptr<GlContext> context_;
};

}  // namespace regard
