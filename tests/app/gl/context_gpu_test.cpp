// The two things to draw on: an image without a screen, a window.
#include <algorithm>
#include <chrono>
#include <thread>

#include <glad/gl.h>
#include <imgui.h>

#include "app/gl/heatmap_pass.h"
#include "tests/app/gl/gl_fixture.h"

namespace regard {
namespace {

using Context = GlTest;

constexpr std::uint32_t kRed = 0xff0000ffu;
constexpr std::uint32_t kBlue = 0xffff0000u;

// Top row first, of what the last frame drew.
std::vector<std::uint32_t> read(GlContext& context) {
  if (const auto* offscreen = dynamic_cast<Offscreen*>(&context)) return offscreen->read_rgba();
  return dynamic_cast<Window&>(context).picture();
}

TEST_F(Context, DrawsWhatImGuiAsksForTheRightWayUp) {
  if (auto* window = dynamic_cast<Window*>(context_.get())) window->keep_picture();
  for (int frame = 0; frame < 2; ++frame) {
    context_->begin_frame();
    ImDrawList* list = ImGui::GetForegroundDrawList();
    list->AddRectFilled({0, 0}, {20, 10}, IM_COL32(255, 0, 0, 255));
    list->AddRectFilled({180, 110}, {200, 120}, IM_COL32(0, 0, 255, 255));
    context_->end_frame();
  }
  EXPECT_EQ(context_->framebuffer_px(), (SizePx{200, 120}));
  const auto pixels = read(*context_);
  ASSERT_EQ(pixels.size(), 200u * 120u);
  EXPECT_EQ(pixels[5 * 200 + 5] | 0xff000000u, kRed);
  EXPECT_EQ(pixels[115 * 200 + 195] | 0xff000000u, kBlue);
  EXPECT_NE(pixels[115 * 200 + 5] | 0xff000000u, kRed);
  EXPECT_EQ(glGetError(), static_cast<GLenum>(GL_NO_ERROR));
}

// Drawn on the last frame, where it differs: what a window does. Offscreen only when asked.
class Retained : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test_in_window()) {
      WindowOptions options;
      options.size = {400, 300};
      auto window = Window::open(options);
      ASSERT_TRUE(window) << window.error().message;
      window_ = window->get();
      context_ = std::move(*window);
    } else {
      auto image = Offscreen::create({.size = {400, 300}, .retained = true});
      ASSERT_TRUE(image) << image.error().message;
      image_ = image->get();
      context_ = std::move(*image);
    }
    if (window_ != nullptr) window_->keep_picture();
  }
  const RetainedFrame& frame() const { return window_ != nullptr ? window_->frame() : image_->frame(); }

  // Draws one and compares it with the same drawn whole. @return  how many pixels were drawn
  template <class Panels>
  int draw(const Panels& panels) {
    context_->wait_events(0.0);
    context_->begin_frame();
    panels();
    context_->end_frame();
    const auto size = context_->framebuffer_px();
    auto whole = frame().drawn_whole();
    flip_rows(whole, size.width, size.height);
    const auto seen = read(*context_);
    EXPECT_EQ(seen.size(), whole.size());
    const auto rgb = [](std::uint32_t a, std::uint32_t b) { return ((a ^ b) & 0xffffffu) == 0; };
    EXPECT_TRUE(std::ranges::equal(seen, whole, rgb)) << "frame " << ImGui::GetFrameCount();
    EXPECT_EQ(glGetError(), static_cast<GLenum>(GL_NO_ERROR));
    return frame().pixels_drawn();
  }

  std::unique_ptr<GlContext> context_;
  Window* window_ = nullptr;
  Offscreen* image_ = nullptr;
};

// Rounded, antialiased and half clear, text, and a cut at half a pixel.
void draw_scene(float x, ImU32 color) {
  ImDrawList* list = ImGui::GetBackgroundDrawList();
  list->AddRectFilled({10.3f, 10.7f}, {390, 290}, IM_COL32(40, 60, 80, 255), 9);
  list->AddText({30, 200}, IM_COL32_WHITE, "what stays");
  list->PushClipRect({20.5f, 20.5f}, {380.5f, 180.25f}, true);
  list->AddCircleFilled({x, 100.4f}, 30.2f, color);
  list->AddLine({x, 40}, {x + 50, 175}, IM_COL32(255, 255, 255, 120), 2.5f);
  list->PopClipRect();
}

TEST_F(Retained, IsTheSameAsDrawnWhole) {
  constexpr ImU32 red = IM_COL32(255, 0, 0, 128), blue = IM_COL32(0, 0, 255, 128);
  for (int i = 0; i < 3; ++i) draw([] { draw_scene(100, red); });
  EXPECT_EQ(draw([] { draw_scene(100, red); }), 0) << "nothing changed";
  for (const float x : {101.0f, 160.5f, 300.25f, 20.0f}) {
    const int drawn = draw([&] { draw_scene(x, red); });
    EXPECT_GT(drawn, 0);
    EXPECT_LT(drawn, 400 * 200);
  }
  EXPECT_GT(draw([] { draw_scene(20, blue); }), 0) << "a colour";
  for (int i = 0; i < 4; ++i) {  // a popup comes, a window goes
    draw([&] {
      draw_scene(20, blue);
      if (i == 0) ImGui::OpenPopup("menu");
      if (i < 2 && ImGui::BeginPopup("menu")) {
        ImGui::TextUnformatted("an item");
        ImGui::EndPopup();
      }
    });
  }
  ImGui::StyleColorsLight();
  for (int i = 0; i < 2; ++i) draw([] { draw_scene(20, blue); });
}

