#include "tests/judge/cases.h"

#include <algorithm>

#include "core/formats/image.h"
#include "core/formats/json.h"

namespace regard::judge {
namespace {

constexpr int kColumns = 20;  // of a sheet

Result<Role> role_of(const std::string& name) {
  if (name == "noun") return Role::kNoun;
  if (name == "colour") return Role::kColour;
  if (name == "mirror") return Role::kMirror;
  return fail(ErrorCode::kFormat, "scenes.json: role: expected noun, colour or mirror, got {}", name);
}

Result<Scene> read_scene(const Json& json) {
  Scene scene{.caption = json.at("caption").get<std::string>(),
              .language = json.at("language").get<std::string>(),
              .relation = json.at("relation").get<std::string>(),
              .seed = json.at("seed").get<std::uint64_t>(),
              .objects = {},
              .words = {},
              .picture = {},
              .weighed = json.value("weighed", -1)};
  for (const Json& o : json.at("objects")) {
    scene.objects.push_back(
        {o.at("kind").get<std::string>(), o.at("colour").get<std::string>(), o.at("named").get<bool>()});
  }
  for (const Json& w : json.at("words")) {
    const auto role = role_of(w.at("role").get<std::string>());
    if (!role) return std::unexpected(role.error());
    scene.words.push_back(
        {*role, w.at("object").get<int>(), w.at("start").get<std::size_t>(), w.at("end").get<std::size_t>()});
  }
  return scene;
}

// Place `index` of the two sheets.
void cut_out(const Image& pictures, const Image& objects, int index, Scene& scene) {
  const std::size_t width = static_cast<std::size_t>(pictures.width), side = width / kColumns;
  const std::size_t pixels = side * side, place = static_cast<std::size_t>(index);
  scene.picture.resize(3 * pixels);
  for (Pixels& seen : scene.seen) seen.resize(pixels);
  const std::size_t top = place / kColumns * side, left = place % kColumns * side;
  for (std::size_t at = 0; at < pixels; ++at) {
    const std::size_t from = 3 * ((top + at / side) * width + left + at % side);
    for (std::size_t c = 0; c < 3; ++c)
      scene.picture[c * pixels + at] = static_cast<float>(pictures.rgb[from + c]) / 127.5f - 1.0f;
    for (std::size_t bit = 0; bit < scene.seen.size(); ++bit)
      scene.seen[bit][at] = (objects.rgb[from] >> bit & 1) != 0;
  }
}

}  // namespace

const SceneWord* Scene::word(Role role, int object) const {
  const auto found =
      std::ranges::find_if(words, [&](const SceneWord& w) { return w.role == role && w.object == object; });
  return found == words.end() ? nullptr : &*found;
}

Result<Cases> open_cases(const std::filesystem::path& folder) {
  const auto json = read_json(folder / "scenes.json");
  if (!json) return std::unexpected(json.error());
  const auto pictures = read_image(folder / "pictures.png"), objects = read_image(folder / "objects.png");
  if (!pictures) return std::unexpected(pictures.error());
  if (!objects) return std::unexpected(objects.error());
  if (pictures->width % kColumns != 0 || objects->width != pictures->width ||
      objects->height != pictures->height) {
    return fail(
        ErrorCode::kShape,
        "{}: expected pictures.png and objects.png of one size with 20 places a row, got {} x {} and {} x {}",
        folder.string(), pictures->width, pictures->height, objects->width, objects->height);
  }
  Cases cases;
  cases.taught_weights = json->at("taught_weights").get<bool>();
  int index = 0;
  const int rows = pictures->height / (pictures->width / kColumns);
  const Json& parts = json->at("parts");
  for (auto [name, into] :
       {std::pair("maps", &cases.maps), std::pair("drawn", &cases.drawn), std::pair("cut", &cases.cut),
        std::pair("mirrors", &cases.mirrors), std::pair("weights", &cases.weights)}) {
    for (const Json& entry : parts.at(name)) {
      auto scene = read_scene(entry);
      if (!scene) return std::unexpected(std::move(scene.error()));
      if (index / kColumns >= rows)
        return fail(ErrorCode::kShape, "pictures.png: expected more than {} scenes of 20 a row", index);
      cut_out(*pictures, *objects, index++, *scene);
      into->push_back(std::move(*scene));
    }
  }
  return cases;
}

}  // namespace regard::judge
