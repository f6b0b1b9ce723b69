#include "app/assets.h"

#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/model_folder.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> candidates() {
  std::vector<fs::path> places;
  const char* chosen = std::getenv("REGARD_ASSETS");
  if (chosen != nullptr && *chosen != '\0') places.emplace_back(chosen);
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) {
    places.push_back((program.parent_path() / ".." / "share" / "regard" / "assets").lexically_normal());
    places.push_back(program.parent_path() / "assets");
  }
#ifdef REGARD_SOURCE_ASSETS
  places.emplace_back(REGARD_SOURCE_ASSETS);
#endif
  return places;
}

}  // namespace

Result<fs::path> find_assets() {
  std::string looked_at;
  for (const fs::path& place : candidates()) {
    std::error_code ignored;
    if (fs::is_directory(place, ignored)) return place;
    looked_at += (looked_at.empty() ? "" : ", ") + place.string();
  }
  return fail(ErrorCode::kIo, "assets: expected a folder in one of {}, got none; REGARD_ASSETS can name it",
              looked_at);
}

fs::path assets_dir() {
  if (const Result<fs::path> found = find_assets()) return *found;
  const std::vector<fs::path> places = candidates();
  return places.empty() ? fs::path("assets") : places.front();
}

fs::path scenes_dir() { return assets_dir() / "images" / "scenes"; }

fs::path surveys_dir() { return assets_dir() / "surveys"; }

constexpr std::string_view kSheetScene = "little-world-";

std::string sheet_scene_name(int index) { return std::string(kSheetScene) + std::to_string(index + 1); }

std::optional<int> sheet_scene(const std::string& asked) {
  constexpr int kMost = 200;
  std::error_code ignored;
  if (!asked.starts_with(kSheetScene) || fs::exists(asked, ignored)) return std::nullopt;
  int number = 0;
  const char* const end = asked.data() + asked.size();
  const auto read = std::from_chars(asked.data() + kSheetScene.size(), end, number);
  if (read.ec != std::errc{} || read.ptr != end || number < 1 || number > kMost) return std::nullopt;
  return number - 1;
}

fs::path sample_path(const std::string& asked) {
  std::error_code ignored;
  const bool name = !asked.empty() && asked.find_first_of("/\\.") == std::string::npos;
  if (!name || fs::exists(asked, ignored)) return {};
  const fs::path path = scenes_dir() / (asked + ".png");
  return fs::is_regular_file(path, ignored) ? path : fs::path();
}

fs::path checkpoint_path(const std::string& name) {
  std::error_code ignored;
  if (name.empty() || name.find_first_of("/\\.") != std::string::npos) return {};
  const fs::path path = assets_dir() / "checkpoints" / name;
  return fs::is_directory(path, ignored) ? path : fs::path();
}

fs::path model_path(const fs::path& asked) {
  if (asked.empty()) return assets_dir() / "little-world";
  std::error_code ignored;
  fs::path found = find_model(asked);
  if (fs::exists(found, ignored)) return found;
  fs::path checkpoint = checkpoint_path(asked.string());
  return checkpoint.empty() ? found : checkpoint;
}

fs::path picture_path(const std::string& asked) {
  const fs::path sample = sample_path(asked);
  return sample.empty() ? fs::path(asked) : sample;
}

}  // namespace regard
