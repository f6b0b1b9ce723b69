// The two things to draw on: an image without a screen, a window.
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
