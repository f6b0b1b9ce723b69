// `regard`: the window and its loop. Draws only when something changed; sleeps otherwise.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

#include <imgui.h>

#include "app/app.h"
#include "app/cli/window.h"
#include "app/settings.h"
#include "app/window/window.h"
#include "core/formats/json.h"

namespace regard {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kAutosave(30);
constexpr double kIdleWait_s = 3600.0;

int report(int status, const std::string& message) {
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
  void save() const {
    if (path_.empty()) return;
    std::size_t size = 0;
    const char* text = ImGui::SaveIniSettingsToMemory(&size);
    (void)write_file(path_, {text, size});  // a full disk costs the places of the panels, no work
  }

 private:
  std::filesystem::path path_;
};

class Keeper {
 public:
  Keeper(std::filesystem::path folder, const Settings& settings)
      : folder_(std::move(folder)), settings_(settings) {}
  /// Writes what changed. @return  a line when it could not.
  std::string save(const App& app, const Window& window, const LayoutFile& layout) {
    settings_.session = app.program().session();
    settings_.window = window.size();
    const Result<void> written = write_settings(folder_, settings_);  // makes the folder on the first start
    layout.save();
    return written ? "" : written.error().message;
  }

 private:
  std::filesystem::path folder_;
  Settings settings_;
};

void run_loop(App& app, Window& window, Keeper& keeper, const LayoutFile& layout) {
  Clock::time_point saved = Clock::now();
  bool unsaved = false;
  while (!app.program().state().quit && !window.should_close()) {
    const double wait_s = unsaved ? std::chrono::duration<double>(kAutosave).count() : kIdleWait_s;
    window.wait_events(app.frame_due() ? 0.0 : wait_s);
    if (window.take_had_event()) app.touch();
    if (app.frame_due()) {
      app.frame();
      unsaved = true;
    }
    if (unsaved && Clock::now() - saved >= kAutosave) {
      const std::string problem = keeper.save(app, window, layout);
      if (!problem.empty()) app.program().send(ShowError{problem});
      saved = Clock::now();
      unsaved = false;
    }
  }
}

}  // namespace

int run_window(const WindowArguments& arguments) {
  const std::filesystem::path folder = settings_folder();
  Settings settings = read_settings(folder, first_session(arguments.start.language));
  auto window = Window::open({.title = "Regard", .size = settings.window});
  if (!window) return report(3, window.error().message);
  const LayoutFile layout(folder);
  layout.load();
  auto app = App::create(**window, start_session(arguments.start, settings));
  if (!app) return report(3, app.error().message);
  Program& program = (*app)->program();
  if (!settings.problem.empty()) program.send(ShowError{settings.problem});
  for (const auto& path : arguments.paths) program.open_path(path);
  (*window)->on_drop([&](const std::vector<std::string>& paths) {
    if (!paths.empty()) program.open_path(paths.front());
    (*app)->touch();
  });
  Keeper keeper(folder, settings);
  run_loop(**app, **window, keeper, layout);
  const std::string problem = keeper.save(**app, **window, layout);
  if (!problem.empty()) report(0, problem);
  return 0;
}

}  // namespace regard
