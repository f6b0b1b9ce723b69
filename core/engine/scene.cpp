#include "core/engine/scene.h"

#include <algorithm>
#include <cmath>

#include "core/formats/json.h"

namespace regard {
namespace {

// {"fr": "chat", "en": "cat"}
std::map<std::string, std::string> words_at(const Json& object, const char* key) {
  std::map<std::string, std::string> words;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_object()) return words;
  for (const auto& [language, text] : found->items()) {
    if (text.is_string()) words.emplace(language, text.get<std::string>());
  }
  return words;
}

// How much of a patch the mask covers, in [0, 1].
double covered(const SceneObject& object, const VisionRun& run, int column, int row) {
  const Cover& cover = run.picture.cover;
  const double width = cover.width / run.output.columns, height = cover.height / run.output.rows;
  const auto at = [](double value, int most) {
    return std::clamp(static_cast<int>(std::lround(value)), 0, most);
  };
  const int left = at(cover.x + width * column, object.mask.width),
            right = at(cover.x + width * (column + 1), object.mask.width),
            top = at(cover.y + height * row, object.mask.height),
            bottom = at(cover.y + height * (row + 1), object.mask.height);
  int inside = 0;
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) {
      const std::size_t pixel = static_cast<std::size_t>(y) * static_cast<std::size_t>(object.mask.width) +
                                static_cast<std::size_t>(x);
      inside += object.mask.rgb[3 * pixel] > 127 ? 1 : 0;
    }
  }
  const int area = (right - left) * (bottom - top);
  return area > 0 ? static_cast<double>(inside) / area : 0.0;
}

}  // namespace

SceneObject scene_object_of(const Json& object) {
  return {words_at(object, "noun"), words_at(object, "colour"), object.value("reflection_of", 0) - 1, {}};
}

std::vector<SceneObject> scene_objects(const std::filesystem::path& folder, const std::string& sample) {
  std::vector<SceneObject> out;
  const auto scenes = read_json(folder / "scenes.json");
  if (!scenes || !scenes->is_array()) return out;
  for (const Json& scene : *scenes) {
    if (!scene.is_object() || scene.value("file", "") != sample + ".png") continue;
    const auto objects = scene.find("objects");
    if (objects == scene.end() || !objects->is_array()) break;
    for (const Json& object : *objects) {
      auto mask = read_image(folder / object.value("mask", ""));
      if (!mask) return {};
      out.push_back(scene_object_of(object));
      out.back().mask = std::move(*mask);
    }
  }
  return out;
}

std::vector<int> tokens_of(const SceneObject& object, const VisionRun& run) {
  constexpr double kEnough = 0.3;
  std::vector<int> tokens;
  if (object.mask.width != run.request.image->width || object.mask.height != run.request.image->height)
    return tokens;
  double most = 0.0;
  int fullest = -1;
  for (int row = 0; row < run.output.rows; ++row) {
    for (int column = 0; column < run.output.columns; ++column) {
      const double share = covered(object, run, column, row);
      if (share >= kEnough) tokens.push_back(run.token_of(column, row));
      if (share > most) {
        most = share;
        fullest = run.token_of(column, row);
      }
    }
  }
  if (tokens.empty() && fullest >= 0) tokens.push_back(fullest);
  return tokens;
}

}  // namespace regard
