// `regard shot`: the command line's door to the picture of the window. Declared here, implemented where the
// window is.
#pragma once

#include <filesystem>

#include "app/state/session.h"

namespace regard {

struct ShotOptions {
  std::filesystem::path out;  // ends in .png
  int width = 1280;           // pixels of the picture, [64, 16384]
  int height = 800;
  float scale = 1.0f;             // [0.5, 4]
  std::string panel;              // brought to the front: "paint_seeds"; empty: none
  std::filesystem::path session;  // empty: what the first start shows
  StartArguments start;
  std::string lesson = {};  // its name or a file; empty: none
  int card = 0;             // of it, from 0
  bool start_page = false;  // over it
  bool notes = false;       // instead of it: what whoever presents reads in a window of its own
  bool present = false;     // as for a projector: the panel alone, in large type
  int inputs = 0;           // of many inputs at most so many, spread over the list; 0: as run_shot() says
};

/// Draws the real window without a screen and writes the picture. Where nothing says how many, of many inputs
/// that have to be drawn first 12 are.
/// @return  the exit status: 0; 1 with one line on stderr for a bad file; 3 when nothing here can draw
int run_shot(const ShotOptions& options);

}  // namespace regard