TEST_F(Retained, ATextureWhoseContentChangedIsDrawnAnew) {
  Texture texture;
  const auto scene = [&] {
    ImGui::GetBackgroundDrawList()->AddImage(texture.imgui_id(), {50, 50}, {90, 90});
  };
  for (const std::uint32_t texel : {kRed, kBlue}) {
    texture.upload_rgba8(1, 1, std::vector{texel});
    EXPECT_GT(draw(scene), 0);
    const auto pixels = read(*context_);
    EXPECT_EQ(pixels[70 * static_cast<std::size_t>(context_->framebuffer_px().width) + 70] | 0xff000000u,
              texel);
    draw(scene);
    EXPECT_EQ(draw(scene), 0);
  }
  Framebuffer target;
  ASSERT_TRUE(target.resize(2, 2));
  auto pass = HeatmapPass::create();
  ASSERT_TRUE(pass) << pass.error().message;
  Texture values;
  for (const float value : {0.0f, 1.0f}) {
    values.upload_r32f(2, 2, std::vector<float>(4, value));
    ASSERT_TRUE(pass->draw(values, {}, Colormap::kGrey, target));
    const auto shown = [&] {
      ImGui::GetBackgroundDrawList()->AddImage(target.color().imgui_id(), {50, 50}, {90, 90});
    };
    EXPECT_GT(draw(shown), 0) << value;
  }
}

TEST_F(Retained, ANewSizeIsDrawnWhole) {
  const auto scene = [] { draw_scene(100, IM_COL32(255, 255, 0, 200)); };
  for (int i = 0; i < 2; ++i) draw(scene);
  if (image_ != nullptr) {
    for (const SizePx size : {SizePx{300, 250}, SizePx{500, 310}}) {
      ASSERT_TRUE(image_->resize(size));
      EXPECT_EQ(draw(scene), size.width * size.height);
    }
    return;
  }
  for (const bool full : {true, false}) {
    window_->set_full_screen(full);
    for (int i = 0; i < 5; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the server's answer
      draw(scene);
    }
  }
}

TEST_F(Context, SaysWhatItIs) {
  EXPECT_NE(context_->description().find(", "), std::string::npos) << context_->description();
  EXPECT_GT(context_->content_scale(), 0.0f);
  EXPECT_FALSE(context_->should_close());
}

TEST_F(Context, WakingEndsTheWait) {
  context_->wait_events(0.0);
  context_->take_had_event();
  std::jthread waker([this] { context_->wake(); });
  const auto start = std::chrono::steady_clock::now();
  context_->wait_events(20.0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  waker.join();
  EXPECT_TRUE(context_->take_had_event());
  // A window may still have events of its own under way; an image has none.
  if (!test_in_window()) {
    EXPECT_FALSE(context_->take_had_event());
  }
}

// Not all that come after it: whoever waits for an answer must not take the processor from it.
TEST_F(Context, AWakeEndsOnePause) {
  auto* const offscreen = dynamic_cast<Offscreen*>(context_.get());
  if (offscreen == nullptr) GTEST_SKIP() << "a window waits for events";
  const auto paused_ms = [&](int most_ms) {
    const auto start = std::chrono::steady_clock::now();
    offscreen->pause_ms(most_ms);
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  };
  context_->wake();
  EXPECT_LT(paused_ms(60'000), 30'000);
  EXPECT_GE(paused_ms(40), 40);
}

TEST_F(Context, CanBeMadeAgain) {
  context_.reset();
  auto again = open_test_context({64, 64});
  ASSERT_TRUE(again) << again.error().message;
  (*again)->begin_frame();
  (*again)->end_frame();
}

// Offscreen takes the first way that works; here each has to, where it is installed at all.
TEST(OffscreenWays, EachDraws) {
  if (test_in_window()) {
    const auto hidden = make_hidden_window_context();
    ASSERT_TRUE(hidden) << hidden.error().message;
  }
  for (const auto make : {make_egl_context, make_osmesa_context, make_hidden_window_context}) {
    const auto context = make();
    if (!context) {
      RecordProperty("missing", context.error().message);
      continue;
    }
    const auto loaded = load_gl((*context)->loader());
    ASSERT_TRUE(loaded) << (*context)->name() << ": " << loaded.error().message;
    auto pass = HeatmapPass::create();
    ASSERT_TRUE(pass) << (*context)->name() << ": " << pass.error().message;
    Texture values;
    values.upload_r32f(2, 1, std::vector<float>{0.0f, 1.0f});
    Framebuffer target;
    pass->draw(values, {}, Colormap::kGrey, target);
    EXPECT_EQ(target.read_rgba(), (std::vector<std::uint32_t>{0xff000000u, 0xffffffffu}))
        << (*context)->name();
  }
}

TEST(OffscreenLimits, ASizeNoTextureHasIsRefused) {
  const auto huge = Offscreen::create({.size = {1 << 24, 16}, .content_scale = 1.0f});
  ASSERT_FALSE(huge);
  EXPECT_NE(huge.error().message.find("16777216x16"), std::string::npos) << huge.error().message;
}

// Run with MESA_GL_VERSION_OVERRIDE=2.1 in a process of its own.
TEST(OldGl, IsRefusedInOneLineThatSaysWhatWasFound) {
  ASSERT_NE(std::getenv("REGARD_TEST_OLD_GL"), nullptr);
  const auto refused = Offscreen::create({});
  ASSERT_FALSE(refused);
  const std::string& message = refused.error().message;
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(message.find("expected OpenGL 3.3 or newer, got EGL: OpenGL 2.1"), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace regard
