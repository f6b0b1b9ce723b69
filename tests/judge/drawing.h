// What was drawn, against what the caption asks for. Counted as in judge.py, read(): lengths in patches.
#pragma once

#include <optional>
#include <vector>

#include "tests/judge/cases.h"
#include "tests/judge/grid.h"

namespace regard::judge {

struct Verdict {
  std::vector<bool> object;              // of each object: it is there
  std::vector<bool> binding;             // of each object whose colour the caption names: it has that colour
  std::optional<bool> relation, mirror;  // where the caption asks for one
  bool whole = false;                    // all of it
};
Verdict judge_drawing(const Segmenter& segmenter, const Reading& reading, const Scene& scene);

/// Where an object was drawn, its reflection with it; nothing when it is not there, or when another object of
/// its kind cannot be told from it.
std::optional<Patches> drawn_object(const Segmenter& segmenter, const Reading& reading, const Scene& scene,
                                    int object);

/// A mirror scene taken apart; nothing unless glass, object and reflection are there. Glass: with what it
/// reflects.
struct DrawnMirror {
  Patches glass, object, reflection;
};
std::optional<DrawnMirror> drawn_mirror(const Segmenter& segmenter, const Reading& reading,
                                        const Scene& scene);

}  // namespace regard::judge
