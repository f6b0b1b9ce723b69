// Scenes to judge the built-in model on, which it has not been taught: captions, what their words name,
// pictures and where each object is seen. Written by make_judge.py.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "tests/judge/grid.h"

namespace regard::judge {

enum class Role { kNoun, kColour, kMirror };

struct SceneObject {
  std::string kind, colour;
  bool named = false;  // its colour stands in the caption
};

struct SceneWord {
  Role role = Role::kNoun;
  int object = 0;                  // 2: the mirror
  std::size_t start = 0, end = 0;  // bytes of the caption
};

struct Scene {
  std::string caption, language, relation;
  std::uint64_t seed = 0;            // of its noise
  std::vector<SceneObject> objects;  // in front of a mirror: the real one, its reflection
  std::vector<SceneWord> words;
  std::vector<float> picture;       // [3][S][S] in [-1, 1]
  std::array<Pixels, 3> seen = {};  // where the objects and the glass are
  int weighed = -1;                 // the object whose words are weighed, in Cases::weights

  int side() const { return side_of(seen.front().size()); }  // S
  bool is_mirror() const { return relation == "mirror"; }
  /// Objects of their own: a reflection is none.
  int counted() const { return is_mirror() ? 1 : static_cast<int>(objects.size()); }
  /// The word of an object; null when the caption does not say it.
  const SceneWord* word(Role role, int object) const;
};

struct Cases {
  std::vector<Scene> maps, drawn, cut, mirrors, weights;
  bool taught_weights = false;  // the world they are of gives its words weights
};

/// scenes.json, pictures.png and objects.png of a folder. Errors: io, format, shape.
Result<Cases> open_cases(const std::filesystem::path& folder);

}  // namespace regard::judge
