// Runs the real panels under the ImGui test engine, with no window and no GL: a null renderer says yes to
// every texture. One UiRun a test: its own ImGui context, its own program on the built-in model.
#pragma once

#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>
#include <imgui.h>
#include <imgui_internal.h>
#include <imgui_te_context.h>
#include <imgui_te_engine.h>

#include "app/program.h"

namespace regard {

class UiRun {
 public:
  explicit UiRun(const Session& session = first_session(kEnglish), ImVec2 size = ImVec2(1280, 800),
                 const Locales& locales = Locales::shipped(), Works works = program_works()) {
    ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard | ImGuiConfigFlags_DockingEnable;
    io.ConfigInputTextCursorBlink = false;
    io.BackendFlags |= ImGuiBackendFlags_RendererHasTextures;
    io.DisplaySize = size;
    fonts_ = load_fonts();
    program_ = std::make_unique<Program>(session, std::function<void()>(), std::move(works), locales);
    engine_ = ImGuiTestEngine_CreateContext();
    ImGuiTestEngineIO& test = ImGuiTestEngine_GetIO(engine_);
    test.ConfigRunSpeed = ImGuiTestRunSpeed_Fast;
    test.ConfigVerboseLevel = ImGuiTestVerboseLevel_Error;
    test.ConfigVerboseLevelOnError = ImGuiTestVerboseLevel_Info;
    test.ConfigLogToTTY = true;
    test.ConfigNoThrottle = true;
    test.ConfigSavedSettings = false;
    ImGuiTestEngine_Start(engine_, ImGui::GetCurrentContext());
  }
  ~UiRun() {
    ImGuiTestEngine_Stop(engine_);
    program_.reset();
    for (ImTextureData* texture : ImGui::GetPlatformIO().Textures)
      texture->SetStatus(ImTextureStatus_Destroyed);
    ImGui::DestroyContext();
    ImGuiTestEngine_DestroyContext(engine_);
  }
  UiRun(const UiRun&) = delete;
  UiRun& operator=(const UiRun&) = delete;

  Program& program() { return *program_; }
  const AppState& state() const { return program_->state(); }

  /// Draws until the model has answered, then plays `script`, then reports its failures to GoogleTest.
  void play(std::function<void(ImGuiTestContext*)> script) {
    settle();
    ImGuiTest* test = ImGuiTestEngine_RegisterTest(engine_, "ui", "script", __FILE__, __LINE__);
    test->TestFunc = std::move(script);
    ImGuiTestEngine_QueueTest(engine_, test, ImGuiTestRunFlags_None);
    for (int i = 0; i < 200'000 && !ImGuiTestEngine_IsTestQueueEmpty(engine_); ++i) frame();
    EXPECT_EQ(test->Output.Status, ImGuiTestStatus_Success) << "see the log of the test engine above";
  }

  void frame() {
    program_->accept_answers();
    program_->refresh_views();
    style();
    ImGui::GetIO().DeltaTime = 1.0f / 60.0f;
    ImGui::NewFrame();
    // ImGui mends a Push without its Pop and goes on; here it is a failure. Set each frame: the test engine
    // has its own.
    ImGui::GetCurrentContext()->ErrorCallback = [](ImGuiContext*, void*, const char* message) {
      ADD_FAILURE() << "ImGui: " << message;
    };
    program_->draw({}, fonts_, styled_->second, monitor_);
    ImGui::Render();
    accept_textures();
    program_->apply_commands();
    ImGuiTestEngine_PostSwap(engine_);
  }

  /// The window from the next frame on. Pixels, and how many of them the monitor has for a unit.
  void resize(ImVec2 size, float monitor = 1.0f) {
    ImGui::GetIO().DisplaySize = size;
    monitor_ = monitor;
  }
  float scale() const { return styled_->second; }  ///< pixels of a unit

  void settle() {
    for (int calm = 0, i = 0; calm < 5 && i < 100'000; ++i) {
      frame();
      calm = program_->busy() ? 0 : calm + 1;
      if (program_->busy()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  /// Inside a script: waits until the newest prompt has its map.
  void wait_for_run(ImGuiTestContext* ctx) {
    wait(ctx, [this] { return program_->views().current(); });
  }

  /// Inside a script: waits until nothing is at work and `is_there` holds, then `rest` frames more. What
  /// takes long gets few frames: the test engine counts each as time, and stops a script after 60 s of it.
  void wait(
      ImGuiTestContext* ctx, const std::function<bool()>& is_there = [] { return true; }, int rest = 2) {
    ctx->Yield(2);
    for (int i = 0; i < 100'000 && (program_->busy() || !is_there()); ++i) {
      ctx->Yield();
      std::this_thread::sleep_for(i < 100 ? std::chrono::microseconds(200) : std::chrono::milliseconds(20));
    }
    ctx->Yield(rest);
  }

 private:
  // As App::style().
  void style() {
    const ImVec2 size = ImGui::GetIO().DisplaySize;
    const ViewOptions& view = program_->state().view;
    const float screen = type_factor(ImVec2(size.x / monitor_, size.y / monitor_));
    const std::pair wanted(&program_->colors(), monitor_ * screen * view.zoom);
    if (styled_ == wanted) return;
    apply_style(*wanted.first, wanted.second);
    styled_ = wanted;
  }
  static void accept_textures() {
    for (ImTextureData* texture : ImGui::GetPlatformIO().Textures) {
      const bool unwanted = texture->Status == ImTextureStatus_WantDestroy;
      if (texture->Status == ImTextureStatus_WantCreate) texture->SetTexID(1);
      if (unwanted) texture->SetTexID(ImTextureID_Invalid);
      texture->SetStatus(unwanted ? ImTextureStatus_Destroyed : ImTextureStatus_OK);
    }
  }

  Fonts fonts_;
  std::unique_ptr<Program> program_;
  ImGuiTestEngine* engine_ = nullptr;
  float monitor_ = 1.0f;
  std::optional<std::pair<const Palette*, float>> styled_;
};

/// « a red cat » being drawn. Few steps: what is tested is the window, not the picture.
inline Session painting_session(int steps = 4) {
  Session session = first_session(kEnglish);
  session.view.workspace = Workspace::kPainting;
  session.doc.prompt = "a red cat";
  session.doc.pins.clear();
  session.doc.paint = {};
  session.doc.paint.steps = steps;
  return session;
}

}  // namespace regard
