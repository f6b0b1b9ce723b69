// `regard [PATH...]`: the command line's door to the window. Declared here, implemented where the window is.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/state/state.h"

namespace regard {

/// What the command line asked of the window. (WindowOptions of app/window is what the system's window is
/// made with.)
struct WindowArguments {
  std::vector<std::filesystem::path> paths;  // a model folder, a picture, a session; each exists
  std::filesystem::path model;               // empty: the built-in model
  std::optional<std::string> prompt;         // empty: what was there last, else the first example
  Language language = kEnglish;              // --lang, else the system's
  bool language_given = false;               // --lang was given: it overrides the settings
  std::string theme;                         // "dark", "light", or empty: not given
};

/// Opens the window and returns when it is closed.
/// @return  the exit status: 0; 3 with one line on stderr when there is no display or OpenGL is below 3.3
int run_window(const WindowArguments& arguments);

}  // namespace regard
