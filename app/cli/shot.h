// `regard shot`: the command line's door to the picture of the window. Declared here, implemented where the
// window is.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "app/state/state.h"

namespace regard {

struct ShotOptions {
  std::filesystem::path out;  // ends in .png
  int width = 1280;           // pixels of the picture, [64, 16384]
  int height = 800;
  float scale = 1.0f;             // [0.5, 4]
  std::filesystem::path session;  // empty: none
  std::string lesson;             // empty: none
  int page = 1;                   // of the lesson, from 1
  std::filesystem::path model;    // empty: the built-in model
  std::optional<std::string> prompt;
  Language language = kEnglish;  // --lang, else the system's
  bool language_given = false;   // --lang was given: it overrides what a session says
  std::string theme;             // "dark", "light", or empty: not given
};

/// Draws the real window without a screen and writes the picture.
/// @return  the exit status: 0; 1 with one line on stderr for a bad file; 3 when nothing here can draw
int run_shot(const ShotOptions& options);

}  // namespace regard
