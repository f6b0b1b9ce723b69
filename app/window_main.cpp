// `regard`: the window and its loop. Draws only when something changed; sleeps otherwise.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <imgui.h>

#include "app/app.h"
#include "app/cli/window.h"
#include "app/settings.h"
#include "app/stop_signals.h"
#include "app/window/window.h"
#include "core/formats/json.h"
#include "core/tensor/heap.h"

namespace regard {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kAutosave(
    4);  // after the first change; a program that is killed loses no more
constexpr double kIdleWait_s = 3600.0, kTick_s = 0.5;

int report_failure(int status, const std::string& message) {
  std::fprintf(stderr, "regard: %s\n", message.c_str());
  return status;
}

Session start_session(const StartArguments& start, const Settings& settings) {
  Session session = started_with(settings.session, start);
  if (start.prompt) session.has_choice = false;  // the head of last time was chosen for another prompt
  return session;
}

// The places of the panels: ImGui's own text, in a file of ours, written like every other (whole or not at
// all).
class LayoutFile {
 public:
  explicit LayoutFile(std::filesystem::path folder)
      : path_(folder.empty() ? folder : folder / "layout.ini") {}
  void load() const {
    if (path_.empty()) return;
    const Result<std::string> text = read_file(path_, 4u << 20);
    if (text) ImGui::LoadIniSettingsFromMemory(text->data(), text->size());
  }
  void save() {
    if (path_.empty()) return;
    std::size_t size = 0;
    const char* text = ImGui::SaveIniSettingsToMemory(&size);
    if (written_ == std::string_view(text, size)) return;
    written_.assign(text, size);
    std::ignore = write_file(path_, written_);  // a full disk costs the places of the panels, no work
  }

 private:
  std::filesystem::path path_;
  std::string written_;
};

class Keeper {
 public:
  Keeper(std::filesystem::path folder, const Settings& settings)
      : folder_(std::move(folder)), settings_(settings) {}
  /// Writes what changed. @return  a line when it could not, and that is new.
  std::string save(const App& app, const Window& window, LayoutFile& layout) {
    settings_.session = app.program().kept_session();
    settings_.window = window.size();
    settings_.window_at = window.at();
    layout.save();
    std::string text = settings_text(settings_);
    if (text == written_) return {};
    const Result<void> written = write_settings(folder_, settings_);  // makes the folder on the first start
    if (written) written_ = std::move(text);
    const std::string problem = written ? std::string() : written.error().message;
    return std::exchange(problem_, problem) == problem ? std::string() : problem;
  }

 private:
  std::filesystem::path folder_;
  Settings settings_;
  std::string written_, problem_;
};

// When memory that runs have let go of is given back: nothing was computed for a while, and something before.
class Rest {
 public:
  void look(bool busy) {
    if (busy) {
      computed_ = true;
      at_.reset();
    } else if (computed_ && !at_) {
      at_ = Clock::now() + kLength;
    }
  }
  void give_back_if_due() {
    if (!at_ || Clock::now() < *at_) return;
    give_memory_back();
    at_.reset();
    computed_ = false;
  }
  const std::optional<Clock::time_point>& at() const { return at_; }

 private:
  static constexpr std::chrono::seconds kLength{2};
  bool computed_ = true;  // models are opened at the start
  std::optional<Clock::time_point> at_;
};

// Until the person or the system ends it.
void run_loop(App& app, Window& window, Keeper& keeper, LayoutFile& layout, const StopListener& stop) {
  std::optional<Clock::time_point> save_at;  // nothing: all is saved
  Rest rest;
  const auto seconds_to = [](const std::optional<Clock::time_point>& at) {
    return at ? std::chrono::duration<double>(*at - Clock::now()).count() : kIdleWait_s;
  };
  while (!app.program().state().quit && !window.should_close() && !stop.asked()) {
    const double wait_s = std::min(seconds_to(save_at), seconds_to(rest.at()));
    const bool ticks = app.program().ui().presenter.since.has_value();  // a timer is on the screen
    window.wait_events(app.frame_due() ? 0.0 : std::clamp(wait_s, 0.0, ticks ? kTick_s : kIdleWait_s));
    if (window.take_had_event() || ticks) app.touch();
    if (app.frame_due()) {
      app.frame();
      window.set_full_screen(app.program().state().full_screen);
      if (!save_at) save_at = Clock::now() + kAutosave;
    }
    rest.look(app.program().busy());
    rest.give_back_if_due();
    if (save_at && Clock::now() >= *save_at) {
      const std::string problem = keeper.save(app, window, layout);
      if (!problem.empty()) app.program().send(ShowError{problem});
      save_at.reset();
    }
  }
}

}  // namespace

int run_window(const WindowArguments& arguments) {
  keep_memory_for_runs();  // both before any thread
  const StopSignals signals;
  const std::filesystem::path folder = settings_folder();
  Settings settings = read_settings(folder, first_session(arguments.start.language));
  const Session session = start_session(arguments.start, settings);
  Works works = opening_now(models_of(session));
  auto window = Window::open({.title = "Regard", .size = settings.window, .at = settings.window_at});
  if (!window) return report_failure(3, window.error().message);
  const StopListener stop(signals, [window = window->get()] { window->wake(); });
  LayoutFile layout(folder);
  auto app = App::create(**window, session, std::move(works));
  if (!app) return report_failure(3, app.error().message);
  Program& program = (*app)->program();
  layout.load();  // the program reads its own part of it
  if (!settings.problem.empty()) program.send(ShowError{settings.problem});
  if (!folder.empty()) program.keep_answers(folder / "answers.json");
  for (const auto& path : arguments.paths) program.open_path(path);
  if (!arguments.lesson.empty()) program.send(LessonAct{.name = arguments.lesson});
  // Who asks for something by name has begun already.
  const bool plain = arguments.paths.empty() && arguments.lesson.empty() && !arguments.start.prompt;
  if (!settings.welcomed && plain) {
    program.ui().start.open = program.ui().start.opens = true;
    settings.welcomed = true;
  }
  (*window)->on_drop([&](const std::vector<std::string>& paths) {
    if (!paths.empty()) program.open_path(paths.front());
    (*app)->touch();
  });
  Keeper keeper(folder, settings);
  run_loop(**app, **window, keeper, layout, stop);
  const std::string problem = keeper.save(**app, **window, layout);
  if (!problem.empty()) report_failure(0, problem);
  return 0;
}

}  // namespace regard
