// `regard [PATH...]`: the command line's door to the window. Declared here, implemented where the window is.
#pragma once

#include <filesystem>
#include <vector>

#include "app/state/session.h"

namespace regard {

/// What the command line asked of the window. (WindowOptions of app/window is what the system's window is
/// made with.)
struct WindowArguments {
  std::vector<std::filesystem::path> paths;  // a model folder, a picture, a session; each exists
  StartArguments start;
  std::string lesson = {};  // to be opened: its name or a file; empty: none
};

/// Opens the window and returns when it is closed.
/// @return  the exit status: 0; 3 with one line on stderr when there is no display or OpenGL is below 3.3
int run_window(const WindowArguments& arguments);

}  // namespace regard
