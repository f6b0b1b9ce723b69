// `regard shot`: the real window, drawn without a screen.
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include <imgui.h>

#include "app/app.h"
#include "app/cli/shot.h"
#include "app/ui/doubled.h"
#include "app/ui/panels.h"
#include "app/window/offscreen.h"
#include "app/window/resources.h"
#include "core/formats/json.h"
#include "core/formats/png.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

// Docking and text layout need a few frames after the last answer.
constexpr int kSettleFrames = 8;
// With a model that never answers, give up after about an hour instead of hanging.
constexpr int kMaxFrames = 40'000, kPauseMs = 100;
// Of many inputs that are drawn first: some seconds of drawing instead of minutes.
constexpr int kDrawnInputs = 12;

int report(int status, const std::string& message) {
  std::fprintf(stderr, "regard shot: %s\n", message.c_str());
  return status;
}

Result<Session> session_of(const ShotOptions& options) {
  Session session = first_session(options.start.language);
  if (!options.session.empty()) {
    REGARD_TRY(session, read_session(options.session, session));
  }
  return started_with(std::move(session), options.start);
}

// Draws until nothing is under way and the layout rests. While something is, a frame an answer: drawing takes
// processors from the work.
void draw_until_calm(App& app, Offscreen& screen) {
  int calm = 0;
  for (int frame = 0; frame < kMaxFrames && calm < kSettleFrames; ++frame) {
    app.frame();
    calm = app.program().busy() ? 0 : calm + 1;
    if (app.program().busy()) screen.pause_ms(kPauseMs);
  }
}

// Brings a panel of the workspace in sight to the front. Errors: format.
Result<void> show_panel(App& app, const std::string& name, bool alone) {
  const ViewOptions& view = app.program().state().view;
  const Workspace here = view.workspace;
  std::string names;
  for (const Panel& panel : panels()) {
    if (!panel.in.contains(here)) continue;
    const std::size_t doubled = doubled_number(panel);
    if (doubled < kMostDoubled && !view.doubled[static_cast<std::size_t>(run_kind(here))][doubled]) continue;
    const std::string_view each = std::string_view(panel.key).substr(std::string_view("panel.").size());
    if (each == name) {
      app.program().ui().layout.focus = &panel;
      if (alone) app.program().ui().layout.maximise_next = &panel;
      return {};
    }
    names.append(names.empty() ? "" : ", ").append(each);
  }
  return fail(ErrorCode::kFormat, "--panel: expected one of {}, got {}", names, quote(name));
}

Result<std::vector<std::uint32_t>> draw(const ShotOptions& options, const Session& session) {
  const SizePx size{options.width, options.height};
  REGARD_TRY_DO(check_resources("drawing", size));
  Works works = opening_now(models_of(session));
  const DriverGuard guard(
      fmt::format("regard shot: drawing: memory: expected enough for OpenGL and a picture of {}x{} pixels, "
                  "got too little\n",
                  size.width, size.height));
  REGARD_TRY(const auto screen, Offscreen::create({.size = size, .content_scale = options.scale}));
  REGARD_TRY(const auto app, App::create(*screen, session, std::move(works)));
  app->program().survey_at_most(options.inputs == 0 ? kDrawnInputs : options.inputs, options.inputs);
  draw_until_calm(*app, *screen);
  if (!options.lesson.empty()) {
    app->program().send(LessonAct{.name = options.lesson});
    draw_until_calm(*app, *screen);
    app->program().send(LessonAct{.what = LessonAct::What::kCard, .index = options.card});
    draw_until_calm(*app, *screen);
  }
  if (!options.panel.empty()) {
    REGARD_TRY_DO(show_panel(*app, options.panel, options.present));
    draw_until_calm(*app, *screen);
  }
  if (options.present) {
    ImGui::GetIO().AddKeyEvent(ImGuiKey_F5, true);
    ImGui::GetIO().AddKeyEvent(ImGuiKey_F5, false);
    draw_until_calm(*app, *screen);
  }
  if (options.notes || options.start_page) {
    app->program().ui().presenter.notes = options.notes;
    app->program().ui().start.open = app->program().ui().start.opens = options.start_page;
    draw_until_calm(*app, *screen);
  }
  const AppState& state = app->program().state();
  if (state.error) return fail(ErrorCode::kIo, "{}", state.error->text);
  if (!state.painting.problem.empty()) return fail(ErrorCode::kIo, "{}", state.painting.problem);
  return screen->read_rgba();
}

// No display or OpenGL below 3.3 is 3; what the machine or the session lacks is 1.
int status_of(const Error& error) { return error.code == ErrorCode::kUnsupported ? 3 : 1; }

}  // namespace

int run_shot(const ShotOptions& options) {
  Result<Session> session = session_of(options);
  if (!session) return report(1, session.error().message);
  const Result<std::vector<std::uint32_t>> pixels = draw(options, *session);
  if (!pixels) return report(status_of(pixels.error()), pixels.error().message);
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(pixels->data()), pixels->size() * 4);
  const auto png = encode_png(options.width, options.height, 4, bytes);
  if (!png) return report(1, png.error().message);
  const Result<void> written = write_file(options.out, *png);
  if (!written) return report(1, written.error().message);
  return 0;
}

}  // namespace regard
