// `regard bench --frames` and `--drag`: the command line's door to the window that is measured. Declared
// here, implemented where the window is.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace regard {

/// CPU milliseconds of the UI thread, of frames.
struct FrameTimes {
  double p50 = 0, p99 = 0, most = 0;
};

struct FrameRow {
  std::string what, doing;  // "text"; "hovering"
  int positions = 0, frames = 0;
  FrameTimes program;  // answers, views, textures, panels, commands
  FrameTimes whole;    // and drawing, which without a card is partly done on this thread
};

struct FrameMemory {
  std::string what;
  double weights_mb = 0;               // 1e6 bytes, computed
  double run_mb = 0;                   // what the run holds, computed
  double before_mb = 0, after_mb = 0;  // resident: with the run, and after all frames
};

struct FrameReport {
  std::string drawn_by;  // the driver
  std::vector<FrameRow> rows;
  std::vector<FrameMemory> memory;
};

/// Drives the real window without a screen over a text of 512 tokens and a picture of 1370 patches, each 12
/// layers x 12 heads x 64, weights random: hovers over every panel in sight, then changes what is chosen.
/// Errors: unsupported (nothing here can draw), io. Cost: a minute or two and 1.5 GB.
Result<FrameReport> measure_frames();

/// A weight dragged with the mouse: milliseconds of wall time from an event to the first frame whose textures
/// show the weight it asked for, or a later one.
struct DragRow {
  std::string what, word;     // "text"; "rouge"
  int events = 0;             // of the mouse, one in 8 ms
  int frames = 0, shown = 0;  // drawn meanwhile; of them with maps of another weight
  double p50 = 0, p99 = 0, most = 0;
};

struct DragReport {
  std::string drawn_by;
  std::vector<DragRow> rows;
};

/// Drives the real window without a screen: the mouse holds the slider under a word of the first example and
/// goes to and fro, in the text and in the painting workspace of the built-in model, and over a text tower of
/// CLIP ViT-L/14's size with random weights, there also with a prompt of 77 tokens. Errors: unsupported
/// (nothing here can draw), io. Cost: half a minute and 700 MB.
/// @param share  of that time, in (0, 1]
Result<DragReport> measure_drag(double share = 1.0);

}  // namespace regard
