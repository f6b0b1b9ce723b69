// `regard shot`: the real window, drawn without a screen.
#include <chrono>
#include <cstdio>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "app/app.h"
#include "app/cli/shot.h"
#include "app/window/offscreen.h"
#include "core/formats/json.h"
#include "core/formats/png.h"

namespace regard {
namespace {

// Docking and text layout need a few frames after the last answer.
constexpr int kSettleFrames = 8;
constexpr int kMaxFrames = 200'000;  // with a model that never answers, give up instead of hanging

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

// Draws until nothing is under way and the layout rests.
void draw_until_calm(App& app) {
  int calm = 0;
  for (int frame = 0; frame < kMaxFrames && calm < kSettleFrames; ++frame) {
    app.frame();
    calm = app.program().busy() ? 0 : calm + 1;
    if (app.program().busy()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace

int run_shot(const ShotOptions& options) {
  Result<Session> session = session_of(options);
  if (!session) return report(1, session.error().message);
  auto screen = Offscreen::create({.size = {options.width, options.height}, .content_scale = options.scale});
  if (!screen) return report(3, screen.error().message);
  auto app = App::create(**screen, *session);
  if (!app) return report(3, app.error().message);
  draw_until_calm(**app);
  if (!(*app)->program().state().model && (*app)->program().state().error) {
    return report(1, (*app)->program().state().error->text);
  }
  const std::vector<std::uint32_t> pixels = (*screen)->read_rgba();
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(pixels.data()), pixels.size() * 4);
  const auto png = encode_png(options.width, options.height, 4, bytes);
  if (!png) return report(1, png.error().message);
  const Result<void> written = write_file(options.out, *png);
  if (!written) return report(1, written.error().message);
  return 0;
}

}  // namespace regard
