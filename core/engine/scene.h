// Scenes of Little World, drawn by the project itself, with what stands where.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/engine/vision_run.h"
#include "core/formats/image.h"
#include "core/formats/json.h"

namespace regard {

/// A thing in a scene. `mask`: as large as the scene; bright where the thing is.
struct SceneObject {
  std::map<std::string, std::string> noun, colour;  // by language ("fr"); colour: empty when it has none
  int reflection_of = -1;                           // index of the object that it mirrors
  Image mask;
};

/// What stands in a sample ("scene-1"), from `folder`/scenes.json; empty for any other picture or when the
/// files are not there. Cost: reads a few small files. Thread: any.
std::vector<SceneObject> scene_objects(const std::filesystem::path& folder, const std::string& sample);

/// {"noun": {"fr": "chat"}, "colour": {"fr": "rouge"}, "reflection_of": 1}, as far as it is there; without a
/// mask.
SceneObject scene_object_of(const Json& object);

/// The patches of `run` that an object covers by at least 30 %, at least its largest. Tokens, sorted; empty
/// when the model saw another crop than the mask is of.
std::vector<int> tokens_of(const SceneObject& object, const VisionRun& run);

}  // namespace regard
