// What the program remembers between starts: the last session and the places of the panels, in the person's
// configuration folder. A broken file never stops the start; it is set aside.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "app/state/session.h"
#include "app/window/placement.h"

namespace regard {

struct Settings {
  Session session;
  SizePx window{1280, 800};          // of a screen of scale 1
  std::optional<PointPx> window_at;  // of the system's coordinates
  bool welcomed = false;             // the start page was shown
  bool found = false;                // there was a settings file
  std::string problem;  // one line when it could not be read; then the rest is as on the first start
};

/// $XDG_CONFIG_HOME/regard, else ~/.config/regard. Empty when neither variable is set.
std::filesystem::path settings_folder();

/// Never fails. `first` is what a first start shows.
Settings read_settings(const std::filesystem::path& folder, const Session& first);

/// What write_settings() writes.
std::string settings_text(const Settings& settings);
/// Atomic. Errors: io.
Result<void> write_settings(const std::filesystem::path& folder, const Settings& settings);

}  // namespace regard
